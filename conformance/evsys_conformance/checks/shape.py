"""Checks of the shape of a store class: ID-1 to ID-3.

The class is looked at as it is: nothing is registered, and a class that the registry would refuse
fails its clause here.
"""

import inspect
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from evsys_conformance.awkward import UNKNOWN
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.observation import described
from evsys_conformance.running.check import direct_check
from evsys_conformance.running.trial import Trial


@direct_check("ID-1")
def the_name_is_a_string(trial: Trial) -> None:
    """On the class itself, not only on instances."""
    store = trial.subject.store
    trial.note("print(repr(getattr(harness.store, 'name', None)))")
    name = getattr(store, "name", None)
    if not isinstance(name, str):
        trial.fail(
            f"{store.__qualname__}.name is {'missing' if name is None else repr(name)}; write "
            f'name: ClassVar[str] = "my_store" in the class body'
        )
    if not name:
        trial.fail(f"{store.__qualname__}.name is empty; it is the registry key")


@direct_check("ID-2")
def config_refuses_unknown_parameters(trial: Trial) -> None:
    """And its error names them."""
    config: Any = getattr(trial.subject.store, "Config", None)
    if not (inspect.isclass(config) and issubclass(config, BaseModel)):
        shown = "missing" if config is None else repr(cast("object", config))
        trial.fail(
            f"{trial.subject.store.__qualname__}.Config is {shown}; it must be a pydantic model"
        )
    trial.note(f"harness.store.Config(**params, {UNKNOWN}=1)  # must be refused")
    try:
        config(**trial.params, **{UNKNOWN: 1})
    except ValidationError as error:
        if UNKNOWN not in str(error):
            trial.fail(f"Config refuses the parameter {UNKNOWN!r} without naming it: {error}")
    except Exception as error:  # noqa: BLE001 - a Config may raise anything
        trial.fail(
            f"Config(**params, {UNKNOWN}=1) must raise a ValidationError; it raised "
            f"{described(error)}",
            error,
        )
    else:
        trial.fail(
            f"Config accepts the unknown parameter {UNKNOWN!r}: a misspelt parameter would be "
            f'ignored. Write model_config = ConfigDict(extra="forbid")'
        )
    with trial.judged("Config(**params)"):
        config(**trial.params)


@direct_check("ID-3")
def the_constructor_takes_the_fields_of_config(trial: Trial) -> None:
    """Every field by its own name, nothing more required, the same defaults."""
    store = trial.subject.store
    with trial.judged("Config(**params)"):
        config: BaseModel = store.Config(**trial.params)
    fields = type(config).model_fields
    signature = _constructor(store)
    trial.note("import inspect", "print(inspect.signature(harness.store))")
    trial.note("print(harness.store.Config.model_fields)")
    if signature is not None:
        parameters = signature.parameters
        anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        _named_fields(trial, fields, parameters, anything)
        _nothing_more(trial, fields, parameters)
        _same_defaults(trial, fields, parameters)
    trial.make(trial.open(), Call("close"))
    _without_defaults(trial, config, fields)


def _constructor(store: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(store)
    except (TypeError, ValueError):
        return None


def _named_fields(trial: Trial, fields: Any, parameters: Any, anything: bool) -> None:
    for field in fields:
        parameter = parameters.get(field)
        by_keyword = parameter is not None and parameter.kind in (
            parameter.KEYWORD_ONLY,
            parameter.POSITIONAL_OR_KEYWORD,
        )
        if not by_keyword and not anything:
            trial.fail(
                f"Config has the field {field!r}, but the constructor takes no keyword {field!r}: "
                f"it takes {', '.join(parameters) or 'nothing'}. Stores are built by field name; "
                f"an alias never replaces it"
            )


def _nothing_more(trial: Trial, fields: Any, parameters: Any) -> None:
    for name, parameter in parameters.items():
        optional = parameter.default is not parameter.empty or parameter.kind in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        )
        if name not in fields and not optional:
            trial.fail(
                f"The constructor requires {name!r}, which is not a field of Config "
                f"({', '.join(fields) or 'it has none'}): nobody could build this store from YAML"
            )


def _same_defaults(trial: Trial, fields: Any, parameters: Any) -> None:
    plain = (str, int, float, bool)  # None may stand for a default that is worked out later.
    for field, info in fields.items():
        parameter = parameters.get(field)
        if parameter is None or parameter.default is parameter.empty:
            continue
        if info.default is PydanticUndefined:
            continue
        ours, theirs = parameter.default, info.default
        both_plain = isinstance(ours, plain) and isinstance(theirs, plain)
        if both_plain and (ours != theirs or isinstance(ours, bool) != isinstance(theirs, bool)):
            trial.fail(
                f"Left out, {field!r} is {theirs!r} by Config and {ours!r} by the constructor: the "
                f"same YAML and the same call would give different stores"
            )


def _without_defaults(trial: Trial, config: Any, fields: Any) -> None:
    """Build once more without the parameters that have a default in the constructor."""
    parameters = getattr(_constructor(trial.subject.store), "parameters", {})
    run = Trial(trial.subject, trial.clause)
    with run.judged("Config(**params)"):
        config = trial.subject.store.Config(**run.params)
    given = {
        field: getattr(config, field)
        for field in fields
        if field in config.model_fields_set
        or field not in parameters
        or parameters[field].default is inspect.Parameter.empty
    }
    with run.judged(f"building the store with the keywords {', '.join(given)}"):
        trial.subject.store(**given).close()
