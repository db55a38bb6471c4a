"""Judges the plain store that is on the path, at quick effort: exit status 3 if it is refused.

It runs the checks themselves and stops at the first that fails: what explains a failure takes
longer, and does not matter for a verdict.
"""

import gc
import os
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from evsys_conformance import StoreHarness
from evsys_conformance.checks import all_checks
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.runner import run_check
from evsys_conformance.verdicts import Effort, Verdict
from evsys_sdk import RunLog
from measures.plain_store import LOGS, PlainStore

SEED = 20_260_101
REFUSED = 3
FINE = (Verdict.PASSED, Verdict.NOT_CLAIMED, Verdict.NOT_OBSERVED)


class PlainHarness(StoreHarness):
    """Read the log in memory."""

    store = PlainStore
    capabilities = frozenset({"split", "float64", "resume"})

    def params(self, directory: Path) -> dict[str, Any]:
        return {"destination": str(directory)}

    def read(self, params: dict[str, Any]) -> RunLog:
        return deepcopy(LOGS.get(params["destination"], RunLog([], {}, [])))


def refusal() -> str:
    """The first check that the store fails; an empty string if the kit certifies it."""
    subject = Subject(PlainHarness(), "measures.judge_plain:PlainHarness")
    try:
        for check in all_checks():
            outcome = run_check(check, subject, Effort.QUICK, SEED)
            if outcome.verdict not in FINE:
                return f"{check.id}: {outcome.message}"
    finally:
        subject.discard()
    return ""


if __name__ == "__main__":
    gc.freeze()
    found = refusal()
    print(found)
    sys.stdout.flush()
    os._exit(REFUSED if found else 0)  # Threads of a mutant need not end.
