"""What the clauses of the contract do not say, and this store promises."""

import math
import os
import struct
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError

from evsys_http import HttpLogStore
from evsys_http.faulty_server import FaultyServer
from evsys_sdk import LogStoreClosedError, open_log_store


def test_a_run_that_is_named_in_yaml_reads_back(tmp_path: Path, endpoint: str) -> None:
    config = tmp_path / "run.yaml"
    config.write_text(f'log_store: {{kind: http, params: {{endpoint: "{endpoint}"}}}}')
    with open_log_store(config) as store:
        store.log_hyperparams({"lr": 0.5, "schedule": {"warmup": math.inf}})
        store.log_metrics({"loss": 1.0, "accuracy": math.nan}, 3, split="val")
        store.log_artifact("model", "a.pt", kind="checkpoint")
        store.log_hyperparams({"lr": 0.25})
    run_log = HttpLogStore.read_run(endpoint=endpoint)
    (row,) = run_log.metrics
    assert (row.step, row.split, repr(row.metrics)) == (3, "val", "{'loss': 1.0, 'accuracy': nan}")
    assert row.ts is not None
    assert run_log.hyperparams == {"lr": 0.25, "schedule": {"warmup": "Infinity"}}
    assert [(each.name, each.path, each.kind) for each in run_log.artifacts] == [
        ("model", "a.pt", "checkpoint")
    ]


@pytest.mark.parametrize("value", [-0.0, 5e-324, math.inf, -math.inf, 0.1, 1.7976931348623157e308])
def test_every_bit_of_a_float_comes_back(value: float, endpoint: str, store: HttpLogStore) -> None:
    store.log_scalar("loss", value, 0)
    (row,) = HttpLogStore.read_run(endpoint=endpoint).metrics
    assert struct.pack("d", row.metrics["loss"]) == struct.pack("d", value)


def test_nothing_is_sent_for_a_bad_argument_or_after_close(
    server: FaultyServer, store: HttpLogStore
) -> None:
    bad: dict[str, float] = {"loss": 0.5, "text": "1.5"}  # type: ignore[dict-item]  # pyright: ignore[reportAssignmentType]
    with pytest.raises(TypeError, match=r'metrics\["text"\] must be a number'):
        store.log_metrics(bad, 0)
    with pytest.raises(ValueError, match="split must not be empty"):
        store.log_metrics({"loss": 0.5}, 0, split="")
    with pytest.raises(TypeError, match="no JSON form"):
        store.log_hyperparams({"bad": object()})
    store.close()
    store.close()
    with pytest.raises(LogStoreClosedError, match=r"http: log_metrics\(\) was called after close"):
        store.log_metrics({}, 0)
    assert server.posts == []


def test_headers_are_sent_with_every_request(endpoint: str, server: FaultyServer) -> None:
    headers = {"Authorization": "Bearer x"}
    with closing(HttpLogStore(endpoint=endpoint, headers=headers)) as store:
        store.log_scalar("loss", 0.5, 0)
    HttpLogStore.read_run(endpoint=endpoint, headers=headers)
    assert server.authorizations == ["Bearer x", "Bearer x"]


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8000/run", "ftp://host/run", "http:///run", ""])
def test_an_endpoint_that_is_not_a_url_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="endpoint must be the URL of a run, like http"):
        HttpLogStore.Config(endpoint=endpoint)
    with pytest.raises(ValueError, match="endpoint must be the URL of a run, like http"):
        HttpLogStore(endpoint=endpoint)


def test_reading_a_run_that_is_not_there(endpoint: str) -> None:
    with pytest.raises(LookupError, match="the server has no run at http"):
        HttpLogStore.read_run(endpoint=endpoint)


def test_a_forked_child_is_another_writer(
    endpoint: str, server: FaultyServer, store: HttpLogStore
) -> None:
    store.log_scalar("loss", 0.5, 0)
    child = os.fork()
    if child == 0:
        store.log_scalar("loss", 0.5, 1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    store.log_scalar("loss", 0.5, 2)
    assert [row.step for row in HttpLogStore.read_run(endpoint=endpoint).metrics] == [0, 1, 2]
    writers = [post["writer"] for post in server.posts]
    assert writers[0] == writers[2] != writers[1]
