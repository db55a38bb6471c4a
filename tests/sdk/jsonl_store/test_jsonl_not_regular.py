"""A FIFO, a device, a directory or a socket in the place of a file of the log: named, at once."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import chdir, closing
from functools import partial
from pathlib import Path

import pytest

from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore


@pytest.fixture(autouse=True)
def nothing_waits() -> Iterator[None]:
    """A call that opens a FIFO would wait for its other end forever."""

    def give_up(*_: object) -> None:
        raise TimeoutError("this waited for 20 seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, chdir(path.parent):
        server.bind(path.name)  # the path of a socket must be short


def make_link(target: str, path: Path) -> None:
    path.symlink_to(target)


OTHERS = pytest.mark.parametrize(
    ("make", "what"),
    [
        pytest.param(os.mkfifo, "must be a regular file, but is a FIFO", id="FIFO"),
        pytest.param(make_socket, "must be a regular file, but is a socket", id="socket"),
        pytest.param(Path.mkdir, "Is a directory", id="directory"),
        pytest.param(
            partial(make_link, "/dev/zero"),
            "must be a regular file, but is a character device",
            id="device",
        ),
    ],
)
Make = Callable[[Path], None]


def log_and_fail(log_dir: Path, message: str, *calls: str) -> None:
    """Each of the calls fails with the message, and the others record what they get."""
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        jobs: dict[str, Callable[[], None]] = {
            "metrics": partial(store.log_scalar, "loss", 0.5, 1),
            "hyperparams": partial(store.log_hyperparams, {"lr": 0.1}),
            "artifacts": partial(store.log_artifact, "model", "m.pt"),
        }
        for name, job in jobs.items():
            if name in calls:
                with pytest.raises(OSError, match=message):
                    job()
            else:
                job()


@OTHERS
def test_in_the_place_of_metrics(make: Make, what: str, tmp_path: Path) -> None:
    make(tmp_path / "metrics.jsonl")
    message = f"{what}.*: '{tmp_path}/metrics.jsonl'"
    with pytest.raises(OSError, match=message):
        JSONLLogStore(log_dir=tmp_path)
    with pytest.raises(OSError, match=message):
        JSONLLogStore.read_run(log_dir=tmp_path)
    with pytest.raises(OSError, match=message):
        next(JSONLLogStore.iter_rows(log_dir=tmp_path))


@OTHERS
@pytest.mark.parametrize("name", ["hyperparams", "artifacts"])
def test_in_the_place_of_a_document(name: str, make: Make, what: str, tmp_path: Path) -> None:
    make(tmp_path / f"{name}.json")
    message = f"{what}.*: '{tmp_path}/{name}.json'"
    log_and_fail(tmp_path, message, name)
    with pytest.raises(OSError, match=message):
        JSONLLogStore.read_run(log_dir=tmp_path)


@OTHERS
def test_in_the_place_of_the_lock(make: Make, what: str, tmp_path: Path) -> None:
    make(tmp_path / ".jsonl.lock")
    message = rf"{what}.*: '{tmp_path}/\.jsonl\.lock'"
    log_and_fail(tmp_path, message, "hyperparams", "artifacts")
    with pytest.raises(OSError, match=message):
        JSONLLogStore.read_run(log_dir=tmp_path)


@OTHERS
def test_in_the_place_of_a_temporary_file(make: Make, what: str, tmp_path: Path) -> None:
    path = tmp_path / "hyperparams.json.tmp"
    make(path)
    log_and_fail(tmp_path, f"{what}.*: '{path}'", "hyperparams")
    assert os.path.lexists(path)
    log = JSONLLogStore.read_run(log_dir=tmp_path)
    assert (log.hyperparams, len(log.metrics), len(log.artifacts)) == ({}, 1, 1)


@OTHERS
def test_in_the_place_of_metrics_while_the_store_is_open(
    make: Make, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.jsonl"
    now = 1.0
    monkeypatch.setattr("evsys_sdk.log_stores.jsonl.time", lambda: now)
    with closing(JSONLLogStore(log_dir=tmp_path)) as store:
        store.log_scalar("loss", 0.5, 1)
        path.rename(tmp_path / "old")
        make(path)
        now += 2.0  # a second after the last look the store sees that the path has changed
        with pytest.raises(OSError, match=f"{what}.*: '{path}'"):
            store.log_scalar("loss", 0.5, 2)
        path.rmdir() if path.is_dir() else path.unlink()
        store.log_scalar("loss", 0.5, 3)
    assert [row.step for row in JSONLLogStore.read_run(log_dir=tmp_path).metrics] == [3]


@OTHERS
@pytest.mark.parametrize("name", ["metrics.jsonl", "hyperparams.json", "artifacts.json"])
def test_the_command_names_it(
    name: str, make: Make, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / name)
    config = tmp_path / "run.yaml"
    config.write_text(f"log_store: {{kind: jsonl, params: {{log_dir: {tmp_path / 'copy'}}}}}")
    log = str(tmp_path)
    for command in (["show", log], ["show", log, "--follow"], ["replay", log, "--to", str(config)]):
        assert main(command) == 2
        error = capsys.readouterr().err
        assert what in error
        assert str(tmp_path / name) in error
        assert "Traceback" not in error
