"""``evsys check``: is this configuration right."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any, cast

import yaml
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from evsys_sdk._config.environment import escaped
from evsys_sdk._registry.class_checks import config_model, given_as
from evsys_sdk.command.paths import path
from evsys_sdk.config import LogStoreSpec, load_log_store_spec
from evsys_sdk.registry import get_log_store

EXAMPLE = """evsys check run.yaml

The exit status is 1 if there are problems; each is listed with its line."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file", metavar="RUN.YAML", type=path, help="a file with a log_store section"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the section with all defaults; its problems are raised as one error."""
    section = {"log_store": with_defaults(load_log_store_spec(arguments.file))}
    text: str = yaml.safe_dump(  # pyright: ignore[reportUnknownMemberType] - in some types-PyYAML
        section, sort_keys=False, allow_unicode=_prints_unicode()
    )
    print(text, end="")
    return 0


def _prints_unicode() -> bool:
    """Whether stdout takes every character; if not, the characters are written as YAML escapes."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def with_defaults(spec: LogStoreSpec) -> dict[str, Any]:
    """The spec as plain data, with every parameter as the store's ``Config`` holds it.

    Nested specs have all theirs too, and the result can be loaded again.
    """
    config = config_model(get_log_store(spec.kind)).model_validate(spec.params)
    return {"kind": escaped(spec.kind), "params": _plain_fields(config)}


def _plain_fields(model: BaseModel) -> dict[str, Any]:
    return {
        given_as(name, field): _plain(getattr(model, name))
        for name, field in type(model).model_fields.items()
    }


def _plain(value: object) -> Any:
    if isinstance(value, LogStoreSpec):
        return with_defaults(value)
    if isinstance(value, BaseModel):
        return _plain_fields(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {to_jsonable_python(key): _plain(item) for key, item in items}
    plain = to_jsonable_python(value, fallback=str)
    return escaped(plain) if isinstance(plain, str) else plain
