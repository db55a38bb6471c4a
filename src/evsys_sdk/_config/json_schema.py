"""The JSON Schema of a run file, which lets an editor check the file while it is written.

The schema never refuses what the loader accepts, with one exception: true and false as numbers. A
number may be text, because a string with a number is enough for the loader, and a parameter of any
type may be text with an environment variable. What only the code of a ``Config`` checks is not part
of the schema.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaValue,
    JsonSchemaWarningKind,
    models_json_schema,
)
from pydantic_core import core_schema

from evsys_sdk._config.spec import LogStoreSpec

__all__ = ["require_describable", "run_file_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VARIABLE = r"\$[${]"


def _pattern(*words: str) -> str:
    """A pattern for these words in any case; JSON Schema has no flag for that."""
    return "|".join("".join(f"[{char.upper()}{char}]" for char in word) for word in words)


_BOOLEANS = _pattern("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n")
_TEXTS = {
    "integer": rf"^\s*[+-]?[0-9][0-9_]*(\.0*)?\s*$|{_VARIABLE}",
    "number": (
        rf"^\s*[+-]?(\.?[0-9][0-9_.]*([eE][+-]?[0-9]+)?|{_pattern('infinity', 'inf', 'nan')})\s*$"
        rf"|{_VARIABLE}"
    ),
    "boolean": rf"^({_BOOLEANS}|[01])$|{_VARIABLE}",
    "variable": _VARIABLE,
}
"""The strings that stand for a value of a type, or contain a variable or a doubled dollar."""

_SCHEMAS = {"items", "additionalProperties", "contains", "not"}
_LISTS_OF_SCHEMAS = {"anyOf", "allOf", "prefixItems"}
_SCHEMAS_BY_NAME = {"properties", "patternProperties"}
_ANNOTATIONS = {"title", "description", "default", "examples", "deprecated"}
_LIMITS_OF_STRINGS = {"pattern", "minLength", "maxLength", "contentEncoding"}


def require_describable(model: type[BaseModel]) -> None:
    """Check that a model has a schema.

    Raises:
        Exception: Describing it fails.
    """
    model.model_json_schema(schema_generator=_Generator)


def run_file_schema(
    models: Mapping[str, type[BaseModel] | None], descriptions: Mapping[str, str]
) -> dict[str, Any]:
    """The schema of a run file.

    Args:
        models: The ``Config`` of each kind; None allows any parameters.
        descriptions: What each kind is, in a line.
    """
    inputs: list[type[BaseModel]] = [model for model in models.values() if model]
    inputs.append(LogStoreSpec)
    names, found = models_json_schema(
        [(model, "validation") for model in inputs], schema_generator=_Generator
    )
    references = {model: names[model, "validation"] for model in inputs}
    definitions = {name: _with_text(each) for name, each in found["$defs"].items()}
    params: dict[str, JsonSchemaValue] = {}
    for kind, model in models.items():
        if model:
            definition = definitions[_name(references[model])]
            definition |= {"title": kind, "description": f"The parameters of a {kind} store."}
            params[kind] = _params_schema(references[model], definition)
    definitions[_name(references[LogStoreSpec])] = _store_schema(params, descriptions)
    for name, pattern in _TEXTS.items():
        definitions[f"text-of-{name}"] = {"type": "string", "pattern": pattern}
    return {
        "$schema": _DIALECT,
        "title": "A run file of evsys-sdk",
        "type": "object",
        "properties": {"log_store": references[LogStoreSpec]},
        "required": ["log_store"],
        "$defs": definitions,
    }


def _store_schema(
    params: Mapping[str, JsonSchemaValue], descriptions: Mapping[str, str]
) -> JsonSchemaValue:
    """The schema of ``{kind, params}``; that of the params depends on the kind."""
    kinds = "".join(f"\n- {kind}: {text}" for kind, text in descriptions.items())
    return {
        "title": "A log store",
        "type": "object",
        "properties": {
            "kind": _or_text(
                {"description": f"The kind of the store.{kinds}", "enum": [*descriptions]},
                "variable",
            ),
            "params": {"description": "The parameters of the store.", "type": ["object", "null"]},
        },
        "required": ["kind"],
        "additionalProperties": False,
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": schema,
            }
            for kind, schema in params.items()
        ],
    }


def _params_schema(reference: JsonSchemaValue, definition: JsonSchemaValue) -> JsonSchemaValue:
    if definition.get("required"):
        return {"properties": {"params": reference}, "required": ["params"]}
    return {"properties": {"params": {"anyOf": [reference, {"type": "null"}]}}}


def _name(reference: JsonSchemaValue) -> str:
    return str(reference["$ref"]).removeprefix("#/$defs/")


def _with_text(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The schema, with strings allowed at any depth where they stand for a value of its type."""
    result: JsonSchemaValue = {}
    for key, value in schema.items():
        # With text allowed, a value may fit two alternatives at once.
        name = "anyOf" if key == "oneOf" else key
        if name in _SCHEMAS and isinstance(value, dict):
            result[name] = _with_text(cast("JsonSchemaValue", value))
        elif name in _LISTS_OF_SCHEMAS:
            result[name] = [_with_text(each) for each in value]
        elif name in _SCHEMAS_BY_NAME:
            result[name] = {name: _with_text(each) for name, each in value.items()}
        elif _is_json(value):
            result[name] = value
    return _or_text(result, text) if (text := _text_for(result)) else result


def _text_for(schema: JsonSchemaValue) -> str | None:
    """Which strings to allow beside the schema; None if it needs none."""
    if schema.keys() & {"enum", "const"}:
        return "variable"
    kind = schema.get("type")
    if kind in {"integer", "number", "boolean"}:
        return str(kind)
    return "variable" if kind == "string" and _limits_strings(schema) else None


def _limits_strings(schema: JsonSchemaValue) -> bool:
    form = str(schema.get("format", "path"))  # any string is a path
    return bool(schema.keys() & _LIMITS_OF_STRINGS) or not form.endswith("path")


def _or_text(schema: JsonSchemaValue, text: str) -> JsonSchemaValue:
    annotations = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
    rules = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    return {**annotations, "anyOf": [rules, {"$ref": f"#/$defs/text-of-{text}"}]}


def _is_json(value: object) -> bool:
    """Whether JSON can hold the value, which may be an infinite default."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


class _Generator(GenerateJsonSchema):
    """Describes as much of a model as YAML can give, and refuses nothing that it can't describe."""

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Leave out a default without a JSON form, in silence."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Give no field its own name as a title, which would tell the user nothing."""
        del schema
        return False

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        """Allow anything where only Python code knows what is right."""
        del schema, error_info
        return {}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Allow any name in a model whose fields have several."""
        result = super().model_schema(schema)
        model = cast("type[BaseModel]", schema["cls"])
        config = cast("Mapping[str, object]", model.model_config)
        by_name = config.get("populate_by_name") or config.get("validate_by_name")
        aliases = [field.validation_alias for field in model.model_fields.values()]
        if any(alias and (by_name or not isinstance(alias, str)) for alias in aliases):
            result.pop("additionalProperties", None)
            result.pop("required", None)
        return result
