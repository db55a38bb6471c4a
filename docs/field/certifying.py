"""Runs the kit over a wrapper, in a separate process with an empty home and an empty folder."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from field.notes import Notes
from field.reports import keep

DOCS = Path(__file__).parents[1]
SEED = "--hypothesis-seed=0"
EXPLAIN = 300
"""Seconds for the search for causes: a logger can be slow, and have many."""
LIMIT = 45 * 60
"""Seconds after which a session is ended: a call of a logger may never return."""
_LAST = 4000


class NotCertifiedError(Exception):
    """A session wrote no report; the message has its last lines."""


def certify(name: str, notes: Notes, reports: Path) -> None:
    """Certify a wrapper at quick effort, and keep its report.

    Raises:
        NotCertifiedError: The session wrote no report, or did not end in time.
    """
    # A process that a logger has started may still write to the folder.
    with tempfile.TemporaryDirectory(
        prefix=f"evsys-field-{name}-", ignore_cleanup_errors=True
    ) as folder:
        report = Path(folder, "report.json")
        problem = _run(f"field.wrappers.{name}:{notes.store}", Path(folder), report)
        if problem:
            output = Path(folder, "output").read_text(encoding="utf-8", errors="replace")
            raise NotCertifiedError(f"the session {problem}:\n{output[-_LAST:]}")
        keep(name, notes, report, reports)


def _run(target: str, folder: Path, report: Path) -> str:
    """Run a session of pytest; return what was wrong if it wrote no report."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore"]
    command += [SEED, "--evsys-conformance", target, "--evsys-effort", "quick"]
    command += ["--evsys-explain", str(EXPLAIN), "--evsys-report", str(report)]
    home = folder / "home"
    home.mkdir()
    path = f"{DOCS}:{DOCS.parent / 'tests'}"
    with (folder / "output").open("wb") as output:
        try:
            subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": path, "HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"did not end within {LIMIT // 60} minutes"
    return "" if report.exists() else "wrote no report"
