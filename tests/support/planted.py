"""Stores that a test makes, and what is wrong with them."""

from typing import Any

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.judge import judged
from evsys_conformance.programs.program import Program
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.interpreter import run
from zoo.backends.memory import Memory, MemoryHarness


def subject_of(store: type = Memory, harness: type[MemoryHarness] = MemoryHarness) -> Subject:
    """The subject of a store that lives where :class:`Memory` does."""
    planted: Any = type("Planted", (harness,), {"store": store})
    return Subject(planted(), f"{store.__module__}:{store.__qualname__}")


def found(
    program: Program, store: type = Memory, harness: type[MemoryHarness] = MemoryHarness
) -> list[Difference]:
    """What is wrong with a program when a store runs it."""
    subject = subject_of(store, harness)
    try:
        return judged(program, run(program, subject), subject)
    finally:
        subject.discard()
