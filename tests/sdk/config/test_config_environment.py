"""Environment variables in a configuration: what is filled in, where, and what a fault is told."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evsys_sdk import (
    LogStoreConfigError,
    LogStoreSpec,
    build_log_store,
    load_log_store_spec,
    open_log_store,
)
from evsys_sdk._config.environment import escaped, filled_in
from evsys_sdk._problems import ConfigProblem
from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore

VARIABLES = {"OUT": "/scratch/me", "N": "5", "EMPTY": "", "MANY": "a ${N} $$ b", "LIST": "[1, 2]"}


@pytest.fixture(autouse=True)
def variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some variables, and an empty working directory."""
    monkeypatch.chdir(tmp_path)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    for name in ("NOT_SET", "QQ9"):
        monkeypatch.delenv(name, raising=False)


def load(text: str) -> LogStoreSpec:
    Path("run.yaml").write_text(dedent(text).lstrip("\n"))
    return load_log_store_spec("run.yaml")


def problems(configuration: Callable[[], object]) -> list[str]:
    with pytest.raises(LogStoreConfigError) as caught:
        configuration()
    return [str(problem) for problem in caught.value.problems]


def filled(text: str) -> object:
    """What the string becomes; it must have no fault."""
    found: list[ConfigProblem] = []
    result = filled_in(text, (), found)
    assert found == []
    return result


def fault(text: str) -> str:
    """The only fault of the string."""
    found: list[ConfigProblem] = []
    assert filled_in(text, ("x",), found) == text
    (problem,) = found
    assert problem.path == ("x",)
    return problem.text


class TestStrings:
    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("${OUT}", "/scratch/me"),
            ("${OUT}/logs/${N}", "/scratch/me/logs/5"),
            ("a${EMPTY}b", "ab"),
            ("${N:-default}", "5"),
            ("${NOT_SET:-default}", "default"),
            ("${EMPTY:-default}", "default"),
            ("${NOT_SET:-}", ""),
            ("${NOT_SET:-a b:c-d}", "a b:c-d"),
            ("${NOT_SET:-${OUT}/x}/y", "/scratch/me/x/y"),
            ("${NOT_SET:-${QQ9:-${N}}}", "5"),
            ("${NOT_SET:-$${N}}", "${N}"),
            ("${N:-${NOT_SET}}", "5"),
            ("$$", "$"),
            ("$${OUT}", "${OUT}"),
            ("$$${N}", "$5"),
            ("$$$$", "$$"),
            ("${MANY}", "a ${N} $$ b"),
            ("$5, $OUT, {OUT}, } and $", "$5, $OUT, {OUT}, } and $"),
        ],
    )
    def test_what_it_becomes(self, text: str, result: str) -> None:
        assert filled(text) == result

    @given(st.text().filter(lambda text: "$" not in text))
    def test_without_a_dollar_it_stays(self, text: str) -> None:
        assert filled(text) == text

    @given(st.text(st.sampled_from("$$${}aA_1:- ")) | st.text())
    def test_a_doubled_dollar_is_a_dollar(self, text: str) -> None:
        assert filled(text.replace("$", "$$")) == text
        assert filled(escaped(text)) == text

    @given(st.text(st.sampled_from("$${}N:-x")))
    def test_any_string_is_filled_in_or_explained(self, text: str) -> None:
        found: list[ConfigProblem] = []
        result = filled_in(text, (), found)
        assert isinstance(result, str)
        if found:
            assert result == text

    @given(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.text(st.characters(exclude_characters="$}")),
    )
    def test_a_value_is_taken_as_it_is(self, value: str, default: str) -> None:
        with mock.patch.dict(os.environ, {"ANY": value}):
            assert filled("<${ANY}>") == f"<{value}>"
            assert filled(f"<${{ANY:-{default}}}>") == f"<{value or default}>"

    @pytest.mark.parametrize(
        ("text", "guess"),
        [
            ("${N-1}", "; did you mean ${N:-1}?"),
            ("${N:=1}", "; did you mean ${N:-1}?"),
            ("${ N }", "; did you mean ${N}?"),
            ("${env:N}", "; did you mean ${N}?"),
            ("${oc.env:N,a b}", "; did you mean ${N:-a b}?"),
            ("${}", "."),
            ("${1}", "."),
            ("${A.B}", "."),
            ("${É}", "."),
            ("${N:?is needed}", "."),
        ],
    )
    def test_what_is_not_a_variable(self, text: str, guess: str) -> None:
        assert fault(f"a{text}b") == (
            "an environment variable must be written as ${NAME} or ${NAME:-default}, "
            f"got {text!r}{guess} For a dollar before a brace, write $${{"
        )

    @pytest.mark.parametrize("text", ["${", "${N", "${N:-", "${N:-a", "${NOT_SET:-${N}"])
    def test_a_brace_that_is_not_closed(self, text: str) -> None:
        assert "an environment variable must be written as ${NAME}" in fault(text)

    def test_a_variable_that_is_not_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EXPERIMENT_DIR", "x")
        assert fault("${EXPERIMENT_DIRS}") == (
            "the environment variable EXPERIMENT_DIRS is not set; did you mean EXPERIMENT_DIR? "
            "Set it, or write ${EXPERIMENT_DIRS:-default}"
        )
        monkeypatch.delenv("EXPERIMENT_DIR")
        assert "EXPERIMENT_DIRS is not set. Set it, or" in fault("${EXPERIMENT_DIRS}")


class TestFiles:
    def test_every_string_of_the_section_is_filled_in_at_any_depth(self) -> None:
        spec = load("""
            model: {name: "${NOT_SET}"}
            log_store:
              kind: ${KIND:-multiplex}
              params:
                children:
                  - kind: jsonl
                    params:
                      log_dir: ${OUT}/logs
                  - kind: background
                    params:
                      capacity: ${N}
                      child: {kind: jsonl, params: {log_dir: "${NOT_SET:-there}"}}
            """)
        first, second = spec.params["children"]
        assert first["params"] == {"log_dir": "/scratch/me/logs"}
        assert second["params"]["capacity"] == "5"
        assert second["params"]["child"]["params"] == {"log_dir": "there"}

    def test_the_result_is_a_string_and_not_yaml(self) -> None:
        spec = load("""
            log_store:
              kind: jsonl
              params:
                log_dir: ${LIST}
                metrics_file: "${MANY}"
                hyperparams_file: ${N}
            """)
        assert spec.params == {
            "log_dir": "[1, 2]",
            "metrics_file": "a ${N} $$ b",
            "hyperparams_file": "5",
        }

    def test_names_stay_as_they_are(self) -> None:
        text = "log_store:\n  kind: memory\n  params:\n    ${N}: x\n"
        assert "params['${N}']: unknown parameter" in problems(lambda: load(text))[0]

    def test_all_problems_of_a_file_are_listed_in_its_order(self) -> None:
        text = """
            log_store:
              kind: multiplex
              params:
                children:
                  - kind: jsonl
                    params: {log_dri: x}
                  - kind: jsonl
                    params:
                      log_dir: ${NOT_SET}/${QQ9}
                  - kind: tensorboard
                    params:
                      log_dir: x
                      flush_secs: ${NOT_SET}
                  - kind: ${OUT
            """
        children = "log_store.params.children"
        not_set = "is not set. Set it, or write"
        assert [each.partition("; did you")[0] for each in problems(lambda: load(text))] == [
            f"run.yaml:6: {children}[0].params.log_dir: is missing, and has no default",
            f"run.yaml:6: {children}[0].params.log_dri: unknown parameter",
            (
                f"run.yaml:9: {children}[1].params.log_dir: the environment variable NOT_SET "
                f"{not_set} ${{NOT_SET:-default}}"
            ),
            (
                f"run.yaml:9: {children}[1].params.log_dir: the environment variable QQ9 "
                f"{not_set} ${{QQ9:-default}}"
            ),
            (
                f"run.yaml:13: {children}[2].params.flush_secs: the environment variable NOT_SET "
                f"{not_set} ${{NOT_SET:-default}}"
            ),
            (
                f"run.yaml:14: {children}[3].kind: an environment variable must be written as "
                "${NAME} or ${NAME:-default}, got '${OUT'"
            ),
        ]

    def test_only_the_variable_is_a_problem_of_a_kind_or_of_what_contains_it(self) -> None:
        (problem,) = problems(lambda: load("log_store: {kind: '${NOT_SET}', params: {a: 1}}"))
        assert problem.startswith("run.yaml:1: log_store.kind: the environment variable NOT_SET")
        names = "{log_dir: x, metrics_file: '${NOT_SET}', hyperparams_file: '${NOT_SET}'}"
        found = problems(lambda: load(f"log_store: {{kind: jsonl, params: {names}}}"))
        assert ["NOT_SET is not set" in each for each in found] == [True, True]

    def test_a_value_from_the_environment_is_checked_like_any_other(self) -> None:
        text = "log_store:\n  kind: tensorboard\n  params: {log_dir: x, flush_secs: '${OUT}'}\n"
        assert problems(lambda: load(text)) == [
            (
                "run.yaml:3: log_store.params.flush_secs: must be a number, "
                "got '/scratch/me' (a string)"
            )
        ]

    def test_destinations_are_compared_after_filling_in(self) -> None:
        children = (
            "[{kind: jsonl, params: {log_dir: '${N}'}}, {kind: jsonl, params: {log_dir: '5'}}]"
        )
        text = f"log_store: {{kind: multiplex, params: {{children: {children}}}}}"
        assert "names the same destination as" in problems(lambda: load(text))[0]

    def test_an_anchor_is_filled_in_wherever_it_is_used(self) -> None:
        spec = load("""
            base: &base {log_dir: "${OUT}"}
            log_store: {kind: jsonl, params: {<<: *base, metrics_file: "${N}"}}
            """)
        assert spec.params == {"log_dir": "/scratch/me", "metrics_file": "5"}

    @pytest.mark.parametrize("value", ["{log_dir: ${OUT}/logs}", "[./${OUT}]", "{a: 1, b: ${N"])
    def test_a_string_that_needs_quotes(self, value: str) -> None:
        text = f"log_store:\n  kind: jsonl\n  params: {value}\n"
        assert problems(lambda: load(text)) == [
            (
                "run.yaml:3: not YAML: inside { } and [ ], a string with ${…} needs quotes: "
                '"${OUT}/logs"'
            )
        ]

    def test_one_file_serves_a_job_array(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("run.yaml").write_text("log_store: {kind: jsonl, params: {log_dir: 'logs/${TASK}'}}")
        for task in "01":
            monkeypatch.setenv("TASK", task)
            with open_log_store("run.yaml") as store:
                store.log_metrics({"loss": float(task)}, 0)
        logs = [JSONLLogStore.read_run(log_dir=f"logs/{task}").metrics[0] for task in "01"]
        assert [row.metrics for row in logs] == [{"loss": 0.0}, {"loss": 1.0}]


class TestMappings:
    def test_a_mapping_is_filled_in_like_the_file(self) -> None:
        section = {"kind": "jsonl", "params": {"log_dir": "logs/${N}"}}
        sources: list[Any] = [
            section,
            {"log_store": section, "model": "${NOT_SET}"},
            MappingProxyType({"log_store": MappingProxyType(section)}),
        ]
        for source in sources:
            with open_log_store(source) as store:
                assert isinstance(store, JSONLLogStore)
        assert os.listdir("logs") == ["5"]
        assert section["params"] == {"log_dir": "logs/${N}"}

    def test_its_problems_have_a_place(self) -> None:
        def opened() -> None:
            with open_log_store({"kind": "jsonl", "params": {"log_dir": "${NOT_SET}"}}):
                pytest.fail("the block must not run")

        (problem,) = problems(opened)
        assert problem.startswith("params.log_dir: the environment variable NOT_SET is not set")

    def test_a_spec_and_a_path_object_are_taken_as_they_are(self) -> None:
        spec = LogStoreSpec(kind="jsonl", params={"log_dir": "a/${NOT_SET}"})
        with open_log_store(spec), closing(build_log_store(spec)):
            pass
        with open_log_store({"kind": "jsonl", "params": {"log_dir": Path("a/${QQ9}")}}):
            pass
        assert sorted(os.listdir("a")) == ["${NOT_SET}", "${QQ9}"]

    def test_specs_in_a_mapping_are_taken_as_they_are(self) -> None:
        child = LogStoreSpec(kind="jsonl", params={"log_dir": "a/${N}"})
        with open_log_store({"kind": "multiplex", "params": {"children": (child,)}}):
            pass
        assert os.listdir("a") == ["${N}"]

    def test_one_that_contains_itself_is_refused(self) -> None:
        children: list[Any] = [{"kind": "multiplex"}, ("${N}", ["${N}"])]
        children[0]["params"] = {"children": children}

        def opened() -> None:
            with open_log_store(children[0]):
                pytest.fail("the block must not run")

        assert "too many log stores" in problems(opened)[0]


class TestTheCommand:
    def test_check_shows_the_result(self, capsys: pytest.CaptureFixture[str]) -> None:
        load("log_store: {kind: jsonl, params: {log_dir: '${OUT}/$${N}', metrics_file: 'a$$b'}}")
        assert main(["check", "run.yaml"]) == 0
        output = capsys.readouterr().out
        shown = yaml.safe_load(output)
        assert shown["log_store"]["params"]["log_dir"] == "/scratch/me/$${N}"
        assert shown["log_store"]["params"]["metrics_file"] == "a$b"
        Path("shown.yaml").write_text(output)
        assert load_log_store_spec("shown.yaml").params["log_dir"] == "/scratch/me/${N}"

    def test_check_lists_what_is_not_set(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("run.yaml").write_text(
            "log_store:\n  kind: jsonl\n  params: {log_dir: '${NOT_SET}'}\n"
        )
        assert main(["check", "run.yaml"]) == 1
        error = capsys.readouterr().err
        assert error.startswith("run.yaml:3: log_store.params.log_dir: the environment variable")

    def test_show_and_replay_find_the_log(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load("log_store: {kind: jsonl, params: {log_dir: 'logs/${N}'}}")
        with open_log_store("run.yaml") as store:
            store.log_metrics({"loss": 0.5}, 0)
        Path("to.yaml").write_text("log_store: {kind: jsonl, params: {log_dir: 'copy/${N}'}}")
        assert main(["show", "run.yaml"]) == 0
        assert main(["replay", "run.yaml", "--to", "to.yaml"]) == 0
        assert "loss" in capsys.readouterr().out
        assert JSONLLogStore.read_run(log_dir="copy/5").metrics[0].metrics == {"loss": 0.5}
        monkeypatch.delenv("N")
        assert main(["show", "run.yaml"]) == main(["replay", "run.yaml", "--to", "to.yaml"])
