"""Errors about hyperparameters that have no JSON form say what to pass instead."""

import argparse
import dataclasses
import datetime as dt
import enum
import re
import sys
import types
import uuid
from collections import OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from pydantic import BaseModel

from evsys_sdk.arguments import checked_hyperparams, checked_metrics


@dataclasses.dataclass
class Settings:
    lr: float = 0.1


class Model(BaseModel):
    lr: float = 0.1


class Optimizer(enum.Enum):
    ADAM = "adam"


def class_named(name: str, *bases: type, **attributes: Any) -> Any:
    """A class that has the name of a class of some library."""
    module, _, qualname = name.rpartition(".")
    return type(qualname, bases, {"__module__": module, **attributes})


def named(name: str, *bases: type, **attributes: Any) -> Any:
    """An instance of such a class."""
    return class_named(name, *bases, **attributes)()


CONTAINER = class_named("omegaconf.basecontainer.BaseContainer")
LIST_CONFIG = named("omegaconf.listconfig.ListConfig", CONTAINER)
DICT_CONFIG = class_named("omegaconf.dictconfig.DictConfig", OrderedDict, CONTAINER)

# The value, and what to write instead where it was given as params["x"].
REMEDIES = {
    "dataclass": (Settings(), 'dataclasses.asdict(params["x"])'),
    "pydantic": (Model(), 'params["x"].model_dump(mode="json")'),
    "attrs": (named("my.Attrs", __attrs_attrs__=()), 'attrs.asdict(params["x"])'),
    "config": (named("transformers.Config", to_dict=vars), 'params["x"].to_dict()'),
    "namespace": (argparse.Namespace(lr=0.1), 'vars(params["x"])'),
    "simple namespace": (types.SimpleNamespace(lr=0.1), 'vars(params["x"])'),
    "omegaconf list": (
        LIST_CONFIG,
        'OmegaConf.to_container(params["x"], resolve=True)',
    ),
    "enum": (Optimizer.ADAM, 'params["x"].value'),
    "array": (np.arange(3), 'params["x"].tolist()'),
    "tensor": (named("torch.Tensor", tolist=list), 'params["x"].tolist()'),
    "complex": (1j, 'str(params["x"])'),
    "numpy complex": (np.complex64(1), 'str(params["x"])'),
    "numpy date": (np.datetime64("2026-01-01"), 'str(params["x"])'),
    "device": (named("torch.device"), 'str(params["x"])'),
    "datetime": (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 'params["x"].isoformat()'),
    "date": (dt.date(2026, 1, 1), 'params["x"].isoformat()'),
    "timedelta": (dt.timedelta(minutes=1), 'params["x"].total_seconds()'),
    "decimal": (Decimal("0.1"), 'float(params["x"]), or str(params["x"]) to keep every digit'),
    "fraction": (Fraction(1, 3), 'float(params["x"]), or str(params["x"]) to keep it exact'),
    "set": ({"a"}, 'sorted(params["x"])'),
    "frozenset": (frozenset({"a"}), 'sorted(params["x"])'),
    "bytes": (b"a", 'params["x"].decode()'),
    "range": (range(3), 'list(params["x"])'),
    "keys": ({"a": 1}.keys(), 'list(params["x"])'),
    "deque": (deque([1]), 'list(params["x"])'),
    "class": (Settings, 'params["x"].__qualname__'),
    "enum class": (Optimizer, 'params["x"].__qualname__'),
    "function": (named, 'params["x"].__qualname__'),
    "builtin": (len, 'params["x"].__qualname__'),
    "uuid": (uuid.UUID(int=1), 'str(params["x"])'),
    "object": (object(), "a str, number, bool, None, or a list or dict of these"),
    "mock": (MagicMock(spec=[]), "a str, number, bool, None, or a list or dict of these"),
}


@pytest.mark.parametrize(("value", "remedy"), REMEDIES.values(), ids=REMEDIES)
def test_an_error_says_what_to_pass_instead(value: Any, remedy: str) -> None:
    with pytest.raises(TypeError, match=f"which has no JSON form. Pass {re.escape(remedy)}$"):
        checked_hyperparams({"x": value})


@pytest.mark.parametrize("case", ["dataclass", "pydantic", "enum", "array", "datetime", "set"])
def test_what_the_error_says_is_then_taken(case: str) -> None:
    params = {"x": REMEDIES[case][0]}
    with pytest.raises(TypeError, match="Pass ") as caught:
        checked_hyperparams(params)
    advice = str(caught.value).partition(". Pass ")[2]
    checked_hyperparams({"x": eval(advice, {"params": params, "dataclasses": dataclasses})})


def test_the_remedy_names_the_place() -> None:
    params = {"model": {"opt": [Optimizer.ADAM]}}
    with pytest.raises(TypeError, match=r'\. Pass params\["model"\]\["opt"\]\[0\]\.value$'):
        checked_hyperparams(params)


@pytest.mark.parametrize(
    ("params", "remedy"),
    [
        (DICT_CONFIG(layers=LIST_CONFIG), "OmegaConf.to_container(params, resolve=True)"),
        (
            {"a": {"model": DICT_CONFIG(inner=DICT_CONFIG(layers=LIST_CONFIG))}},
            'OmegaConf.to_container(params["a"]["model"], resolve=True)',
        ),
    ],
)
def test_of_a_configuration_inside_another_the_outermost_is_to_be_passed(
    params: Any, remedy: str
) -> None:
    """A list that replaces the inner one would become such a configuration again."""
    with pytest.raises(TypeError, match=f"Pass {re.escape(remedy)}$"):
        checked_hyperparams(params)


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (Settings(), "dataclasses.asdict(params)"),
        (Model(), 'params.model_dump(mode="json")'),
        (argparse.Namespace(lr=0.1), "vars(params)"),
    ],
)
def test_an_object_with_named_values_is_refused_with_a_remedy(value: Any, remedy: str) -> None:
    error = r"params must be a dict with string keys, got .+\. Pass "
    with pytest.raises(TypeError, match=f"{error}{re.escape(remedy)}$"):
        checked_hyperparams(value)


def test_metrics_in_a_dataclass_are_refused_with_a_remedy() -> None:
    with pytest.raises(TypeError, match=r"metrics must be a dict .+ Pass dataclasses.asdict\(metr"):
        checked_metrics(Settings())


@pytest.mark.parametrize("value", [[("lr", 1)], np.arange(3), {"lr"}, 3])
def test_what_holds_no_dict_has_no_remedy_there(value: Any) -> None:
    with pytest.raises(TypeError, match=r"params must be a dict with string keys, got [^.]+$"):
        checked_hyperparams(value)


def test_no_library_is_imported_for_the_advice() -> None:
    before = set(sys.modules)
    for value, _ in REMEDIES.values():
        with pytest.raises(TypeError, match="Pass "):
            checked_hyperparams({"x": value})
    assert set(sys.modules) == before
