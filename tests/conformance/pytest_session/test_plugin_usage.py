"""A target that can't be certified ends with status 4 and a message that says what to do."""

import argparse
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from evsys_conformance import plugin
from evsys_conformance.pytest_session.options import Options, parse
from evsys_conformance.verdicts import Effort
from support.inner_pytest import Inner


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--evsys-conformance", "my_stores:RequiredStore"], "class RequiredStoreHarness(StoreH"),
        (["--evsys-conformance", "nowhere:Store"], "no module nowhere was found"),
        (["--evsys-report", "out.json"], "there is nothing to certify"),
    ],
)
def test_the_status_is_4(inner: Inner, arguments: list[str], said: str) -> None:
    session = inner.run(*arguments)
    assert session.status == pytest.ExitCode.USAGE_ERROR
    assert said in session.text
    assert "Traceback" not in session.text


def test_an_unknown_effort_is_a_usage_error_of_pytest(inner: Inner) -> None:
    session = inner.run("--evsys-conformance", "jsonl", "--evsys-effort", "heroic")
    assert session.status == pytest.ExitCode.USAGE_ERROR
    assert "quick" in session.text


def _declared() -> dict[str, dict[str, Any]]:
    """What the plugin declares of each option."""
    parser = MagicMock()
    plugin.pytest_addoption(parser, MagicMock())
    return {call.args[0]: call.kwargs for call in parser.getgroup().addoption.call_args_list}


def test_the_efforts_of_the_options_are_those_of_the_kit() -> None:
    # The plugin can't import them: it is loaded in every session.
    assert _declared()["--evsys-effort"]["choices"] == list(Effort)
    seconds = {f"{each}": f"{each.explaining:g}" for each in Effort}
    told = "default: {quick} at quick effort, {normal} at normal, {deep} at deep"
    assert told.format_map(seconds) in _declared()["--evsys-explain"]["help"]


def _parsed(*arguments: str, ini: list[str] | None = None, paths: bool = False) -> Options | None:
    """The options as the plugin reads them, without a session."""
    parser = argparse.ArgumentParser()
    for name in ("conformance", "clause", "report"):
        parser.add_argument(f"--evsys-{name}", action="append", default=[])
    parser.add_argument("--evsys-params")
    parser.add_argument("--evsys-effort", default="normal")
    parser.add_argument("--evsys-explain")
    here = Path(__file__).parent
    source = pytest.Config.ArgsSource
    config: Any = SimpleNamespace(
        option=parser.parse_args(arguments),
        args_source=source.ARGS if paths else source.INVOCATION_DIR,
        getini={"evsys_conformance": ini or []}.get,
        invocation_params=SimpleNamespace(dir=here),
        rootpath=here,
    )
    return parse(config)


STORE = ("--evsys-conformance", "support.inner_stores:MemoryStore")


def test_the_options_come_to_what_was_asked_for() -> None:
    options = _parsed(
        *STORE, "--evsys-clause", "cap-fork", "--evsys-report", "a.SVG", "--evsys-effort", "deep"
    )
    assert options is not None
    assert [target.name for target in options.targets] == ["support.inner_stores:MemoryStore"]
    assert options.clauses == ["CAP-FORK"]
    assert options.wants("CAP-FORK")
    assert not options.wants("CL-1")
    assert options.effort is Effort.DEEP
    assert options.reports == [Path("a.SVG")]


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        ([], Effort.NORMAL.explaining),
        (["--evsys-effort", "deep"], Effort.DEEP.explaining),
        (["--evsys-effort", "deep", "--evsys-explain", "300"], 300.0),
        (["--evsys-explain", "2.5"], 2.5),
    ],
)
def test_the_search_for_causes_takes_as_long_as_asked(arguments: list[str], seconds: float) -> None:
    options = _parsed(*STORE, *arguments)
    assert options is not None
    assert options.explaining == seconds


def test_a_target_named_twice_is_certified_once() -> None:
    options = _parsed(*STORE, *STORE)
    assert options is not None
    assert len(options.targets) == 1


@pytest.mark.parametrize(
    ("option", "ini", "paths", "alone"),
    [
        (True, False, False, True),
        (True, False, True, False),
        (False, True, False, False),
        (False, True, True, None),
        (True, True, True, False),
        (False, False, False, None),
    ],
)
def test_what_runs_beside_what(*, option: bool, ini: bool, paths: bool, alone: bool | None) -> None:
    options = _parsed(
        *(STORE if option else ()),
        ini=["support.inner_stores:OpenStore"] if ini else [],
        paths=paths,
    )
    assert (options and options.alone) is alone


def test_an_option_of_the_kit_asks_for_the_targets_of_the_ini_file() -> None:
    options = _parsed("--evsys-clause", "CL-3", ini=["support.inner_stores:OpenStore"], paths=True)
    assert options is not None
    assert [target.name for target in options.targets] == ["support.inner_stores:OpenStore"]


@pytest.mark.parametrize("text", ["soon", "", "0", "-5", "0.5", "nan", "inf", "1e9", "5s"])
def test_the_seconds_for_causes_are_a_number(text: str) -> None:
    said = f"--evsys-explain must be a number of seconds from 1 to 86400 (a day), got {text!r}"
    with pytest.raises(pytest.UsageError, match=f"^{re.escape(said)}$"):
        _parsed(*STORE, "--evsys-explain", text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--evsys-clause", "MET4"], "MET4 is not a clause; did you mean MET-4?"),
        (["--evsys-clause", "Quality"], r"Quality is not a clause\. The clauses are ID-1, "),
        (["--evsys-report", "out.pdf"], "out.pdf: its suffix says what is written, one of .json"),
        (["--evsys-params", "{log_dir: x}"], "--evsys-params is not JSON .*in single quotes"),
        (["--evsys-params", "[1]"], "must be a JSON object of parameter names and values"),
        (
            ["--evsys-params", "{}", "--evsys-conformance", "jsonl"],
            "is for one store, and support.inner_",
        ),
        (["--evsys-params", '{"log_dri": "{dir}"}'], "log_dri: unknown parameter; did you mean"),
    ],
)
def test_an_option_that_makes_no_sense_is_explained(arguments: list[str], said: str) -> None:
    with pytest.raises(pytest.UsageError, match=said):
        _parsed(*STORE, *arguments)


def test_a_report_can_not_be_a_directory(tmp_path: Path) -> None:
    directory = tmp_path / "out.json"
    directory.mkdir()
    with pytest.raises(pytest.UsageError, match=r"out\.json is a directory"):
        _parsed(*STORE, "--evsys-report", str(directory))
