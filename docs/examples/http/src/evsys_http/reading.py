"""From the records of an endpoint back to a :class:`~evsys_sdk.RunLog`."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import requests

from evsys_sdk import ArtifactPointer, MetricRow, RunLog

_READ_TIMEOUT_SECS = 60.0


def read_run(endpoint: str, headers: Mapping[str, str]) -> RunLog:
    """Get the records, one JSON object a line, and put them together."""
    with requests.get(
        endpoint, headers=dict(headers), timeout=_READ_TIMEOUT_SECS, stream=True
    ) as response:
        if response.status_code == requests.codes.not_found:
            raise LookupError(f"the server has no run at {endpoint}")
        response.raise_for_status()
        return run_log_of(response.iter_lines())


def run_log_of(lines: Iterable[bytes]) -> RunLog:
    """Put the records together, in their order."""
    log = RunLog(metrics=[], hyperparams={}, artifacts=[])
    for line in lines:
        record: dict[str, Any] = json.loads(line)
        ts = record.get("ts")
        if "metrics" in record:
            # float() also takes the names that stand for what is not finite.
            metrics = {key: float(value) for key, value in record["metrics"].items()}
            log.metrics.append(MetricRow(record["step"], record["split"], metrics, ts))
        elif "hyperparams" in record:
            log.hyperparams.update(record["hyperparams"])
        elif "artifact" in record:
            log.artifacts.append(ArtifactPointer(**record["artifact"], ts=ts))
    return log
