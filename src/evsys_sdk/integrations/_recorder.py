"""The log calls of every adapter: no value in them ends a training."""

import logging
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

from evsys_sdk._child_failures import child_failures, leaf_errors
from evsys_sdk.arguments import checked_metrics, checked_step
from evsys_sdk.errors import LogStoreError
from evsys_sdk.integrations._store_owner import StoreArgument, StoreOwner
from evsys_sdk.integrations._values import flattened, json_params

__all__ = ["Recorder", "whole_number"]

_log = logging.getLogger(__name__)

_SPLITS = {"val", "valid", "validation", "eval", "test"}

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 100


class Recorder:
    """Passes log calls of an adapter on to its store, and leaves out what can't be recorded.

    Each value that is left out or recorded in another form is named once, in a warning of the
    ``logging`` module. That covers what every store must refuse (clauses MET-7 and HP-3) and what
    this store refuses on its own, by TypeError, ValueError or OverflowError. Other errors of the
    store are raised, such as OSError for a full disk.
    """

    def __init__(self, source: StoreArgument) -> None:
        """Check ``source`` like :class:`StoreOwner`, and raise what that raises."""
        self.owner = StoreOwner(source)
        self._warned: set[str] = set()

    def log_metrics(self, metrics: Mapping[str, Any], step: int, *, split: str = "train") -> None:
        """Record the items of ``metrics`` that ``checked_metrics`` accepts."""
        numbers = self._numbers(metrics)
        store = self.owner.store
        try:
            store.log_metrics(numbers, step, split=split)
        except Exception as error:
            if not _is_refusal(error):
                raise
            if len(numbers) == 1 or child_failures(error):
                # The other children of a multiplex have recorded the call.
                self._not_logged("metric", ", ".join(map(_short.repr, numbers)), error)
                return
            for key, number in numbers.items():
                self.log_metrics({key: number}, step, split=split)

    def log_values(self, values: Mapping[Any, Any], step: int, *, split: str | None = None) -> None:
        """Record nested metrics, in ``split`` or the split that a key like ``val_loss`` names."""
        metrics: dict[str, dict[Any, Any]] = {}
        for key, value in flattened(values).items():
            metrics.setdefault(split or _split_of(key), {})[key] = value
        for name, group in metrics.items():
            self.log_metrics(group, step, split=name)

    def log_hyperparams(self, params: object) -> None:
        """Record ``params`` as JSON values; see :func:`json_params`."""
        try:
            converted = json_params(params, self._converted)
        except TypeError as error:
            self.warn("hyperparameters", f"are not logged: {error}")
            return
        store = self.owner.store
        try:
            store.log_hyperparams(converted)
        except Exception as error:
            if not _is_refusal(error):
                raise
            if len(converted) == 1:
                [key] = converted
                self._not_logged("hyperparameter", _short.repr(key), error)
                return
            for key, value in converted.items():
                self.log_hyperparams({key: value})

    def log_checkpoint(self, name: str, path: str) -> None:
        """Record a pointer to a checkpoint."""
        store = self.owner.store
        try:
            store.log_artifact(name, path, kind="checkpoint")
        except Exception as error:
            if not _is_refusal(error):
                raise
            self._not_logged("checkpoint", _short.repr(path), error)

    def description(self, what: object, describe: Callable[[], Any]) -> Any:
        """Return what ``describe`` returns; if it raises, the name of the class of ``what``."""
        try:
            return describe()
        except Exception as error:  # noqa: BLE001 - code of the user's may raise anything
            name = type(what).__name__
            self.warn(f"the description of {name}", f"is logged as {name!r}: {_reason(error)}")
            return name

    def warn(self, what: str, how: str) -> None:
        """Log one warning for each ``what``."""
        if what not in self._warned:
            self._warned.add(what)
            _log.warning("%s %s", what, how)

    def _numbers(self, metrics: Mapping[str, Any]) -> dict[str, float]:
        try:
            return checked_metrics(metrics)
        except Exception:  # noqa: BLE001 - as below, where the bad ones are found
            numbers: dict[str, float] = {}
        for key, value in metrics.items():
            try:
                numbers |= checked_metrics({key: value})
            except Exception as error:  # noqa: BLE001 - __float__ of a value may raise anything
                self._not_logged("metric", _short.repr(key), error)
        return numbers

    def _converted(self, place: str, text: str, error: Exception) -> None:
        shown, logged = _short.repr(place), _short.repr(text)
        self.warn(f"the hyperparameter {shown}", f"is logged as {logged}: {_reason(error)}")

    def _not_logged(self, kind: str, which: str, error: Exception) -> None:
        self.warn(f"the {kind} {which}", f"is not logged: {_reason(error)}")


def whole_number(step: Any) -> int | None:
    """Return the step as an int, even if it is a float or a tensor; None if it is not whole."""
    try:
        return checked_step(step)
    except (TypeError, ValueError):
        pass
    try:
        number = checked_metrics({"step": step})["step"]
        return checked_step(int(number)) if number.is_integer() else None
    except (TypeError, ValueError, OverflowError):
        return None


def _split_of(key: object) -> str:
    """Return the beginning of a key like ``val_loss`` or ``eval/loss``, if that is a split."""
    beginning, *rest = str(key).replace("/", "_").split("_", 1)
    return beginning if rest and beginning in _SPLITS else "train"


def _is_refusal(error: Exception) -> bool:
    """Whether a store, or every child that failed, says that it does not accept a value."""
    return all(
        isinstance(each, TypeError | ValueError | OverflowError)
        and not isinstance(each, LogStoreError)  # a damaged log, for example
        for each in leaf_errors(error)
    )


def _reason(error: Exception) -> str:
    """Return an error in one line, with its notes, which name a child of a multiplex."""
    notes: list[str] = getattr(error, "__notes__", [])
    first, _, _ = str(error).partition("\n")
    return "; ".join([f"{type(error).__name__}: {first}", *notes])
