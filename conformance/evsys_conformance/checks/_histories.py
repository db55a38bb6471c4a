"""Calls of several writers at once.

Each writer has its own keys, artifacts and hyperparameters, whose order must be kept. All writers
share one key, whose points may come in any order that keeps the order of each writer.
"""

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call

SHARED = "shared"
"""The key that all writers log under; its value tells the writer, its step the place."""


def writer_calls(writer: int, number: int) -> tuple[Call, ...]:
    """Calls of one of several writers."""
    log: list[Call] = [calls.hyperparams({f"writer {writer}": [writer]})]
    for n in range(number):
        log.append(calls.metrics({f"writer {writer}": n / 8, SHARED: float(writer)}, n))
        if n % 3 == 0:
            log.append(calls.metrics({f"eval {writer}": n / 8}, n, ("val", "test")[writer % 2]))
        if n % 8 == 0:
            log.append(calls.scalar(f"scalar {writer}", n / 8, n))
        if n % 8 == 4:
            log.append(calls.artifact(f"writer {writer}", f"{n}.pt"))
            log.append(calls.hyperparams({f"writer {writer} at {n}": n}))
    return tuple(log)


def merging_calls(writer: int, number: int) -> tuple[Call, ...]:
    """Calls of one of several writers that change what all share: the hyperparameters."""
    return tuple(calls.hyperparams({f"writer {writer} at {n}": n}) for n in range(number))


def racing_calls(writer: int, number: int) -> tuple[Call, ...]:
    """Calls of one of several writers whose store is closed meanwhile."""
    return tuple(
        calls.metrics({f"writer {writer}": n / 8, SHARED: float(writer)}, n) for n in range(number)
    )
