"""A store that a replay writes to: what it takes, refuses, and already holds."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, cast

from evsys_sdk._child_failures import child_failures, leaf_errors
from evsys_sdk.command.failures import CommandError, described
from evsys_sdk.config import LogStoreSpec, build_log_store
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from evsys_sdk.registry import get_log_store
from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog
from evsys_sdk.text import shortened

__all__ = ["ReplayTarget", "last_keys", "read_back", "stores_of"]

_MOST_REFUSALS = 20
_REFUSALS = (TypeError, ValueError, OverflowError)


class _Refusal(NamedTuple):
    child: str
    """Which child of a composite refused; empty if the store itself did."""
    error: BaseException


def stores_of(spec: LogStoreSpec, place: str = "") -> Iterator[tuple[str, LogStoreSpec]]:
    """The stores to write to, each with its place: all children of a multiplex.

    Each child is a separate target: if one refuses a row or fails, the others still get it once.
    """
    if spec.kind != MultiplexLogStore.name:
        yield f"{place} ({spec.kind})" if place else f"the {spec.kind} store", spec
        return
    children = MultiplexLogStore.Config.model_validate(spec.params).children
    for index, child in enumerate(children):
        yield from stores_of(child, f"{place}.children[{index}]".removeprefix("."))


class ReplayTarget:
    """A log store, open, and what it refused."""

    def __init__(self, place: str, spec: LogStoreSpec, refused: dict[str, int]) -> None:
        """Open the store at this place of the configuration, and count refusals in ``refused``.

        Raises:
            CommandError: It can't be opened.
        """
        self._place = place
        self._refused = refused
        try:
            self._store = build_log_store(spec)
        except Exception as error:
            raise CommandError(f"{place} can't be opened: {described(error)}") from error

    def close(self) -> None:
        """Close the store.

        Raises:
            CommandError: It failed.
        """
        self._refusals(self._store.close, refusals=())

    def take_row(self, row: MetricRow) -> int:
        """Hand over the row, and return how many points of it the store took.

        Raises:
            CommandError: The store failed, which is more than to refuse the row.
        """
        call = partial(self._store.log_metrics, row.metrics, row.step)
        if row.split is not None:  # if it is unknown, the store takes its default
            call = partial(call, split=row.split)
        refusals = self._refusals(call)
        if not refusals:
            return len(row.metrics)
        if len(row.metrics) > 1 and not refusals[0].child:
            # It may refuse a single key, and it has recorded nothing of this call.
            alone = [MetricRow(row.step, row.split, {key: row.metrics[key]}) for key in row.metrics]
            return sum(map(self.take_row, alone))
        self._count(f"metric {', '.join(shortened(key, 40) for key in row.metrics)}", refusals)
        return len(row.metrics) if refusals[0].child else 0

    def take_hyperparams(self, params: dict[str, Any]) -> None:
        """Hand over the hyperparameters, one by one if they are not taken together.

        Raises:
            CommandError: As for :meth:`take_row`.
        """
        if not params:
            return
        refusals = self._refusals(partial(self._store.log_hyperparams, params))
        if refusals and len(params) > 1 and not refusals[0].child:
            for key, value in params.items():
                self.take_hyperparams({key: value})
        else:
            names = ", ".join(shortened(key, 40) for key in params)
            self._count(f"hyperparameter {names}", refusals)

    def take_artifact(self, pointer: ArtifactPointer) -> None:
        """Hand over the artifact.

        Raises:
            CommandError: As for :meth:`take_row`.
        """
        log = partial(self._store.log_artifact, pointer.name, pointer.path, kind=pointer.kind)
        self._count(f"artifact {shortened(pointer.name, 40)}", self._refusals(log))

    def _refusals(
        self, call: Callable[[], None], refusals: tuple[type[Exception], ...] = _REFUSALS
    ) -> list[_Refusal]:
        """Make the call, and return which store refused it, or nothing.

        A call that only some children of a composite refused must not be made again: the others
        have taken it.
        """
        try:
            call()
        except Exception as error:
            found = [_Refusal(str(each), each.error) for each in child_failures(error)]
            if not found:
                errors = [*leaf_errors(error)]
                child = "" if errors == [error] else "a child"
                found = [_Refusal(child, each) for each in errors]
            if all(isinstance(each.error, refusals) for each in found):
                return found
            raise CommandError(
                f"{self._place} failed: {described(error)}. Start the replay again to continue"
            ) from error
        return []

    def _count(self, what: str, refusals: list[_Refusal]) -> None:
        for child, error in refusals:
            reason = f"{type(error).__name__}: {shortened(str(error), 100)}"
            name = f"{what}: {child}: {reason}" if child else f"{what}: {reason}"
            if name not in self._refused and len(self._refused) >= _MOST_REFUSALS:
                name = "more, each of another kind"
            self._refused[name] = self._refused.get(name, 0) + 1


def read_back(spec: LogStoreSpec) -> RunLog | None:
    """What is at the destination now, or None if its store has no ``read_run``.

    A destination that was never written to may read as empty or raise anything.
    """
    store_class = get_log_store(spec.kind)
    read_run = cast("Callable[..., RunLog] | None", getattr(store_class, "read_run", None))
    if read_run is None:
        return None
    try:
        log = read_run(**spec.params)
    except Exception:  # noqa: BLE001 - what raises for another reason will not open either
        return RunLog([], {}, [])
    # Other runs inside the destination are those of other stores, which may grow at any time.
    own = [row for row in log.metrics if row.run is None]
    return RunLog(own, log.hyperparams, log.artifacts)


def last_keys(log: RunLog, count: int) -> list[str]:
    """The keys of the last points of the log."""

    def backward() -> Iterator[str]:
        for row in reversed(log.metrics):
            yield from reversed(row.metrics)

    return [*islice(backward(), count)]
