"""Children of a multiplex that share a destination, where all would be recorded twice."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, Field

from evsys_sdk import LogStoreConfigError, LogStoreSpec, load_log_store_spec, open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.multiplex import MultiplexLogStore
from evsys_sdk.registry import temporarily_registered


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link").symlink_to("logs")
    return tmp_path


def store(kind: str, /, **params: Any) -> dict[str, Any]:
    return {"kind": kind, "params": params}


def multiplex(*children: dict[str, Any]) -> dict[str, Any]:
    return store("multiplex", children=[*children])


def problems(section: dict[str, Any]) -> list[str]:
    """The path and the text of each problem of a section, without the advice."""
    try:
        with open_log_store(section):
            return []
    except LogStoreConfigError as error:
        return [str(problem).partition(", where")[0] for problem in error.problems]


def clash(second: str, first: str, destination: str = "") -> str:
    place = f" ({destination})" if destination else ""
    return f"params.{second}: names the same destination as params.{first}{place}"


def test_a_file_is_told_both_places(directory: Path) -> None:
    text = """
        log_store:
          kind: multiplex
          params:
            children:
              - kind: jsonl
                params: {log_dir: ./logs}
              - kind: multiplex
                params:
                  children:
                    - kind: tensorboard
                      params: {log_dir: ./logs}
                    - kind: jsonl
                      params:
                        log_dir: logs/
    """
    (directory / "run.yaml").write_text(dedent(text))
    with pytest.raises(LogStoreConfigError) as caught:
        load_log_store_spec("run.yaml")
    path = "log_store.params.children[1].params.children[1].params.log_dir"
    assert str(caught.value) == (
        f"run.yaml:15: {path}: names the same destination as "
        f"log_store.params.children[0].params.log_dir in line 7 ({directory}/logs/metrics.jsonl), "
        f"where everything would be recorded twice: remove one of the two, or change it"
    )


@pytest.mark.parametrize("other", ["logs/", "./logs", "x/../logs", "link", "~/logs", "{}/logs"])
def test_however_a_directory_is_written(other: str, directory: Path) -> None:
    section = multiplex(
        store("jsonl", log_dir="logs"), store("jsonl", log_dir=other.format(directory))
    )
    assert problems(section) == [
        clash(
            "children[1].params.log_dir",
            "children[0].params.log_dir",
            f"{directory}/logs/metrics.jsonl",
        )
    ]
    assert not (directory / "logs").exists()


FILES = ("metrics_file", "hyperparams_file", "artifacts_file")


def test_stores_of_one_directory_may_have_different_files(directory: Path) -> None:
    one = store("jsonl", log_dir="logs")
    assert problems(multiplex(one, store("tensorboard", log_dir="logs"))) == []
    assert problems(multiplex(one, store("jsonl", log_dir="logs", **{f: f for f in FILES}))) == []
    for shared in FILES:
        others = {file: file for file in FILES if file != shared}
        (found,) = problems(multiplex(one, store("jsonl", log_dir="logs", **others)))
        name = shared.removesuffix("_file") + (".jsonl" if shared == "metrics_file" else ".json")
        assert found.endswith(f"children[0].params.log_dir ({directory}/logs/{name})")


def test_parameters_that_do_not_name_a_destination_are_not_compared(directory: Path) -> None:
    section = multiplex(
        store("tensorboard", log_dir="tb"), store("tensorboard", flush_secs=1, log_dir="tb")
    )
    (found,) = problems(section)
    assert found.endswith(f"({directory}/tb)")


def test_each_store_that_is_too_many_is_a_problem() -> None:
    one, two = store("jsonl", log_dir="logs"), store("tensorboard", log_dir="tb")
    found = problems(multiplex(one, two, one, multiplex(two, multiplex(one))))
    assert [each.partition(" (")[0] for each in found] == [
        clash("children[2].params.log_dir", "children[0].params.log_dir"),
        clash("children[3].params.children[0].params.log_dir", "children[1].params.log_dir"),
        clash(
            "children[3].params.children[1].params.children[0].params.log_dir",
            "children[0].params.log_dir",
        ),
    ]


def test_other_problems_come_first(directory: Path) -> None:
    one = store("jsonl", log_dir="logs")
    assert problems(multiplex(one, one, store("jsonl", log_dri="logs"))) == [
        "params.children[2].params.log_dir: is missing, and has no default",
        "params.children[2].params.log_dri: unknown parameter; did you mean log_dir?",
    ]
    del directory


def test_a_multiplex_that_is_built_in_python_is_checked_too(directory: Path) -> None:
    one = LogStoreSpec(kind="jsonl", params={"log_dir": directory / "logs"})
    with pytest.raises(LogStoreConfigError, match=r"children\[1\].*same destination as.*\[0\]"):
        MultiplexLogStore(children=[one, store("jsonl", log_dir="logs")])
    assert not (directory / "logs").exists()


# Kinds of somebody else.


class Other(JSONLLogStore):
    """Says nothing of its destination."""

    name: ClassVar[str] = "other"

    class Config(BaseModel, extra="forbid"):  # pyright: ignore[reportIncompatibleVariableOverride]
        run: str = Field("", alias="the-run")
        log_dir: Path = Path()
        port: int = 80

    def __init__(self, *, run: str = "", log_dir: Path = Path(), port: int = 80) -> None:
        super().__init__(log_dir=log_dir / run / str(port))


class Router(Other):
    """Hands a call to one of its stores."""

    name: ClassVar[str] = "router"

    class Config(BaseModel, extra="forbid"):  # pyright: ignore[reportIncompatibleVariableOverride]
        routes: dict[str, LogStoreSpec]

    def __init__(self, *, routes: dict[str, LogStoreSpec]) -> None:
        del routes
        super().__init__(log_dir=Path("router"))


class Declaring(Other):
    """Names its destinations."""

    name: ClassVar[str] = "declaring"

    class Config(BaseModel, extra="forbid"):  # pyright: ignore[reportIncompatibleVariableOverride]
        tables: list[str]
        retries: int = 3

        def destinations(self) -> list[str]:
            return self.tables

    def __init__(self, *, tables: list[str], retries: int = 3) -> None:
        super().__init__(log_dir=Path("declaring") / repr((tables, retries)))


@pytest.fixture
def others() -> Iterator[None]:
    with (
        temporarily_registered("other", Other),
        temporarily_registered("router", Router),
        temporarily_registered("declaring", Declaring),
    ):
        yield


@pytest.mark.usefixtures("others")
class TestOtherKinds:
    def test_equal_parameters_are_one_destination(self) -> None:
        one = store("other", log_dir="logs", **{"the-run": "a"})
        same = store("other", log_dir="./link", port="80", **{"the-run": "a"})
        assert problems(multiplex(one, same)) == [
            clash("children[1].params.the-run", "children[0].params.the-run")
        ]
        for different in ({"the-run": "b"}, {"the-run": "a", "port": 81}):
            assert problems(multiplex(one, store("other", log_dir="logs", **different))) == []

    def test_a_store_without_parameters_names_no_destination(self) -> None:
        assert problems(multiplex(store("other"), store("other"))) == []

    def test_a_kind_may_name_its_destinations(self) -> None:
        one = store("declaring", tables=["a", "b"])
        assert problems(multiplex(one, store("declaring", retries=5, tables=["c", "b"]))) == [
            clash("children[1].params.tables", "children[0].params.tables", "b")
        ]
        assert problems(multiplex(one, store("declaring", tables=["c"]))) == []
        none = store("declaring", tables=[])
        assert problems(multiplex(none, none)) == []

    def test_another_kind_may_use_a_destination_in_several_of_its_stores(self) -> None:
        one = store("jsonl", log_dir="logs")
        router = store("router", routes={"train": one, "val": one})
        assert problems(router) == []
        assert problems(multiplex(router)) == []
        (found,) = problems(multiplex(router, one))
        assert found.startswith(
            clash("children[1].params.log_dir", "children[0].params.routes.train.params.log_dir")
        )
