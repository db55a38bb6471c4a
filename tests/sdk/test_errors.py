"""Every exception of the packages can be copied and pickled, and carries its data as attributes."""

import ast
import builtins
import copy
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from inspect import get_annotations
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_conformance.clauses import BY_ID
from evsys_conformance.processes.parent import ProcessFailed
from evsys_conformance.programs.observation import Hanging
from evsys_conformance.programs.sibling_stores import SiblingFailed
from evsys_conformance.pytest_session.items import CheckFailed
from evsys_conformance.reduction.experiments import OutOfTime
from evsys_conformance.running.runner import Enough
from evsys_conformance.targets.guessing import CannotGuess
from evsys_conformance.targets.importing import TargetError
from evsys_conformance.violation import ClauseViolation
from evsys_sdk import (
    LogStoreSpec,
    build_log_store,
    get_log_store,
    list_log_stores,
    load_log_store_spec,
    open_log_store,
    register_log_store,
)
from evsys_sdk.command.failures import CommandError
from evsys_sdk.errors import (
    ConfigProblem,
    DamagedLogError,
    DuplicateLogStoreError,
    LogDeliveryError,
    LogStoreClosedError,
    LogStoreConfigError,
    LogStoreError,
    LogStorePluginError,
    PicklableError,
    UnknownLogStoreError,
)
from evsys_sdk.log_stores._jsonl.row import RowError
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.sources.errors import SourceError

ROOT = Path(__file__).parents[2]
PROBLEM = ConfigProblem(("log_store", "kind"), "unknown kind", 3, "run.yaml")
VIOLATION = ClauseViolation(BY_ID["CL-3"], "it took a call", script="store.close()")
UNKNOWN = UnknownLogStoreError("jsno", ["jsonl", "multiplex"], ["broken 1.0: ImportError: no"])


def unknown_kind_in_a_configuration() -> LogStoreError:
    with pytest.raises(UnknownLogStoreError, match="unknown log store kind") as caught:
        build_log_store(LogStoreSpec(kind="jsno"))
    return caught.value


EXAMPLES = [
    PicklableError("a message"),
    LogStoreError("a message"),
    LogDeliveryError("background", 2, ["log_scalar() at step 3: OSError: no"], "Try again"),
    LogStoreClosedError("jsonl", "log_scalar"),
    UNKNOWN,
    UnknownLogStoreError(lambda: "not a string, and cannot be pickled", ["jsonl"]),
    DuplicateLogStoreError("mine", ["a.Store", "b.Store"], "Uninstall one of them"),
    LogStoreConfigError([PROBLEM, "a problem without a place"]),
    unknown_kind_in_a_configuration(),
    LogStorePluginError(
        "mine", "ImportError: no numpy", "mine 1.0 (entry point mine = mine:Store)"
    ),
    DamagedLogError("a/metrics.jsonl", "not a row", "Cut it off", line=7),
    DamagedLogError("a/metrics.jsonl", "not a row: no step", kind="not a row"),
    RowError("step must be an integer", ", got 1.5"),
    VIOLATION,
    CommandError("no such directory"),
    SourceError("no log here"),
    TargetError("no such target"),
    CannotGuess("it has no parameters"),
    SiblingFailed("as it was told to"),
    ProcessFailed("a child process ended with status 1"),
    CheckFailed(),
    Enough(),
    OutOfTime(),
    Hanging(),
]


def named(error: BaseException) -> str:
    return type(error).__name__


def exception_classes(*roots: Path) -> Iterator[tuple[str, ast.ClassDef]]:
    """The module and the definition of each exception class in the packages under ``roots``."""
    classes = [
        (".".join(path.relative_to(root).with_suffix("").parts), node)
        for root in roots
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    known = {name for name, value in vars(builtins).items() if is_exception(value)}
    while True:
        found = [(module, node) for module, node in classes if known & set(base_names(node))]
        names = {node.name for _, node in found}
        if names <= known:
            yield from found
            return
        known |= names


def is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def base_names(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base).rpartition(".")[2] for base in node.bases]


def described(value: Any) -> Any:
    """Everything of an error that must survive; errors do not compare equal."""
    if not isinstance(value, BaseException):
        return value
    data = {name: described(each) for name, each in vars(value).items()}
    return type(value), str(value), value.args, data, getattr(value, "msg", None)


def pickled(protocol: int, error: BaseException) -> Any:
    return pickle.loads(pickle.dumps(error, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": partial(pickled, protocol)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


def test_every_exception_class_has_an_example() -> None:
    found = [
        getattr(import_module(module), node.name)
        for module, node in exception_classes(ROOT / "src", ROOT / "conformance")
    ]
    public = {each for each in found if not each.__name__.startswith("_")}
    assert public <= set(map(type, EXAMPLES))


@pytest.mark.parametrize("error", EXAMPLES, ids=named)
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_has_the_same_message_attributes_and_notes(
    error: BaseException, copied: Callable[[Any], Any]
) -> None:
    noted = copied(error)
    noted.add_note("while testing")
    again = copied(noted)
    assert described(again) == described(noted)
    assert again.__notes__ == ["while testing"]
    assert str(again) == str(error)


@pytest.mark.parametrize("error", EXAMPLES, ids=named)
def test_every_declared_attribute_is_there(error: BaseException) -> None:
    declared = {name for each in type(error).__mro__[:-1] for name in get_annotations(each)}
    assert declared <= {name for name in dir(error) if not name.startswith("_")}


def test_another_message_leaves_the_data_as_it_is() -> None:
    error = LogStorePluginError("mine", "ImportError: no numpy", "mine 1.0")
    other = error.with_message("run.yaml:3: it can't be loaded")
    assert (str(other), other.msg) == ("run.yaml:3: it can't be loaded",) * 2
    assert (type(other), vars(other)) == (LogStorePluginError, vars(error))


@given(st.text(), st.text(), st.text(), st.none() | st.integers(), st.none() | st.integers())
def test_any_data_survives(
    path: str, reason: str, remedy: str, line: int | None, byte: int | None
) -> None:
    error = DamagedLogError(path, reason, remedy, line=line, byte=byte)
    for copied in COPIES.values():
        assert described(copied(error)) == described(error)


class OwnError(LogStoreError, OSError):
    """An error of somebody's store, whose constructor takes what it likes."""

    def __init__(self, *, server: str, status: int) -> None:
        self.status = status
        super().__init__(f"{server} answered {status}")


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_an_error_of_somebody_else_survives_too(copied: Callable[[Any], Any]) -> None:
    again = copied(OwnError(server="db", status=503))
    assert (type(again), str(again), again.status) == (OwnError, "db answered 503", 503)


def test_the_errors_of_the_examples_leave_the_constructor_to_python() -> None:
    found = [
        node
        for package in (ROOT / "docs/examples").glob("*/src")
        for _, node in exception_classes(package)
    ]
    assert found
    for node in found:
        methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
        assert methods == [], f"{node.name}: derive it from PicklableError"


def log_after_close(log_dir: str) -> None:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": log_dir}}) as store:
        pass
    store.log_scalar("loss", 0.5, 0)


def break_a_clause() -> None:
    raise VIOLATION


def test_a_pool_of_processes_shows_the_error_of_a_worker_and_goes_on(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(
            LogStoreClosedError, match=r"jsonl: log_scalar\(\) was called"
        ) as closed:
            pool.submit(log_after_close, str(tmp_path)).result()
        assert (closed.value.store, closed.value.method) == ("jsonl", "log_scalar")
        with pytest.raises(ClauseViolation, match="it took a call") as violation:
            pool.submit(break_a_clause).result()
        assert violation.value.clause == BY_ID["CL-3"]
        assert violation.value.script == "store.close()"
        assert pool.submit(len, "abc").result() == 3


class TestData:
    """What the SDK raises carries its data."""

    def test_of_an_unknown_kind(self) -> None:
        with pytest.raises(UnknownLogStoreError, match="did you mean jsonl") as caught:
            get_log_store("jsno")
        assert caught.value.kind == "jsno"
        assert caught.value.known == tuple(list_log_stores())

    def test_of_an_unknown_kind_in_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "run.yaml"
        file.write_text("a: 1\nlog_store:\n  kind: jsno\n")
        with pytest.raises(UnknownLogStoreError, match="did you mean jsonl") as caught:
            load_log_store_spec(file)
        assert isinstance(caught.value, LogStoreConfigError)
        assert caught.value.kind == "jsno"
        (problem,) = caught.value.problems
        assert problem.path == ("log_store", "kind")
        assert (problem.line, problem.file) == (3, str(file))
        assert str(caught.value) == f"{file}:3: log_store.kind: {problem.text}"

    def test_of_a_file_that_is_not_yaml(self, tmp_path: Path) -> None:
        file = tmp_path / "run.yaml"
        file.write_text("a: 1\nb: [1,\n")
        with pytest.raises(LogStoreConfigError, match="not YAML") as caught:
            load_log_store_spec(file)
        (problem,) = caught.value.problems
        assert (problem.path, problem.line, problem.file) == ((), 3, str(file))

    def test_of_a_kind_that_is_taken(self) -> None:
        with pytest.raises(DuplicateLogStoreError, match="Built-in kinds can't be taken") as caught:
            register_log_store("jsonl")(type("Mine", (JSONLLogStore,), {}))
        assert caught.value.kind == "jsonl"
        assert len(caught.value.claims) == 2

    def test_of_a_class_that_breaks_the_rules(self) -> None:
        empty: Any = type("Empty", (), {})
        with pytest.raises(LogStoreConfigError, match="can't be registered as 'mine'") as caught:
            register_log_store("mine")(empty)
        assert len(caught.value.problems) == 6  # five methods and Config
        assert str(caught.value).count("\n  - ") == 6

    def test_of_a_damaged_line(self, tmp_path: Path) -> None:
        (tmp_path / "metrics.jsonl").write_text("\nnot a row\n")
        with pytest.raises(DamagedLogError, match="not a row") as caught:
            list(JSONLLogStore.iter_rows(log_dir=tmp_path))
        assert caught.value.path == str(tmp_path / "metrics.jsonl")
        assert (caught.value.line, caught.value.byte) == (2, None)
