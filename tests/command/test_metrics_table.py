"""The text of ``evsys show`` in a narrow terminal, and for very many metrics."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, Group

from evsys_sdk.command.show.downsampling import Curve
from evsys_sdk.command.show.metrics_table import metrics_table
from evsys_sdk.command.show.runs import Run, read_run
from evsys_sdk.command.show.selecting import selected
from evsys_sdk.command.show.tables import run_as_tables
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.sources.opening import open_sources
from support.command_logs import status_of, usual_log, write_log

Capture = pytest.CaptureFixture[str]
SPARKS = set("▁▂▃▄▅▆▇█✗")


def shown(run: Run, width: int) -> list[str]:
    """The lines of a run in a terminal of this width."""
    console = Console(width=width, file=StringIO(), color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(run_as_tables(run, width), crop=False)
    return [line.rstrip() for line in captured.get().splitlines()]


def rows_of(lines: list[str], first: str) -> list[list[str]]:
    """The words of the lines from the one that begins with ``first`` to the next empty one."""
    begin = next(place for place, line in enumerate(lines) if line.startswith(first))
    end = lines.index("", begin) if "" in lines[begin:] else len(lines)
    return [line.split() for line in lines[begin:end]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with a long name, a long number, and a metric that is NaN."""
    usual_log(tmp_path)
    store = JSONLLogStore(log_dir=tmp_path)
    store.log_hyperparams({"path": "/data/imagenet/train", "text": "some words that go on and on"})
    store.log_metrics({"encoder/layer/11/attention/output/grad": 123456.789}, 10**6)
    store.log_metrics({"n": float("nan")}, 1)
    store.log_artifact("epoch=0.ckpt", "/scratch/runs/7/epoch=0.ckpt", kind="checkpoint")
    store.close()
    (source,) = open_sources(str(tmp_path))
    return read_run("run", source)


def test_in_a_narrow_terminal_columns_are_left_out_and_named(run: Run) -> None:
    lines = shown(run, 40)
    assert rows_of(lines, "metric  ") == [
        ["metric", "split", "last"],
        ["encoder/layer/11…ut/grad", "train", "123,457"],
        ["n", "train", "NaN"],
        ["train/loss", "train", "0.01000"],
        ["val/loss", "val", "0.02020"],
    ]
    remark = " ".join(line for line in lines[lines.index("") :])
    assert (
        "left out in a terminal of 40 columns: first, max, min, curve, count, steps, non-fin"
        in (" ".join(remark.split()))
    )


def test_in_a_narrow_terminal_other_parts_are_stacked_or_wrapped_at_words(run: Run) -> None:
    lines = shown(run, 40)
    assert "epoch=0.ckpt  checkpoint" in lines
    assert "  /scratch/runs/7/epoch=0.ckpt" in lines
    wrapped = rows_of(lines, "text  ")
    assert [" ".join(words) for words in wrapped] == ["text some words that go on and", "on"]
    # A path goes on in the next line of the terminal.
    assert lines[0].split()[0] == run.source.path


def test_a_step_is_below_its_value_before_anything_is_left_out(run: Run) -> None:
    table = rows_of(shown(run, 140), "metric  ")
    assert " ".join(table[0]) == "metric split count first last min max non-finite curve"
    assert table[2] == ["@1,000,000"] * 4
    assert not any("left out" in line for line in shown(run, 140))


def curve_of(points: list[tuple[int, float]]) -> Curve:
    curve = Curve()
    steps, values = zip(*points, strict=True)
    curve.append(np.array(steps, np.int64), np.array(values, np.float64))
    return curve


points = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats()), min_size=1, max_size=4)
names = st.text("abcé/漢._-", min_size=1, max_size=60)


@given(
    st.dictionaries(
        st.tuples(names, st.sampled_from(["train", "val", "漢字"])), points, min_size=1
    ),
    st.integers(40, 160),
)
def test_at_any_width_no_line_is_too_long_and_no_number_is_cut(
    logged: dict[tuple[str, str], list[tuple[int, float]]], width: int
) -> None:
    curves = {name: curve_of(each) for name, each in logged.items()}

    def lines(width: int) -> list[str]:
        console = Console(width=width, file=StringIO(), color_system=None, highlight=False)
        with console.capture() as captured:
            console.print(Group(*metrics_table(curves, width, every_curve=False)), crop=False)
        return captured.get().splitlines()

    narrow, wide = lines(width), lines(1000)
    assert all(cell_len(line) <= width for line in narrow)
    table = narrow[: narrow.index("")] if "" in narrow else narrow
    words = {word for line in table for word in line.split()}
    whole = {word for line in wide for word in line.split()}
    new = {word for word in words - whole if not set(word) <= SPARKS}
    assert all("…" in word for word in new)
    assert not any(char.isdigit() for word in new for char in word)


# Very many metrics


def log_of_one_row(directory: Path) -> None:
    metrics = {f"layer{number}/norm": number / 7 for number in range(20_000)}
    write_log(directory, [(metrics, 1, "train")])


def log_of_a_key_per_row(directory: Path) -> None:
    rows = [{"step": step, "metrics": {f"key/{step}": 1.0}} for step in range(20_000)]
    (directory / "metrics.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))


@pytest.mark.parametrize(
    ("write", "group"), [(log_of_one_row, "layer*/norm"), (log_of_a_key_per_row, "key/*")]
)
def test_very_many_metrics_are_shown_as_groups(
    write: Callable[[Path], None], group: str, tmp_path: Path, capsys: Capture
) -> None:
    write(tmp_path)
    begin = process_time()
    assert status_of("show", str(tmp_path)) == 0
    # It takes 0.3 s; a row for each curve takes ten seconds.
    assert process_time() - begin < 5
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["metrics", "curves", "points"] in lines
    assert [group, "20,000", "20,000"] in lines


def test_a_group_is_a_pattern_of_its_metrics(tmp_path: Path, capsys: Capture) -> None:
    metrics = {f"a[{number}]*0": 1.0 for number in range(400)} | {"b": 1.0}
    write_log(tmp_path, [(metrics, 1, "train")])
    assert status_of("show", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    pattern, *counts = next(line for line in lines if line.startswith("a[")).split()
    assert counts == ["400", "400"]
    assert status_of("show", str(tmp_path), "--metrics", pattern, "--all") == 0
    output = capsys.readouterr().out
    assert "1 row, 400 points, 400 curves" in output
    assert "\na[399]*0  train" in output


def test_of_very_many_groups_the_largest_are_shown(tmp_path: Path, capsys: Capture) -> None:
    names = [
        "".join(chr(97 + number // 26**place % 26) for place in range(3)) for number in range(500)
    ]
    metrics = dict.fromkeys([*names, "z/1", "z/2"], 1.0)
    write_log(tmp_path, [(metrics, 1, "train")])
    assert status_of("show", str(tmp_path)) == 0
    output = capsys.readouterr().out
    first = output.partition("points\n")[2].splitlines()[0].split()
    assert first == ["z/*", "2", "2"]
    assert "401 more patterns; --metrics PATTERN shows" in output


def test_metrics_are_selected_by_patterns(tmp_path: Path, capsys: Capture) -> None:
    log = str(usual_log(tmp_path))
    assert status_of("show", log, "--metrics", "v*", "--metrics", "los") == 0
    output = capsys.readouterr().out
    assert "5 points, 1 curve" in output
    assert "train/loss" not in output
    assert "no metric matches 'los'" in output


def test_a_page_and_a_picture_get_the_selected_metrics(run: Run) -> None:
    assert {*selected(run, ["val/*", "n"]).scan.curves} == {("val/loss", "val"), ("n", "train")}
    assert selected(run, []) is run
