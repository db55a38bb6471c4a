"""Judges what was seen when a program ran: a pure function of the two."""

from dataclasses import dataclass, field, replace
from typing import Any

from evsys_conformance.judging.comparison import differences
from evsys_conformance.judging.differences import Difference, Kind
from evsys_conformance.judging.expected import Record, records_something
from evsys_conformance.judging.precision import Precision
from evsys_conformance.judging.recorded_parts import with_recorded_parts
from evsys_conformance.programs.calls import Call, located, of_forked_child
from evsys_conformance.programs.observation import Observation, StepObservation, described
from evsys_conformance.programs.program import (
    Close,
    Drop,
    Expect,
    Forks,
    Killed,
    Leave,
    Make,
    Open,
    Processes,
    Program,
    Read,
    Step,
    Threads,
)
from evsys_conformance.programs.subject import Subject
from evsys_sdk.text import truncated

USAGE_ERRORS = (TypeError, ValueError)
"""What a store may raise for a bad argument (MET-7, HP-3)."""

_MUST = "it must raise TypeError or ValueError"


def judge(
    program: Program, observation: Observation, precision: Precision, claims: frozenset[str]
) -> list[Difference]:
    """Everything in which a run broke the contract, in the order of the steps.

    Args:
        program: What was done.
        observation: What was seen; shorter than the program where the run ended early.
        precision: How values and splits are judged.
        claims: What the store claims: a forked child must only have written for some of them.
    """
    judge = _Judge(precision, claims, observation.directories)
    for place, (step, seen) in enumerate(zip(program.steps, observation.seen, strict=False)):
        if seen.awaitable:
            # The method did not run, so the later steps tell nothing.
            text = f"{step_in_words(step)} returned a coroutine or a generator: it has done nothing"
            return [Difference("not synchronous", text, frozenset({place}), place)]
        judge.judge_step(place, step, seen)
    return judge.found


def judged(program: Program, observation: Observation, subject: Subject) -> list[Difference]:
    """As :func:`judge`, by what the subject claims."""
    return judge(program, observation, Precision.of(subject.claims), subject.claims)


@dataclass
class _Judge:
    precision: Precision
    claims: frozenset[str]
    directories: dict[int, str]
    found: list[Difference] = field(default_factory=list[Difference])
    _records: dict[int, list[Record]] = field(default_factory=dict[int, list[Record]])
    """What each destination must hold."""
    _destination: dict[int, int] = field(default_factory=dict[int, int])
    """Where each store writes to."""
    _closed: set[int] = field(default_factory=set[int])
    _chains: int = 0

    def judge_step(self, place: int, step: Step, seen: StepObservation) -> None:
        """Judge one step."""
        if seen.hung:
            what = seen.problem or f"{step_in_words(step)} did not return"
            self._add("hung", what, place, place)
            return
        if seen.by_harness and not isinstance(step, Read):
            text = f"harness.params(directory) raised {seen.error_text}"
            self._add("harness at fault", text, place)
            return
        if seen.changed:
            self._add("arguments changed", seen.changed, place, place)
        match step:
            case Open():
                self._judge_open(place, step, seen)
            case Make():
                self._judge_call(place, step, seen)
            case Close():
                self._closed.add(step.store)
                if seen.error is not None:
                    self._add("close raised", f"close() raised {seen.error_text}", place)
            case Read():
                self._judge_log(place, step, seen)
            case Drop():
                pass
            case Threads():
                self._judge_threads(place, step, seen)
            case Processes() | Killed() | Forks():
                self._judge_process(place, step, seen)

    def _judge_open(self, place: int, step: Open, seen: StepObservation) -> None:
        self._destination[step.store] = step.destination
        self._closed.discard(step.store)
        if seen.error is not None:
            self._add("open raised", f"building the store raised {seen.error_text}", place)

    def _judge_call(self, place: int, step: Make, seen: StepObservation) -> None:
        code = shown_call(step.call)
        if step.store in self._closed:
            if seen.error is None:
                text = f"{code} after close() did not raise"
                self._add("written after close", text, place, place)
            return
        if seen.error is None:
            if step.expect in (Expect.REFUSED, Expect.TYPE_ERROR):
                must = _MUST if step.expect is Expect.REFUSED else "it must raise TypeError"
                text = f"{code} was accepted, but {step.because}: {must} and record nothing"
                self._add("accepted", text, place, place)
            else:
                judged = step.expect is not Expect.NOT_JUDGED
                self._record(step.store, Record(step.call, place, judged=judged))
            return
        self._judge_refusal(place, step, seen, code)

    def _judge_refusal(self, place: int, step: Make, seen: StepObservation, code: str) -> None:
        error, shown = seen.error, seen.error_text
        match step.expect:
            case Expect.ACCEPTED:
                self._add("raised", f"{code}, a valid call, raised {shown}", place, place)
            case Expect.REFUSED if not isinstance(error, USAGE_ERRORS):
                text = f"{code} ({step.because}) must raise TypeError or ValueError; it raised "
                self._add("wrong error", text + shown, place, place)
            case Expect.TYPE_ERROR if not isinstance(error, TypeError):
                text = f"{code} ({step.because}) must raise TypeError; it raised {shown}"
                self._add("wrong error", text, place, place)
            case Expect.KEPT_OR_REFUSED if not isinstance(error, USAGE_ERRORS):
                text = f"{code} may be refused with TypeError or ValueError; it raised {shown}"
                self._add("wrong error", text, place, place)
            case Expect.KEPT_OR_VALUE_ERROR if not isinstance(error, ValueError):
                text = f"{code} may be refused with ValueError only; it raised {shown}"
                self._add("wrong error", text, place, place)
            case Expect.NOT_JUDGED:
                self._record(step.store, Record(step.call, place, judged=False))
            case _:
                pass

    def _judge_threads(self, place: int, step: Threads, seen: StepObservation) -> None:
        if step.close_after is not None:
            self._closed.add(step.store)
        if seen.problem:
            self._add("raised", seen.problem, place, place)
        self._record_histories(place, self._destination[step.store], step.histories, seen)

    def _judge_process(
        self, place: int, step: Processes | Killed | Forks, seen: StepObservation
    ) -> None:
        if seen.problem:
            self._add("process ended", seen.problem, place, place)
            return
        match step:
            case Processes():
                self._record_histories(place, step.destination, step.histories, seen)
            case Killed():
                self._record_killed(place, step, seen)
            case Forks():
                self._record_forks(place, step, seen)

    def _record_histories(
        self,
        place: int,
        destination: int,
        histories: tuple[tuple[Call, ...], ...],
        seen: StepObservation,
    ) -> None:
        records = self._records.setdefault(destination, [])
        for number, history in enumerate(histories):
            self._chains += 1
            returned = seen.returned[number] if number < len(seen.returned) else []
            records += [Record(history[n], place, chain=self._chains) for n in returned]

    def _record_killed(self, place: int, step: Killed, seen: StepObservation) -> None:
        returned = len(seen.returned[0])
        records = self._records.setdefault(step.destination, [])
        records += [Record(call, place) for call in step.calls[:returned]]
        records += [Record(c, place, optional=True) for c in step.calls[returned : returned + 1]]

    def _record_forks(self, place: int, step: Forks, seen: StepObservation) -> None:
        records = self._records.setdefault(step.destination, [])
        records += [Record(call, place) for call in step.calls]
        # os._exit leaves no time for a buffer: only a store that claims `crash` must have written.
        optional = step.leave is Leave.AT_ONCE and "crash" not in self.claims
        children, thread = (*seen.returned, [], [])[:2]
        for n in children:
            records.append(Record(of_forked_child(n), place, optional=optional))
        self._chains += 1
        for n in thread:
            call = Call("log_metrics", ({"thread": float(n % 1000)}, n))
            records.append(Record(call, place, chain=self._chains))

    def _judge_log(self, place: int, step: Read, seen: StepObservation) -> None:
        records = self._records.get(step.destination, [])
        if seen.problem:
            text = f"{seen.problem}, but returned a RunLog before"
            self._add("harness at fault", text, place)
        elif seen.error is not None:
            # Where nothing was logged there may be nothing to read (CL-1).
            if any(map(records_something, records)):
                text = f"harness.read(params) raised {seen.error_text}"
                about = frozenset(record.step for record in records)
                self.found.append(Difference("unreadable", text, about, place))
        elif seen.run_log is not None:
            try:
                problems = list(differences(records, seen.run_log, self.precision))
            except Exception as error:  # noqa: BLE001 - a reader may report anything
                text = f"harness.read(params) returned no sound RunLog: {described(error)}"
                self._add("harness at fault", text, place)
                return
            self.found += [replace(problem, place=place) for problem in problems]
            self._records[step.destination] = with_recorded_parts(
                records, seen.run_log, self.precision
            )

    def _record(self, store: int, record: Record) -> None:
        destination = self._destination[store]
        call = located(record.call, self.directories.get(destination, ""))
        self._records.setdefault(destination, []).append(replace(record, call=call))

    def _add(self, kind: Kind, text: str, place: int, *about: int) -> None:
        self.found.append(Difference(kind, text, frozenset(about), place))


def shown_call(call: Call, most: int = 160) -> str:
    """The call as Python, cut where it is long."""
    return truncated(call.code(), most)


def step_in_words(step: Step) -> str:
    """What a step does, in a few words."""
    match step:
        case Make():
            return shown_call(step.call)
        case Open():
            return "building the store"
        case Close():
            return "close()"
        case Read():
            return "harness.read(params)"
        case Drop():
            return "the garbage collection"
        case _:
            names: dict[Any, str] = {Threads: "a thread", Processes: "a process"}
            return names.get(type(step), "a child process")
