"""A store that writes CSV files through Python's own buffer."""

import csv
import json
from pathlib import Path
from typing import Any, ClassVar, TextIO

from evsys_conformance import StoreHarness
from evsys_sdk import ArtifactPointer, MetricRow, RunLog
from zoo.front import Forbidding, Front
from zoo.stores import correct


class Csv(Front):
    """``metrics.csv`` and ``artifacts.csv`` stay open; ``hyperparams.json`` is written on close."""

    name: ClassVar[str] = "zoo_csv_file"

    class Config(Forbidding):
        folder: str

    def __init__(self, *, folder: str) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.metrics_file, self.metrics = self.open("metrics.csv")
        self.artifacts_file, self.artifacts = self.open("artifacts.csv")
        self.params: dict[str, Any] = {}

    def open(self, name: str) -> tuple[TextIO, Any]:
        file = (self.folder / name).open("w", newline="", encoding="utf-8")
        return file, csv.writer(file, quoting=csv.QUOTE_ALL)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        self.metrics.writerows((step, split, key, repr(value)) for key, value in points.items())

    def merge(self, params: dict[str, Any]) -> None:
        self.params.update(params)

    def add_artifact(self, name: str, path: str, kind: str) -> None:
        self.artifacts.writerow((name, path, kind))

    def release(self) -> None:
        self.metrics_file.close()
        self.artifacts_file.close()
        (self.folder / "hyperparams.json").write_text(json.dumps(self.params))


def read_csv(folder: Path) -> RunLog:
    """The log in a folder of CSV files."""
    params = folder / "hyperparams.json"
    return RunLog(
        [
            MetricRow(int(step), split, {key: float(value)})
            for step, split, key, value in rows(folder / "metrics.csv")
        ],
        json.loads(params.read_text()) if params.exists() else {},
        [ArtifactPointer(name, path, kind) for name, path, kind in rows(folder / "artifacts.csv")],
    )


def rows(path: Path) -> list[list[str]]:
    """The rows of a CSV file, none if it does not exist."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@correct("CSV files, buffered by Python and overwritten by a new instance")
class CsvHarness(StoreHarness):
    """Reads the files."""

    store: Any = Csv

    def params(self, directory: Path) -> dict[str, Any]:
        return {"folder": str(directory)}

    def read(self, params: dict[str, Any]) -> RunLog:
        return read_csv(Path(params["folder"]))
