"""The way back to a violation: a file per cause, and the command that runs a clause again."""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evsys_conformance.certificate.model import CauseRecord
from evsys_conformance.targets.loading import Target
from evsys_conformance.verdicts import Effort

DIRECTORY = ".evsys"


@dataclass(frozen=True)
class WayBack:
    """How to see a violation again."""

    clause: str
    """The command that runs a clause again in which a check failed."""
    path: Path | None = None
    """The file that ``python`` runs; None if there is none."""
    problem: str = ""
    """Why the file could not be written."""

    def command(self, start: Path) -> str:
        """What to type in the directory ``start``."""
        return f"python {self.shown(start)}" if self.path else self.clause

    def shown(self, start: Path) -> str:
        """The file as it is named in the directory ``start``."""
        path = self.path
        if path is None:
            return ""
        return shlex.quote(str(path.relative_to(start) if path.is_relative_to(start) else path))


def command(
    target: Target, clause_id: str, *, seed: int | str | None, effort: Effort, seeded_by: str = ""
) -> str:
    """The command that runs one clause again, with the same data.

    ``seeded_by`` are options before the seed, which load Hypothesis's option where it is missing.
    """
    words = ["pytest", "--evsys-conformance", target.name, "--evsys-clause", clause_id]
    if target.params is not None:
        words += ["--evsys-params", json.dumps(target.params)]
    if effort is not Effort.NORMAL:
        words += ["--evsys-effort", effort]
    if seed is not None:
        words += [*seeded_by.split(), f"--hypothesis-seed={seed}"]
    return shlex.join(words)


def directory_of(root: Path, target: Target) -> Path:
    """Where the programs of a target are kept: ``.evsys/replay/my_pkg-Store``."""
    return root / DIRECTORY / "replay" / re.sub(r"[^\w.-]+", "-", target.name)


def discard(directory: Path) -> None:
    """Remove the programs of an earlier session."""
    try:
        for path in directory.glob("*.py"):
            path.unlink()
    except OSError:
        # A directory that can't be written to holds no program of ours, or keeps it.
        return


def keep(
    directory: Path, number: int, cause: CauseRecord, import_from: Sequence[str], again: str
) -> WayBack:
    """Write the program of a cause: ``1-MET-4.py``.

    Args:
        directory: Where to.
        number: Place of the cause among the causes of its store, from 1.
        cause: What the program shows.
        import_from: Directories that the store was imported from.
        again: The command that runs a clause again in which a check failed.
    """
    if not cause.script:
        return WayBack(again)
    path = directory / f"{number}-{cause.clause}.py"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        ignore = directory.parents[1] / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        path.write_text(_source(cause, import_from, again), encoding="utf-8")
    except OSError as error:
        return WayBack(again, problem=f"The program can't be kept as a file: {error}")
    return WayBack(again, path)


def _source(cause: CauseRecord, import_from: Sequence[str], again: str) -> str:
    lines = [
        f"# {cause.clause}  {cause.title}",
        "#",
        *(f"# {line}".rstrip() for line in cause.summary.splitlines()),
        "#",
        "# It explains these failed checks:",
        *(f"#     {check}" for check in cause.checks),
        "#",
        f"# To run a clause again in which a check failed: {again}",
        "",
        "import sys",
        "",
        f"sys.path[:0] = {list(import_from)!r}",
        "",
    ]
    return "\n".join(lines) + "\n" + cause.script.rstrip() + "\n"
