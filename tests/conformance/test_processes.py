"""The checks of several processes, where there is one core for all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

PROGRAM = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from zoo.judging import judged
from zoo.registry import FAULTY
[entry] = [entry for entry in FAULTY if entry.id == "CAP-PROC-DoesNotWait"]
print([outcome.verdict.value for outcome in judged(entry.harness, entry.clause)])
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no way to choose a core")
def test_a_store_that_does_not_wait_is_refused_on_one_core(tmp_path: Path) -> None:
    """Left alone, a process there is rarely interrupted in the middle of a call."""
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == "['failed']\n"
