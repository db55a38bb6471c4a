"""The benchmarks measure what they say: counts, not times, with few calls and without the peers."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import floors, own
from benchmarks.__main__ import main
from benchmarks.bench import EFFORTS, Bench
from benchmarks.document import DocumentError, put_into, rendered
from benchmarks.markdown import TIMES
from benchmarks.measure import Measure
from benchmarks.peers.aim import AIM
from benchmarks.peers.naive_json import NAIVE_JSON
from benchmarks.processes import ChildError, cpu_seconds, run, run_until_killed
from benchmarks.runs import loaded
from benchmarks.sections import (
    artifacts,
    background,
    calls,
    growth,
    imports,
    kills,
    multiplex,
    nonfinite,
    reading,
    training,
)
from benchmarks.subject import SIZES, Subject
from benchmarks.subjects import SUBJECTS, chosen
from benchmarks.timing import quantile, ratio, rows_of, side_by_side, timed
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from support.benchmark_children import die, double, fail, hang, leave_a_process

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the benchmarks look into /proc for the processes of peers"
)
HERE = (*own.SUBJECTS, *floors.SUBJECTS)
TINY = EFFORTS["tiny"]


@pytest.fixture(autouse=True)
def _in_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("subject", HERE, ids=lambda subject: subject.name)
def test_a_subject_keeps_each_row_that_it_is_said_to_log(subject: Subject, tmp_path: Path) -> None:
    opened = subject.open(tmp_path)
    rows = rows_of(5)
    timed(opened.log, rows, range(70))
    opened.close()
    read = subject.read(tmp_path)
    assert [len(row) for row in read] == [5] * 70
    if subject is not floors.PREBUILT:
        assert read[69] == pytest.approx(rows[69 % 64], rel=1e-6)


def test_a_floor_writes_what_its_store_writes(tmp_path: Path) -> None:
    sizes: dict[str, int] = {}
    for subject in (own.JSONL, floors.ORJSON):
        directory = tmp_path / subject.group
        directory.mkdir()
        opened = subject.open(directory)
        opened.log({"loss": 0.5}, 1)
        opened.close()
        row = (directory / "metrics.jsonl").read_bytes()
        sizes[subject.group] = len(row.partition(b'"step"')[2])
    assert sizes["own"] == sizes["floor"] > 0


def test_rows_that_survive_a_kill_are_counted_and_a_missing_peer_is_named() -> None:
    results = kills.measure(Bench(TINY, [own.JSONL, AIM], quiet=True))
    assert results.rows == {own.JSONL.name: {20: 20}}
    assert results.missing == {AIM.name: "is not installed"}
    assert [measure.figure for measure in kills.measures(results)] == [0]
    assert "| evsys jsonl | 20 |" in kills.tables(results)["Rows that survive SIGKILL"]


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (own.JSONL, "kept"),
        (own.TENSORBOARD, "kept"),
        (floors.ORJSON, "null"),
        (NAIVE_JSON, "kept, as invalid JSON"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_becomes_of_nan_is_said_in_words(subject: Subject, found: str, tmp_path: Path) -> None:
    nonfinite.log_them(subject.name, str(tmp_path))
    assert nonfinite.read_them(subject.name, str(tmp_path)) == found


def test_calls_are_measured_at_every_size_and_counted_in_bytes() -> None:
    results = calls.measure(Bench(TINY, [own.JSONL, AIM], quiet=True))
    assert [(each.size, each.paced) for each in results.figures] == [
        *((size, False) for size in SIZES),
        (20, True),
    ]
    for each in results.figures:
        assert 0 < each.p50 <= each.p99
        assert each.mean > 0
        assert each.bytes > 15 * each.size
    assert "Aim" in results.missing
    assert "AIM" not in calls.tables(results)["Bytes per call"]


def test_background_is_compared_with_a_queue_at_every_size_and_pace() -> None:
    results = background.measure(Bench(TINY, [], quiet=True))
    assert {(each.size, each.milliseconds) for each in results.compared} == {
        (size, milliseconds) for size in (1, 5, 20) for milliseconds in (0, 1, 10)
    }
    for each in results.compared:
        assert 0 < each.p50 <= each.p99
        assert min(each.bare_p50, each.checked_p50, each.bare_ratio, each.checked_ratio) > 0
    assert len(background.measures(results)) == 3
    assert "| 20 | 10 |" in background.tables(results)["Background beside a queue"]


def test_the_demo_trains_with_each_store(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(
        training, "LOOPS", {name: training.LOOPS[name] for name in ("no store", "jsonl")}
    )
    results = training.measure(Bench(TINY, [], quiet=True))
    assert [each.store for each in results.loops] == ["no store", "jsonl"]
    assert min(each.milliseconds for each in results.loops) > 0
    assert results.missing == {}
    assert "| jsonl |" in training.tables(results)["The demo's training loop"]


def test_a_run_prints_tables_keeps_results_and_renders_them_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--effort=tiny", "--results=results", "--subject", "evsys jsonl", "floor: orjson"]
    assert main([*arguments, "--section", "floors", "calls", "opening"]) == 0
    printed = capsys.readouterr().out
    assert "| **evsys jsonl** |" in printed
    assert "| jsonl, 5 values: p50 against its floor |" in printed
    runs = loaded(tmp_path / "results" / "tiny-of-some")
    assert [*runs] == ["floors", "calls", "opening"]
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- The part below is written by `make bench`. -->\nold\n"
        "<!-- The part above is written by `make bench`. -->\nafter\n"
    )
    assert main([*arguments, "--render", "--document=page.md", "--picture=picture.svg"]) == 0
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert rendered(runs) in text
    assert "old" not in text
    assert "evsys jsonl" in (tmp_path / "picture.svg").read_text()


def test_multiplex_is_compared_with_a_loop_over_its_children() -> None:
    results = multiplex.Results(added=multiplex.measure_all(TINY))
    assert [(each.size, each.children) for each in results.added][:3] == [(1, 1), (1, 2), (1, 4)]
    assert len(multiplex.measures(results)) == 3
    assert "| 20 | 4 |" in multiplex.tables(results)["Multiplex beside its children"]


def test_artifact_pointers_are_logged_around_the_numbers_that_are_named(tmp_path: Path) -> None:
    blocks = artifacts.measure_store(tmp_path, TINY)
    assert len(blocks) == TINY.blocks
    log = JSONLLogStore.read_run(log_dir=tmp_path / "many")
    assert len(log.artifacts) == TINY.pointers + TINY.blocks * 10
    rewriting = artifacts.measure_rewriting(tmp_path, TINY)
    results = artifacts.Results(many=TINY.pointers, store=blocks, rewriting=rewriting)
    assert "no. 30, against no. 10" in artifacts.measures(results)[0].what
    assert "| log_artifact |" in artifacts.tables(results)["Artifact pointers"]


def test_a_log_is_watched_as_it_grows() -> None:
    points = growth.grow("jsonl", TINY)
    assert [point.calls for point in points] == [*range(20, 201, 20)]
    results = growth.Results(points={"jsonl": points})
    assert [measure.unit for measure in growth.measures(results)] == [TIMES, "MB"]
    assert "| jsonl | 200 |" in growth.tables(results)["Growth"]


@pytest.mark.parametrize("reader", reading.READERS)
def test_every_reader_finds_the_same_mean(reader: str, tmp_path: Path) -> None:
    reading.write(tmp_path, 64)
    found = reading.read(reader, tmp_path)
    assert found.rows == 64
    rows = rows_of(5)
    _, mean = reading.READERS[reader][1](tmp_path)
    assert mean == pytest.approx(sum(row["train/metric_000"] for row in rows) / 64)


def test_imports_are_timed_in_fresh_processes() -> None:
    results = imports.measure(Bench(TINY, [own.JSONL, AIM], quiet=True))
    assert len(results.ours) == len(results.least) == 1
    assert min(*results.ours, *results.least, *results.modules[own.JSONL.name]) > 0
    assert results.missing == {AIM.name: "is not installed"}


def test_every_document_mark_must_be_there_once(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no mark\n")
    with pytest.raises(DocumentError, match="must have these lines once each"):
        put_into(page, "text")
    assert page.read_text() == "no mark\n"


def test_the_page_in_the_docs_has_a_place_for_the_results(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text((Path(__file__).parents[1] / "docs" / "benchmarks.md").read_text())
    put_into(page, "the results")
    assert "\nthe results\n" in page.read_text()


def test_the_time_of_a_process_below_counts() -> None:
    before = cpu_seconds()
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert cpu_seconds() - before >= 0.2


def test_a_child_gives_its_result_or_its_last_words() -> None:
    assert run(30, double, 21) == 42
    with pytest.raises(ChildError, match=r"^ValueError: no peer here$"):
        run(30, fail)
    with pytest.raises(ChildError, match=r"^still running after 1 s$"):
        run(1, hang)
    with pytest.raises(ChildError, match=r"^killed by SIGKILL$"):
        run(30, die)


def test_a_process_that_a_child_leaves_behind_is_ended() -> None:
    pid = run(30, leave_a_process)
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()


def test_only_a_kill_is_what_was_asked_for() -> None:
    run_until_killed(30, 0, die)
    with pytest.raises(ChildError, match="ended with status 0"):
        run_until_killed(30, 0, double, 1)


def test_side_by_side_gives_each_side_its_blocks_and_the_ratio_by_block() -> None:
    seen: dict[str, list[int]] = {"one": [], "other": []}

    def one(metrics: dict[str, float], step: int) -> None:
        seen["one"].append(step)

    def other(metrics: dict[str, float], step: int) -> None:
        seen["other"].append(step)

    sides = side_by_side({"one": one, "other": other}, rows_of(1), blocks=3, calls=4)
    assert {name: len(medians) for name, medians in sides.items()} == {"one": 3, "other": 3}
    assert seen == {"one": [*range(16)], "other": [*range(16)]}
    assert ratio({"a": [2.0, 9.0, 8.0], "b": [1.0, 3.0, 2.0]}, "a", "b") == 3


def test_a_quantile_is_a_time_that_was_measured() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([*range(100)], 0.99) == 99


def test_subjects_are_chosen_by_parts_of_their_names() -> None:
    assert chosen([]) == [*SUBJECTS]
    assert [subject.name for subject in chosen(["evsys jsonl", "aim"])] == ["evsys jsonl", "Aim"]
    with pytest.raises(ValueError, match=r"no subject has 'mlfow' in its name. There are: evsys"):
        chosen(["mlfow"])


def test_a_measure_is_met_up_to_its_target() -> None:
    assert Measure("what", 2.3, 2.3).met
    assert not Measure("what", 2.3, 2.31).met


def test_a_measure_of_the_means_names_the_best_peer() -> None:
    figures = [
        calls.Figures(
            subject=name, size=20, paced=False, calls=1, p50=1, p99=1, mean=mean, cpu=1, bytes=1
        )
        for name, mean in {"evsys jsonl": 5.0, "Aim": 50.0, "DVCLive": 10.0}.items()
    ]
    results = calls.Results(figures=figures, missing={}, versions={})
    [measure] = calls.measures(results)
    assert "20 values" in measure.what
    assert "(DVCLive)" in measure.what
    assert measure.figure == 0.5
