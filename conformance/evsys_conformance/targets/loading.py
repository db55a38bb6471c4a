"""What is certified: from ``my_pkg:MyStore`` on a command line to a harness.

A target is a store class, a harness (class or instance), or a registered kind. A store that is
named without a harness gets one: :class:`DefaultHarness`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evsys_conformance.harness import StoreHarness
from evsys_conformance.targets.builtin import HARNESSES
from evsys_conformance.targets.default_harness import (
    DefaultHarness,
    default_harness,
    require_accepted,
)
from evsys_conformance.targets.importing import TargetError, import_object, looks_like_a_store
from evsys_conformance.targets.soundness import require_sound
from evsys_sdk.errors import LogStoreError, LogStorePluginError
from evsys_sdk.registry import get_log_store, list_log_stores

__all__ = ["Target", "TargetError", "load_all", "load_harness", "load_target"]


@dataclass
class Target:
    """A store that is to be certified, by the name that it was given on the command line."""

    name: str
    harness: StoreHarness
    params: dict[str, Any] | None = None
    """The parameters that were given beside the name (``--evsys-params``)."""


def load_harness(target: str, params: Mapping[str, Any] | None = None) -> StoreHarness:
    """Load the harness of a target, as ``pytest --evsys-conformance`` does.

    Use it in a ``with`` statement, which starts and stops what the harness needs.

    Args:
        target: ``package.module:Store``, ``package.module:Harness``, or a registered kind. The
            current directory and its ``src`` are looked at too.
        params: Constructor parameters for a store that is named without a harness; ``{dir}`` in a
            string stands for a fresh directory.

    Raises:
        TargetError: It can't be imported, is neither store nor harness, its parameters can't be
            guessed or are refused, or the harness claims what does not exist.
    """
    return load_target(target, params, [Path.cwd()]).harness


def load_target(
    name: str, params: Mapping[str, Any] | None = None, places: Iterable[Path] = ()
) -> Target:
    """Load one target; ``places`` are directories that may contain its package.

    Raises:
        TargetError: See :func:`load_harness`.
    """
    given = None if params is None else dict(params)
    found = import_object(name, places) if ":" in name else _of_kind(name)
    harness = _harness(name, found, given)
    try:
        require_sound(name, harness)
    except TargetError:
        raise
    except Exception as error:
        raise TargetError(
            f"looking at {name} raised {type(error).__name__}: {error}\nIts store, capabilities "
            f"and expected_failures are read before it is entered."
        ) from error
    return Target(name, harness, given)


def load_all() -> tuple[list[Target], dict[str, str]]:
    """Load every kind that is installed; and, of those built in that lack a package, say why not.

    Raises:
        TargetError: A plugin can't be loaded, or needs a harness; all of them are listed.
    """
    targets: dict[int, Target] = {}
    left_out: dict[str, str] = {}
    problems: list[str] = []
    seen: set[str] = set()
    # Loading a plugin may register kinds that were not known before.
    while new := [kind for kind in list_log_stores() if kind not in seen]:
        for kind in new:
            seen.add(kind)
            try:
                target = load_target(kind)
            except TargetError as error:
                if isinstance(error.__cause__, LogStorePluginError) and kind in HARNESSES:
                    left_out[kind] = str(error.__cause__)
                else:
                    problems.append(f"{kind}: {error}")
            else:
                # An entry point may be called otherwise than the kind that its class registers.
                targets.setdefault(id(target.harness.store), target)
    if problems:
        raise TargetError(
            "`all` is every kind installed, and these can't be certified by their kind alone:\n\n"
            + "\n\n".join(problems)
            + "\n\nName the others one by one instead: "
            + " ".join(f"--evsys-conformance {each.name}" for each in targets.values())
        )
    return list(targets.values()), left_out


def _of_kind(name: str) -> Any:
    try:
        return get_log_store(name)
    except LogStoreError as error:
        raise TargetError(
            f"{error}\nA target is a kind, a class (package.module:Store), a harness "
            f"(package.module:Harness), or `all`."
        ) from error


def _harness(name: str, found: Any, params: dict[str, Any] | None) -> StoreHarness:
    is_class = isinstance(found, type)
    if isinstance(found, StoreHarness) or (is_class and issubclass(found, StoreHarness)):
        if params is not None:
            raise TargetError(
                f"{name} is a harness, whose params() gives the parameters: leave out "
                f"--evsys-params, or name the store itself"
            )
        return found if isinstance(found, StoreHarness) else _harness_of_class(name, found)
    if not is_class:
        raise TargetError(_not_a_class(name, found))
    if not looks_like_a_store(found):
        raise TargetError(
            f"{name} is not a log store: it has no Config and none of the methods log_scalar, "
            f"log_metrics, log_hyperparams, log_artifact"
            + (
                f". A harness derives from evsys_conformance.StoreHarness: "
                f"class {found.__name__}(StoreHarness)"
                if hasattr(found, "params") or hasattr(found, "store")
                else ""
            )
        )
    return _built_in(found, params) or default_harness(name, found, params)


def _harness_of_class(name: str, harness: type[StoreHarness]) -> StoreHarness:
    if harness is StoreHarness:
        raise TargetError(
            f"{name} is the base class of harnesses: derive yours from it, and name that one"
        )
    try:
        return harness()
    except Exception as error:
        raise TargetError(
            f"{name}() raised {type(error).__name__}: {error}\nA harness is made without "
            f"arguments; start servers in __enter__"
        ) from error


def _not_a_class(name: str, found: object) -> str:
    kind = type(found)
    if looks_like_a_store(kind):
        return (
            f"{name} is an instance of {kind.__qualname__}; name the class, "
            f"{kind.__module__}:{kind.__qualname__}: the kit builds many stores of it"
        )
    return f"{name} is a {kind.__name__}, neither a log store nor a harness: name a class"


def _built_in(store: type, params: dict[str, Any] | None) -> StoreHarness | None:
    """The kit's own harness of a built-in store; other parameters are put in its place."""
    kind = str(getattr(store, "name", ""))
    if not store.__module__.startswith("evsys_sdk.") or kind not in HARNESSES:
        return None
    harness = HARNESSES[kind]()
    if params is None:
        return harness
    replaced = DefaultHarness(store, params, [])
    require_accepted(kind, replaced, given=True)
    return replaced
