"""Find wordings that never read well in the prose of the repository: ``make prose``.

python -m prose [FILE ...]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from prose.passages import passages
from prose.patterns import PATTERNS

ROOT = Path(__file__).parents[2]
FOLDERS = ["src", "conformance", "docs", "tests"]


def main(arguments: list[str]) -> int:
    """Print a line per wording in the files, by default all of them; 1 if there is one."""
    files = [Path(name).resolve() for name in arguments] or all_files()
    found = [line for file in files for line in findings(file)]
    if found:
        print(*found, "docs/contributing.md says what to do if a wording is right.", sep="\n")
    return int(bool(found))


def all_files() -> list[Path]:
    """README.md, CHANGELOG.md, and the Python and Markdown of the folders."""
    files = [ROOT / "README.md", ROOT / "CHANGELOG.md"]
    for folder in FOLDERS:
        for suffix in ("py", "md"):
            files += sorted((ROOT / folder).rglob(f"*.{suffix}"))
    return [file for file in files if "_build" not in file.parts]


def findings(file: Path) -> Iterator[str]:
    """A line per wording: where it is, what it is, and what to write instead."""
    for passage in passages(file):
        for pattern in PATTERNS:
            for found in pattern.regex.finditer(passage.text):
                line = passage.line_at(found.start())
                name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
                yield f"{name}:{line}: {found[0]!r}: {pattern.advice}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
