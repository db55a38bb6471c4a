"""Runs cases, each in a separate process: its limits, signals and memory affect no other case."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from torture.case import Case, NotRun, Outcome, Trial

__all__ = ["as_line", "run_alone", "run_here"]

TESTS = Path(__file__).parents[1]
MOST_SECONDS = 1800


def run_here(case: Case, *, full: bool, seed: str) -> Outcome:
    """Run the case in this process, in a directory that is removed afterwards."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torture-") as directory:
        # Some cases become somebody else, who has to get in.
        Path(directory).chmod(0o755)
        trial = Trial(Path(directory), case.store, full, random.Random(f"{seed} {case.id}"))
        reason = ""
        try:
            case.check(trial)
        except NotRun as error:
            reason = str(error)
    return Outcome(
        done="; ".join(trial.done),
        returned=dict(trial.returned),
        found=dict(trial.found),
        readers=sorted(trial.readers),
        problems=trial.problems,
        not_run=reason,
        seconds=time.monotonic() - started,
    )


def run_alone(case: Case, *, full: bool, seed: str) -> Outcome:
    """Run the case in a fresh interpreter; what it does to its process ends there."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "torture"]
    command += ["--one", case.check.__name__, case.store, "--seed", seed]
    command += ["--full"] if full else []
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path}
    # A new session, so that a case that hangs is ended with all the processes that it started.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            return _failed("", f"it hangs: no end after {MOST_SECONDS} s")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        return _failed(output, errors)
    return Outcome(**json.loads(output.splitlines()[-1]))


def _failed(output: str, errors: str) -> Outcome:
    problem = "\n".join(f"{output}{errors}".strip().splitlines()[-40:])
    return Outcome(done="", returned={}, found={}, readers=[], problems=[problem])


def as_line(outcome: Outcome) -> str:
    """The outcome as one line, for the process that started this one."""
    return json.dumps(asdict(outcome))
