"""Runs a program at fresh destinations, and says what was seen."""

import contextlib
import gc
import inspect
from collections.abc import Callable
from typing import Any

from evsys_conformance.harness import constructor_arguments
from evsys_conformance.processes.steps import run_forks, run_killed, run_processes
from evsys_conformance.programs.arguments import CallerSide
from evsys_conformance.programs.calls import located
from evsys_conformance.programs.forwarding import opened_through
from evsys_conformance.programs.observation import (
    Hanging,
    Observation,
    StepObservation,
    step_that_raised,
)
from evsys_conformance.programs.program import (
    Close,
    Drop,
    Forks,
    Killed,
    Make,
    Open,
    Processes,
    Program,
    Read,
    Step,
    Threads,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.programs.threads import run_threads


def run(program: Program, subject: Subject) -> Observation:
    """Run a program. Errors of the store are part of the observation.

    The run ends early where a store can't be built, a parameter can't be made, or a call hangs.

    Raises:
        BaseException: What ends a program, such as KeyboardInterrupt, passes through.
    """
    return _Run(program, subject).observe()


class _Run:
    """One run of a program."""

    def __init__(self, program: Program, subject: Subject) -> None:
        self.program = program
        self.subject = subject
        self.observation = Observation()
        self._params: dict[int, dict[str, Any]] = {}
        self._stores: dict[int, Any] = {}
        self._destinations: dict[int, int] = {}
        self._alike: dict[int, dict[str, Any]] = {}
        """Arguments of stores to be built from the objects of another, by store."""
        self._caller = CallerSide()
        self._until_the_end = contextlib.ExitStack()

    def observe(self) -> Observation:
        with self._until_the_end:
            for step in self.program.steps:
                seen = self._seen(step)
                self.observation.seen.append(seen)
                if seen.hung or (seen.error is not None and isinstance(step, Open)):
                    break
        return self.observation

    def _seen(self, step: Step) -> StepObservation:
        self.subject.doing = step
        try:
            match step:
                case Make():
                    return self._make(step)
                case Read():
                    return self._read(step)
                case Close():
                    return self._close(step)
                case Open():
                    return self._open(step)
                case Drop():
                    return self._drop(step)
                case Threads():
                    return run_threads(step, self._stores[step.store])
                case Processes():
                    return self._elsewhere(run_processes, step)
                case Killed():
                    return self._elsewhere(run_killed, step)
                case Forks():
                    return self._elsewhere(run_forks, step)
        except Hanging:
            return StepObservation(hung=True)

    def _params_of(self, destination: int) -> dict[str, Any]:
        if destination not in self._params:
            directory = self.subject.fresh_directory()
            self.observation.directories[destination] = str(directory)
            self._params[destination] = self.subject.harness.params(directory)
        return self._params[destination]

    def _open(self, step: Open) -> StepObservation:
        try:
            params = self._params_of(step.destination)
        except Exception as error:  # noqa: BLE001 - a harness may raise anything
            return step_that_raised(error, by_harness=True)
        try:
            with self.subject.timed():
                self._destinations[step.store] = step.destination
                self._stores[step.store] = opened_through(
                    step.through,
                    self.subject.store,
                    params,
                    lambda params: self._build(step, params),
                    self._until_the_end,
                )
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            return step_that_raised(error)
        return StepObservation()

    def _build(self, step: Open, params: dict[str, Any]) -> Any:
        arguments = self._alike.pop(step.store, None)
        if arguments is None:
            arguments = constructor_arguments(self.subject.store, params)
        for other in self.program.steps:
            if isinstance(other, Open) and other.same_objects_as == step.store:
                # Before any constructor runs: it may change an object that is still equal here.
                theirs = self._params_of(other.destination)
                self._alike[other.store] = constructor_arguments(
                    self.subject.store, theirs, arguments
                )
        return self.subject.store(**arguments)

    def _make(self, step: Make) -> StepObservation:
        directory = self.observation.directories[self._destinations[step.store]]
        given = self._caller.arguments(located(step.call, directory), step.caller)
        seen = StepObservation()
        try:
            with self.subject.timed():
                result = getattr(self._stores[step.store], step.call.method)(*given[0], **given[1])
            seen.awaitable = _is_awaitable(result)
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            seen = step_that_raised(error)
        seen.changed = self._caller.changed("the call")
        self._caller.after_call(given, step.caller)
        return seen

    def _close(self, step: Close) -> StepObservation:
        seen = StepObservation()
        try:
            with self.subject.timed():
                result = self._stores[step.store].close()
            seen.awaitable = _is_awaitable(result)
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            seen = step_that_raised(error)
        seen.changed = self._caller.changed("close()")
        return seen

    def _drop(self, step: Drop) -> StepObservation:
        self._stores.pop(step.store, None)
        gc.collect()
        return StepObservation(changed=self._caller.changed("the garbage collection"))

    def _read(self, step: Read) -> StepObservation:
        if self.subject.observable is False:
            self.observation.unobserved = True
            return StepObservation()
        self.subject.calls_in_check += 1
        try:
            run_log = self.subject.harness.read(self._params_of(step.destination))
        except Exception as error:  # noqa: BLE001 - a harness may raise anything
            return step_that_raised(error, by_harness=True)
        if run_log is None:
            if self.subject.observable:
                return StepObservation(problem="harness.read(params) returned None")
            self.observation.unobserved = True
        self.subject.observable = run_log is not None
        return StepObservation(run_log=run_log)

    def _elsewhere(
        self, perform: Callable[[Any, Subject, dict[str, Any]], StepObservation], step: Any
    ) -> StepObservation:
        try:
            params = self._params_of(step.destination)
        except Exception as error:  # noqa: BLE001 - a harness may raise anything
            return step_that_raised(error, by_harness=True)
        return perform(step, self.subject, params)


def _is_awaitable(result: Any) -> bool:
    """Whether a method has done nothing yet: its body waits for somebody to await it."""
    if inspect.iscoroutine(result):
        result.close()  # It would only warn that it was never awaited.
        return True
    return inspect.isgenerator(result) or inspect.isasyncgen(result)
