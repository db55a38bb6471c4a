"""Objects between a caller and a store, as a wrapper or a multiplex does (MUX-1)."""

import contextlib
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from evsys_conformance.programs.program import Through
from evsys_conformance.programs.sibling_stores import (
    ChangingStore,
    FailingStore,
    RecordingStore,
    SiblingFailed,
    forget,
)
from evsys_sdk.registry import temporarily_registered

_NUMBERS = itertools.count()


class ByPosition:
    """Forwards every call, by position where the contract allows it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        """Hand the call on."""
        self._inner.log_scalar(key, value, step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        """Hand the call on."""
        self._inner.log_metrics(metrics, step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        """Hand the call on."""
        self._inner.log_hyperparams(params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        """Hand the call on."""
        self._inner.log_artifact(name, path, kind=kind)

    def close(self) -> None:
        """Hand the call on."""
        self._inner.close()


class ByKeyword(ByPosition):
    """Hands every call on: by keyword throughout."""

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        """Hand the call on."""
        self._inner.log_scalar(key=key, value=value, step=step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        """Hand the call on."""
        self._inner.log_metrics(metrics=metrics, step=step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        """Hand the call on."""
        self._inner.log_hyperparams(params=params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        """Hand the call on."""
        self._inner.log_artifact(name=name, path=path, kind=kind)


class _Tolerating:
    """A multiplex some of whose children fail: their errors are the kit's own."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, method: str) -> Callable[..., None]:
        def tolerating(*arguments: Any, **keywords: Any) -> None:
            try:
                getattr(self._inner, method)(*arguments, **keywords)
            except SiblingFailed:
                return
            except ExceptionGroup as group:
                rest = group.split(SiblingFailed)[1]
                if rest is not None:
                    raise rest.exceptions[0] from None

        return tolerating


def opened_through(
    through: Through,
    store_class: Any,
    params: dict[str, Any],
    build: Callable[[dict[str, Any]], Any],
    until_the_end: contextlib.ExitStack,
) -> Any:
    """Build a store with something between it and its caller.

    Args:
        through: The object in between.
        store_class: The class of the store.
        params: Its parameters.
        build: Builds the store itself.
        until_the_end: Left when the store is no longer used.
    """
    match through:
        case Through.NOTHING:
            return build(params)
        case Through.BY_POSITION:
            return ByPosition(build(params))
        case Through.BY_KEYWORD:
            return ByKeyword(build(params))
        case Through.MULTIPLEX:
            return _in_multiplex(store_class, params, until_the_end)


def in_multiplex(store_class: Any, params: dict[str, Any]) -> Any:
    """Build a multiplex with the store among children that fail and that change what they get."""
    return _in_multiplex(store_class, params, contextlib.ExitStack())


def _in_multiplex(store_class: Any, params: dict[str, Any], stack: contextlib.ExitStack) -> Any:
    """Build a multiplex whose third child is the store, beside children of the kit's own."""
    from evsys_sdk.log_stores.multiplex import MultiplexLogStore

    # The filter stays: a script has nobody to take it away, and it hides nothing of other stores.
    logging.getLogger("evsys_sdk.log_stores.multiplex").addFilter(_is_about_a_store)
    children = child_specs((FailingStore, ChangingStore, RecordingStore), stack)
    kind = f"evsys-conformance-child-{next(_NUMBERS)}"
    stack.enter_context(temporarily_registered(kind, _as_child(store_class, kind)))
    children.insert(2, {"kind": kind, "params": params})
    return _Tolerating(MultiplexLogStore(children=children))


def _is_about_a_store(record: logging.LogRecord) -> bool:
    """Whether a message is about anything but a child of the kit that fails on purpose."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, SiblingFailed)


def child_specs(
    stores: Sequence[type[RecordingStore]], stack: contextlib.ExitStack
) -> list[dict[str, Any]]:
    """Specifications of the kit's own stores, registered until ``stack`` is left."""
    kinds = {store: f"evsys-conformance-sibling-{next(_NUMBERS)}" for store in stores}
    for store, kind in kinds.items():
        stack.enter_context(temporarily_registered(kind, store))
    specs: list[dict[str, Any]] = []
    for store in stores:
        token = f"token-{next(_NUMBERS)}"
        stack.callback(forget, token)
        specs.append({"kind": kinds[store], "params": {"token": token}})
    return specs


def _as_child(store: Any, kind: str) -> Any:
    """A class that hands each call to the store; it has a private kind."""

    class Child(ByPosition):
        name: ClassVar[str] = kind
        Config = store.Config

        def __init__(self, **fields: Any) -> None:
            super().__init__(store(**fields))

    return Child
