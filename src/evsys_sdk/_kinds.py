"""The tables of the registry: which class holds a kind, and who registered it.

The lock is held for a moment and never during an import: a thread that imports a plugin holds the
import lock and comes here to register, which would be the other way round.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, cast

from evsys_sdk._class_checks import class_id, class_problems, describe_class, name_problem
from evsys_sdk._plugins import Plugin
from evsys_sdk.errors import DuplicateLogStoreError, LogStoreConfigError
from evsys_sdk.protocols import LogStore

BUILT_IN = {
    "jsonl": "evsys_sdk.log_stores.jsonl:JSONLLogStore",
    "multiplex": "evsys_sdk.log_stores.multiplex:MultiplexLogStore",
    "tensorboard": "evsys_sdk.log_stores.tensorboard:TensorBoardLogStore",
}


class Holder(NamedTuple):
    """A registered class."""

    store_class: type[LogStore]
    plugin: Plugin | None
    """The plugin during whose import it was registered; None for the program's own."""


_lock = threading.RLock()
_holders: dict[str, Holder] = {}
_aliases: dict[str, str] = {}
"""Entry-point name to kind, for entry points that are called otherwise than what they register."""
_contested: dict[str, tuple[str, str]] = {}
"""The two claims of each kind that the classes of two distributions register."""
_loading: ContextVar[Plugin | None] = ContextVar("evsys_sdk_loading_plugin", default=None)


def holder_of(kind: str) -> Holder | None:
    """Who holds ``kind``, under this name or as an alias.

    Raises:
        DuplicateLogStoreError: The classes of two distributions were registered under it.
    """
    with _lock:
        if kind in _contested:
            raise _contested_error(kind)
        return _found(kind)


def kind_of(store_class: type) -> str | None:
    """The kind that ``store_class`` holds, if any."""
    with _lock:
        return next((k for k, held in _holders.items() if held.store_class is store_class), None)


def known_kinds() -> set[str]:
    """Every kind that needs no plugin to be loaded."""
    with _lock:
        return {*BUILT_IN, *_holders, *_aliases}


def hold(kind: str, store_class: type) -> None:
    """Give ``kind`` to ``store_class`` after every check; the class gets its name if it has none.

    Raises:
        LogStoreConfigError: The class breaks the rules.
        DuplicateLogStoreError: Another class holds the kind.
    """
    _require_log_store(kind, store_class, check_name=True)
    holder = Holder(cast("type[LogStore]", store_class), _loading.get())
    with _lock:
        _refuse_if_taken(kind, holder)
        if "name" not in vars(store_class):
            try:
                holder.store_class.name = kind
            except (AttributeError, TypeError) as error:
                raise LogStoreConfigError(
                    f"{describe_class(store_class)} has no name, and setting it fails ({error}). "
                    f"Write name = {kind!r} in the class"
                ) from error
        _holders[kind] = holder


@contextmanager
def held_for_now(kind: str, store_class: type) -> Generator[None]:
    """As :func:`hold` while the block runs, but without a look at the ``name`` of the class."""
    _require_log_store(kind, store_class)
    holder = Holder(cast("type[LogStore]", store_class), None)
    with _lock:
        _refuse_if_taken(kind, holder)
        before = _holders.get(kind)
        _holders[kind] = holder
    try:
        yield
    finally:
        with _lock:
            if before is None:
                _holders.pop(kind, None)
            else:
                _holders[kind] = before


def call_also(alias: str, kind: str) -> None:
    """Let ``alias`` find what holds ``kind``, unless the name is taken."""
    with _lock:
        if alias not in BUILT_IN and alias not in _holders:
            _aliases[alias] = kind


@contextmanager
def registering_for(plugin: Plugin) -> Generator[None]:
    """Put down to ``plugin`` what the block registers, and take it back if the block raises."""
    token = _loading.set(plugin)
    try:
        yield
    except BaseException:
        with _lock:
            for kind in [kind for kind, held in _holders.items() if held.plugin == plugin]:
                del _holders[kind]
        raise
    finally:
        _loading.reset(token)


def is_loading() -> bool:
    """Whether a plugin is being imported by whoever asks."""
    return _loading.get() is not None


def require_kind(kind: object) -> None:
    if isinstance(kind, type):
        raise LogStoreConfigError(
            f"register_log_store needs the kind: write "
            f'@register_log_store("{kind.__name__.lower()}") above class {kind.__name__}'
        )
    if not isinstance(kind, str):
        given = f"{kind!r:.60} (of type {type(kind).__name__})"
        raise LogStoreConfigError(f"the kind of a log store must be a string, got {given}")
    if not kind.strip():
        raise LogStoreConfigError(f"the kind of a log store must not be empty, got {kind!r}")


def _require_log_store(kind: str, store_class: object, *, check_name: bool = False) -> None:
    if not isinstance(store_class, type):
        raise LogStoreConfigError(
            f"what is registered as {kind!r} must be a class, got {store_class!r:.60}. "
            f"Decorate the class itself"
        )
    problems = class_problems(store_class)
    if check_name and (problem := name_problem(store_class, kind)):
        problems.insert(0, problem)
    if problems:
        subject = f"{describe_class(store_class)} can't be registered as {kind!r}"
        raise LogStoreConfigError(problems, subject=subject)


def _refuse_if_taken(kind: str, new: Holder) -> None:
    if kind in BUILT_IN:
        if class_id(new.store_class) == BUILT_IN[kind]:
            return
        raise DuplicateLogStoreError(
            kind,
            (f"{BUILT_IN[kind]}, which is built in", describe_class(new.store_class)),
            "Built-in kinds can't be taken: register the class under another name",
        )
    old = _found(kind)
    if old is None or class_id(old.store_class) == class_id(new.store_class):
        return
    claims = _claim(old), _claim(new)
    if old.plugin and new.plugin and old.plugin.distribution != new.plugin.distribution:
        _contested[kind] = claims
        raise _contested_error(kind)
    raise DuplicateLogStoreError(kind, claims, "Register one of them under another name")


def _contested_error(kind: str) -> DuplicateLogStoreError:
    remedy = "Uninstall one of the two distributions"
    return DuplicateLogStoreError(kind, _contested[kind], remedy)


def _found(kind: str) -> Holder | None:
    return _holders.get(kind) or _holders.get(_aliases.get(kind, kind))


def _claim(holder: Holder) -> str:
    described = describe_class(holder.store_class)
    return f"{described} of {holder.plugin}" if holder.plugin else described
