"""A trial: what a direct check works with.

Most checks yield programs. A direct check looks at things that no program shows, such as signatures
or what stays open, and says so by hand: it writes down what it does, as Python.
"""

import contextlib
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, NoReturn

from evsys_conformance.clauses import Clause
from evsys_conformance.harness import build_store
from evsys_conformance.judging.comparison import differences
from evsys_conformance.judging.differences import listed_texts
from evsys_conformance.judging.expected import Record
from evsys_conformance.judging.precision import Precision
from evsys_conformance.printing.script import frame
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.observation import described
from evsys_conformance.programs.program import Close, Make, Open, Program, Read, Step
from evsys_conformance.programs.subject import Subject
from evsys_conformance.violation import ClauseViolation


class Trial:
    """A fresh destination and what a direct check does there."""

    def __init__(self, subject: Subject, clause: Clause) -> None:
        """Prepare a destination."""
        self.subject = subject
        self.clause = clause
        self.directory: Path = subject.fresh_directory()
        self.unobserved = False
        self._steps: list[Step] = []
        self._lines: list[str] = ["params = harness.params(Path(tempfile.mkdtemp()))"]
        with self.judged("harness.params(directory)"):
            self.params: dict[str, Any] = subject.harness.params(self.directory)

    def fail(
        self,
        what: str,
        cause: BaseException | None = None,
        *,
        program: Program | None = None,
    ) -> NoReturn:
        """Break off: the store broke the clause.

        Args:
            what: What was expected and what happened.
            cause: The exception of the store.
            program: What may explain it: a program with another fault that leads to this one.
        """
        violation = ClauseViolation(self.clause, what, script=self.script())
        violation.program = program
        raise violation from cause

    @contextlib.contextmanager
    def judged(self, what: str) -> Generator[None]:
        """Turn an exception of the store inside into a violation."""
        try:
            yield
        except ClauseViolation:
            raise
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            self.fail(f"{what} raised {described(error)}", error)

    def note(self, *lines: str) -> None:
        """Add lines of Python to the script."""
        self._lines += lines

    def script(self) -> str:
        """A program that does again what was written down."""
        return frame([*self._lines, "print(harness.read(params))"], self.subject.loading)

    def open(self) -> Any:
        """Build a store at the destination."""
        self.note("store = build_store(harness.store, params)")
        self._do(Open())
        with self._shown_by(Close()), self.judged("building the store"), self.subject.timed():
            return build_store(self.subject.store, self.params)

    def make(self, store: Any, call: Call) -> Any:
        """Make a valid call, which must not raise; give what it returned."""
        self.note(call.code())
        self._do(Close() if call.method == "close" else Make(call))
        arguments, keywords = call.fresh()
        what = f"{call.code()}, a valid call,"
        with self._shown_by(Close()), self.judged(what), self.subject.timed():
            return getattr(store, call.method)(*arguments, **keywords)

    def attempt(self, store: Any, make: Make) -> None:
        """Make a call that may raise."""
        self._do(make)
        arguments, keywords = make.call.fresh()
        with contextlib.suppress(Exception), self.subject.timed():
            getattr(store, make.call.method)(*arguments, **keywords)

    def done(self) -> Program:
        """What was done so far, as a program that reads at its end."""
        return Program((*self._steps, Read()))

    def expect(self, calls: Iterable[Call]) -> None:
        """Fail unless a fresh reader finds exactly what ``calls`` recorded."""
        if self.subject.observable is False:
            self.unobserved = True
            return
        self.subject.doing = Read()
        with self._shown_by(Read()), self.judged("harness.read(params)"):
            run_log = self.subject.harness.read(self.params)
        self.subject.observable = run_log is not None
        if run_log is None:
            self.unobserved = True
            return
        records = [Record(call, n) for n, call in enumerate(calls)]
        with self.judged("going through what harness.read(params) returned"):
            problems = list(differences(records, run_log, Precision.of(self.subject.claims)))
        if problems:
            with self._shown_by(Read()):
                self.fail(listed_texts(problems))

    def _do(self, step: Step) -> None:
        self._steps.append(step)
        self.subject.doing = step

    @contextlib.contextmanager
    def _shown_by(self, end: Step) -> Generator[None]:
        """A violation inside is shown by a program of what was done so far."""
        try:
            yield
        except ClauseViolation as violation:
            violation.program = Program((*self._steps, end))
            raise
