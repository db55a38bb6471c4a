"""The multiplex store: every child gets every call, even if others fail (MUX-2)."""

import copy
import pickle
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from evsys_sdk import (
    ChildFailure,
    LogStoreClosedError,
    LogStoreConfigError,
    LogStoreSpec,
    RunLog,
    UnknownLogStoreError,
    child_failures,
)
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from evsys_sdk.registry import temporarily_registered

Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class Recorder:
    """Keeps its calls; raises what a test puts into ``errors``, after recording the call."""

    name: ClassVar[str] = "recorder"
    built: ClassVar[list["Recorder"]] = []

    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
        broken: bool = False
        spoils: bool = False

    def __init__(self, *, broken: bool = False, spoils: bool = False) -> None:
        if broken:
            raise OSError("no space left")
        self.spoils = spoils
        self.calls: list[Call] = []
        self.errors: dict[str, BaseException] = {}
        Recorder.built.append(self)

    def _record(self, method: str, *args: Any, **kwargs: Any) -> None:
        self.calls.append((method, copy.deepcopy(args), kwargs))
        if method in self.errors:
            raise self.errors[method]

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self._record("log_scalar", key, value, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self._record("log_metrics", metrics, step, split=split)
        if self.spoils:
            metrics.clear()

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        self._record("log_hyperparams", params)
        if self.spoils:
            params["model"]["layers"].append("spoilt")

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        self._record("log_artifact", name, path, kind=kind)

    def close(self) -> None:
        self._record("close")


@pytest.fixture(autouse=True)
def recorder_kind() -> Iterator[None]:
    with temporarily_registered("recorder", Recorder):
        yield
    Recorder.built.clear()


RECORDER = {"kind": "recorder"}
BROKEN = {"kind": "recorder", "params": {"broken": True}}


def nested(*children: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "multiplex", "params": {"children": [*children]}}


def multiplex(*children: dict[str, Any]) -> tuple[MultiplexLogStore, list[Recorder]]:
    """The store, and the recorders below it in the order of the configuration."""
    Recorder.built.clear()
    return MultiplexLogStore(children=children), [*Recorder.built]


CALLS: list[Call] = [
    ("log_scalar", ("loss", 0.5, 3), {}),
    ("log_metrics", ({"loss": 0.5, "acc": 1.0}, 3), {"split": "val"}),
    ("log_metrics", ({}, 3), {"split": "train"}),
    ("log_hyperparams", ({"lr": 0.1, "model": {"layers": [64, 64]}},), {}),
    ("log_artifact", ("model", "model.pt"), {"kind": "checkpoint"}),
]
WRITES = ["log_scalar", "log_metrics", "log_hyperparams", "log_artifact"]


def own_notes(error: BaseException) -> list[str]:
    return [note for note in error.__notes__ if note.startswith("multiplex:")]


def log(store: Any, call: Call) -> None:
    method, args, kwargs = call
    getattr(store, method)(*args, **kwargs)


# What arrives.


@given(
    st.lists(st.sampled_from(CALLS), max_size=12),
    st.sets(st.tuples(st.integers(0, 3), st.sampled_from(WRITES))),
)
def test_every_child_gets_every_call_in_order_even_if_some_fail(
    calls: list[Call], failing: set[tuple[int, str]]
) -> None:
    store, recorders = multiplex(RECORDER, nested(RECORDER, RECORDER), RECORDER)
    for index, method in failing:
        recorders[index].errors[method] = OSError(f"{index}")
    for call in calls:
        if any(method == call[0] for _, method in failing):
            with pytest.raises((OSError, ExceptionGroup)):
                log(store, call)
        else:
            log(store, call)
    store.close()
    expected: list[Call] = [*calls, ("close", (), {})]
    assert [recorder.calls for recorder in recorders] == [expected] * 4


def test_a_child_that_changes_its_arguments_harms_neither_sibling_nor_caller() -> None:
    spoiler = {"kind": "recorder", "params": {"spoils": True}}
    store, (_, sibling) = multiplex(spoiler, RECORDER)
    metrics = {"loss": 0.5}
    params = {"model": {"layers": [64]}}
    store.log_metrics(metrics, 0)
    store.log_hyperparams(params)
    assert metrics == {"loss": 0.5}
    assert params == {"model": {"layers": [64]}}
    assert sibling.calls == [
        ("log_metrics", ({"loss": 0.5}, 0), {"split": "train"}),
        ("log_hyperparams", ({"model": {"layers": [64]}},), {}),
    ]


def test_a_number_is_read_once_and_arrives_as_a_plain_float() -> None:
    reads: list[str] = []

    class Tensor:
        def __float__(self) -> float:
            reads.append("read")
            return 0.5

    store, recorders = multiplex(RECORDER, RECORDER)
    loss: Any = Tensor()
    store.log_metrics({"loss": loss}, 0)
    store.log_scalar("loss", loss, 0)
    assert reads == ["read", "read"]
    for recorder in recorders:
        (_, (metrics, _), _), (_, (_, value, _), _) = recorder.calls
        assert type(metrics["loss"]) is float
        assert type(value) is float


BAD_CALLS: list[Call] = [
    ("log_scalar", ("loss", "0.5", 1), {}),
    ("log_scalar", (7, 0.5, 1), {}),
    ("log_scalar", (["loss"], 0.5, 1), {}),
    ("log_scalar", ("loss", 0.5, 1.5), {}),
    ("log_metrics", ({"loss": 0.5, "acc": None}, 1), {}),
    ("log_metrics", ({"loss": 0.5}, "1"), {}),
    ("log_metrics", ({"loss": 0.5}, 1), {"split": None}),
    ("log_metrics", ({"loss": 0.5}, 1, "val"), {}),
    ("log_hyperparams", ({"lr": 0.1, "callback": object()},), {}),
    ("log_hyperparams", ({3: 0.1},), {}),
    ("log_artifact", ("model", 3), {}),
    ("log_artifact", ("", "model.pt"), {}),
    ("log_artifact", ("model", "model.pt"), {"kind": 3}),
    ("log_artifact", ("model", "model.pt", "checkpoint"), {}),
]


@pytest.mark.parametrize("call", BAD_CALLS, ids=lambda call: call[0])
def test_a_bad_argument_reaches_no_child(call: Call) -> None:
    store, recorders = multiplex(RECORDER, RECORDER)
    with pytest.raises((TypeError, ValueError)):
        log(store, call)
    assert [recorder.calls for recorder in recorders] == [[], []]


def test_values_keep_their_json_types_on_the_way_to_a_child() -> None:
    store, [recorder] = multiplex(RECORDER)
    params = {"a": True, "b": 1, "c": 1.0, "d": None, "e": "x", "f": [{"g": [10**30]}]}
    store.log_hyperparams(params)
    [(_, [arrived], _)] = recorder.calls
    assert repr(arrived) == repr(params)


def test_steps_and_numbers_of_other_types_arrive_as_int_and_float() -> None:
    class Step:
        def __index__(self) -> int:
            return 7

    store, [recorder] = multiplex(RECORDER)
    step: Any = Step()
    value: Any = Decimal("0.5")
    store.log_scalar("loss", value, step)
    assert repr(recorder.calls) == "[('log_scalar', ('loss', 0.5, 7), {})]"


# What is raised.


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_the_error_of_one_child_is_raised_as_it_is_and_names_the_child(call: Call) -> None:
    store, recorders = multiplex(RECORDER, RECORDER)
    error = recorders[1].errors[call[0]] = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space left") as caught:
        log(store, call)
    assert caught.value is error
    assert error.__notes__ == ["multiplex: raised by children[1] (recorder)"]


def test_the_errors_of_several_children_are_raised_together() -> None:
    store, recorders = multiplex(RECORDER, RECORDER, RECORDER)
    first = recorders[0].errors["log_scalar"] = OSError("disk full")
    last = recorders[2].errors["log_scalar"] = ValueError("refused")
    names = r"2 of 3 children failed in log_scalar\(\): children\[0\] \(recorder\), children\[2\]"
    with pytest.raises(ExceptionGroup, match=names) as caught:
        store.log_scalar("loss", 0.5, 0)
    assert caught.value.exceptions == (first, last)
    assert last.__notes__ == ["multiplex: raised by children[2] (recorder)"]


def test_the_note_gives_the_whole_path_to_a_nested_child() -> None:
    store, recorders = multiplex(RECORDER, nested(nested(RECORDER), RECORDER))
    error = recorders[1].errors["log_scalar"] = OSError("disk full")
    with pytest.raises(OSError, match="disk full"):
        store.log_scalar("loss", 0.5, 0)
    path = "children[1].children[0].children[0] (recorder)"
    assert error.__notes__ == [f"multiplex: raised by {path}"]


@pytest.mark.parametrize("child", [RECORDER, nested(RECORDER)], ids=["flat", "nested"])
def test_an_error_that_a_child_raises_again_and_again_is_noted_once(child: dict[str, Any]) -> None:
    store, [_, recorder] = multiplex(RECORDER, child)
    error = recorder.errors["log_scalar"] = OSError("disk full")
    for step in range(5):
        with pytest.raises(OSError, match="disk full"):
            store.log_scalar("loss", 0.5, step)
    assert len(error.__notes__) == 1


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_an_interrupt_waits_for_the_other_children_and_is_raised_as_itself(
    interrupt: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    store, recorders = multiplex(RECORDER, RECORDER, RECORDER)
    recorders[0].errors["log_scalar"] = interrupt
    recorders[1].errors["log_scalar"] = OSError("disk full")
    with pytest.raises(type(interrupt)) as caught:
        store.log_scalar("loss", 0.5, 0)
    assert caught.value is interrupt
    assert recorders[2].calls == [("log_scalar", ("loss", 0.5, 0), {})]
    [record] = caplog.records
    assert record.getMessage() == "multiplex: children[1] (recorder) failed in log_scalar()"
    assert "OSError: disk full" in caplog.text


# The children that did not take a call, as data.


def failures_of(store: MultiplexLogStore) -> tuple[ChildFailure, ...]:
    with pytest.raises((ValueError, ExceptionGroup)) as caught:
        store.log_scalar("loss", 0.5, 0)
    return child_failures(caught.value)


def test_the_children_that_have_not_taken_a_call_are_given_as_data() -> None:
    children = RECORDER, nested(nested(RECORDER, RECORDER), RECORDER), RECORDER
    store, recorders = multiplex(*children)
    paths = [(0,), (1, 0, 0), (1, 0, 1), (1, 1), (2,)]
    for failing in ([0], [1], [1, 2], [3], [1, 3], [0, 1, 2, 3, 4], [2, 4], [0, 3]):
        errors = [ValueError(str(index)) for index in range(len(paths))]
        for index, recorder in enumerate(recorders):
            recorder.errors = {"log_scalar": errors[index]} if index in failing else {}
        failures = failures_of(store)
        assert [failure.path for failure in failures] == [paths[index] for index in failing]
        assert {failure.kind for failure in failures} == {"recorder"}
        assert [failure.error for failure in failures] == [errors[index] for index in failing]
    assert [str(each) for each in failures] == [
        "children[0] (recorder)",
        "children[1].children[1] (recorder)",
    ]


def test_an_error_object_that_children_share_stands_for_each_of_them() -> None:
    store, recorders = multiplex(RECORDER, nested(RECORDER, RECORDER))
    for recorder in recorders:
        recorder.errors["log_scalar"] = ValueError("alone")
    recorders[1].errors = recorders[0].errors
    for _ in range(2):
        assert [failure.path for failure in failures_of(store)] == [(0,), (1, 0), (1, 1)]
    recorders[0].errors = {}
    assert [failure.path for failure in failures_of(store)] == [(1, 0), (1, 1)]


def test_a_call_that_reached_no_child_has_no_failures() -> None:
    store, _ = multiplex(RECORDER, nested(RECORDER))
    call: Any = store.log_scalar
    with pytest.raises(TypeError) as refused:
        call("loss", "0.5", 0)
    assert child_failures(refused.value) == ()
    store.close()
    with pytest.raises(LogStoreClosedError) as closed:
        call("loss", 0.5, 0)
    assert child_failures(closed.value) == ()
    assert child_failures(ExceptionGroup("of another store", [ValueError()])) == ()


def test_failures_survive_except_star_and_pickle() -> None:
    store, recorders = multiplex(RECORDER, RECORDER)
    recorders[0].errors["log_scalar"] = OSError("disk full")
    recorders[1].errors["log_scalar"] = ValueError("refused")
    caught: list[Exception] = []
    try:
        store.log_scalar("loss", 0.5, 0)
    except* OSError:
        pass
    except* ValueError as group:
        caught.append(pickle.loads(pickle.dumps(group)))
    (failure,) = child_failures(caught[0])
    assert (failure.path, failure.kind, str(failure.error)) == ((1,), "recorder", "refused")


# Building.


def test_children_are_given_as_dicts_or_as_specs() -> None:
    store, recorders = multiplex(RECORDER)
    store = MultiplexLogStore(children=[RECORDER, LogStoreSpec(kind="recorder")])
    store.log_scalar("loss", 0.5, 0)
    assert [len(recorder.calls) for recorder in Recorder.built] == [0, 1, 1]
    assert recorders == Recorder.built[:1]


def test_a_child_that_cannot_be_built_is_named_and_those_before_it_are_closed() -> None:
    with pytest.raises(OSError, match="no space left") as caught:
        MultiplexLogStore(children=[RECORDER, RECORDER, BROKEN, RECORDER])
    assert own_notes(caught.value) == ["multiplex: raised by children[2] (recorder)"]
    assert [recorder.calls for recorder in Recorder.built] == [[("close", (), {})]] * 2


def test_a_child_of_an_unknown_kind_is_named() -> None:
    with pytest.raises(UnknownLogStoreError, match=r"(?s)did you mean.*children\[1\] \(recordr\)"):
        MultiplexLogStore(children=[RECORDER, {"kind": "recordr"}])
    assert [recorder.calls for recorder in Recorder.built] == [[("close", (), {})]]


def test_a_nested_child_that_cannot_be_built_is_named_by_its_path() -> None:
    with pytest.raises(OSError, match="no space left") as caught:
        MultiplexLogStore(children=[RECORDER, nested(RECORDER, nested(BROKEN))])
    path = "children[1].children[1].children[0] (recorder)"
    assert own_notes(caught.value) == [f"multiplex: raised by {path}"]
    assert [recorder.calls for recorder in Recorder.built] == [[("close", (), {})]] * 2


def test_a_child_that_fails_to_close_does_not_hide_why_its_sibling_was_not_built(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(_: Recorder) -> None:
        raise RuntimeError("unreachable")

    monkeypatch.setattr(Recorder, "close", close)
    with pytest.raises(OSError, match="no space left"):
        MultiplexLogStore(children=[RECORDER, BROKEN])
    assert "children[0] (recorder) failed in close()" in caplog.text


@pytest.mark.parametrize(
    ("children", "place"),
    [
        ([], "children"),
        (None, "children"),
        ({"kind": "recorder"}, "children"),
        (["recorder"], r"children.*0"),
        ([{"kind": "recorder"}, {"kin": "recorder"}], r"children.*1.*kin"),
        ([{"kind": "recorder", "params": ["a"]}], r"children.*0.*params"),
    ],
    ids=repr,
)
def test_children_that_are_not_a_list_of_specs_are_refused_before_any_is_built(
    children: Any, place: str
) -> None:
    with pytest.raises(ValueError, match=f"(?s){place}"):
        MultiplexLogStore(children=children)
    assert Recorder.built == []


def test_the_config_refuses_other_parameters() -> None:
    with pytest.raises(ValidationError, match=r"child\n.*not permitted"):
        MultiplexLogStore.Config.model_validate({"children": [RECORDER], "child": RECORDER})


# Closing.


def test_close_closes_every_child_once_and_in_order() -> None:
    store, recorders = multiplex(RECORDER, nested(RECORDER))
    with closing(store):
        store.log_scalar("loss", 0.5, 0)
    store.close()
    for recorder in recorders:
        assert [method for method, _, _ in recorder.calls] == ["log_scalar", "close"]


def test_close_logs_what_children_raise_with_their_tracebacks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, recorders = multiplex(RECORDER, RECORDER, RECORDER)
    recorders[0].errors["close"] = OSError("disk full")
    recorders[1].errors["close"] = RuntimeError("not delivered")
    store.close()
    store.close()
    assert [recorder.calls for recorder in recorders] == [[("close", (), {})]] * 3
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "evsys_sdk.log_stores.multiplex",
            "ERROR",
            f"multiplex: children[{index}] (recorder) failed in close()",
        )
        for index in range(2)
    ]
    assert "RuntimeError: not delivered" in caplog.text
    assert "in _record" in caplog.text


def test_an_interrupt_while_a_child_closes_is_raised_after_the_others_were_closed() -> None:
    store, recorders = multiplex(RECORDER, RECORDER)
    recorders[0].errors["close"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        store.close()
    store.close()
    assert [recorder.calls for recorder in recorders] == [[("close", (), {})]] * 2


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_write_after_close_is_refused_and_reaches_no_child(call: Call) -> None:
    store, recorders = multiplex(RECORDER, RECORDER)
    store.close()
    with pytest.raises(LogStoreClosedError, match=rf"multiplex: {call[0]}\(\) was called after"):
        log(store, call)
    assert [recorder.calls for recorder in recorders] == [[("close", (), {})]] * 2


def test_a_write_that_meets_a_closed_child_still_reaches_the_others() -> None:
    store, recorders = multiplex(RECORDER, RECORDER)
    recorders[0].errors["log_scalar"] = LogStoreClosedError("recorder", "log_scalar")
    with pytest.raises(LogStoreClosedError, match=r"children\[0\]"):
        store.log_scalar("loss", 0.5, 0)
    assert len(recorders[1].calls) == 1


# Reading back.


def test_the_first_child_that_can_be_read_back_is_read() -> None:
    class Readable(Recorder):
        name: ClassVar[str] = "readable"

        @classmethod
        def read_run(cls, *, spoils: bool) -> RunLog:
            return RunLog(metrics=[], hyperparams={"spoils": spoils}, artifacts=[])

    readable = {"kind": "readable", "params": {"spoils": True}}
    with temporarily_registered("readable", Readable):
        run = MultiplexLogStore.read_run(children=[RECORDER, nested(readable), readable])
    assert run.hyperparams == {"spoils": True}


def test_children_that_cannot_be_read_back_are_named() -> None:
    with pytest.raises(LogStoreConfigError, match=r"kinds recorder, recorder, .*no read_run\(\)"):
        MultiplexLogStore.read_run(children=[RECORDER, RECORDER])
