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
SECONDS = 3600


def certify(name: str, notes: Notes, reports: Path) -> None:
    """Certify a wrapper at quick effort, and keep its report.

    Raises:
        RuntimeError: The session wrote no report; the message has its last lines.
        subprocess.TimeoutExpired: It took more than an hour.
    """
    target = f"field.wrappers.{name}:{notes.store}"
    with tempfile.TemporaryDirectory(prefix=f"evsys-field-{name}-") as folder:
        home, report = Path(folder, "home"), Path(folder, "report.json")
        home.mkdir()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "field.patience",
            SEED,
        ]
        command += ["--evsys-conformance", target, "--evsys-effort", "quick"]
        command += ["--evsys-report", str(report)]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{DOCS}:{DOCS.parent / 'tests'}",
            "HOME": str(home),
        }
        with Path(folder, "output").open("w+", encoding="utf-8", errors="replace") as output:
            subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=SECONDS,
                check=False,
            )
            output.seek(0)
            text = output.read()
        if not report.exists():
            raise RuntimeError(f"{target} could not be certified:\n{text[-4000:]}")
        keep(name, notes, report, reports)
