"""One trial of a store: a fresh destination, calls, a look at what was recorded.

Everything that a trial does is also written down as Python, so that a violation can show a script
that does the same again.
"""

import contextlib
import inspect
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

from evsys_conformance.clauses import Clause
from evsys_conformance.harness import build_store
from evsys_conformance.programs import comparison as records
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.calls import Call, collapsed, records_something
from evsys_conformance.violation import ClauseViolation, indented
from evsys_sdk.run_log import RunLog

USAGE_ERRORS = (TypeError, ValueError)
"""What a store may raise for a bad argument (MET-7, HP-3)."""


class Trial:
    """A fresh destination and what is done there."""

    def __init__(self, bench: Bench, clause: Clause) -> None:
        self.bench = bench
        self.clause = clause
        self.directory: Path = bench.fresh_directory()
        with self.judged("harness.params(directory)"):
            self.params: dict[str, Any] = bench.harness.params(self.directory)
        self.unobserved = False
        self._script: list[str | tuple[Call, str]] = []
        self._stores = 0

    # -- saying what is wrong ------------------------------------------------------------------

    def fail(self, what: str) -> NoReturn:
        """Break off: the store broke the clause of this trial."""
        raise ClauseViolation(self.clause, what, script=self.script())

    @contextlib.contextmanager
    def judged(self, what: str) -> Generator[None]:
        """Whatever the store raises inside is a violation."""
        try:
            yield
        except ClauseViolation:
            raise
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            self.fail_for(what, error)

    def fail_for(self, what: str, error: BaseException) -> NoReturn:
        """Break off because ``what`` raised ``error``."""
        violation = ClauseViolation(
            self.clause, f"{what} raised {described(error)}", script=self.script()
        )
        raise violation from error

    def note(self, *lines: str) -> None:
        """Add lines of Python to the script."""
        self._script += lines

    def note_call(self, call: Call, store: str) -> None:
        """Add a call to the script; written as Python only when it is shown."""
        self._script.append((call, store))

    def last_note(self) -> str:
        """The last thing that was done, as Python."""
        last = self._script[-1] if self._script else "building the store"
        return last if isinstance(last, str) else _shortened(last[0].code(last[1]))

    def script(self) -> str:
        """Give a program that does again what was done so far."""
        body = ["params = harness.params(Path(tempfile.mkdtemp()))"]
        body += collapsed(e if isinstance(e, str) else e[0].code(e[1]) for e in self._script)
        body.append("print(harness.read(params))")
        lines = [
            "import tempfile",
            "from pathlib import Path",
            *_imports(body),
            "from evsys_conformance import build_store, load_harness",
            "",
            f"with {self.bench.loading} as harness:",
        ]
        return "\n".join([*lines, indented("\n".join(body))])

    # -- doing ---------------------------------------------------------------------------------

    def open(self, build: Callable[[dict[str, Any]], Any] | None = None) -> "OpenStore":
        """Build a store at the destination."""
        name = "store" if self._stores == 0 else f"store_{self._stores + 1}"
        self._stores += 1
        if build is None:
            self.note(f"{name} = build_store(harness.store, params)")
        with self.judged("building the store"), self.bench.timed():
            store = (build or self._build)(self.params)
        return OpenStore(self, store, name)

    def _build(self, params: dict[str, Any]) -> Any:
        return build_store(self.bench.store, params)

    def log_calls(self, calls: Iterable[Call]) -> None:
        """Open a store, make ``calls``, close it."""
        store = self.open()
        store.calls(calls)
        store.close()

    # -- looking -------------------------------------------------------------------------------

    def read(self) -> RunLog | None:
        """What an independent reader finds; None where the harness can't observe."""
        if self.bench.observable is False:
            self.unobserved = True
            return None
        with self.judged("harness.read(params)"):
            run_log = self.bench.harness.read(self.params)
        if run_log is None:
            if self.bench.observable:
                self.fail(
                    "harness.read(params) returned None, and has returned a RunLog before. "
                    "None means that this harness can never observe its store."
                )
            self.bench.observable = False
            self.unobserved = True
            return None
        self.bench.observable = True
        return run_log

    def read_unless_empty(self, calls: Iterable[Call], *, before: str = "") -> RunLog | None:
        """As :meth:`read`; where ``calls``, all that returned, recorded nothing, reading may fail.

        "Where nothing was logged there may be nothing to read" (CL-1). ``before`` says what
        happened before the look.
        """
        try:
            return self.read()
        except ClauseViolation as violation:
            if not any(map(records_something, calls)):
                return None
            if before:
                self.fail(f"{before}:\n{violation.what}")
            raise

    def expect(
        self, calls: Iterable[Call], under_way: Iterable[Call] = (), *, before: str = ""
    ) -> None:
        """Fail unless a fresh reader finds exactly what ``calls`` recorded.

        ``under_way`` are calls that had not returned when their process was killed: they may be
        there wholly, in part or not at all. ``before`` says what happened before the look.
        """
        calls, under_way = list(calls), list(under_way)
        run_log = self.read_unless_empty(calls, before=before)
        problem = run_log and self.difference(run_log, calls, under_way)
        if problem:
            self.fail(f"{before}:\n{problem}" if before else problem)

    def expect_among_others(self, calls: Iterable[Call]) -> None:
        """Fail unless a fresh reader finds what ``calls`` recorded.

        Other calls may have left anything, but under other keys, hyperparameters and names.
        """
        calls = list(calls)
        run_log = self.read()
        if run_log is None:
            return
        with self.judged("going through what harness.read(params) returned"):
            of_calls = records.under_names_of(calls, run_log)
        if problem := self.difference(of_calls, calls):
            self.fail(problem)

    def difference(
        self, run_log: RunLog, calls: list[Call], under_way: list[Call] | None = None
    ) -> str | None:
        """Say how ``run_log`` differs from what ``calls`` recorded; None where it does not."""
        under_way = under_way or []
        precision = self.bench.precision
        with self.judged("going through what harness.read(params) returned"):
            found = records.found_points(run_log.metrics, precision)
            hyperparams = run_log.hyperparams
            artifacts = records.found_artifacts(run_log.artifacts)
        problems = [
            records.metric_difference(
                records.expected_points(calls, precision),
                found,
                precision,
                records.expected_points(under_way, precision),
            ),
            self._hyperparams_difference(hyperparams, calls, under_way),
            records.artifact_difference(
                records.expected_artifacts(calls), artifacts, records.expected_artifacts(under_way)
            ),
        ]
        return "\n".join(filter(None, problems)) or None

    def _hyperparams_difference(
        self, found: Any, calls: list[Call], under_way: list[Call]
    ) -> str | None:
        merged = records.merged_hyperparams(calls)
        for key, value in records.merged_hyperparams(under_way).items():
            # In part: some keys may have their new value and others none, or the one before.
            if isinstance(found, Mapping) and key in found:
                now = cast("Mapping[str, Any]", found)[key]
                if records.json_difference(value, now) is None:
                    merged[key] = value
        return records.json_difference(merged, found)


class OpenStore:
    """An open store of a trial; its calls are judged and written down."""

    def __init__(self, trial: Trial, store: Any, name: str) -> None:
        self.trial = trial
        self.store = store
        self.name = name

    def call(self, call: Call) -> None:
        """Make one valid call; it must not raise."""
        self.trial.note_call(call, self.name)
        self._valid(call)

    def calls(self, calls: Iterable[Call]) -> None:
        """Make valid calls, which must not raise."""
        for call in calls:
            self.trial.note_call(call, self.name)
            self._valid(call)

    def _valid(self, call: Call) -> None:
        arguments, keywords = call.fresh()
        try:
            self.make(call.method, *arguments, **keywords)
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            self.trial.fail_for(f"{_shortened(call.code(self.name))}, a valid call,", error)

    def make(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method of the store as it is; what it raises passes through."""
        with self.trial.bench.timed():
            result = getattr(self.store, method)(*arguments, **keywords)
        if inspect.iscoroutine(result):
            result.close()  # SIG-1 says so; here it would only warn that it was never awaited.
        return result

    def refused(self, call: Call, because: str) -> None:
        """Make one call that must raise TypeError or ValueError (MET-7, HP-3)."""
        self.trial.note(
            f"# {because}: TypeError or ValueError expected", *_attempted(call, self.name)
        )
        arguments, keywords = call.fresh()
        try:
            self.make(call.method, *arguments, **keywords)
        except USAGE_ERRORS:
            return
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            self.trial.fail_for(
                f"{_shortened(call.code(self.name))} ({because}) must raise TypeError or "
                f"ValueError; it",
                error,
            )
        self.trial.fail(
            f"{_shortened(call.code(self.name))} was accepted, but {because}: it must raise "
            f"TypeError or ValueError and record nothing."
        )

    def taken_or_refused(self, call: Call) -> bool:
        """Make a call that a store may refuse with TypeError or ValueError; say if it was taken."""
        self.trial.note(*_attempted(call, self.name))
        arguments, keywords = call.fresh()
        try:
            self.make(call.method, *arguments, **keywords)
        except USAGE_ERRORS:
            return False
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            self.trial.fail_for(
                f"{_shortened(call.code(self.name))} may be refused with TypeError or ValueError; "
                f"it",
                error,
            )
        return True

    def attempt(self, call: Call) -> None:
        """Make a call that may do anything but harm other records: it may raise any exception."""
        self.trial.note(*_attempted(call, self.name, "Exception"))
        arguments, keywords = call.fresh()
        with contextlib.suppress(Exception):
            self.make(call.method, *arguments, **keywords)

    def close(self) -> None:
        """Close the store; it must not raise."""
        self.trial.note(f"{self.name}.close()")
        with self.trial.judged(f"{self.name}.close()"):
            self.make("close")


def described(error: BaseException) -> str:
    """Type and text of an error, and the place where it was raised."""
    text = str(error).strip()
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    return f"{said}\n    (in {frames[-1].filename}, line {frames[-1].lineno})" if frames else said


def _attempted(call: Call, store: str, errors: str = "(TypeError, ValueError)") -> list[str]:
    return [
        "try:",
        f"    {call.code(store)}",
        f"except {errors} as error:",
        '    print("refused:", error)',
    ]


def _imports(body: list[str]) -> list[str]:
    text = "\n".join(body)
    known = {
        "Decimal(": "from decimal import Decimal",
        "Fraction(": "from fractions import Fraction",
        "np.": "import numpy as np",
        "NumberLike(": "from evsys_conformance.strategies import NumberLike",
        "IndexLike(": "from evsys_conformance.strategies import IndexLike",
        "FloatSubclass(": "from evsys_conformance.strategies import FloatSubclass",
        "StrSubclass(": "from evsys_conformance.strategies import StrSubclass",
    }
    return [line for mark, line in known.items() if mark in text]


def _shortened(code: str, most: int = 160) -> str:
    return code if len(code) <= most else code[:most] + "…"
