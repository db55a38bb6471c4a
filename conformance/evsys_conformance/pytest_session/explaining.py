"""Finds the causes of the failed checks of a session, when everything has run."""

import base64
import os
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from evsys_conformance.certificate.building import cause_record
from evsys_conformance.certificate.model import CauseRecord
from evsys_conformance.clauses import BY_ID
from evsys_conformance.diagnosis.cause import Failure
from evsys_conformance.pytest_session import replay_files
from evsys_conformance.pytest_session.output import output_discarded, show_line
from evsys_conformance.pytest_session.replay_files import WayBack
from evsys_conformance.pytest_session.target_run import TargetRun


def packed(failure: Failure) -> dict[str, str]:
    """A failed check as plain strings, which travel from a worker of pytest-xdist."""
    program = ""
    try:
        program = base64.b64encode(pickle.dumps((failure.program, failure.found))).decode()
    except Exception:  # noqa: BLE001 - arguments may be anything; the script still tells
        program = ""
    return {
        "check": failure.check,
        "clause": failure.clause.id,
        "what": failure.what,
        "script": failure.script,
        "program": program,
    }


def unpacked(parts: dict[str, str]) -> Failure:
    """The failed check that a worker has packed: without its program, if that can't be read."""
    program: Any = None
    found: Any = ()
    try:
        program, found = pickle.loads(base64.b64decode(parts["program"]))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - the script still tells
        program, found = None, ()
    clause = BY_ID[parts["clause"]]
    return Failure(parts["check"], clause, parts["what"], parts["script"], program, found)


class Explainer:
    """The failed checks of one target, and what explains them."""

    def __init__(self, config: pytest.Config, run: TargetRun) -> None:
        self.causes: list[CauseRecord] = []
        """Most telling first."""
        self.ways_back: list[WayBack] = []
        """One per cause."""
        self.trouble: list[str] = []
        """Why the checks could not be explained."""
        self._config = config
        self._run = run
        self._failures: dict[str, Failure] = {}

    def add(self, failure: Failure) -> None:
        """Take a failed check; of one that is run again, as by a plugin, its first failure."""
        self._failures.setdefault(failure.check, failure)

    def shows(self, check_id: str) -> bool:
        """Whether a failed check is shown beside the causes, so that nobody else need show it."""
        return bool(self.causes) and check_id in self._failures

    @property
    def unexplained(self) -> list[list[Failure]]:
        """The failed checks without a cause, clause by clause; empty if no check has one."""
        explained = {check for cause in self.causes for check in cause.checks}
        of_clause: dict[str, list[Failure]] = {}
        for check, failure in self._failures.items():
            if self.causes and check not in explained:
                of_clause.setdefault(failure.clause.id, []).append(failure)
        return list(of_clause.values())

    @property
    def advice(self) -> str:
        """Advice to give the search more time; empty if that would show nothing more."""
        finished = self.causes and all(cause.complete for cause in self.causes)
        if not self._run.ran_out_of_time or (finished and not self.unexplained):
            return ""
        took = f"The search for causes took all of its {self._run.explaining:g} s."
        return f"{took} Give it more with --evsys-explain SECONDS."

    def explain(self, seed: int | str | None) -> None:
        """Find the causes, and keep a program of each as a file."""
        run, number = self._run, len(self._failures)
        if number:
            what = f"{number} failed check{'s' if number > 1 else ''} of {run.target.name}"
            most = f"for at most {run.explaining:g} s"
            show_line(self._config, f"\nevsys conformance: explaining {what}, {most}")
            with output_discarded(self._config):
                self._find_causes()
        directory = replay_files.directory_of(self._config.rootpath, run.target)
        replay_files.discard(directory)
        for number, cause in enumerate(self.causes, 1):
            again = self._again(cause, seed)
            self.ways_back.append(
                replay_files.keep(directory, number, cause, self._import_path(), again)
            )

    def _find_causes(self) -> None:
        try:
            causes = self._run.explain(self._failures.values())
            self.causes = [cause_record(cause) for cause in causes]
        except KeyboardInterrupt:
            self.trouble.append("the search for causes was interrupted")
        except BaseException as error:  # noqa: BLE001 - the verdicts must not be lost
            told = f"{type(error).__name__}: {error}"
            self.trouble.append(f"explaining the failed checks raised {told} (kit error)")
            show_line(self._config, f"Kit error: {self.trouble[-1]}\n\n{traceback.format_exc()}")

    def _again(self, cause: CauseRecord, seed: int | str | None) -> str:
        """The command that runs a clause again in which a check failed through the cause."""
        clauses = [check.partition("::")[0] for check in cause.checks]
        clause_id = clauses[0] if clauses and cause.clause not in clauses else cause.clause
        # Without autoloading, Hypothesis's option has to be asked for.
        loaded = self._config.pluginmanager.hasplugin("hypothesispytest")
        return replay_files.command(
            self._run.target,
            clause_id,
            seed=seed,
            effort=self._run.effort,
            seeded_by="" if loaded else "-p hypothesispytest",
        )

    def _import_path(self) -> list[str]:
        """The directories of this project that are on ``sys.path``."""
        here = [self._config.rootpath, self._config.invocation_params.dir]
        return [
            place
            for place in dict.fromkeys(map(os.path.abspath, filter(None, sys.path)))
            if any(Path(place).is_relative_to(each) for each in here)
            and "site-packages" not in place
        ]
