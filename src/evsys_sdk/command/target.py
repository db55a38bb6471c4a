"""The store that a replay writes to: what it takes, refuses, and already holds."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, cast

from evsys_sdk.command.text import shortened
from evsys_sdk.config import LogStoreSpec, build_log_store
from evsys_sdk.protocols import LogStore
from evsys_sdk.registry import get_log_store
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog

__all__ = ["Target"]

_MOST_REFUSALS = 20
_REFUSALS = (TypeError, ValueError, OverflowError)


class Target:
    """A log store, open, and what it refused."""

    def __init__(self, spec: LogStoreSpec, refused: dict[str, int]) -> None:
        self.store: LogStore = build_log_store(spec)
        self.refused = refused

    def take_row(self, row: MetricRow) -> int:
        """Hand over the row, and return how many points of it the store took."""
        split = row.split or "train"
        try:
            self.store.log_metrics(row.metrics, row.step, split=split)
        except _REFUSALS as error:
            if len(row.metrics) <= 1:
                for key in row.metrics:
                    self._refuse(f"metric {shortened(key, 40)}", error)
                return 0
            # It may be a single key that it does not like.
            alone = [MetricRow(row.step, split, {key: row.metrics[key]}) for key in row.metrics]
            return sum(map(self.take_row, alone))
        return len(row.metrics)

    def take_hyperparams(self, params: dict[str, Any]) -> None:
        """Hand over the hyperparameters, one by one if they are not taken together."""
        if not params:
            return
        try:
            self.store.log_hyperparams(params)
        except _REFUSALS:
            for key, value in params.items():
                self._attempt(
                    f"hyperparameter {shortened(key, 40)}",
                    partial(self.store.log_hyperparams, {key: value}),
                )

    def take_artifact(self, pointer: ArtifactPointer) -> None:
        """Hand over the artifact."""
        self._attempt(
            f"artifact {shortened(pointer.name, 40)}",
            partial(self.store.log_artifact, pointer.name, pointer.path, kind=pointer.kind),
        )

    def _attempt(self, what: str, call: Callable[[], None]) -> None:
        try:
            call()
        except _REFUSALS as error:
            self._refuse(what, error)

    def _refuse(self, what: str, error: Exception) -> None:
        name = f"{what}: {type(error).__name__}: {shortened(str(error), 100)}"
        if name not in self.refused and len(self.refused) >= _MOST_REFUSALS:
            name = "more, each of another kind"
        self.refused[name] = self.refused.get(name, 0) + 1


def read_back(spec: LogStoreSpec) -> RunLog | None:
    """What is at the destination now, or None if its store has no ``read_run``.

    One that was never written to may be read as empty, or raise what it likes.
    """
    store_class = get_log_store(spec.kind)
    read_run = cast("Callable[..., RunLog] | None", getattr(store_class, "read_run", None))
    if read_run is None:
        return None
    try:
        return read_run(**spec.params)
    except Exception:  # noqa: BLE001 - what raises for another reason will not open either
        return RunLog([], {}, [])


def last_keys(log: RunLog, count: int) -> list[str]:
    """The keys of the last points of the log."""

    def backward() -> Iterator[str]:
        for row in reversed(log.metrics):
            yield from reversed(row.metrics)

    return [*islice(backward(), count)]
