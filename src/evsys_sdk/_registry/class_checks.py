"""What the registry demands of a store class, looked at without building or changing it."""

import inspect
from typing import TYPE_CHECKING, cast

from evsys_sdk.errors import LogStoreConfigError
from evsys_sdk.protocols import LogStoreMethods

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo


def require_kind(kind: object) -> None:
    """Check that ``kind`` can be the kind of a store.

    Raises:
        LogStoreConfigError: It is not a string, or it is empty.
    """
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


def require_store_class(kind: str, store_class: object, *, compare_name: bool = False) -> None:
    """Check that ``store_class`` can be registered as ``kind``.

    Args:
        kind: The kind.
        store_class: What is registered.
        compare_name: Whether a ``name`` in the class body must be the kind.

    Raises:
        LogStoreConfigError: It is not a class, or not one of a log store; every problem is listed.
    """
    if not isinstance(store_class, type):
        raise LogStoreConfigError(
            f"the log store {kind!r} must be a class, got {store_class!r:.60}. "
            f"Decorate the class itself"
        )
    problems = class_problems(store_class)
    if compare_name and (problem := name_problem(store_class, kind)):
        problems.insert(0, problem)
    if problems:
        subject = f"{describe_class(store_class)} can't be registered as {kind!r}"
        raise LogStoreConfigError(problems, subject=subject)


def class_problems(store_class: type) -> list[str]:
    """Everything that keeps ``store_class`` from being a log store, its name aside (ID-2, SIG-1).

    Only the attributes of the class are checked. The type checkers and the conformance kit check
    the signatures of its methods.
    """
    from evsys_sdk.signatures import METHODS

    found = [_method_problem(store_class, method) for method in METHODS]
    problems = [problem for problem in (*found, _config_problem(store_class)) if problem]
    # A class with abstract methods of the author's can't be built either.
    abstract = getattr(store_class, "__abstractmethods__", frozenset[str]())
    if others := sorted(set(abstract) - set(METHODS)):
        problems.append(f"it can't be built: {', '.join(others)} are abstract")
    if vars(store_class).get("_is_protocol"):
        problems.append("it can't be built: it is a Protocol; register a class that implements it")
    return problems


def own_name(store_class: type) -> object:
    """The ``name`` in the body of the class itself; None where it has none.

    One that is inherited names the base: a subclass of a registered store is a different store.
    """
    return vars(store_class).get("name")


def name_problem(store_class: type, kind: str) -> str | None:
    """The problem if the class body has a ``name`` that is not ``kind``; None if there is none."""
    if "name" not in vars(store_class):
        return None
    name = own_name(store_class)
    if not isinstance(name, str):
        return (
            f"its name is a {type(name).__name__}, which only an instance can turn into a string: "
            f"write name = {kind!r} in the class, or leave name out"
        )
    if name != kind:
        return f"its own name is {name!r}: make the two the same, or leave name out"
    return None


def config_model(store_class: type) -> "type[BaseModel]":
    """The ``Config`` of a class that :func:`class_problems` found nothing wrong with."""
    return cast("type[BaseModel]", store_class.Config)  # type: ignore[attr-defined]


def given_as(name: str, field: "FieldInfo") -> str:
    """The name by which a configuration gives this field of a ``Config``."""
    return field.validation_alias if isinstance(field.validation_alias, str) else name


def class_id(store_class: type) -> str:
    """``package.module:Qualified.Name``, the same again for a class whose cell was run again."""
    return f"{store_class.__module__}:{store_class.__qualname__}"


def describe_class(store_class: type) -> str:
    """Name a class so that it can be found: module, qualified name, file and line."""
    place = _source_place(store_class)
    name = f"{store_class.__module__}.{store_class.__qualname__}"
    return f"{name} ({place})" if place else name


def _method_problem(store_class: type, method: str) -> str | None:
    from evsys_sdk.signatures import shown_signature

    expected = shown_signature(method)
    owner = next((base for base in store_class.__mro__ if method in vars(base)), None)
    # A store may inherit from the protocol, whose methods do nothing: logging into them is silence.
    if owner is None or owner is LogStoreMethods:
        return f"it has no method {expected}"
    value: object = vars(owner)[method]
    if getattr(value, "__isabstractmethod__", False):
        return f"its {method} is abstract: define {expected}"
    # A descriptor (staticmethod, partialmethod, property) may well give something to call.
    if not callable(value) and not hasattr(value, "__get__"):
        return f"its {method} is {value!r:.60}, not a method: define {expected}"
    return None


def _config_problem(store_class: type) -> str | None:
    from pydantic import BaseModel

    config: object = getattr(store_class, "Config", None)
    if config is None:
        return (
            "it has no Config: nest a pydantic model of its parameters, class Config(BaseModel), "
            'with model_config = ConfigDict(extra="forbid")'
        )
    if not isinstance(config, type):
        return f"its Config must be the model class itself, got {config!r:.60}"
    if not issubclass(config, BaseModel):
        return f"its Config is not a pydantic model: derive {config.__qualname__} from BaseModel"
    if config.model_config.get("extra") != "forbid":
        return (
            "its Config accepts unknown parameters, even misspelt ones: "
            'add model_config = ConfigDict(extra="forbid")'
        )
    return None


def _source_place(store_class: type) -> str:
    """``file:line`` of the class, or of its first method where only that is known; or nothing."""
    try:
        return f"{inspect.getsourcefile(store_class)}:{inspect.getsourcelines(store_class)[1]}"
    except (OSError, TypeError, IndexError, SyntaxError):
        # No file for the module, as in a notebook: code objects know where they were compiled.
        pass
    codes = [value.__code__ for value in vars(store_class).values() if inspect.isfunction(value)]
    return f"{codes[0].co_filename}:{codes[0].co_firstlineno}" if codes else ""
