"""TensorBoard's event files, of any writer, as a source: every scalar, told apart by run."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evsys_sdk.command import main
from evsys_sdk.command.show import scanning
from evsys_sdk.command.show.following import FollowedRun, changes
from evsys_sdk.log_stores._tensorboard.parsing import event_parser
from evsys_sdk.log_stores._tensorboard.tfrecord import framed
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore
from evsys_sdk.run_log import MetricRow
from evsys_sdk.sources.findings import Findings
from evsys_sdk.sources.opening import open_sources
from evsys_sdk.sources.source import Source
from support.event_files import (
    histogram_event,
    hparams_event,
    loaded,
    simple_event,
    tensor_event,
    write_events,
)

Capture = pytest.CaptureFixture[str]


def rows_of(source: Source) -> list[MetricRow]:
    return [placed.row for path in source.files() for placed in source.rows(path, Findings(path))]


def test_scalars_of_both_forms_are_rows_with_a_time_and_no_split(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    values = [0.5, np.float64(0.1), np.int64(2**40), np.float16(0.25), True, float("-inf")]
    events = [simple_event(3, 1.5, loss=0.5, acc=0.25), simple_event(-1, 1.5, loss=2.0)]
    events += [tensor_event(step, "epoch/loss", value) for step, value in enumerate(values)]
    write_events(tmp_path, events)
    [source] = open_sources(str(tmp_path))
    rows = rows_of(source)
    assert rows[:2] == [
        MetricRow(3, None, {"loss": 0.5, "acc": 0.25}, 1.5),
        MetricRow(-1, None, {"loss": 2.0}, 1.5),
    ]
    assert [(row.step, row.metrics["epoch/loss"], row.split, row.ts) for row in rows[2:]] == [
        (step, float(np.float32(value)), None, 2.5) for step, value in enumerate(values)
    ]
    assert TensorBoardLogStore.read_run(log_dir=tmp_path).metrics == rows


def test_a_tag_keeps_the_plugin_of_its_first_value(tmp_path: Path) -> None:
    later = tensor_event(2, "loss", 0.5)
    later.summary.value[0].ClearField("metadata")
    other = tensor_event(3, "curve", 0.5)
    other.summary.value[0].metadata.plugin_data.plugin_name = "pr_curves"
    more = tensor_event(4, "curve", 0.5)
    more.summary.value[0].ClearField("metadata")
    path = write_events(tmp_path, [tensor_event(1, "loss", 1.0), later, other, more])
    [source] = open_sources(str(tmp_path))
    findings = Findings(str(path))
    steps = [placed.row.step for placed in source.rows(str(path), findings)]
    assert steps == [1, 2]
    [(text, fault)] = findings.left_out.items()
    assert (text, fault.count) == (
        "values of the plugin pr_curves are left out: only scalars are read",
        2,
    )


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1) | st.integers(0, 300),
            st.sampled_from(["a", "b/c", "x" * 130, "\x15", "é"]),
            st.floats(width=32, allow_nan=False),
            st.sampled_from([1.5, 0.0, 1e9]),
            st.sampled_from(["", "", "name"]),
        ),
        max_size=12,
    )
)
def test_an_event_is_parsed_alike_the_first_time_and_later(
    points: list[tuple[int, str, float, float, str]],
) -> None:
    parsed = event_parser()
    for step, tag, value, wall_time, display_name in [*points, *points]:
        event = loaded("tensorboard.compat.proto.event_pb2").Event(wall_time=wall_time, step=step)
        added = event.summary.value.add(tag=tag, simple_value=value)
        if display_name:
            added.metadata.display_name = display_name
        found = parsed(event.SerializeToString())
        assert (found.step, found.wall_time, found.scalars) == (step, wall_time, {tag: value})


# Runs.


def board(directory: Path) -> Path:
    """What torch writes by ``add_scalar``, ``add_scalars`` and ``add_hparams``."""
    write_events(directory, [simple_event(step, 1.5, loss=1.0) for step in range(3)])
    for name in ("loss_train", "loss_val"):
        write_events(directory / name, [simple_event(0, 1.5, loss=0.5)])
    trial = [hparams_event({"lr": 0.1, "opt": "adam", "flag": True})]
    write_events(directory / "170.5" / "deep", [*trial, simple_event(0, 1.5, **{"hp/acc": 0.75})])
    (directory / "empty").mkdir()
    return directory


def test_runs_are_told_apart_by_their_directories(tmp_path: Path, capsys: Capture) -> None:
    log = str(board(tmp_path / "tb"))
    (tmp_path / "tb" / "loss_val" / "up").symlink_to(tmp_path / "tb")
    names = [log, f"{log}/170.5/deep", f"{log}/loss_train", f"{log}/loss_val"]
    assert [source.name for source in open_sources(log)] == names
    assert main(["show", log]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    headings = [line for line in output.out.splitlines() if line.startswith(log)]
    assert [line.split("  ")[0] for line in headings] == names
    assert "3 rows, 3 points, 1 curve" in headings[0]
    lines = [line.split() for line in output.out.splitlines()]
    assert ["lr", "0.1"] in lines
    assert ["flag", "true"] in lines


def test_read_run_names_the_run_of_each_row(tmp_path: Path) -> None:
    log = TensorBoardLogStore.read_run(log_dir=board(tmp_path / "tb"))
    assert [(row.run, *row.metrics) for row in log.metrics] == [
        *[(None, "loss")] * 3,
        ("170.5/deep", "hp/acc"),
        ("loss_train", "loss"),
        ("loss_val", "loss"),
    ]
    assert log.hyperparams == {}
    deep = TensorBoardLogStore.read_run(log_dir=tmp_path / "tb" / "170.5" / "deep")
    assert deep.hyperparams == {"lr": 0.1, "opt": "adam", "flag": True}
    assert [row.run for row in deep.metrics] == [None]


def test_what_the_tensorboard_store_wrote_is_shown(tmp_path: Path) -> None:
    store = TensorBoardLogStore(log_dir=tmp_path / "tb")
    store.log_hyperparams({"layers": [64, 32], "opt": {"lr": 1}})
    store.log_metrics({"loss": 0.5, "acc": 0.25}, 1)
    store.log_artifact("model", "m.pt", kind="checkpoint")
    store.close()
    [source] = open_sources(str(tmp_path / "tb"))
    assert source.hyperparams([]) == {"layers": [64, 32], "opt": {"lr": 1}}
    [artifact] = source.artifacts([])
    assert (artifact.name, artifact.path, artifact.kind) == ("model", "m.pt", "checkpoint")
    assert [row.metrics for row in rows_of(source)] == [{"loss": 0.5, "acc": 0.25}]


def test_hyperparameters_and_artifacts_that_come_later_are_added(tmp_path: Path) -> None:
    store = TensorBoardLogStore(log_dir=tmp_path)
    store.log_artifact("a", "a.pt")
    [source] = open_sources(str(tmp_path))
    assert [each.name for each in source.artifacts([])] == ["a"]
    assert source.hyperparams([]) == {}
    store.log_artifact("b", "b.pt")
    assert [each.name for each in source.artifacts([])] == ["a", "b"]
    store.close()
    [path] = source.files()
    record = framed(hparams_event({"lr": 0.1}).SerializeToString())
    for part in (
        record[: record.index(b"session_start")],
        record[record.index(b"session_start") :],
    ):
        assert source.hyperparams([]) == {}
        with open(path, "ab") as file:
            file.write(part)
    assert source.hyperparams([]) == {"lr": 0.1}


# Damage.


def damaged_file(directory: Path) -> tuple[Path, list[int]]:
    """A file with three damaged records and a torn one, and the steps that are sound."""
    records = [framed(simple_event(step, 1.5, x=1.0).SerializeToString()) for step in range(12)]
    for place, byte in [(3, 14), (4, 20), (7, 1)]:
        record = bytearray(records[place])
        record[byte] ^= 0xFF
        records[place] = bytes(record)
    records[9] = framed(b"\xff" * 9)
    directory.mkdir()
    path = directory / "events.out.tfevents.1"
    path.write_bytes(b"".join(records) + records[0][:-5])
    return path, [0, 1, 2, 5, 6, 8, 10, 11]


def test_damage_is_counted_and_the_rest_is_shown(tmp_path: Path, capsys: Capture) -> None:
    path, steps = damaged_file(tmp_path / "tb")
    assert main(["show", str(tmp_path / "tb")]) == 1
    output = capsys.readouterr()
    assert f"{len(steps)} rows, {len(steps)} points, 1 curve, 4 damaged records" in output.out
    length = len(framed(simple_event(1, 1.5, x=1.0).SerializeToString()))
    first = len(framed(simple_event(0, 1.5, x=1.0).SerializeToString())) + 2 * length
    [damaged, strange] = output.err.splitlines()
    where = f"{path} is damaged at byte {first}: no record of an event file begins there."
    assert damaged == f"{where} It is left out (3 records like this)"
    assert "the record is not a TensorBoard event" in strange
    assert "the last record is not complete" in output.out


def test_parts_of_a_file_hold_each_event_once(tmp_path: Path) -> None:
    path, steps = damaged_file(tmp_path / "tb")
    size = path.stat().st_size
    [source] = open_sources(str(tmp_path / "tb"))
    for width in range(1, size, 7):
        scan = scanning.Scan()
        for start in range(0, size, width):
            scan.join(scanning.scan_part(source, str(path), start, min(start + width, size)))
        assert scan.curves["x", ""].points.step.tolist() == steps
        assert scan.damaged == 4


def test_what_is_not_a_scalar_is_noted_once(tmp_path: Path, capsys: Capture) -> None:
    path = write_events(tmp_path, [histogram_event(1), simple_event(1, 1.5, x=1.0)])
    write_events(tmp_path, [histogram_event(2)])
    assert main(["show", str(tmp_path)]) == 0
    note = f"{path}: histograms are left out: only scalars are read (2 records like this)"
    assert note in capsys.readouterr().out


def test_what_is_left_out_has_a_name(tmp_path: Path) -> None:
    event_class = loaded("tensorboard.compat.proto.event_pb2").Event
    events: list[Any] = []
    for plugin in ("scalars", "images", "mesh"):
        event = tensor_event(1, plugin, 0.5)
        event.summary.value[0].tensor.tensor_shape.dim.add(size=2)
        event.summary.value[0].metadata.plugin_data.plugin_name = plugin
        events.append(event)
    events += [event_class(graph_def=b""), histogram_event(1)]
    path = write_events(tmp_path, events)
    findings = Findings(str(path))
    [source] = open_sources(str(tmp_path))
    assert [*source.rows(str(path), findings)] == []
    names = ("tensors", "images", "values of the plugin mesh", "graphs", "histograms")
    assert [*findings.left_out] == [f"{name} are left out: only scalars are read" for name in names]


def test_a_restart_at_an_earlier_step_is_noted_and_nothing_is_left_out(
    tmp_path: Path, capsys: Capture
) -> None:
    for steps in ([0, 1, 2], [2, 3]):
        start = loaded("tensorboard.compat.proto.event_pb2").Event(step=steps[0])
        start.session_log.status = start.session_log.START
        path = write_events(tmp_path, [start, *(simple_event(step, x=1.0) for step in steps)])
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "5 rows, 5 points, 1 curve" in output
    assert f"{path}: its writer began again at step 2 (purge_step). TensorBoard hides" in output
    assert output.count("began again") == 1


# A log that grows.


def append(path: Path, *events: Any) -> None:
    with open(path, "ab") as file:
        file.writelines(framed(event.SerializeToString()) for event in events)


def test_files_and_runs_are_followed(tmp_path: Path) -> None:
    path = write_events(tmp_path, [simple_event(0, 1.5, x=1.0)])
    [source] = open_sources(str(tmp_path))
    following = FollowedRun("run", source)
    assert following.update()
    assert not following.update()
    append(path, simple_event(1, 1.5, x=0.5))
    write_events(tmp_path, [simple_event(5, 1.5, x=0.25), hparams_event({"lr": 0.1})])
    with open(path, "ab") as file:
        file.write(framed(b"")[:5])
    assert following.update()
    run = following.run
    assert run.scan.curves["x", ""].points.step.tolist() == [0, 1, 5]
    assert run.hyperparams == {"lr": 0.1}
    assert [each.torn for each in run.scan.findings.values()] == [5, 0]
    assert source.new_runs({source.path}) == []
    write_events(tmp_path / "later", [simple_event(1, 1.5, y=1.0)])
    assert [each.path for each in source.new_runs({source.path})] == [str(tmp_path / "later")]
    path.write_bytes(b"")
    assert following.update()
    assert run.scan.curves.keys() == {("x", "")}
    assert run.scan.rows == 1


def test_a_run_that_appears_is_shown_with_the_others(tmp_path: Path) -> None:
    write_events(tmp_path / "tb" / "a", [simple_event(0, 1.5, x=1.0)])
    shown = changes(open_sources(str(tmp_path / "tb")), 0)
    assert [run.name for run in next(shown)] == [str(tmp_path / "tb" / "a")]
    write_events(tmp_path / "tb" / "b", [simple_event(0, 1.5, x=1.0)])
    assert [(run.name, run.scan.rows) for run in next(shown)] == [("a", 1), ("b", 1)]


# Replay.


def replayed(log: Path, directory: Path) -> list[tuple[int, dict[str, float]]]:
    config = directory / "to.yaml"
    copy = {"kind": "jsonl", "params": {"log_dir": str(directory / "copy")}}
    config.write_text(json.dumps({"log_store": copy}))
    assert main(["replay", str(log), "--to", str(config)]) == 0
    rows = JSONLLogStore.read_run(log_dir=directory / "copy").metrics
    return [(row.step, row.metrics) for row in rows]


def test_a_replay_goes_on_in_each_file(tmp_path: Path, capsys: Capture) -> None:
    log = tmp_path / "tb"
    first = write_events(log, [simple_event(0, 1.5, x=1.0), hparams_event({"lr": 0.1})])
    write_events(log, [simple_event(1, 1.5, x=0.5)])
    for _ in range(2):
        assert replayed(log, tmp_path) == [(0, {"x": 1.0}), (1, {"x": 0.5})]
        assert "2 points and 0 artifacts" in capsys.readouterr().out
    append(first, simple_event(2, 1.5, x=0.25))
    assert replayed(log, tmp_path) == [(0, {"x": 1.0}), (1, {"x": 0.5}), (2, {"x": 0.25})]
    assert JSONLLogStore.read_run(log_dir=tmp_path / "copy").hyperparams == {"lr": 0.1}


def test_a_replay_takes_the_run_of_the_directory_itself(tmp_path: Path, capsys: Capture) -> None:
    log = board(tmp_path / "tb")
    assert replayed(log, tmp_path) == [(step, {"loss": 1.0}) for step in range(3)]
    others = ", ".join(f"{log}/{name}" for name in ("170.5/deep", "loss_train", "loss_val"))
    assert f"{log}: the runs below it are left out: {others}" in capsys.readouterr().err


def test_a_replay_does_not_mix_runs(tmp_path: Path, capsys: Capture) -> None:
    for name in "ab":
        write_events(tmp_path / "tb" / name, [simple_event(0, 1.5, x=1.0)])
    (tmp_path / "to.yaml").write_text("log_store: {kind: jsonl, params: {log_dir: copy}}")
    log = f"{tmp_path}/tb"
    assert main(["replay", log, "--to", str(tmp_path / "to.yaml")]) == 2
    assert f"a store takes one. Replay one of {log}/a, {log}/b" in capsys.readouterr().err
