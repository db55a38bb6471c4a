"""The log store: what each call sends."""

import os
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit
from weakref import WeakSet

from pydantic import BaseModel, ConfigDict, Field, field_validator

from evsys_http.reading import read_run
from evsys_http.sending import Sender
from evsys_sdk import Capability, LogStore, LogStoreClosedError, RunLog, register_log_store
from evsys_sdk.arguments import (
    checked_hyperparams,
    checked_metrics,
    checked_path,
    checked_step,
    checked_text,
)


@register_log_store("http")
class HttpLogStore:
    """Posts every call to the endpoint of a run, and returns when the server has answered.

    A server that fails, hangs or goes away is tried again for ``retry_secs`` seconds, and still
    keeps the record once. Safe in threads, which take turns, and in forked children. An open
    store holds one connection.
    """

    name: ClassVar[str] = "http"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {"split", "float64", "resume", "crash", "threads", "processes", "fork"}
    )

    class Config(BaseModel):
        """The parameters, as YAML gives them."""

        model_config = ConfigDict(extra="forbid")

        endpoint: str = Field(description="URL of the run: http://127.0.0.1:8000/runs/1")
        headers: dict[str, str] | None = Field(
            default=None, description="Further headers of each request, such as Authorization"
        )
        timeout_secs: float = Field(
            default=10.0, gt=0, description="How long the server may be silent"
        )
        retry_secs: float = Field(
            default=30.0, ge=0, description="How long a call retries a server that fails"
        )

        @field_validator("endpoint")
        @classmethod
        def _check_endpoint(cls, endpoint: str) -> str:
            return _checked_endpoint(endpoint)

    def __init__(
        self,
        *,
        endpoint: str,
        headers: Mapping[str, str] | None = None,
        timeout_secs: float = 10.0,
        retry_secs: float = 30.0,
    ) -> None:
        """Become a writer of the run; the server hears of it with the first record.

        Args:
            endpoint: The URL of the run, http or https.
            headers: Further headers of each request.
            timeout_secs: How long the server may be silent before the request is given up.
            retry_secs: How long a call retries after its first attempt; 0 is one attempt.

        Raises:
            ValueError: ``endpoint`` is not such a URL.
        """
        self._sender = Sender(
            _checked_endpoint(endpoint),
            headers=headers or {},
            timeout_secs=timeout_secs,
            retry_secs=retry_secs,
        )
        _open_senders.add(self._sender)

    def log_scalar(self, key: str, value: float, step: int) -> None:
        """Send one value; see :meth:`log_metrics`."""
        self.log_metrics({key: value}, step)

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        """Send the values of a call as one record.

        Raises:
            TypeError, ValueError, OverflowError: See :meth:`evsys_sdk.LogStore.log_metrics`.
                Nothing was sent.
            LogStoreClosedError: The store is closed.
            requests.RequestException: The server refused the record, or failed for ``retry_secs``
                seconds; then it may have been kept or not. Earlier records are kept.
        """
        record = {
            "step": checked_step(step),
            "split": checked_text(split, "split"),
            "metrics": checked_metrics(metrics),
        }
        self._send("log_metrics", record)

    def log_hyperparams(self, params: dict[str, Any]) -> None:
        """Send the hyperparameters of a call as one record; NaN and infinities by their names."""
        self._send("log_hyperparams", {"hyperparams": checked_hyperparams(params)})

    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None:
        """Send a pointer as one record."""
        pointer = {
            "name": checked_text(name, "name"),
            "path": checked_path(path),
            "kind": checked_text(kind, "kind"),
        }
        self._send("log_artifact", {"artifact": pointer})

    def close(self) -> None:
        """Close the connection, when the call in progress has returned. Nothing is left to send."""
        _open_senders.discard(self._sender)
        self._sender.close()

    @classmethod
    def read_run(
        cls, *, endpoint: str, headers: Mapping[str, str] | None = None, **_: object
    ) -> RunLog:
        """Get a run from the server.

        Raises:
            LookupError: The server has no such run.
            requests.RequestException: The server can't be reached, or refuses.
        """
        return read_run(_checked_endpoint(endpoint), headers or {})

    def _send(self, method: str, record: dict[str, Any]) -> None:
        if not self._sender.send(record):
            raise LogStoreClosedError(self.name, method)


def _checked_endpoint(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError(
            f"endpoint must be the URL of a run, like http://127.0.0.1:8000/runs/1, "
            f"got {endpoint!r}"
        )
    return endpoint


_open_senders: WeakSet[Sender] = WeakSet()


def _renew_all() -> None:
    for sender in list(_open_senders):
        sender.renew_after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)


_conforms: type[LogStore] = HttpLogStore
