"""What several writers logged at once, and whether the log holds all of it.

Each writer has keys, artifacts and hyperparameters of its own, whose order must be kept, and one
key that all share, whose points may stand in any order that keeps each writer's own.
"""

from collections.abc import Sequence

from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.comparison import (
    artifact_difference,
    expected_artifacts,
    expected_points,
    found_artifacts,
    found_points,
    json_difference,
    merged_hyperparams,
    metric_difference,
)
from evsys_conformance.programs.trial import Trial

SHARED = "shared"
"""The key that all writers log under; its value tells the writer, its step the place."""


def writer_calls(writer: int, number: int) -> list[Call]:
    """Calls of one of several writers."""
    made: list[Call] = [calls.hyperparams({f"writer {writer}": [writer]})]
    for n in range(number):
        made.append(calls.metrics({f"writer {writer}": n / 8, SHARED: float(writer)}, n))
        if n % 3 == 0:
            made.append(calls.metrics({f"eval {writer}": n / 8}, n, ("val", "test")[writer % 2]))
        if n % 8 == 0:
            made.append(calls.scalar(f"scalar {writer}", n / 8, n))
        if n % 8 == 4:
            made.append(calls.artifact(f"writer {writer}", f"{n}.pt"))
            made.append(calls.hyperparams({f"writer {writer} at {n}": n}))
    return made


def merging_calls(writer: int, number: int) -> list[Call]:
    """Calls of one of several writers that change what all share: the hyperparameters."""
    return [calls.hyperparams({f"writer {writer} at {n}": n}) for n in range(number)]


def expect_histories(trial: Trial, histories: Sequence[list[Call]]) -> None:
    """Fail unless the log holds every call of every writer once, in each writer's order."""
    together: list[Call] = [call for history in histories for call in history]
    run_log = trial.read_unless_empty(together)
    if run_log is None:
        return
    precision = trial.bench.precision
    with trial.judged("going through what harness.read(params) returned"):
        found = found_points(run_log.metrics, precision)
        pointers = found_artifacts(run_log.artifacts)
    split = "train" if precision.split else None
    shared = found.pop((SHARED, split), [])
    problems: list[str | None] = []
    expected = expected_points(together, precision)
    expected.pop((SHARED, split), None)
    problems.append(metric_difference(expected, found, precision))
    logged = 0
    for writer, history in enumerate(histories):
        want = expected_points(history, precision).get((SHARED, split), [])
        have = [point for point in shared if precision.same_value(float(writer), point[1])]
        logged += len(want)
        problem = metric_difference({(SHARED, split): want}, {(SHARED, split): have}, precision)
        problems.append(problem and f"of writer {writer}, {problem}")
        artifacts = expected_artifacts(history)
        theirs = [pointer for pointer in pointers if pointer[0] == f"writer {writer}"]
        problems.append(artifact_difference(artifacts, theirs))
    if len(shared) != logged:
        problems.append(f"key {SHARED!r}: {logged} points were logged, {len(shared)} are recorded")
    if len(pointers) != len(expected_artifacts(together)):
        problems.append(
            f"{len(expected_artifacts(together))} artifacts were logged, "
            f"{len(pointers)} are recorded"
        )
    problems.append(json_difference(merged_hyperparams(together), run_log.hyperparams))
    said = "\n".join(filter(None, problems))
    if said:
        trial.fail(said)
