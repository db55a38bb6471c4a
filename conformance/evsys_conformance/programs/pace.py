"""How many calls a check of a long run makes of a slow store.

A store that writes to a server is as correct as another: it should neither be judged for an hour,
nor look as if it was hanging.
"""

from evsys_conformance.programs import calls
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.trial import Trial

SLOW_SECONDS_PER_CALL = 0.005
"""Up to this cost of a call, a check of a long run makes all its calls."""

_CALLS_THAT_TELL = 20


def share_of_a_long_run(bench: Bench) -> float:
    """How much of its usual length a check makes: less at quick effort, and no more at deep."""
    return min(1.0, bench.volume)


def affordable(trial: Trial, number: int) -> int:
    """How many calls to make where a quick store gets ``number``: at least a tenth of them.

    At quick effort it is a quarter of that.
    """
    bench = trial.bench
    number = round(number * share_of_a_long_run(bench))
    if bench.calls < _CALLS_THAT_TELL:
        made = [calls.metrics({"loss": n / 8}, n) for n in range(_CALLS_THAT_TELL)]
        Trial(bench, trial.clause).log_calls(made)
    share = SLOW_SECONDS_PER_CALL / max(bench.seconds_per_call, SLOW_SECONDS_PER_CALL)
    return max(round(number * share), number // 10)
