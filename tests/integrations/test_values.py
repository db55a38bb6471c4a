"""Hyperparameters of every type, as the JSON values that adapters make of them."""

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from evsys_sdk.arguments import checked_hyperparams
from evsys_sdk.integrations._values import flattened, json_params, shortest
from integrations.libraries import need


def no_warning(place: str, text: str, error: Exception) -> None:
    pytest.fail(f"{place} is recorded as {text}: {error}")


def of(value: object) -> Any:
    """The JSON value of one hyperparameter, which nothing is wrong with."""
    converted = json_params({"value": value}, no_warning)
    # The test of equality alone would take True for 1, and np.float64(0.1) for 0.1.
    assert json.dumps(checked_hyperparams(converted)) == json.dumps(converted)
    return converted["value"]


def with_warnings(params: object) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    warnings: list[tuple[str, str, str]] = []

    def warn(place: str, text: str, error: Exception) -> None:
        warnings.append((place, text, f"{type(error).__name__}: {error}"))

    return json_params(params, warn), warnings


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(64), "64"),
        (np.uint8(255), "255"),
        (np.float64(0.1), "0.1"),
        (np.float32(0.1), "0.1"),
        (np.float16(0.1), "0.1"),
        (np.float32(1 / 3), "0.33333334"),
        (np.bool_(True), "true"),
        (np.str_("adam"), '"adam"'),
        (np.float32("nan"), "NaN"),
        (np.float32("inf"), "Infinity"),
        (np.array(2.5), "2.5"),
        (np.array([0.1, 2.0], dtype="float32"), "[0.1, 2.0]"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.array(["a", None], dtype=object), '["a", null]'),
        (np.array([]), "[]"),
        (np.datetime64("2024-01-01"), '"2024-01-01"'),
        (np.complex64(1j), '"1j"'),
        (np.float32, '"numpy.float32"'),
        (np.dtype("float32"), '"float32"'),
    ],
)
def test_numpy_values_become_numbers_and_lists(value: object, expected: str) -> None:
    assert json.dumps(of(value)) == expected
    assert json.dumps(of({"nested": [value]})) == f'{{"nested": [{expected}]}}'


def test_a_large_array_is_named_by_its_shape_and_type() -> None:
    assert len(of(np.zeros(1000))) == 1000
    assert of(np.zeros((7, 143))) == "ndarray of shape (7, 143) and type float64"


@given(st.floats(width=32, allow_nan=False))
@example(2.0**-149)
@example(2.0**128 - 2.0**104)
def test_a_float32_becomes_a_short_number_that_is_the_same_float32(value: float) -> None:
    short = shortest(value, bits=24)
    assert np.float32(short) == np.float32(value)
    assert len(repr(short)) <= len(repr(value))
    assert len(f"{short:.8e}") == len(f"{value:.8e}")
    assert float(f"{short:.8e}") == short  # nine digits are enough for any float32


def test_tensors_become_numbers_and_lists() -> None:
    need("torch")
    import torch

    assert of(torch.tensor(64)) == 64
    assert of(torch.tensor(True)) is True
    assert of(torch.tensor(0.1, requires_grad=True)) == 0.1
    assert of(torch.tensor(0.1, dtype=torch.bfloat16)) == 0.1
    assert of(torch.tensor(0.1, dtype=torch.float64)) == 0.1
    assert of(torch.tensor([0.1, 0.2])) == [0.1, 0.2]
    assert of(torch.zeros(1001)) == "Tensor of shape (1001,) and type torch.float32"
    assert of(torch.float32) == "torch.float32"
    params, warnings = with_warnings({"meta": torch.zeros(2, device="meta")})
    assert params == {"meta": "tensor(..., device='meta', size=(2,))"}
    assert [place for place, _, _ in warnings] == ["meta"]


class Color(Enum):
    RED = "red"
    BLUE = 2
    FAR = object


class Size(IntEnum):
    LARGE = 3


class Mode(str, Enum):  # noqa: UP042 - StrEnum is another thing: its str() is the value
    FAST = "fast"


@dataclass
class Optimizer:
    kind: str
    lr: np.float32
    color: Color = Color.RED
    token: str = field(default="secret", repr=False)


class Model(BaseModel):
    layers: list[int]
    token: SecretStr = SecretStr("secret")
    path: Path = Path("data")


class NeverShown:
    def __str__(self) -> str:
        raise LookupError("no str")


class Gone(Mapping[str, Any]):
    """A mapping that can't be read any more, like the handle of a closed file."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("gone")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("gone")

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "Gone(\udc80)"


def test_every_hyperparameter_has_a_json_form() -> None:
    params = {
        "lr": 0.1,
        "name": None,
        "shape": (2, [3]),
        "path": Path("data"),
        "colors": [*Color],
        "size": Size.LARGE,
        "mode": Mode.FAST,
        "layer": Fraction,
        "activation": json_params,
        "nested": Namespace(flag=True, path=Path("x")),
        "simple": SimpleNamespace(x=np.int64(1)),
        "optimizer": Optimizer("sgd", np.float32(0.1)),
        "model": Model(layers=[64, 10]),
        "set": {"b", "a"},
        "fraction": Fraction(1, 3),
        7: {8: "int keys", Mode.FAST: 1},
    }
    assert json_params(params, no_warning) == {
        "lr": 0.1,
        "name": None,
        "shape": [2, [3]],
        "path": "data",
        "colors": ["red", 2, "Color.FAR"],
        "size": 3,
        "mode": "fast",
        "layer": "fractions.Fraction",
        "activation": "evsys_sdk.integrations._values.json_params",
        "nested": {"flag": True, "path": "x"},
        "simple": {"x": 1},
        "optimizer": {"kind": "sgd", "lr": 0.1, "color": "red"},
        "model": {"layers": [64, 10], "token": "**********", "path": "data"},
        "set": ["a", "b"],
        "fraction": "1/3",
        "7": {"8": "int keys", "fast": 1},
    }


@pytest.mark.parametrize(
    "params", [Namespace(lr=0.1), SimpleNamespace(lr=0.1), {"lr": np.float32(0.1)}]
)
def test_hyperparameters_may_come_in_any_mapping(params: object) -> None:
    assert json_params(params, no_warning) == {"lr": 0.1}


def test_no_hyperparameters_are_an_empty_dict_and_others_than_mappings_are_refused() -> None:
    assert json_params(None, no_warning) == {}
    with pytest.raises(TypeError, match="they must be a mapping, got list"):
        json_params([1], no_warning)


def test_hyperparameters_without_end_become_text_where_they_repeat_or_get_deep() -> None:
    endless: dict[str, Any] = {"lr": 0.1}
    endless["again"] = [endless]
    assert json_params(endless, no_warning) == {
        "lr": 0.1,
        "again": ["{'lr': 0.1, 'again': [{...}]}"],
    }
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    written = json.dumps(of(deep))
    assert written == "[" * 99 + '"' + "[" * 51 + "1" + "]" * 51 + '"' + "]" * 99


def test_what_can_not_be_read_becomes_text_with_a_warning_that_names_it() -> None:
    params, warnings = with_warnings(
        {
            "model": {"layers": [1, NeverShown()]},
            "broken": Gone(),
            "surrogate \udc80": "\udc80",
            "huge": 10**4300,
            "after": 1,
        }
    )
    assert params == {
        "model": {"layers": [1, "NeverShown"]},
        "broken": "Gone(\\udc80)",
        "surrogate \\udc80": "\\udc80",
        "huge": hex(10**4300),
        "after": 1,
    }
    assert [(place, text) for place, text, _ in warnings] == [
        ("model.layers[1]", "NeverShown"),
        ("broken", "Gone(\\udc80)"),
        ("surrogate \udc80", "surrogate \\udc80"),
        ("surrogate \udc80", "\\udc80"),
        ("huge", hex(10**4300)),
    ]
    assert warnings[0][2] == "LookupError: no str"
    assert warnings[1][2] == "RuntimeError: gone"
    assert checked_hyperparams(params) == params


def test_omegaconf_containers_become_plain_ones() -> None:
    need("omegaconf")
    from omegaconf import OmegaConf

    config = OmegaConf.create(
        {
            "layers": [64, 10],
            "again": "${layers}",
            "lr": "${oc.decode:'0.1'}",
            "nested": {"layers": "${layers}", "none": None},
            "color": Color.RED,
            3: "int key",
        }
    )
    plain = {
        "layers": [64, 10],
        "again": [64, 10],
        "lr": 0.1,
        "nested": {"layers": [64, 10], "none": None},
        "color": "red",
        "3": "int key",
    }
    assert json_params(config, no_warning) == plain
    assert of({"model": [config]}) == {"model": [plain]}
    assert of(config.layers) == [64, 10]


def test_what_omegaconf_can_not_resolve_is_its_text_with_a_warning() -> None:
    need("omegaconf")
    from omegaconf import DictConfig, OmegaConf

    config = OmegaConf.create(
        {
            "data": {"path": "???", "dtype": "???"},
            "home": "${oc.env:EVSYS_NOT_SET}",
            "list": [1, "???"],
            "wrong": "${no.such}",
            "own": "${own}",
            "fine": 1,
        }
    )
    params, warnings = with_warnings({"config": config, "gone": DictConfig("???")})
    texts = {
        "config.data.path": "???",
        "config.data.dtype": "???",
        "config.home": "${oc.env:EVSYS_NOT_SET}",
        "config.list[1]": "???",
        "config.wrong": "${no.such}",
        "config.own": "${own}",
    }
    assert params == {
        "config": {
            "data": {"path": "???", "dtype": "???"},
            "home": "${oc.env:EVSYS_NOT_SET}",
            "list": [1, "???"],
            "wrong": "${no.such}",
            "own": "${own}",
            "fine": 1,
        },
        "gone": "???",
    }
    assert {place: text for place, text, _ in warnings} == texts
    reasons = {place: reason for place, _, reason in warnings}
    assert "Missing mandatory value: data.path" in reasons["config.data.path"]


def test_dicts_among_metrics_are_flattened_to_a_depth_that_ends() -> None:
    nested = {"loss": 1, "f1": {"cat": 0.5, 2: {"old": 0.25}}, "none": {}}
    assert flattened(nested) == {"loss": 1, "f1/cat": 0.5, "f1/2/old": 0.25}
    endless: dict[str, Any] = {"loss": 1}
    endless["again"] = endless
    assert [*flattened(endless, levels=2)] == [
        "loss",
        "again/loss",
        "again/again/loss",
        "again/again/again",
    ]
