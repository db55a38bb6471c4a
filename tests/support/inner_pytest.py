"""Runs an inner pytest in a child process, in a new directory."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import inner_stores

# Variables that steer the outer session must not reach the inner one.
_FOREIGN = ("PYTEST", "PYTHON", "HYPOTHESIS", "CI", "COV", "EVSYS")


@dataclass
class Session:
    """What came of an inner session."""

    status: int
    text: str
    """Everything that it printed."""

    def line_with(self, part: str) -> str:
        """The only line that holds ``part``."""
        (line,) = [line for line in self.text.splitlines() if part in line]
        return line


class Inner:
    """A directory in which inner sessions run, with the module ``my_stores`` in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        shutil.copy(inner_stores.__file__, directory / "my_stores.py")

    def write(self, **modules: str) -> None:
        """Write Python modules by name."""
        for name, source in modules.items():
            (self.directory / f"{name}.py").write_text(source, encoding="utf-8")

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> Session:
        """Run pytest as its command does: the current directory is not on ``sys.path``."""
        return self.python("-P", "-m", "pytest", *arguments, environment=environment)

    def certify(
        self, *arguments: str, small: bool = False, environment: dict[str, str] | None = None
    ) -> Session:
        """Run the kit at quick effort; ``small``: with one cheap check per clause."""
        if small:
            arguments = ("-p", "support.small_kit", *arguments)
            environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
        return self.run("--evsys-effort", "quick", *arguments, environment=environment)

    def python(
        self,
        *arguments: str,
        cwd: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> Session:
        """Run Python."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd or self.directory,
            env={**inherited, "COLUMNS": "120", **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Session(done.returncode, done.stdout)

    def events(self) -> list[str]:
        """What the harnesses of ``my_stores`` did, in order."""
        path = self.directory / "events.txt"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def json(self, name: str = "out.json") -> Any:
        """A document that a session wrote."""
        return json.loads((self.directory / name).read_text(encoding="utf-8"))
