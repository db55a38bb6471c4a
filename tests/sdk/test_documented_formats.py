"""The readers that docs/built-in-stores.md shows, on logs that are not as tidy as its example.

They know nothing but the page: what they get wrong is missing from it.
"""

import json
import math
import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore
from support.documents import ROOT, parse

FILES = parse((ROOT / "docs" / "built-in-stores.md").read_text()).files

KEYS = ["loss", "a/b", 'qu"ote', "new\nline", "tab\t", "__proto__", "ü", "\u2028", '{"ts":1', " "]
VALUES = [0.5, -0.0, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf, 1e22, 3.0]
POINTS = [(step, KEYS[step % 10], VALUES[step % 9]) for step in range(90)]

# Prints what the functions of the page return as JSON; numbers that JSON lacks are strings.
AS_JSON = """
const shown = (_, value) => {
  if (Object.is(value, -0)) return "-0";
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
};
const found = {
  rows: [...read("metrics.jsonl", rows)].map(
    ({ step, split, metrics }) => [step, split ?? null, Object.entries(metrics)]
  ),
  hyperparams: read("hyperparams.json", hyperparams),
  artifacts: read("artifacts.json", artifacts).map(({ name, path, kind }) => [name, path, kind]),
};
console.log(JSON.stringify(found, shown));
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with every awkward key and value, and lines that are not rows."""
    with closing(JSONLLogStore(log_dir=tmp_path)) as store:
        for step, key, value in POINTS:
            if step == 50:
                with open(tmp_path / "metrics.jsonl", "ab") as other_writer:
                    other_writer.write(b'{"ts":1.5,"step":1,"spl')
            store.log_metrics({key: value}, step, split=KEYS[-step % 10])
        store.log_hyperparams({"lr": 0.1, "ü": [1]})
        for name in ("model", "a}b", "ü"):
            store.log_artifact(name, "pa,th]", kind="file")
    return tmp_path


def by_the_page(log: Path) -> Any:
    """What the reader in JavaScript finds in a log."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    program = log / "reader.mjs"
    functions, _, _ = FILES["read_log.mjs"].partition("\nfor (const { step")
    program.write_text(functions + AS_JSON)
    done = subprocess.run([node, program, log], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def by_the_store(log: Path) -> Any:
    """The same from the store's own reader, in the same form."""
    found = JSONLLogStore.read_run(log_dir=log)
    return {
        "rows": [
            [row.step, row.split, [[key, shown(value)] for key, value in row.metrics.items()]]
            for row in found.metrics
        ],
        "hyperparams": found.hyperparams,
        "artifacts": [[each.name, each.path, each.kind] for each in found.artifacts],
    }


def shown(value: float) -> float | str:
    if value == 0 and math.copysign(1, value) < 0:
        return "-0"
    texts = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return texts.get(str(value), value)


def test_the_reader_in_javascript_reads_every_row_and_artifact(log: Path) -> None:
    found = by_the_page(log)
    assert len(found["rows"]) == len(POINTS)
    assert found == by_the_store(log)


@pytest.mark.parametrize("tail", [b'{"ts":1.5,"st', b'{"ts":1.5,"st\0\0\0', b"\0\0", b"  "])
def test_the_reader_in_javascript_passes_over_a_torn_tail(log: Path, tail: bytes) -> None:
    with open(log / "metrics.jsonl", "ab") as file:
        file.write(tail)
    found = by_the_page(log)
    assert len(found["rows"]) == len(POINTS)
    assert found == by_the_store(log)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("empty", ["", "\n"])
def test_the_reader_in_javascript_reads_what_others_wrote(
    mark: str, empty: str, tmp_path: Path
) -> None:
    (tmp_path / "metrics.jsonl").write_text(mark + '{"step": 1, "x": 1, "metrics": {"a": 2}}\n')
    (tmp_path / "hyperparams.json").write_text(mark + empty)
    (tmp_path / "artifacts.json").write_text(mark + '[{"name": "a", "path": "p"}]')
    found = by_the_page(tmp_path)
    assert found["rows"] == [[1, None, [["a", 2]]]]
    assert found == by_the_store(tmp_path)
    (tmp_path / "artifacts.json").write_text(mark + empty)
    assert by_the_page(tmp_path)["artifacts"] == by_the_store(tmp_path)["artifacts"] == []


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 10, 40, 60])
def test_the_reader_in_javascript_keeps_the_artifacts_before_a_cut(log: Path, cut: int) -> None:
    path = log / "artifacts.json"
    os.truncate(path, path.stat().st_size - cut)
    with open(path, "ab") as file:
        file.write(b" " * 30)
    assert by_the_page(log)["artifacts"] == by_the_store(log)["artifacts"]


def test_the_reader_in_python_reads_every_event(tmp_path: Path) -> None:
    functions, _, _ = FILES["read_events.py"].partition("\nfor path in sorted")
    page: dict[str, Any] = {"__name__": "read_events"}
    exec(compile(functions, "read_events.py", "exec"), page)
    log_dir = tmp_path / "tb"
    for _ in range(2):  # the second time as a run that resumes
        with closing(TensorBoardLogStore(log_dir=log_dir)) as store:
            for step, key, value in POINTS:
                store.log_metrics({key: value, "beside": 1.0}, -step)
    last = max(log_dir.iterdir())
    with open(last, "ab") as file:
        file.write(last.read_bytes()[:20])  # a torn tail
    found: list[tuple[int, dict[str, float]]] = []
    for path in sorted(log_dir.glob("*tfevents*")):
        for payload in page["records"](path.read_bytes()):
            event = page["parse"](payload)
            step = event.get(2, [0])[0]
            values = [page["parse"](v) for s in event.get(5, []) for v in page["parse"](s)[1]]
            if values:
                signed = step - ((step >> 63) << 64)
                found.append((signed, {v[1][0].decode(): v[2][0] for v in values}))
    expected = [
        (row.step, row.metrics) for row in TensorBoardLogStore.read_run(log_dir=log_dir).metrics
    ]
    assert len(found) == 2 * len(POINTS)
    assert repr(found) == repr(expected)
