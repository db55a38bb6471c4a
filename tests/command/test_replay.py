"""``evsys replay``: everything arrives once, also after a kill; what is refused is named."""

import errno
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore
from evsys_sdk.registry import temporarily_registered
from support.command_logs import row, status_of, usual_log, write_log

Capture = pytest.CaptureFixture[str]


def target(directory: Path, kind: str = "jsonl") -> Path:
    path = directory / "run.yaml"
    path.write_text(f"log_store: {{kind: {kind}, params: {{log_dir: {directory / 'copy'}}}}}")
    return path


def points(log_dir: Path) -> list[tuple[int, str | None, dict[str, float]]]:
    rows = JSONLLogStore.read_run(log_dir=log_dir).metrics
    return [(each.step, each.split, each.metrics) for each in rows]


def test_a_log_with_other_file_names_is_replayed_from_its_configuration(tmp_path: Path) -> None:
    params = {"log_dir": str(tmp_path / "log"), "metrics_file": "m.jsonl"}
    store = JSONLLogStore(**params)
    store.log_metrics({"loss": 0.5}, 1)
    store.close()
    (tmp_path / "log.yaml").write_text(
        json.dumps({"log_store": {"kind": "jsonl", "params": params}})
    )
    assert main(["replay", str(tmp_path / "log.yaml"), "--to", str(target(tmp_path))]) == 0
    assert points(tmp_path / "copy") == [(1, "train", {"loss": 0.5})]


def test_everything_arrives_and_a_second_time_nothing(tmp_path: Path, capsys: Capture) -> None:
    log = usual_log(tmp_path / "log")
    config = target(tmp_path)
    for _ in range(2):
        assert main(["replay", str(log), "--to", str(config)]) == 0
        assert "105 lines, 105 points and 1 artifact " in capsys.readouterr().out
        copy = JSONLLogStore.read_run(log_dir=tmp_path / "copy")
        assert points(tmp_path / "copy") == points(log)
        assert copy.hyperparams == {"learning_rate": 0.25, "layers": [64, 32]}
        assert [each.name for each in copy.artifacts] == ["model"]


def test_what_was_logged_since_is_added(tmp_path: Path) -> None:
    log = usual_log(tmp_path / "log")
    config = str(target(tmp_path))
    main(["replay", str(log), "--to", config])
    usual_log(log)
    main(["replay", str(log), "--to", config])
    assert points(tmp_path / "copy") == points(log)


KILLED = """
import os, signal, sys
from evsys_sdk.command import main
from evsys_sdk.log_stores.jsonl import JSONLLogStore
log, calls, (when, count, number) = JSONLLogStore.log_metrics, 0, sys.argv[1].split()
def killed(self, *arguments, **keywords):
    global calls
    calls += 1
    if when == "before" and calls == int(count):
        os.kill(os.getpid(), int(number))
    log(self, *arguments, **keywords)
    if when == "after" and calls == int(count):
        os.kill(os.getpid(), int(number))
JSONLLogStore.log_metrics = killed
raise SystemExit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_stopped_anywhere_it_goes_on_without_doubling_a_row(
    when: str, number: int, status: int, tmp_path: Path
) -> None:
    log = usual_log(tmp_path / "log")
    config = str(target(tmp_path))
    place = f"{when} 40 {int(number)}"
    command = [sys.executable, "-c", KILLED, place, "replay", str(log), "--to", config]
    assert subprocess.run(command, capture_output=True, check=False).returncode == status
    assert 39 <= len(points(tmp_path / "copy")) <= 40
    assert main(["replay", str(log), "--to", config]) == 0
    assert points(tmp_path / "copy") == points(log)


def test_damaged_lines_are_named_and_left_out(tmp_path: Path, capsys: Capture) -> None:
    log = usual_log(tmp_path / "log")
    with open(log / "metrics.jsonl", "ab") as file:
        file.write(b"garbage\n" + row(7, x=1.0))
    assert main(["replay", str(log), "--to", str(target(tmp_path))]) == 1
    errors = capsys.readouterr().err
    assert f"{log}/metrics.jsonl:106: not a row: it must be JSON" in errors
    assert "left out: 1 damaged line" in errors
    assert points(tmp_path / "copy")[-1] == (7, "train", {"x": 1.0})


def test_rows_of_another_writer_arrive_and_the_store_chooses_the_split(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.mkdir()
    (log / "metrics.jsonl").write_text(
        '\ufeff{"ts": 1.0, "step": 1, "metrics": {"a": 1.0}}\n'
        '{"step": 2, "split": "test", "epoch": 1, "metrics": {"a": NaN}}\n'
        '{"step": 3, "split": null, "met'
    )
    keywords: list[object] = []
    take = JSONLLogStore.log_metrics

    def note(self: JSONLLogStore, *arguments: Any, **given: Any) -> None:
        keywords.append(given)
        take(self, *arguments, **given)

    monkeypatch.setattr(JSONLLogStore, "log_metrics", note)
    for _ in range(2):
        assert main(["replay", str(log), "--to", str(target(tmp_path))]) == 0
        output = capsys.readouterr()
        assert "2 lines, 2 points and 0 artifacts" in output.out
        assert f"{log}/metrics.jsonl: the byte order mark" in output.err
        assert "the last line is not complete (31 bytes)" in output.err
    assert keywords == [{}, {"split": "test"}]
    assert repr(points(tmp_path / "copy")) == repr(
        [(1, "train", {"a": 1.0}), (2, "test", {"a": math.nan})]
    )


def test_what_the_target_refuses_is_counted_and_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = usual_log(tmp_path / "log")
    with open(log / "metrics.jsonl", "ab") as file:
        file.writelines(row(step, good=1.0, bad=2.0) for step in range(3))
    take = JSONLLogStore.log_metrics

    def picky(
        self: JSONLLogStore, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None:
        if "bad" in metrics:
            raise ValueError("no such key")
        take(self, metrics, step, split=split)

    monkeypatch.setattr(JSONLLogStore, "log_metrics", picky)
    assert main(["replay", str(log), "--to", str(target(tmp_path))]) == 1
    refusal = "the jsonl store refused 3 times: metric bad: ValueError: no such key"
    assert refusal in capsys.readouterr().err
    assert points(tmp_path / "copy")[-1] == (2, "train", {"good": 1.0})


def test_a_log_is_not_written_into_itself(tmp_path: Path, capsys: Capture) -> None:
    log = usual_log(tmp_path / "copy")
    assert main(["replay", str(log), "--to", str(target(tmp_path))]) == 2
    assert "written into itself" in capsys.readouterr().err
    assert len(points(log)) == 105
    assert main(["replay", str(log), "--to", str(target(tmp_path, "tensorboard"))]) == 0


def test_the_progress_of_another_log_is_not_taken(tmp_path: Path, capsys: Capture) -> None:
    config = str(target(tmp_path))
    for name in ("a", "b"):
        status = main(["replay", str(usual_log(tmp_path / name)), "--to", config])
    assert status == 2
    assert "this records the progress of the replay of" in capsys.readouterr().err


def test_a_configuration_in_a_read_only_directory_is_to_be_copied(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = usual_log(tmp_path / "log")
    config = target(tmp_path)
    open_file = os.open

    def refuse(path: str, flags: int, *arguments: Any) -> int:
        if flags & os.O_CREAT and path.endswith(".replay"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return open_file(path, flags, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    assert main(["replay", str(log), "--to", str(config)]) == 2
    assert "beside the configuration: copy that to a directory" in capsys.readouterr().err


def test_a_run_below_the_target_does_not_count_as_what_arrived(tmp_path: Path) -> None:
    logs = {name: write_log(tmp_path / name, [({name: 1.0}, 0, "train")]) for name in "ab"}
    config = target(tmp_path, "tensorboard")
    (tmp_path / "other").mkdir()
    below = tmp_path / "other" / "run.yaml"
    below.write_text(config.read_text().replace("copy", "copy/below"))
    assert main(["replay", str(logs["a"]), "--to", str(config)]) == 0
    assert main(["replay", str(logs["b"]), "--to", str(below)]) == 0
    write_log(logs["a"], [({"b": 2.0}, 1, "train")])
    assert main(["replay", str(logs["a"]), "--to", str(config)]) == 0
    rows = TensorBoardLogStore.read_run(log_dir=tmp_path / "copy").metrics
    assert [(row.run, row.step, row.metrics) for row in rows] == [
        (None, 0, {"a": 1.0}),
        (None, 1, {"b": 2.0}),
        ("below", 0, {"b": 1.0}),
    ]


# Where nothing can be replayed.


@pytest.mark.parametrize("name", ["nothing", "empty", "file", ""])
def test_what_is_not_a_log_leaves_no_progress(name: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    config = target(tmp_path)
    log_dir = str(tmp_path / name) if name else ""
    assert status_of("show", log_dir) == 2
    shown = capsys.readouterr().err.splitlines()[-1]
    assert status_of("replay", log_dir, "--to", str(config)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines()[-1] == shown.replace("show", "replay")
    assert {each.name for each in tmp_path.iterdir()} == {"empty", "file", "run.yaml"}


def test_a_log_of_which_nothing_was_handed_over_does_not_hold_the_progress(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    (log / "metrics.jsonl").touch()
    config = str(target(tmp_path))
    assert main(["replay", str(log), "--to", config]) == 0
    assert main(["replay", str(usual_log(tmp_path / "right")), "--to", config]) == 0
    assert points(tmp_path / "copy") == points(tmp_path / "right")


@pytest.mark.parametrize("content", ["garbage", "{}", '{"log": 3}'])
def test_a_file_that_is_not_a_progress_file_is_left_alone(
    content: str, tmp_path: Path, capsys: Capture
) -> None:
    config = target(tmp_path)
    progress = tmp_path / "run.yaml.replay"
    progress.write_text(content)
    assert main(["replay", str(usual_log(tmp_path / "log")), "--to", str(config)]) == 2
    assert "not a record of the progress of a replay. Move it away" in capsys.readouterr().err
    assert progress.read_text() == content
    assert not (tmp_path / "copy").exists()


def test_a_store_that_cannot_be_opened_gets_nothing_and_neither_do_the_others(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "file").touch()
    config = multiplex(tmp_path, jsonl(tmp_path / "copy"), jsonl(tmp_path / "file"))
    assert main(["replay", str(usual_log(tmp_path / "log")), "--to", str(config)]) == 2
    assert "evsys replay: children[1] (jsonl) can't be opened: " in capsys.readouterr().err
    assert not (tmp_path / "run.yaml.replay").exists()
    assert points(tmp_path / "copy") == []


# Several stores at once.


class Picky(JSONLLogStore):
    """Refuses keys with an at sign."""

    name: ClassVar[str] = "picky"

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        if any("@" in key for key in metrics):
            raise ValueError("no at signs, please")
        super().log_metrics(metrics, step, split=split)


@pytest.fixture
def picky() -> Iterator[None]:
    with temporarily_registered("picky", Picky):
        yield


def jsonl(directory: Path, kind: str = "jsonl") -> dict[str, Any]:
    return {"kind": kind, "params": {"log_dir": str(directory)}}


def multiplex(directory: Path, *children: dict[str, Any]) -> Path:
    path = directory / "run.yaml"
    section = {"kind": "multiplex", "params": {"children": [*children]}}
    path.write_text(json.dumps({"log_store": section}))
    return path


WHOLE = [(0, "train", {"loss": 1.0, "mAP@50": 0.5})]
REST = [(0, "train", {"loss": 1.0})]


@pytest.mark.usefixtures("picky")
@pytest.mark.parametrize("others", [1, 2])
def test_what_a_child_refuses_is_listed_with_it_and_no_child_gets_a_point_twice(
    others: int, tmp_path: Path, capsys: Capture
) -> None:
    log = write_log(tmp_path / "log", [({"loss": 1.0, "mAP@50": 0.5}, 0, "train")])
    pickies = [jsonl(tmp_path / f"picky{number}", "picky") for number in range(others)]
    nested = {"kind": "multiplex", "params": {"children": pickies}}
    config = multiplex(tmp_path, jsonl(tmp_path / "copy"), nested)
    assert main(["replay", str(log), "--to", str(config)]) == 1
    places = [f"children[1].children[{number}] (picky)" for number in range(others)]
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        f"1 line, {count} and 0 artifacts of {log} are in {place} of {config}"
        for place, count in [
            ("children[0] (jsonl)", "2 points"),
            *((place, "1 point") for place in places),
        ]
    ]
    assert output.err.splitlines() == [
        f"{place} refused 1 time: metric mAP@50: ValueError: no at signs, please"
        for place in places
    ]
    assert points(tmp_path / "copy") == WHOLE
    for number in range(others):
        assert points(tmp_path / f"picky{number}") == REST


@pytest.mark.parametrize("when", ["before 150", "after 150", "before 40", "after 40"])
def test_killed_between_children_each_child_gets_every_row_once(when: str, tmp_path: Path) -> None:
    log = usual_log(tmp_path / "log")
    copies = [tmp_path / name for name in ("a", "b")]
    config = str(multiplex(tmp_path, *map(jsonl, copies)))
    place = f"{when} {int(signal.SIGKILL)}"
    command = [sys.executable, "-c", KILLED, place, "replay", str(log), "--to", config]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -9
    assert main(["replay", str(log), "--to", config]) == 0
    assert [points(copy) for copy in copies] == [points(log)] * 2


def test_a_store_that_fails_ends_the_replay_which_then_goes_on(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = usual_log(tmp_path / "log")
    copies = [tmp_path / name for name in ("a", "b")]
    config = str(multiplex(tmp_path, *map(jsonl, copies)))
    take = JSONLLogStore.log_metrics

    def full(
        self: JSONLLogStore, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None:
        if step == 50 and str(copies[1]) in repr(self):
            raise OSError(28, "No space left on device")
        take(self, metrics, step, split=split)

    with monkeypatch.context() as patch:
        patch.setattr(JSONLLogStore, "log_metrics", full)
        assert main(["replay", str(log), "--to", config]) == 2
    message = "evsys replay: children[1] (jsonl) failed: No space left on device. Start the"
    assert capsys.readouterr().err.startswith(message)
    assert main(["replay", str(log), "--to", config]) == 0
    assert [points(copy) for copy in copies] == [points(log)] * 2


def test_progress_of_other_children_is_not_taken(tmp_path: Path, capsys: Capture) -> None:
    log = usual_log(tmp_path / "log")
    copy, board = jsonl(tmp_path / "copy"), jsonl(tmp_path / "tb", "tensorboard")
    config = multiplex(tmp_path, copy, board)
    assert main(["replay", str(log), "--to", str(config)]) == 0
    multiplex(tmp_path, board, copy)
    assert main(["replay", str(log), "--to", str(config)]) == 2
    assert "children[0] (jsonl), children[1] (tensorboard), which" in capsys.readouterr().err
    multiplex(tmp_path, copy, board, jsonl(tmp_path / "late"))
    assert main(["replay", str(log), "--to", str(config)]) == 0
    assert points(tmp_path / "copy") == points(tmp_path / "late") == points(log)


class Tee:
    """A composite of somebody else's, which raises what its second child raises as a group."""

    name: ClassVar[str] = "tee"

    class Config(BaseModel, extra="forbid"):
        log_dir: str

    def __init__(self, *, log_dir: str) -> None:
        self._stores = JSONLLogStore(log_dir=f"{log_dir}/a"), Picky(log_dir=f"{log_dir}/b")

    def log_scalar(self, key: str, value: float, step: int) -> None:
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        for store in self._stores:
            try:
                store.log_metrics(metrics, step, split=split)
            except ValueError as error:
                raise ExceptionGroup("tee", [error]) from error

    def log_hyperparams(self, params: dict[str, Any]) -> None: ...
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...

    def close(self) -> None:
        for store in self._stores:
            store.close()


def test_a_call_that_a_foreign_composite_took_in_part_is_not_repeated(
    tmp_path: Path, capsys: Capture
) -> None:
    log = write_log(tmp_path / "log", [({"loss": 1.0, "mAP@50": 0.5}, 0, "train")])
    with temporarily_registered("tee", Tee):
        assert main(["replay", str(log), "--to", str(target(tmp_path, "tee"))]) == 1
    refusal = "the tee store refused 1 time: metric loss, mAP@50: a child: ValueError: no at signs"
    assert capsys.readouterr().err.startswith(refusal)
    assert points(tmp_path / "copy/a") == WHOLE
    assert points(tmp_path / "copy/b") == []
