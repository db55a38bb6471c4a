"""Faults by strings that are not text: MET-6, HP-1, ART-1. They must harm no other record."""

import csv
import json
from typing import Any, TextIO

from zoo.backends.background import Background, BackgroundHarness
from zoo.backends.csv_file import Csv, CsvHarness
from zoo.correct.formats import Wal, WalHarness
from zoo.correct.surrogates import any_string
from zoo.stores import fault
from zoo.wording import FAILED, HYPERPARAMS, LOST


@fault(
    "MET-6",
    "has a thread that dies of a surrogate, and loses what comes after",
    habitat=BackgroundHarness,
    message=LOST,
)
class ThreadDiesOfSurrogate(Background):
    def string(self, value: Any) -> str:
        return any_string(value)

    def deliver(self, file: Any, record: dict[str, Any]) -> None:
        file.write("\n" + json.dumps(record, ensure_ascii=False))


@fault(
    "MET-6",
    "rolls back all that it has not committed when a surrogate can't be written",
    habitat=WalHarness,
    message=LOST,
)
class SurrogateRollsBack(Wal):
    def string(self, value: Any) -> str:
        return any_string(value)

    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        try:
            super().record(step, split, points)
        except UnicodeEncodeError:
            self.database.execute("rollback")
            raise


@fault(
    "HP-1",
    "keeps a surrogate that it can't write among the hyperparameters, and fails from then on",
    habitat=CsvHarness,
    message=f"{FAILED}|{HYPERPARAMS}",
)
class SurrogateStays(Csv):
    def string(self, value: Any) -> str:
        return any_string(value)

    def merge(self, params: dict[str, Any]) -> None:
        super().merge(params)
        json.dumps(self.params, ensure_ascii=False).encode()


@fault(
    "ART-1",
    "writes surrogates into a file that is no longer UTF-8 then",
    habitat=CsvHarness,
    message=r"harness\.read\(params\) raised UnicodeDecodeError",
)
class SurrogateSpoilsFile(Csv):
    def string(self, value: Any) -> str:
        return any_string(value)

    def open(self, name: str) -> tuple[TextIO, Any]:
        path = self.folder / name
        file = path.open("w", newline="", encoding="utf-8", errors="surrogatepass")
        return file, csv.writer(file, quoting=csv.QUOTE_ALL)
