"""The exit status follows one rule in every command, and no argument brings a traceback."""

import json
import os
import socket
import subprocess
import sys
from contextlib import chdir, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.command_logs import row, run, status_of, usual_log
from support.event_files import simple_event, write_events

Capture = pytest.CaptureFixture[str]

BYTES = os.fsdecode(b"caf\xe9")
LOCALE_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def fill(directory: Path) -> None:
    """Put there everything that a path may lead to."""
    with chdir(directory):
        usual_log(Path("log"))
        usual_log(Path(BYTES))
        usual_log(Path("café"))
        usual_log(Path("new\nline"))
        for name in ("good.yaml", "good\n.yaml", BYTES + ".yaml"):
            Path(name).write_text("log_store: {kind: jsonl, params: {log_dir: copy}}")
        Path("bad.yaml").write_text("log_store: {kind: jsonl, params: {log_dri: copy}}")
        Path("certificate.json").write_text(json.dumps({"format": "no certificate"}))
        Path("empty").mkdir()
        write_events(Path("board/run"), [simple_event(1, 1.5, x=1.0)])
        Path("csv").mkdir()
        Path("csv/metrics.csv").write_text("step,loss\n1,0.5\n")
        Path("trainer_state.json").write_text('{"log_history": [{"step": 1, "loss": 0.5}]}')
        Path("binary").write_bytes(bytes(range(256)) * 10)
        Path("deep.json").write_text("[" * 100_000)
        Path("damaged").mkdir()
        Path("damaged/metrics.jsonl").write_bytes(b"\xff\0garbage\n" + row(1, x=1.0))
        Path("damaged/hyperparams.json").write_text("[" * 100_000)
        Path("folders").mkdir()
        for name in ("metrics.jsonl", "hyperparams.json", "artifacts.json"):
            (Path("folders") / name).mkdir()
        Path("fifos").mkdir()
        for name in ("metrics.jsonl", "hyperparams.json", "artifacts.json"):
            os.mkfifo(Path("fifos") / name)
        Path("dangling").symlink_to("nowhere")
        Path("loop").symlink_to("loop")
        os.mkfifo("fifo")
        with closing(socket.socket(socket.AF_UNIX)) as server:
            server.bind("socket")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("here")
    fill(directory)
    return directory


@pytest.fixture
def here(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, which no test may spoil."""
    monkeypatch.chdir(filled)
    return filled


PATHS = [
    *("", "-", "--", "--help", ".", "..", "/", "~", "~nobody", "nothing", "nothing/deep"),
    *("log", "log/metrics.jsonl", "café", BYTES, "new\nline", "good.yaml", "good\n.yaml"),
    *(BYTES + ".yaml", "bad.yaml", "certificate.json", "empty", "binary", "deep.json", "damaged"),
    *("board", "board/run", "csv", "csv/metrics.csv", "trainer_state.json"),
    *(
        "folders",
        "fifos",
        "dangling",
        "loop",
        "fifo",
        "socket",
        "/dev/null",
        "/dev/zero",
        "/dev/full",
    ),
    *("x" * 300, "log_store: {kind: jsonl}\nx: 1", "a\0b", "\ud800", "good.yaml/x"),
]

# The rule: 1 for problems in what was read, 2 for everything that was not even looked at.
TABLE: list[tuple[int, list[str]]] = [
    (0, ["check", "good.yaml"]),
    (0, ["check", "good\n.yaml"]),
    (0, ["check", BYTES + ".yaml"]),
    (0, ["stores"]),
    (0, ["schema"]),
    (0, ["show", "log"]),
    (0, ["show", BYTES, "café", "new\nline", "--html", BYTES + ".html"]),
    (0, ["show", "board", "csv", "csv/metrics.csv", "trainer_state.json", "log"]),
    (0, ["replay", BYTES, "--to", BYTES + ".yaml"]),
    (1, ["check", "bad.yaml"]),
    (1, ["check", "binary"]),
    (1, ["check", "deep.json"]),
    (1, ["show", "damaged"]),
    (1, ["show", "certificate.json"]),
    (1, ["show", "deep.json"]),
    (1, ["replay", "damaged", "--to", "good.yaml"]),
    (1, ["replay", "log", "--to", "bad.yaml"]),
    (1, ["verify", "certificate.json"]),
    (1, ["verify", "binary"]),
    (1, ["verify", "deep.json"]),
    *(
        (2, [*command, *path])
        for command in (
            ["check"],
            ["verify"],
            ["show"],
            ["show", "log"],
            ["replay", "--to", "good.yaml"],
            ["replay", "log", "--to"],
        )
        for path in (
            [],
            [""],
            ["nothing"],
            ["nothing/deep"],
            ["fifo"],
            ["socket"],
            ["dangling"],
            ["loop"],
            ["x" * 300],
            ["a\0b"],
            ["\ud800"],
            ["/dev/null"],
            ["two\nlines: 1"],
        )
        if command[-1] != "log" or path  # which shows it
    ),
    *((2, [*command, "empty"]) for command in (["check"], ["verify"], ["show"])),
    (2, ["replay", "empty", "--to", "good.yaml"]),
    (2, ["replay", "log", "--to", "empty"]),
    (2, ["show", "~nobody"]),
    (2, ["show", "log", "--html", "nothing/page.html"]),
    (2, ["show", "log", "--png", "empty"]),
    (2, ["show", "log", "--html", ""]),
    (2, ["show", "log", "--follow", "--png", "page.png"]),
    (2, ["stores", "jsonl"]),
    (2, ["schema", "jsonl"]),
    (2, ["chek"]),
    (2, []),
]


@pytest.mark.parametrize(("status", "words"), TABLE, ids=lambda value: ascii(value)[:60])
def test_every_command_follows_the_rule(
    status: int, words: list[str], here: Path, capsys: Capture
) -> None:
    del here
    assert status_of(*words) == status
    errors = capsys.readouterr().err
    assert ("raised at" in errors, "<class" in errors) == (False, False)
    assert bool(errors) == (status != 0)


def test_an_empty_path_is_named_as_such(here: Path, capsys: Capture) -> None:
    del here
    for words in (["show", ""], ["check", ""], ["verify", ""], ["replay", "", "--to", "x"]):
        status_of(*words)
        assert "the path is empty; is a shell variable not set?" in capsys.readouterr().err


paths = st.sampled_from(PATHS)
several_paths = st.lists(paths, min_size=1, max_size=3)


def words_of(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.tuples(*(st.just(each) if isinstance(each, str) else each for each in parts)).map(
        list
    )


commands = st.one_of(
    words_of("check", paths),
    words_of("verify", paths),
    several_paths.map(lambda logs: ["show", *logs]),
    words_of("show", paths, "--html", paths),
    words_of("replay", paths, "--to", paths),
    words_of("replay", "log", "--to", paths),
    st.lists(st.sampled_from(["show", "check", "--to", "--x", "-h", "\ud800", "log"]), max_size=4),
)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which commands may write over anything."""
    directory = tmp_path_factory.mktemp("spoilt")
    fill(directory)
    return directory


@given(words=commands)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_hostile_arguments_never_bring_what_nobody_expected(
    words: list[str], spoilt: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(spoilt)
    status = status_of(*words)
    errors = capsys.readouterr().err
    assert status in {0, 1, 2}
    assert "raised at" not in errors
    assert bool(errors) or status == 0


# Streams.


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-16"])
@pytest.mark.parametrize("words", [["show", BYTES, "café"], ["check", "café.yaml"], ["stores"]])
def test_any_encoding_of_stdout_takes_what_is_printed(
    words: list[str], encoding: str, here: Path
) -> None:
    (here / "café.yaml").write_text("log_store: {kind: jsonl, params: {log_dir: café}}", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "evsys_sdk", *words],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        cwd=here,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding)


def test_a_path_is_bytes_in_the_locale_c(here: Path) -> None:
    config = here / "c.yaml"
    config.write_text(
        "log_store: {kind: jsonl, params: {log_dir: ./zielé, metrics_file: é.jsonl}}", "utf-8"
    )
    done = run("show", str(here / "café"), **LOCALE_C)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"/caf\xc3\xa9  105 rows" in done.stdout
    done = run("replay", str(here / "café"), "--to", str(config), **LOCALE_C)
    assert (done.returncode, done.stderr) == (0, "")
    done = run("check", str(config), **LOCALE_C)
    assert (done.returncode, done.stderr) == (0, "")
    assert r'log_dir: "ziel\xE9"' in done.stdout  # an escape that YAML reads back
    assert (here / "zielé" / "é.jsonl").exists()


@pytest.mark.parametrize(
    ("shell", "status"),
    [
        ('"$@" >&-', 0),
        ('"$@" >&- 2>&- <&-', 0),
        ('"$@" >/dev/full', 2),
        ('"$@" nothing 2>&-', 2),
        ('"$@" nothing 2>/dev/full', 2),
    ],
)
@pytest.mark.parametrize("command", ["show", "check"])
def test_a_stream_that_takes_nothing(shell: str, status: int, command: str, here: Path) -> None:
    argument = {"show": "log", "check": "good.yaml"}[command]
    if "nothing" in shell:
        argument = "nothing"
        shell = shell.replace(" nothing", "")
    words = [sys.executable, "-m", "evsys_sdk", command, argument]
    done = subprocess.run(
        ["sh", "-c", shell, "sh", *words], cwd=here, capture_output=True, text=True, check=False
    )
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stdout == ""
