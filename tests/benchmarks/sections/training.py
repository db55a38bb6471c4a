"""What logging costs the demo's training loop: with no store, and with each of some stores."""

import contextlib
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchmarks import own
from benchmarks.bench import Bench
from benchmarks.markdown import figure, table
from benchmarks.measure import Measure
from benchmarks.processes import ChildError, fresh_directory, run
from benchmarks.sections.background import Sleeping
from evsys_sdk import LogStore, RunLog
from evsys_sdk.log_stores.background import BackgroundLogStore

__all__ = ["LOOPS", "Loop", "Results", "measure", "measures", "tables"]

_EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
_TIMEOUT = 600


class Loop(BaseModel):
    """One training run of the demo."""

    store: str
    milliseconds: float
    """Of a step of training, with the calls that log it."""
    closing: float
    """Seconds that ``close()`` took."""


class Results(BaseModel):
    """All rounds."""

    loops: list[Loop]
    missing: dict[str, str]
    """Why a store has no figures."""

    def median(self, store: str, name: str) -> float | None:
        """The median of a figure over the rounds."""
        values = [float(getattr(each, name)) for each in self.loops if each.store == store]
        return statistics.median(values) if values else None


@contextlib.contextmanager
def _no_store(directory: Path) -> Generator[LogStore]:
    yield Sleeping(milliseconds=0)


@contextlib.contextmanager
def _jsonl(directory: Path) -> Generator[LogStore]:
    yield own.jsonl(directory)


@contextlib.contextmanager
def _mlflow(directory: Path) -> Generator[LogStore]:
    with _mlflow_server() as tracking_uri:
        store: LogStore = importlib.import_module("evsys_mlflow").MlflowLogStore(
            tracking_uri=tracking_uri, run="digits"
        )
        yield store


@contextlib.contextmanager
def _mlflow_in_background(directory: Path) -> Generator[LogStore]:
    with _mlflow_server() as tracking_uri:
        importlib.import_module("evsys_mlflow")  # registers the kind
        params = {"tracking_uri": tracking_uri, "run": "digits"}
        yield BackgroundLogStore(
            child={"kind": "mlflow", "params": params}, close_timeout=float(_TIMEOUT)
        )


@contextlib.contextmanager
def _mlflow_server() -> Generator[str]:
    sys.path.append(str(_EXAMPLES / "mlflow" / "src"))
    with importlib.import_module("evsys_mlflow.local_server").MlflowServer() as server:
        yield server.tracking_uri


LOOPS: dict[str, Callable[[Path], contextlib.AbstractContextManager[LogStore]]] = {
    "no store": _no_store,
    "jsonl": _jsonl,
    "mlflow, with a server on the same machine": _mlflow,
    "background over the same": _mlflow_in_background,
}


def measure(bench: Bench) -> Results:
    """Train with each store once per round."""
    results = Results(loops=[], missing={})
    for number in range(bench.effort.rounds):
        for store in LOOPS:
            if store in results.missing:
                continue
            bench.say(f"training, round {number + 1} of {bench.effort.rounds}: {store}")
            try:
                results.loops.append(run(_TIMEOUT, train, store, bench.effort.training_steps))
            except ChildError as error:
                results.missing[store] = str(error)
    return results


def train(store: str, steps: int) -> Loop:
    """In a separate process: the demo's loop, which logs three metrics a step."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the demo does, before NumPy is imported
    sys.path.append(str(_EXAMPLES / "digits"))
    demo: Any = importlib.import_module("train")
    model_module: Any = importlib.import_module("model")
    progress: Any = importlib.import_module("rich.progress").Progress(disable=True)
    settings = demo.Settings(steps, checkpoint_every=steps)
    model = model_module.MLP([64, settings.hidden_units, settings.hidden_units, 10], settings.seed)
    with (
        fresh_directory() as directory,
        contextlib.chdir(directory),
        LOOPS[store](directory) as opened,
    ):
        Path("checkpoints").mkdir()
        start = time.perf_counter()
        demo.train(
            model, settings, demo.OnlyNew(opened, RunLog([], {}, [])), demo.StopRequest(), progress
        )
        trained = time.perf_counter()
        opened.close()
        closing = time.perf_counter() - trained
    return Loop(store=store, milliseconds=(trained - start) / steps * 1000, closing=closing)


def measures(results: Results) -> list[Measure]:
    """None: what a step takes is the demo's affair."""
    return []


def tables(results: Results) -> dict[str, str]:
    """Milliseconds per step, beside training without a store."""
    least = results.median("no store", "milliseconds")
    rows: list[list[str]] = []
    for store in LOOPS:
        milliseconds = results.median(store, "milliseconds")
        if milliseconds is not None and least:
            cells = [milliseconds, milliseconds / least, results.median(store, "closing")]
            rows.append([store, *map(figure, cells)])
    heads = ["", "ms per step", "against no store", "close(), s"]
    return {"The demo's training loop": table(heads, rows)}
