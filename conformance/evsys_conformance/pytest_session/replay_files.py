"""The way back to a violation: the command that runs its clause again, and its script as a file."""

import json
import re
import shlex
from pathlib import Path

from evsys_conformance.running.check import Check
from evsys_conformance.running.runner import Effort, Outcome
from evsys_conformance.targets.loading import Target
from evsys_conformance.violation import indented

DIRECTORY = ".evsys"


def command(
    target: Target, clause_id: str, *, seed: int | str | None, effort: Effort, seeded_by: str = ""
) -> str:
    """The command that runs one clause again, with the same data.

    ``seeded_by`` stands before the seed: what loads Hypothesis's option where it is not loaded.
    """
    words = ["pytest", "--evsys-conformance", target.name, "--evsys-clause", clause_id]
    if target.params is not None:
        words += ["--evsys-params", json.dumps(target.params)]
    if effort is not Effort.NORMAL:
        words += ["--evsys-effort", effort.name.lower()]
    if seed is not None:
        words += [*seeded_by.split(), f"--hypothesis-seed={seed}"]
    return shlex.join(words)


def file_of(root: Path, target: Target, check: Check) -> Path:
    """Where the script of a check lies: ``.evsys/replay/my_pkg-Store/MET-4-<name>.py``."""
    name = re.sub(r"[^\w.-]+", "-", target.name)
    return root / DIRECTORY / "replay" / name / f"{check.clause.id}-{check.name}.py"


def keep(path: Path, outcome: Outcome, import_from: list[str], again: str) -> str:
    """Write the script of a violation, which ``python path`` runs; say why if it can't be kept.

    Args:
        path: Where to.
        outcome: What failed, with its script.
        import_from: Directories that the store was imported from.
        again: The command that runs the clause again.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parents[2] / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        path.write_text(_source(outcome, import_from, again), encoding="utf-8")
    except OSError as error:
        return f"can't be kept as a file: {error}"
    return ""


def discard(path: Path) -> None:
    """Remove the script of a violation that is no more."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        # A directory that can't be written to holds no script of ours, or keeps it.
        return


def _source(outcome: Outcome, import_from: list[str], again: str) -> str:
    clause = outcome.check.clause
    found = outcome.message.partition("\n\n")[2].partition("\n\nTo see it again, run:")[0]
    lines = [
        f"# {clause.id}  {clause.title} ({outcome.check.name})",
        "#",
        *(f"# {line}".rstrip() for line in found.splitlines()),
        "#",
        f"# The whole clause: {again}",
        "",
        "import sys",
        "",
        f"sys.path[:0] = {import_from!r}",
        "",
    ]
    return "\n".join(lines) + "\n" + outcome.script.rstrip() + "\n"


def shown(path: Path, start: Path) -> str:
    """``path`` as it is typed in the directory ``start``."""
    return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)


def appendix(again: str, path: str, problem: str) -> str:
    """What a report of a violation ends with."""
    text = f"Run this clause again: {again}"
    if problem:
        text += f"\nThe script {problem}"
    elif path:
        text += f"\nThe script above lies in {path}:\n" + indented(f"python {path}")
    return text
