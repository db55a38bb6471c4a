"""The log store: what each call writes to MLflow."""

import json
import logging
import os
import threading
import time
from typing import Any, ClassVar

from mlflow.entities import Param
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from evsys_mlflow import names, reading, texts
from evsys_mlflow.points import to_metrics
from evsys_mlflow.run import find_run, open_run
from evsys_sdk import Capability, LogStore, LogStoreClosedError, RunLog, register_log_store
from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)

_MOST_METRICS = 1000
_MOST_PARAMS = 100
_MOST_CHARACTERS_OF_A_PARAM = 6000

_logger = logging.getLogger(__name__)


@register_log_store("mlflow")
class MlflowLogStore:
    """Logs to one run of an MLflow tracking server; a returned call is in its database.

    Metrics become MLflow metrics; hyperparameters become tags, which can be replaced, and MLflow
    parameters, which can't; artifact pointers become tags.

    Safe in threads. One process writes to a run: MLflow keeps a point once for each key, step,
    millisecond and value, so that two processes that log the same point at the same time log one.
    Give each rank a separate run.
    """

    name: ClassVar[str] = "mlflow"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "crash", "threads", "fork"}
    )

    class Config(BaseModel):
        """The parameters, as YAML gives them."""

        model_config = ConfigDict(extra="forbid")

        tracking_uri: str = Field(description="Where the server is, http://127.0.0.1:5000")
        run: str = Field(description="Name of the run; opened again if the experiment has it")
        experiment: str = Field(default="Default", description="Name of the experiment")

    def __init__(self, *, tracking_uri: str, run: str, experiment: str = "Default") -> None:
        """Open the run, new or continued; the experiment is created as needed.

        Raises:
            mlflow.MlflowException: The server can't be reached, or refuses.
            ValueError: A string is empty, or several runs of the experiment have this name.
        """
        checked_text(tracking_uri, "tracking_uri")
        self._run = open_run(tracking_uri, checked_text(experiment, "experiment"), run)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._closed = False
        self._ms = 0
        tags = self._run.tags
        self._hyperparam_calls = texts.last_number(tags, reading.HYPERPARAMS)
        self._artifacts = texts.last_number(tags, reading.ARTIFACTS)
        self._names: dict[tuple[str, str], str] = {}
        self._params = self._run.params

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Record one point."""
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Record the points of a call, a thousand in each request.

        Raises:
            TypeError: See :meth:`evsys_sdk.LogStore.log_metrics`.
            ValueError: See there.
            mlflow.MlflowException: The server refused, or stayed away for longer than MLflow tries.
        """
        values = checked_metrics(metrics)
        number = checked_step(step)
        split = checked_text(split, "split")
        self._check_process()
        with self._lock:
            self._check_open("log_metrics")
            if not values:
                return
            in_mlflow = [self._name(key, split) for key in values]
            points = to_metrics(in_mlflow, values.values(), number, self._next_ms())
            for start in range(0, len(points), _MOST_METRICS):
                self._run.log(metrics=points[start : start + _MOST_METRICS])

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Record the hyperparameters of a call as one JSON text, and as MLflow parameters.

        A parameter of MLflow can't be changed: one that is logged again with another value keeps
        its first value there, which is logged as a warning. :meth:`read_run` gives the last.
        """
        plain = checked_hyperparams(params)
        text = _ascii_json(plain)
        self._check_process()
        with self._lock:
            self._check_open("log_hyperparams")
            self._hyperparam_calls += 1
            self._write(f"{reading.HYPERPARAMS}{self._hyperparam_calls:06}", text)
            self._show(plain)

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Record a pointer; nothing is uploaded."""
        pointer = {
            "name": checked_text(name, "name"),
            "path": checked_path(path),
            "kind": checked_text(kind, "kind"),
            "ts": time.time(),
        }
        self._check_process()
        with self._lock:
            self._check_open("log_artifact")
            self._artifacts += 1
            self._write(f"{reading.ARTIFACTS}{self._artifacts:06}", _ascii_json(pointer))

    def close(self) -> None:
        """Mark the run as finished."""
        if os.getpid() != self._pid:
            return  # a forked child: the run is its parent's
        with self._lock:
            if not self._closed:
                self._closed = True
                self._run.finish()

    @classmethod
    def read_run(cls, *, tracking_uri: str, run: str, experiment: str = "Default") -> RunLog:
        """Read a run.

        Raises:
            LookupError: The run does not exist.
        """
        found = find_run(tracking_uri, experiment, run)
        if found is None:
            raise LookupError(f"experiment {experiment!r} has no run {run!r}")
        return reading.read_run(found)

    def _check_process(self) -> None:
        # Before the lock, which a thread of the parent may have held when it forked.
        if os.getpid() != self._pid:
            raise RuntimeError(
                "this mlflow log store was opened by the parent of this process, and MLflow takes "
                "one writer for a run: open another store here, with another run"
            )

    def _check_open(self, method: str) -> None:
        if self._closed:
            raise LogStoreClosedError(self.name, method)

    def _next_ms(self) -> int:
        """The time of a call: no two have the same, because MLflow would make one of two points."""
        self._ms = max(self._ms + 1, int(time.time() * 1000))
        return self._ms

    def _name(self, key: str, split: str) -> str:
        """The name of a series, explained by a tag before it is used."""
        known = self._names.get((key, split))
        if known is None:
            made = names.name_of(key, split)
            if made.digest:
                self._write(names.TAG + made.digest, made.text)
            known = self._names[key, split] = made.name
        return known

    def _write(self, name: str, text: str) -> None:
        for tags in texts.to_tags(name, text):
            self._run.log(tags=tags)

    def _show(self, hyperparams: dict[str, Any]) -> None:
        """Log hyperparameters as MLflow parameters, as far as they can be."""
        new: list[Param] = []
        for key, value in hyperparams.items():
            text = value if isinstance(value, str) else _ascii_json(value)
            shown = self._params.get(key)
            if shown is not None and shown != text:
                _logger.warning(
                    "%s", f"{key} was {shown[:60]!r} and is now {text[:60]!r}; {_STAYS}"
                )
            elif shown is None and _can_be_shown(key, text):
                self._params[key] = text
                new.append(Param(key, text))
        for start in range(0, len(new), _MOST_PARAMS):
            self._run.log(params=new[start : start + _MOST_PARAMS])


def _can_be_shown(key: str, text: str) -> bool:
    """Whether MLflow and its databases take this as a parameter."""
    return names.is_allowed(key) and len(text) <= _MOST_CHARACTERS_OF_A_PARAM and "\0" not in text


_STAYS = "MLflow's table of parameters keeps the first value. The log itself has the new one"


def _ascii_json(value: Any) -> str:
    """JSON in ASCII: a tag then has as many bytes as characters. NaN and infinities by name."""
    return json.dumps(json.loads(to_json(value, inf_nan_mode="strings")))


_conforms: type[LogStore] = MlflowLogStore
