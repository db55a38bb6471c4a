"""Steps of a program that take processes: several writers, kills, forks."""

import contextlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from evsys_conformance.processes.child import (
    RETURNED,
    fork_beside_a_writer,
    fork_between_calls,
    kill_inside_calls,
    log_and_close,
    log_until_killed,
)
from evsys_conformance.processes.kill_points import KILLED, KillRequest
from evsys_conformance.processes.parent import Child, ProcessFailed
from evsys_conformance.programs.observation import StepObservation
from evsys_conformance.programs.program import Forks, Killed, Processes
from evsys_conformance.programs.subject import Subject

FORK_SECONDS = 30
"""How long a forked child, or a thread of the parent, may take before it counts as hanging."""

Params = dict[str, Any]


def _failures_seen(
    perform: Callable[[Any, Subject, Params], StepObservation],
) -> Callable[[Any, Subject, Params], StepObservation]:
    def performed(step: Any, subject: Subject, params: Params) -> StepObservation:
        try:
            return perform(step, subject, params)
        except ProcessFailed as failed:
            return StepObservation(problem=str(failed))

    return performed


@_failures_seen
def run_processes(step: Processes, subject: Subject, params: Params) -> StepObservation:
    """Let each process make its calls and close its store; the first one starts last."""
    late, *early = step.histories
    with contextlib.ExitStack() as stack:
        children = [
            stack.enter_context(Child(subject, params, log_and_close, history)) for history in early
        ]
        for child in children:
            child.wait_until_ready()
        start = time.monotonic() + 0.02
        for child in children:
            child.go(start)
        last = stack.enter_context(Child(subject, params, log_and_close, late))
        last.go()
        for child in (*children, last):
            child.wait_until_done()
        if not early:
            last.wait_until_gone()
    return StepObservation(returned=[list(range(len(history))) for history in step.histories])


@_failures_seen
def run_killed(step: Killed, subject: Subject, params: Params) -> StepObservation:
    """Let a process make the calls, and kill it where the step says."""
    if step.pause is not None:
        with Child(subject, params, log_until_killed, step.calls) as child:
            child.kill_after(step.after, step.pause)
            return StepObservation(returned=[list(range(child.returned))])
    *before, last = step.calls
    request = KillRequest(params, before, last, step.within)
    outcome, _, actions = _forking_process(subject).ask(request).partition(":")
    returned = len(step.calls) - (step.within > 0)
    if outcome == KILLED:
        return StepObservation(returned=[list(range(returned))], actions=int(actions))
    # Where importing the store starts threads no process can be forked with safety.
    return _killed_between_calls(replace(step, within=0), subject, params)


def _killed_between_calls(step: Killed, subject: Subject, params: Params) -> StepObservation:
    number = len(step.calls)
    with Child(subject, params, log_until_killed, step.calls, kill_after=number) as child:
        child.wait_until_killed()
    return StepObservation(returned=[list(range(number))])


def _forking_process(subject: Subject) -> Child:
    """The process that forks those that are killed: one for the whole run, for its imports."""
    if "forking" not in subject.processes or not subject.processes["forking"].is_alive():
        child = Child(subject, {}, kill_inside_calls, ())
        subject.keep_process("forking", child)
    found: Child = subject.processes["forking"]
    return found


@_failures_seen
def run_forks(step: Forks, subject: Subject, params: Params) -> StepObservation:
    """Let a process fork after each of its calls."""
    if not hasattr(os, "fork"):
        return StepObservation()
    action = fork_beside_a_writer if step.beside_a_writer else fork_between_calls
    options = {"leave": step.leave.value, "write": step.write, "seconds": FORK_SECONDS}
    with Child(subject, params, action, step.calls, **options) as child:
        child.wait_until_done()
        answers = re.findall(b"[.!]", child.reported)
        by_thread = re.findall(rb"T(\d+);", child.reported)
    written = [n for n, answer in enumerate(answers) if answer == RETURNED]
    return StepObservation(returned=[written, list(range(int(by_thread[0]) if by_thread else 0))])
