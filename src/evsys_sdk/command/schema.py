"""``evsys schema``: the JSON Schema of a run file, for editors."""

import argparse
import inspect
import json
import sys

from pydantic import BaseModel

from evsys_sdk._config.json_schema import require_describable, run_file_schema
from evsys_sdk._registry.class_checks import config_model
from evsys_sdk.command.kinds import InstalledKind, installed_kinds
from evsys_sdk.text import printable_lines

EXAMPLE = """evsys schema > run.schema.json

VS Code checks a run file that begins with
# yaml-language-server: $schema=run.schema.json
A kind that can't be loaded is left out and named. The exit status is 1 if an installed plugin is at
fault."""


def configure(_: argparse.ArgumentParser) -> None:
    """Declare nothing: the command takes no arguments."""


def run(_: argparse.Namespace) -> int:
    """Print the schema with every kind that loads."""
    kinds = installed_kinds()
    models: dict[str, type[BaseModel] | None] = {}
    descriptions: dict[str, str] = {}
    for kind in kinds:
        if kind.store_class:
            descriptions[kind.name] = (inspect.getdoc(kind.store_class) or "").partition("\n")[0]
            models[kind.name] = _described_model(kind)
    print(json.dumps(run_file_schema(models, descriptions), indent=2))
    for kind in kinds:
        if kind.failure:
            what = "its parameters are not checked" if kind.store_class else "left out"
            print(printable_lines(f"{kind.name}: {what}: {kind.failure}"), file=sys.stderr)
    return 1 if any(kind.broken for kind in kinds) else 0


def _described_model(kind: InstalledKind) -> type[BaseModel] | None:
    """The ``Config`` of a kind that loads; None if it has no schema, which the kind then says."""
    assert kind.store_class
    model = config_model(kind.store_class)
    try:
        require_describable(model)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        kind.failure, kind.broken = f"{type(error).__name__}: {error}", True
        return None
    return model
