"""Documents as programs: their files are written, their commands run, their output compared.

A block with a language is a file, whose name is the comment in its first line. A block of
``console`` is a session: commands after ``$``, and what they print, where a line of three dots
stands for any lines. Blocks of ``sh`` are only read. Commands of another language that is not
installed are passed over, and the test is skipped in the end.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"(?:#|//) (\S+\.\w+)\n")
FOREIGN = {"jq", "node"}
SCRIPTS = Path(sys.executable).parent


@dataclass
class Document:
    """The files that a document shows, and its console sessions as (command, output)."""

    files: dict[str, str] = field(default_factory=dict[str, str])
    console: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def write(self, directory: Path) -> None:
        """Write the files."""
        for name, body in self.files.items():
            (directory / name).write_text(body)

    def run(self, directory: Path, **environment: str) -> None:
        """Run every command; it must print what is shown, and fail only if not certified."""
        assert self.console
        missing: set[str] = set()
        for command, shown in self.console:
            words = shlex.split(command)
            if words[0] in FOREIGN and not shutil.which(words[0]):
                missing.add(words[0])
                continue
            if words[0] == "pytest":
                # The least effort shows what the tests are here for.
                words += ["--evsys-effort=quick", "-p", "no:randomly"]
            fails = re.search("NOT CERTIFIED|INCOMPLETE", shown) is not None
            printed = run(words, directory, fails=fails, PYTHONWARNINGS="error", **environment)
            assert matches(printed, shown), f"{command} printed:\n{printed}"
        if missing:
            pytest.skip(f"all but the commands of what is not installed: {', '.join(missing)}")


def parse(text: str) -> Document:
    """Take a document apart."""
    document = Document()
    for language, body in BLOCK.findall(text):
        if language == "console":
            for session in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = session.partition("\n")
                document.console.append((command, output))
        elif language != "sh":
            named = FILE_NAME.match(body)
            assert named, (
                f"the first line of this block must be a comment with a file name:\n{body}"
            )
            document.files[named[1]] = body
    return document


def run(command: list[str], directory: Path, *, fails: bool = False, **environment: str) -> str:
    """Run a command with the scripts of this environment first; give what it prints."""
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=directory,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bool(done.returncode) == fails, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def matches(output: str, shown: str) -> bool:
    """Whether a command printed what is shown.

    A line of three dots stands for any lines, and three dots at the end of a line for its rest.
    """
    pattern = ""
    for line in without_times(shown).splitlines():
        if line == "...":
            pattern += "(.*\n)*"
        elif line.endswith(" ..."):
            pattern += re.escape(line.removesuffix("...")) + ".*\n"
        else:
            pattern += re.escape(line) + "\n"
    return re.fullmatch(pattern, without_times(output)) is not None


def without_times(output: str) -> str:
    """The text without what differs from run to run."""
    return re.sub(r'"ts":[0-9.]+', '"ts":0', output)
