"""Finds what ``package.module:Name`` names, from wherever the kit was started."""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from evsys_sdk.signatures import WRITE_METHODS
from evsys_sdk.text import nearest


class TargetError(Exception):
    """A target can't be certified; the text says why, and what to do."""


def import_object(target: str, places: Iterable[Path]) -> Any:
    """Import the object that ``package.module:Name`` names.

    Args:
        target: A module and, after the colon, a name in it; dots lead into classes.
        places: Directories besides ``sys.path`` that may contain the package. A package
            directly in one of them comes before an installed one of its name, as with
            ``python -m``. The directory stays on ``sys.path``: the store may import its
            neighbours later.

    Raises:
        TargetError: The module was not found, importing it failed, or it lacks the name.
    """
    module_name, _, path = target.partition(":")
    _require_module_path(target, module_name, path)
    places = _put_on_path(module_name.partition(".")[0], places)
    found: Any = _import(module_name, places)
    for depth, name in enumerate(path.split(".")):
        owner = found
        try:
            found = getattr(owner, name)
        except AttributeError:
            where = ":".join([module_name, ".".join(path.split(".")[:depth])]).rstrip(":")
            raise TargetError(_no_such_name(owner, where, name)) from None
        except Exception as error:
            raise TargetError(f"looking up {target} raised {_described(error)}") from error
    return found


def _require_module_path(target: str, module_name: str, path: str) -> None:
    parts = [*module_name.split("."), *path.split(".")]
    if all(part.isidentifier() for part in parts) and not module_name.endswith(".py"):
        return
    text = f"{target!r} is not a target. Write package.module:Name, like my_pkg.stores:MyStore"
    if "/" in target or "\\" in target or module_name.endswith(".py"):
        module = module_name.replace("\\", "/").removesuffix(".py").strip("./").replace("/", ".")
        text += f"; a module, not a file: {module.removeprefix('src.')}:{path.strip(':') or 'Name'}"
    raise TargetError(text)


def _put_on_path(package: str, places: Iterable[Path]) -> list[Path]:
    """Make the package in one of the places importable; return every place looked at."""
    looked_at = list(dict.fromkeys(each for place in places for each in (place, place / "src")))
    holders = [place for place in looked_at if _holds(place, package)]
    if not holders and _spec(package) is None:
        # A directory without __init__.py is a package as well, but only where nothing else is.
        holders = [place for place in looked_at if (place / package).is_dir()]
    if holders and str(holders[0]) not in map(os.path.abspath, sys.path):
        sys.path.insert(0, str(holders[0]))
        importlib.invalidate_caches()
    return looked_at


def _holds(place: Path, package: str) -> bool:
    return (place / f"{package}.py").is_file() or (place / package / "__init__.py").is_file()


def _spec(package: str) -> object:
    try:
        return importlib.util.find_spec(package)
    except (ImportError, ValueError):
        # ValueError: a module that was made by hand and has no spec. It can be imported.
        return sys.modules.get(package)


def _import(module_name: str, places: list[Path]) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module_name == missing or module_name.startswith(f"{missing}."):
            raise TargetError(_no_such_module(module_name, missing, places)) from None
        raise TargetError(_import_failed(module_name, error)) from error
    except (Exception, SystemExit) as error:
        raise TargetError(_import_failed(module_name, error)) from error


def _no_such_module(module_name: str, missing: str, places: list[Path]) -> str:
    parent, _, last = missing.rpartition(".")
    if parent and parent in sys.modules:
        known = [
            path.stem
            for place in getattr(sys.modules[parent], "__path__", [])
            for path in Path(place).glob("[!_]*")
        ]
        return (
            f"can't import {module_name}: the package {parent} "
            f"({getattr(sys.modules[parent], '__file__', None) or 'a directory'}) "
            f"has no module {last}{nearest(last, known)}"
        )
    known = [path.stem for place in places if place.is_dir() for path in place.glob("[!_.]*")]
    looked = "".join(f"\n  - {place}" for place in places if place.is_dir())
    return (
        f"can't import {module_name}: no module {missing} was found{nearest(missing, known)}\n"
        f"It is neither on sys.path nor in{looked}\n"
        f"Install its package (pip install -e .), or start from the directory that holds it."
    )


def _import_failed(module_name: str, error: BaseException) -> str:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "importlib" not in frame.filename and frame.filename != __file__
    ]
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    if isinstance(error, SyntaxError) and error.filename:
        where = f" ({error.filename}:{error.lineno})"
    return f"importing {module_name} raised {_described(error)}{where}"


def _no_such_name(owner: Any, where: str, name: str) -> str:
    known = [each for each in dir(owner) if not each.startswith("_")]
    text = f"{where} has no {name}{nearest(name, known)}"
    file = getattr(owner, "__file__", None)
    if file:
        text += f"\nThe module is {file}."
    certifiable = [each for each in known if _is_certifiable(getattr(owner, each, None))]
    if certifiable:
        text += f"\nLog stores and harnesses there: {', '.join(certifiable)}"
    return text


def _is_certifiable(value: object) -> bool:
    if not isinstance(value, type):
        return False
    is_harness = any(base.__name__ == "StoreHarness" for base in value.__mro__[1:])
    return is_harness or looks_like_a_store(value)


def looks_like_a_store(value: type) -> bool:
    """Whether a class has anything of a store; whether it is right is for the clauses to say."""
    return any(hasattr(value, name) for name in (*WRITE_METHODS, "Config"))


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
