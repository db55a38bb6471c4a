"""The files of the jsonl store, read with the tools that people use."""

import importlib
import json
import math
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.log_stores.jsonl import JSONLLogStore

ROWS = 20_000
LATE = 19_000
"""The first row with a non-finite value: far after the rows from which readers guess types."""

VALUES = [math.sin(step) * 1e17 for step in range(ROWS)]
NOT_FINITE = {LATE: math.nan, LATE + 1: math.inf, LATE + 2: -math.inf}


@pytest.fixture(scope="module")
def metrics_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with late values that are not finite, and a piece of a row that was blanked out."""
    log_dir = tmp_path_factory.mktemp("logs")
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        for step, value in enumerate(VALUES):
            if step == 100:
                with open(log_dir / "metrics.jsonl", "ab") as other_writer:
                    other_writer.write(b'{"ts":1.5,"step":1,"spl')
            store.log_metrics({"loss": NOT_FINITE.get(step, value), "ü": 1}, step)
    assert b'"spl{' not in (log_dir / "metrics.jsonl").read_bytes()
    return log_dir / "metrics.jsonl"


def check(losses: list[Any], *, missing: Any = None) -> None:
    """All rows are there, as numbers; those that are not finite are missing."""
    assert len(losses) == ROWS
    assert {type(loss) for loss in losses} <= {float, type(missing)}
    for step, (loss, value) in enumerate(zip(losses, VALUES, strict=True)):
        if step in NOT_FINITE:
            assert loss is missing or math.isnan(loss)
        else:
            assert loss == pytest.approx(value, rel=1e-14)  # not every reader is exact


def library(name: str) -> Any:
    pytest.importorskip(name.partition(".")[0])
    return importlib.import_module(name)


def test_pandas_reads_every_row(metrics_file: Path) -> None:
    pandas = library("pandas")
    frame = pandas.read_json(metrics_file, lines=True, precise_float=True)
    assert [*frame.columns] == ["ts", "step", "split", "metrics", "nonfinite"]
    check([row["loss"] for row in frame["metrics"]])
    assert [*frame["step"]] == [*range(ROWS)]
    assert frame["nonfinite"][LATE + 2] == {"loss": "-Infinity"}


def test_polars_reads_every_row(metrics_file: Path) -> None:
    polars = library("polars")
    frame = polars.read_ndjson(metrics_file)
    column = frame["metrics"].struct.field("loss")
    assert column.dtype == polars.Float64
    check(column.to_list())
    assert polars.scan_ndjson(metrics_file).select(polars.len()).collect().item() == ROWS


def test_duckdb_reads_every_row(metrics_file: Path) -> None:
    duckdb = library("duckdb")
    query = f"SELECT metrics.loss, typeof(metrics.loss) FROM '{metrics_file}' ORDER BY step"
    rows = duckdb.connect().execute(query).fetchall()
    check([loss for loss, _ in rows])
    assert {kind for _, kind in rows} == {"DOUBLE"}


def test_pyarrow_reads_every_row(metrics_file: Path) -> None:
    json_reader = library("pyarrow.json")
    table = json_reader.read_json(str(metrics_file))
    column = table.column("metrics").combine_chunks().field("loss")
    assert str(column.type) == "double"
    check(column.to_pylist())


def test_jq_reads_every_row(metrics_file: Path) -> None:
    jq = shutil.which("jq")
    if jq is None:
        pytest.skip("jq is not installed")
    run = subprocess.run(
        [jq, "-c", ".metrics.loss", metrics_file], capture_output=True, text=True, check=True
    )
    check(
        [value if value is None else float(value) for value in map(json.loads, run.stdout.split())]
    )


def test_the_standard_library_reads_every_row(metrics_file: Path) -> None:
    lines = filter(str.strip, metrics_file.read_text("utf-8").split("\n"))
    check([json.loads(line)["metrics"]["loss"] for line in lines])


def test_the_reader_of_the_store_puts_back_what_is_not_finite(metrics_file: Path) -> None:
    rows = JSONLLogStore.read_run(log_dir=metrics_file.parent).metrics
    assert [row.step for row in rows] == [*range(ROWS)]
    for step, row in enumerate(rows):
        assert repr(row.metrics["loss"]) == repr(NOT_FINITE.get(step, VALUES[step]))
