"""From a specification to an open store, and to a closed one."""

import logging
import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evsys_sdk import (
    LogStoreConfigError,
    LogStoreError,
    LogStoreSpec,
    UnknownLogStoreError,
    build_log_store,
    list_log_stores,
    open_log_store,
)
from evsys_sdk.registry import temporarily_registered


class Server(BaseModel):
    model_config = ConfigDict(extra="forbid")
    port: int = 80


class Probe:
    """A store that remembers how it was built and what happened to it."""

    name: ClassVar[str] = "probe"
    built: ClassVar[list["Probe"]] = []

    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
        log_dir: str = "."
        rate: float = 1
        server: Server = Server()
        secret: str = Field("", alias="api-token")
        build_error: str = ""
        close_error: str = ""

    def __init__(self, *, build_error: str, close_error: str, **parameters: Any) -> None:
        if build_error:
            raise OSError(build_error)
        self.close_error = close_error
        self.parameters = parameters
        self.closed = 0
        Probe.built.append(self)

    def log_scalar(self, key: str, value: float, step: int) -> None: ...
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...
    def log_hyperparams(self, params: dict[str, Any]) -> None: ...
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...

    def close(self) -> None:
        self.closed += 1
        if self.close_error:
            raise OSError(self.close_error)


@pytest.fixture(autouse=True)
def built() -> Iterator[list[Probe]]:
    """The kind ``probe``, and every store of it that the test builds."""
    Probe.built.clear()
    with temporarily_registered("probe", Probe):
        yield Probe.built


def probe(**params: Any) -> LogStoreSpec:
    return LogStoreSpec(kind="probe", params=params)


class TestSpecs:
    def test_holds_the_kind_and_params_that_may_be_left_out_or_null(self) -> None:
        assert LogStoreSpec(kind="x") == LogStoreSpec(kind="x", params={})
        assert LogStoreSpec.model_validate({"kind": "x", "params": None}).params == {}

    def test_making_one_checks_its_form_only(self) -> None:
        LogStoreSpec(kind="no such kind", params={"no": "parameter"})
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            LogStoreSpec.model_validate({"kind": "x", "param": {}})
        with pytest.raises(ValidationError, match="valid string"):
            LogStoreSpec.model_validate({"kind": False})

    def test_survives_a_round_trip_through_json(self) -> None:
        spec = LogStoreSpec(kind="multiplex", params={"children": [{"kind": "probe"}]})
        assert LogStoreSpec.model_validate_json(spec.model_dump_json()) == spec


class TestBuilding:
    def test_hands_over_every_field_as_the_model_holds_it(self, built: list[Probe]) -> None:
        build_log_store(probe(rate="1e-3", server={"port": 1}, **{"api-token": "s"}))
        assert built[0].parameters == {
            "log_dir": ".",
            "rate": 0.001,
            "server": Server(port=1),
            "secret": "s",
        }

    @given(st.floats(allow_nan=False), st.text(), st.integers())
    def test_what_the_config_takes_arrives(self, rate: float, log_dir: str, port: int) -> None:
        build_log_store(probe(rate=rate, log_dir=log_dir, server={"port": port}))
        parameters = Probe.built[-1].parameters
        assert (parameters["rate"], parameters["log_dir"]) == (rate, log_dir)
        assert parameters["server"] == Server(port=port)

    def test_wrong_parameters_are_listed_and_nothing_is_built(self, built: list[Probe]) -> None:
        good, bad = {"kind": "probe"}, {"kind": "probe", "params": {"rat": 1, "server": "x"}}
        with pytest.raises(LogStoreConfigError) as caught:
            build_log_store(LogStoreSpec(kind="multiplex", params={"children": [good, bad]}))
        assert str(caught.value).splitlines() == [
            "2 problems:",
            (
                "params.children[1].params.server: must be a mapping of names to values, "
                "got 'x' (a string)"
            ),
            "params.children[1].params.rat: unknown parameter; did you mean rate?",
        ]
        assert not built

    def test_specs_made_in_python_are_checked_in_depth_too(self, built: list[Probe]) -> None:
        inner = LogStoreSpec(kind="multiplex", params={"children": (probe(), probe(rat=1))})
        text = r"params.children\[0\].params.children\[1\].params.rat: unknown .* mean rate\?"
        with pytest.raises(LogStoreConfigError, match=text):
            build_log_store(LogStoreSpec(kind="multiplex", params={"children": [inner]}))
        assert not built

    def test_an_unknown_kind_is_a_wrong_configuration_and_an_unknown_store(self) -> None:
        for expected in (LogStoreConfigError, UnknownLogStoreError, LogStoreError):
            with pytest.raises(expected, match=r"^kind: unknown log store kind 'prob'; did"):
                build_log_store(LogStoreSpec(kind="prob"))

    def test_two_problems_of_which_one_is_a_kind_are_a_wrong_configuration(self) -> None:
        children = [{"kind": "prob"}, {"kind": "probe", "params": 1}]
        with pytest.raises(LogStoreConfigError, match=r"^2 problems:") as caught:
            build_log_store(LogStoreSpec(kind="multiplex", params={"children": children}))
        assert not isinstance(caught.value, UnknownLogStoreError)

    def test_what_the_constructor_raises_passes_with_a_note(self) -> None:
        with pytest.raises(OSError, match="no space left") as caught:
            build_log_store(probe(build_error="no space left"))
        assert caught.value.__notes__ == ["while building the log store of kind 'probe'"]

    def test_a_validator_that_fails_passes_with_a_note(self) -> None:
        class Failing(Server):
            def model_post_init(self, _: Any) -> None:
                raise RuntimeError("unfinished")

        store = type("Failing", (Probe,), {"Config": Failing})
        with (
            temporarily_registered("failing", store),
            pytest.raises(RuntimeError, match="unfinished") as caught,
        ):
            build_log_store(LogStoreSpec(kind="failing"))
        assert caught.value.__notes__ == [
            "while checking the parameters of the log store 'failing'"
        ]

    def test_a_specification_that_contains_itself_is_refused(self) -> None:
        children: list[Any] = [{"kind": "multiplex"}]
        children[0]["params"] = {"children": children}
        with pytest.raises(
            LogStoreConfigError, match=r"too many log stores.* does one contain its"
        ):
            build_log_store(LogStoreSpec(kind="multiplex", params={"children": children}))
        # Twice at every level would be more than anybody can wait for.
        children.append(children[0])
        with pytest.raises(LogStoreConfigError, match="too many log stores: at most 1000, nested"):
            build_log_store(LogStoreSpec(kind="multiplex", params={"children": children}))

    def test_too_many_stores_are_refused(self) -> None:
        params = {"children": [{"kind": "probe"}] * 1001}
        with pytest.raises(LogStoreConfigError, match="too many log stores: at most 1000"):
            build_log_store(LogStoreSpec(kind="multiplex", params=params))


class TestOpening:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "run.yaml"
        path.write_text("model: 1\nlog_store: {kind: probe, params: {log_dir: x}}\n")
        return path

    def test_takes_paths_mappings_and_specs(self, file: Path, built: list[Probe]) -> None:
        section = {"kind": "probe", "params": {"log_dir": "x"}}
        sources: list[Any] = [
            file,
            str(file),
            LogStoreSpec.model_validate(section),
            section,
            {"model": 1, "log_store": section},
            # A run configuration may have its own kind.
            {"kind": "experiment", "log_store": section},
            OrderedDict(section),
            MappingProxyType({"log_store": MappingProxyType(section)}),
        ]
        for source in sources:
            with open_log_store(source) as store:
                assert store is built[-1]
        assert len(built) == len(sources)
        assert all(store.parameters["log_dir"] == "x" for store in built)

    @pytest.mark.parametrize("source", [None, 3, b"run.yaml", [{"kind": "probe"}], Probe])
    def test_takes_nothing_else(self, source: Any) -> None:
        with (
            pytest.raises(TypeError, match="takes the path of a YAML file, a mapping or a LogSto"),
            open_log_store(source),
        ):
            pass

    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ({"kind": "probe", "params": {"rat": 1}}, "params.rat: unknown parameter; did you m"),
            ({"log_store": {"kind": "probe", "param": 1}}, "log_store.param: unknown key beside"),
            ({"log_stroe": {}}, "no log_store section; did you mean log_stroe"),
            ({}, "no log_store section. The sections are: none"),
        ],
    )
    def test_a_wrong_mapping_is_told_what_a_wrong_file_is(
        self, source: dict[str, Any], problem: str
    ) -> None:
        with pytest.raises(LogStoreConfigError) as caught, open_log_store(source):
            pass
        assert str(caught.value).startswith(problem)

    def test_a_missing_kind_is_told_every_kind_there_is(self) -> None:
        with pytest.raises(LogStoreConfigError) as caught, open_log_store({"params": {}}):
            pass
        kinds = ", ".join(list_log_stores())
        assert str(caught.value) == f"kind: is missing; name one of {kinds}"

    def test_closes_when_the_block_ends(self, built: list[Probe]) -> None:
        with open_log_store(probe()):
            assert built[0].closed == 0
        assert built[0].closed == 1

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
    def test_closes_when_the_block_raises(
        self, built: list[Probe], error: type[BaseException]
    ) -> None:
        with pytest.raises(error), open_log_store(probe()):
            raise error
        assert built[0].closed == 1

    def test_a_failing_close_is_raised_when_the_block_succeeded(self) -> None:
        with (
            pytest.raises(OSError, match="disk full"),
            open_log_store(probe(close_error="disk full")),
        ):
            pass

    def test_a_failing_close_does_not_hide_what_the_block_raised(
        self, built: list[Probe], caplog: pytest.LogCaptureFixture
    ) -> None:
        with (
            caplog.at_level(logging.ERROR),
            pytest.raises(ZeroDivisionError) as caught,
            open_log_store(probe(close_error="disk full")),
        ):
            raise ZeroDivisionError
        assert built[0].closed == 1
        assert caught.value.__notes__ == ["closing the log store failed too: OSError: disk full"]
        (record,) = caplog.records
        assert (record.name, record.exc_info is not None) == ("evsys_sdk.config", True)

    def test_a_store_that_can_not_be_built_is_not_closed(self, built: list[Probe]) -> None:
        with (
            pytest.raises(OSError, match="read-only"),
            open_log_store(probe(build_error="read-only")),
        ):
            pytest.fail("the block must not run")
        assert not built

    def test_nothing_happens_before_the_block_is_entered(self, built: list[Probe]) -> None:
        open_log_store(probe())
        assert not built

    def test_the_documented_stores_write_where_they_were_told_to(self, tmp_path: Path) -> None:
        file = tmp_path / "run.yaml"
        file.write_text(
            f"""
log_store:
  kind: multiplex
  params:
    children:
      - kind: jsonl
        params: {{ log_dir: {tmp_path}/logs }}
      - kind: tensorboard
        params: {{ log_dir: {tmp_path}/tb }}
"""
        )
        with open_log_store(file) as store:
            store.log_metrics({"loss": 0.5}, 1)
        assert (tmp_path / "logs" / "metrics.jsonl").stat().st_size > 0
        assert [name for name in os.listdir(tmp_path / "tb") if "tfevents" in name]
