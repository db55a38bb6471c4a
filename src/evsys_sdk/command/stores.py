"""``evsys stores``: what is installed, and which parameters it takes."""

import argparse
import inspect
import re
from collections.abc import Iterator
from textwrap import fill, indent
from typing import NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evsys_sdk._registry.class_checks import class_id, config_model, given_as
from evsys_sdk.command.kinds import installed_kinds
from evsys_sdk.registry import PROCESS_REGISTRY
from evsys_sdk.text import printable_lines

EXAMPLE = """evsys stores

A kind that can't be loaded is listed with the reason. The exit status is 1 if an installed plugin
is at fault."""


def configure(_: argparse.ArgumentParser) -> None:
    """Declare nothing: the command takes no arguments."""


def run(_: argparse.Namespace) -> int:
    """Print a paragraph per kind; one that should load, and does not, is a problem."""
    stores = [*described_stores()]
    print(printable_lines("\n\n".join(each.text for each in stores)))
    return 1 if any(each.broken for each in stores) else 0


class _Description(NamedTuple):
    text: str
    broken: bool
    """Whether a plugin does not load. An extra that is not installed does not count."""


def described_stores() -> Iterator[_Description]:
    """A paragraph per kind: where it comes from, and its parameters or why it does not load."""
    for kind in installed_kinds():
        broken, lines = kind.broken, [f"can't be used: {kind.failure}"]
        if kind.store_class:
            lines = [class_id(kind.store_class)]
            try:
                lines += _parameters(config_model(kind.store_class))
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything
                broken, lines = True, [f"can't be described: {type(error).__name__}: {error}"]
        text = f"{kind.name}: {PROCESS_REGISTRY.origin(kind.name)}\n"
        yield _Description(text + indent("\n".join(lines), "    "), broken)


def _parameters(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{given_as(name, field)}: {_type(field)}, {_default(field)}"
        if field.description:
            yield indent(fill(field.description, 84), "    ")


def _type(field: FieldInfo) -> str:
    text = inspect.formatannotation(field.annotation)
    # The author of a YAML file does not need the module of a type.
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", text)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "has a default"
    return f"default {field.default!r}"
