"""The argument checks that the built-in stores share."""

import enum
import inspect
import math
import re
import sys
import types
import warnings
from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)

LARGEST = int(sys.float_info.max)


class Text(str):
    """A str whose ``__str__`` says something else, as that of an Enum does."""

    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Weekday(enum.IntEnum):
    MONDAY = 1


class Indexable:
    def __index__(self) -> int:
        return 7


class Floatable:
    def __float__(self) -> float:
        return 2.5


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def exact(value: object) -> bytes:
    """The bits of a float, which tell NaN, -0.0 and 0.0 apart."""
    assert type(value) is float
    return np.float64(value).tobytes()


# Steps


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_int64_is_a_step(step: int) -> None:
    assert checked_step(step) == step


@pytest.mark.parametrize(
    ("step", "number"),
    [(np.int64(3), 3), (np.array(4), 4), (Weekday.MONDAY, 1), (Indexable(), 7)],
)
def test_a_step_may_be_anything_with_index(step: object, number: int) -> None:
    assert checked_step(step) == number
    assert type(checked_step(step)) is int


@pytest.mark.parametrize(
    ("step", "given"),
    [
        (1.0, r"1\.0 \(a float\)"),
        (np.float32(1), re.escape(f"{np.float32(1)!r} (a float32)")),  # NumPy 1: 1.0
        ("-12", r"'-12' \(a str\)"),
    ],
)
def test_a_step_that_spells_an_integer_is_refused_with_advice(step: object, given: str) -> None:
    with pytest.raises(
        TypeError, match=rf"step must be an integer, got {given}\. Pass int\(step\)$"
    ):
        checked_step(step)


@pytest.mark.parametrize(
    ("step", "given"),
    [
        (1.5, r"1\.5 \(a float\)"),
        (math.nan, r"nan \(a float\)"),
        (math.inf, r"inf \(a float\)"),
        (np.float64(0.5), re.escape(f"{np.float64(0.5)!r} (a float64)")),
        ("1.5", r"'1\.5' \(a str\)"),
        ("", r"'' \(a str\)"),
        (None, "None"),
        (True, r"True \(a bool\)"),
        (np.bool_(True), re.escape(f"{np.True_!r} (a {np.bool_.__name__})")),
        (Decimal("1.5"), r"Decimal\('1\.5'\) \(a Decimal\)"),
        ([1], r"\[1\] \(a list\)"),
        (Unprintable(), r"<Unprintable instance at \w+> \(an Unprintable\)"),
    ],
)
def test_a_step_that_is_not_an_integer_is_refused_without_advice_to_cut_it(
    step: object, given: str
) -> None:
    with pytest.raises(TypeError, match=rf"step must be an integer, got {given}$"):
        checked_step(step)


class OldNumpyBool:
    """A bool of NumPy 1: it has ``__index__``, with a warning. That of NumPy 2 has none."""

    dtype = np.dtype(bool)

    def __index__(self) -> int:
        warnings.warn("In future, it will be an error", DeprecationWarning, stacklevel=2)
        return 1


@pytest.mark.parametrize("action", ["ignore", "error"])
def test_a_bool_of_numpy_is_refused_as_step_by_any_version(
    action: Literal["ignore", "error"],
) -> None:
    with (
        warnings.catch_warnings(action=action),
        pytest.raises(TypeError, match=r"step must be an integer, got .+\(an OldNumpyBool\)$"),
    ):
        checked_step(OldNumpyBool())


class TorchBool:
    """A bool tensor of torch: it has ``__index__``, without a warning."""

    dtype = "torch.bool"

    def __index__(self) -> int:
        return 1


def test_a_bool_of_torch_is_refused_as_step() -> None:
    with pytest.raises(TypeError, match=r"step must be an integer, got .+\(a TorchBool\)$"):
        checked_step(TorchBool())


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, pytest.param(10**5000, id="long")])
def test_a_step_beyond_int64_is_refused(step: int) -> None:
    with pytest.raises(ValueError, match="step must fit into int64"):
        checked_step(step)


# Texts and paths


@given(st.text(min_size=1))
def test_every_text_that_utf8_can_hold_is_kept(text: str) -> None:
    assert checked_text(text, "split") == text


def test_a_text_of_a_subclass_becomes_a_plain_str() -> None:
    text = checked_text(Text("train"), "split")
    assert type(text) is str
    assert text == "train"


@pytest.mark.parametrize("value", [None, 1, b"train", ["train"]])
def test_a_value_that_is_not_a_string_is_refused_by_name(value: object) -> None:
    with pytest.raises(TypeError, match="split must be a string, got"):
        checked_text(value, "split")


@pytest.mark.parametrize(
    ("text", "problem"), [("", "split must not be empty"), ("a\ud800", "split holds a surrogate")]
)
def test_a_text_that_is_empty_or_not_for_utf8_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        checked_text(text, "split")


@pytest.mark.parametrize("path", ["./a/../b", "~/x", "s3://bucket/x", " "])
def test_a_path_is_kept_as_given(path: str) -> None:
    assert checked_path(path) == path


def test_a_path_object_becomes_its_text() -> None:
    assert checked_path(PurePosixPath("a/b")) == "a/b"


class BytesPath:
    def __fspath__(self) -> bytes:
        return b"a"


@pytest.mark.parametrize("path", [b"a", 1, None, BytesPath()])
def test_a_path_that_is_not_a_string_is_refused(path: Any) -> None:
    with pytest.raises(
        TypeError, match="path must be a string or a path object that gives one, got"
    ):
        checked_path(path)


# Metrics


@given(st.dictionaries(st.text(min_size=1), st.floats()))
def test_floats_come_back_bit_by_bit_in_a_new_dict(metrics: dict[str, float]) -> None:
    checked = checked_metrics(metrics)
    assert checked is not metrics
    assert [*checked] == [*metrics]
    for key, value in metrics.items():
        assert exact(checked[key]) == exact(value)


NUMBERS = st.one_of(
    st.integers(-LARGEST, LARGEST),
    st.booleans(),
    st.fractions(-(10**300), 10**300),
    st.decimals(allow_nan=False),
    st.floats(width=32).map(np.float32),
    st.floats(width=16).map(np.float16),
    st.floats().map(np.float64),
    st.floats().map(np.array),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.booleans().map(np.bool_),
)


@given(NUMBERS)
def test_what_behaves_as_a_number_is_taken_as_float_does(number: Any) -> None:
    checked = checked_metrics({"loss": number, "other": 1.0})
    assert exact(checked["loss"]) == exact(float(number))


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (Floatable(), 2.5),
        (Indexable(), 7.0),
        (Weekday.MONDAY, 1.0),
        (Decimal("-Infinity"), -math.inf),
        (Fraction(1, 3), 1 / 3),
        (np.longdouble(1) / 3, 1 / 3),
        (np.ma.masked_array(1.5), 1.5),
    ],
)
def test_a_number_may_be_anything_with_float_or_index(number: Any, value: float) -> None:
    assert exact(checked_metrics({"loss": number})["loss"]) == exact(value)


MASKED: list[Any] = [
    np.ma.masked,
    np.ma.array([1.0, 2.0], mask=[True, True]).mean(),
    np.ma.array(5.0, mask=True),
    np.ma.array([5.0], mask=[True]),
    np.ma.array(3, mask=True),
]


@pytest.mark.parametrize("value", MASKED, ids=repr)
def test_a_masked_value_is_nan_without_a_warning(value: Any) -> None:
    checked = checked_metrics({"loss": value, "other": 1.0})
    assert math.isnan(checked["loss"])
    assert checked["other"] == 1.0


def test_text_under_a_mask_is_not_a_number() -> None:
    with pytest.raises(TypeError, match=r'metrics\["loss"\] must be a number, got masked_arr'):
        checked_metrics({"loss": np.ma.array("1.5", mask=True)})


class Series:
    """Like a series of pandas, it has a method ``mask``."""

    dtype = np.dtype(float)

    def item(self) -> float:
        return 2.5

    def mask(self) -> None:
        raise NotImplementedError


def test_a_method_called_mask_masks_nothing() -> None:
    assert checked_metrics({"loss": Series()}) == {"loss": 2.5}


def test_a_tensor_that_requires_grad_is_read_without_a_warning() -> None:
    torch: Any = pytest.importorskip("torch")
    weights = torch.tensor(0.5, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked = checked_metrics(
            {
                "loss": weights * 3,
                "parameter": torch.nn.Parameter(torch.tensor(0.25)),
                "half": torch.tensor(0.1, dtype=torch.bfloat16),
                "count": torch.tensor(3),
            }
        )
    assert checked == {"loss": 1.5, "parameter": 0.25, "half": 0.10009765625, "count": 3.0}


@pytest.mark.parametrize(
    "value",
    [
        "1.5",
        b"1.5",
        bytearray(b"1"),
        np.str_("1.5"),
        np.bytes_(b"1.5"),
        np.array("1.5"),
        np.array("1.5", dtype=object),
        None,
        [1.0],
        {},
        1j,
        np.complex64(1),
        np.array([1.0, 2.0]),
        np.datetime64("2026-01-01"),
        Decimal("sNaN"),
        object(),
        Unprintable(),
    ],
)
def test_a_value_that_is_not_a_number_is_refused_by_its_key(value: Any) -> None:
    with pytest.raises(TypeError, match=r'metrics\["val/loss"\] must be (a|one) number, got'):
        checked_metrics({"fine": 1.0, "val/loss": value})


def test_a_tensor_of_several_values_is_refused_by_its_key() -> None:
    torch: Any = pytest.importorskip("torch")
    for tensor in (torch.zeros(2), torch.tensor(1j)):
        with pytest.raises(TypeError, match=r'metrics\["loss"\] must be (a|one) number'):
            checked_metrics({"loss": tensor})


@pytest.mark.parametrize("value", ["abc", "", b"1,5", None, [1]])
def test_what_spells_no_number_is_refused_without_advice_to_convert_it(value: Any) -> None:
    with pytest.raises(TypeError, match=r'metrics\["loss"\] must be a number, got [^.]+$'):
        checked_metrics({"loss": value})


def test_a_number_as_text_is_refused_with_advice() -> None:
    with pytest.raises(TypeError, match=r"got '1\.5' \(a str\)\. Pass float\(value\)$"):
        checked_metrics({"loss": "1.5"})


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(10**400, id="int"),
        pytest.param(-(10**5000), id="long"),
        pytest.param(Fraction(10**400), id="fraction"),
    ],
)
def test_a_number_beyond_float64_is_an_overflow_by_its_key(value: Any) -> None:
    with pytest.raises(OverflowError, match=r'metrics\["n"\] is beyond the range of float64'):
        checked_metrics({"n": value})


@pytest.mark.parametrize("value", [1.0, 1])
@pytest.mark.parametrize(
    ("key", "error", "problem"),
    [
        (1, TypeError, r"a metric key must be a string, got 1 \(an int\)"),
        (None, TypeError, "a metric key must be a string, got None"),
        (b"a", TypeError, r"a metric key must be a string, got b'a' \(a bytes\)"),
        ("", ValueError, "a metric key must not be empty"),
        ("\ud800", ValueError, "a metric key holds a surrogate code point"),
    ],
)
def test_a_bad_key_is_refused(key: Any, error: type[Exception], problem: str, value: float) -> None:
    with pytest.raises(error, match=problem):
        checked_metrics({"fine": 1.0, key: value})


def test_keys_of_a_subclass_of_str_are_their_text() -> None:
    assert checked_metrics({Text("a"): 1}) == {"a": 1.0}


@pytest.mark.parametrize("kind", [dict, OrderedDict, types.MappingProxyType])
def test_metrics_may_be_any_mapping(kind: Any) -> None:
    assert checked_metrics(kind({"a": 1.0, "b": 2})) == {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize("metrics", [[("a", 1.0)], None, "a", 1.0])
def test_metrics_that_are_not_a_mapping_are_refused(metrics: Any) -> None:
    with pytest.raises(TypeError, match="metrics must be a dict with string keys, got"):
        checked_metrics(metrics)


# Hyperparameters

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return [*one] == [*other] and all(same(one[key], other[key]) for key in one)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - any JSON
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))  # pyright: ignore[reportUnknownArgumentType] - any JSON
    return bool(one == other)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_json_values_come_back_equal_and_of_the_same_type(params: dict[str, Any]) -> None:
    assert same(checked_hyperparams(params), params)


def test_the_copy_shares_nothing_with_the_original() -> None:
    layers = [64, 32]
    params = {"model": {"layers": layers}}
    checked = checked_hyperparams(params)
    layers.append(16)
    params["model"]["more"] = []
    assert checked == {"model": {"layers": [64, 32]}}


def test_values_of_subclasses_become_plain_json_values() -> None:
    point = types.SimpleNamespace(pair=(1, (2.5, "x")))
    checked = checked_hyperparams(
        OrderedDict(
            pair=point.pair,
            day=Weekday.MONDAY,
            text=Text("train"),
            float64=np.float64(0.5),
            inner=types.MappingProxyType({"a": True}),
        )
    )
    plain = {"pair": [1, [2.5, "x"]], "day": 1, "text": "train", "float64": 0.5}
    assert same(checked, {**plain, "inner": {"a": True}})


def test_numpy_scalars_and_paths_have_a_json_form() -> None:
    checked = checked_hyperparams(
        {"lr": np.float32(0.5), "n": np.int64(3), "flag": np.bool_(True), "out": Path("a/b")}
    )
    assert same(checked, {"lr": 0.5, "n": 3, "flag": True, "out": "a/b"})


def test_a_masked_value_is_nan_as_hyperparameter_too() -> None:
    checked = checked_hyperparams({"a": np.ma.masked, "b": [np.ma.array(5, mask=True)]})
    assert str(checked) == "{'a': nan, 'b': [nan]}"


def test_tensors_of_no_dimension_have_a_json_form() -> None:
    torch: Any = pytest.importorskip("torch")
    assert same(checked_hyperparams({"n": torch.tensor(3)}), {"n": 3})


def test_nan_and_infinities_are_taken_as_floats() -> None:
    checked = checked_hyperparams({"a": [math.nan, math.inf, -math.inf]})
    assert str(checked) == "{'a': [nan, inf, -inf]}"


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"x",
        1j,
        np.array([1]),
        len,
        Decimal(1),
        enum.Enum,
        Unprintable(),
        range(3),
    ],
)
def test_a_value_with_no_json_form_is_refused_by_its_place(value: Any) -> None:
    with pytest.raises(TypeError, match=r'params\["model"\]\["layers"\]\[2\] is .* no JSON form'):
        checked_hyperparams({"model": {"layers": [1, 2, value]}})


@pytest.mark.parametrize(
    ("params", "place"), [({1: "a"}, "params"), ({"labels": {0: "cat"}}, r'params\["labels"\]')]
)
def test_a_key_that_is_not_a_string_is_refused_by_its_place(params: Any, place: str) -> None:
    with pytest.raises(TypeError, match=place + r" has the key [01] \(an int\), .*Pass str\(key\)"):
        checked_hyperparams(params)


def test_a_value_that_contains_itself_is_refused_by_its_place() -> None:
    layers: list[Any] = [1]
    layers.append({"again": layers})
    with pytest.raises(ValueError, match=r'params\["l"\]\[1\]\["again"\] contains itself'):
        checked_hyperparams({"l": layers})


def test_the_same_value_twice_is_not_a_cycle() -> None:
    shared = [1]
    assert checked_hyperparams({"a": shared, "b": [shared]}) == {"a": [1], "b": [[1]]}


def nested(depth: int) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for _ in range(depth):
        params = {"d": [params]} if depth % 2 else {"d": params}
    return params


def test_a_hundred_levels_are_taken() -> None:
    assert checked_hyperparams(nested(100)) == nested(100)


@pytest.mark.parametrize("depth", [121, 100_000])
def test_deeper_values_are_refused_without_a_recursion_error(depth: int) -> None:
    with pytest.raises(ValueError, match="nested more than 120 levels deep"):
        checked_hyperparams(nested(depth))


def test_a_nearly_full_stack_is_a_value_error_too() -> None:
    params = nested(110)

    def deeper(frames: int) -> None:
        if frames:
            deeper(frames - 1)
        else:
            checked_hyperparams(params)

    used = len(inspect.stack(context=0))
    with pytest.raises(ValueError, match="nested too deep for the rest"):
        deeper(sys.getrecursionlimit() - used - 100)


def test_ints_up_to_4300_digits_are_taken_and_longer_ones_refused() -> None:
    assert checked_hyperparams({"n": -(10**4300 - 1)}) == {"n": -(10**4300 - 1)}
    with pytest.raises(ValueError, match=r'params\["n"\] is an int of more than 4,300 digits'):
        checked_hyperparams({"n": 10**4300})


def test_values_that_unfold_into_gigabytes_are_refused() -> None:
    laughs: Any = "ha" * 1000
    for _ in range(20):
        laughs = [laughs] * 20
    with pytest.raises(ValueError, match="params hold more than 256 MB, reached at params"):
        checked_hyperparams({"l": laughs})


@pytest.mark.parametrize(
    ("params", "place"),
    [({"a": ["\ud800"]}, r'params\["a"\]\[0\]'), ({"a": {"\udfff": 1}}, r'a key of params\["a"\]')],
)
def test_texts_that_utf8_cannot_hold_are_refused_by_their_place(params: Any, place: str) -> None:
    with pytest.raises(ValueError, match=place + " holds a surrogate code point"):
        checked_hyperparams(params)
