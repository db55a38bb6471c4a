"""Gets records to the endpoint, each of them once.

Every record carries the name of its writer and a number that grows by one from call to call. A
reply may get lost after the server has kept the record, so a record is sent again when no reply
came; the server passes over a number of a writer that is not above the last one it has kept.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import requests
from pydantic_core import to_json

# What may be over when the same request comes again.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Sender:
    """One session, and one writer as the server sees it. Calls of several threads take turns."""

    def __init__(
        self, endpoint: str, *, headers: Mapping[str, str], timeout_secs: float, retry_secs: float
    ) -> None:
        """Nothing is sent before the first record."""
        self._endpoint = endpoint
        self._headers = {"Content-Type": "application/json", **headers}
        self._timeout_secs = timeout_secs
        self._retry_secs = retry_secs
        self._closed = False
        self._begin()

    def send(self, record: dict[str, Any]) -> bool:
        """Send a record; return when the server has it. False, and nothing sent, after close.

        Raises:
            requests.HTTPError: The server refused, or went on failing for ``retry_secs`` seconds.
            requests.RequestException: It could not be reached for that long, or did not answer.
        """
        with self._lock:
            if self._closed:
                return False
            # Also if the call fails: the record may have been kept, and its number with it.
            self._number += 1
            numbered = {"writer": self._writer, "number": self._number, **record}
            # Strict JSON has no NaN and no infinities; they go as texts.
            self._send_until_kept(to_json(numbered, inf_nan_mode="strings"))
            return True

    def close(self) -> None:
        """Close the session, when the call in progress has returned."""
        with self._lock:
            self._closed = True
            self._session.close()

    def renew_after_fork(self) -> None:
        """In a forked child: leave lock and connection to the parent, become another writer."""
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._session = _session_for(self._endpoint)
        self._writer = uuid4().hex
        self._number = 0

    def _send_until_kept(self, body: bytes) -> None:
        until, pause = time.monotonic() + self._retry_secs, _FIRST_PAUSE
        while True:
            try:
                return self._send_once(body)
            except requests.RequestException as error:
                if not _may_pass(error):
                    raise
                if time.monotonic() + pause > until:
                    error.add_note(
                        f"It was tried for {self._retry_secs:g} s. The server may have kept what "
                        f"this call sent, or not; earlier calls are kept. Later calls try again."
                    )
                    raise
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _send_once(self, body: bytes) -> None:
        # A redirected POST would become a GET, which keeps nothing.
        response = self._session.post(
            self._endpoint,
            data=body,
            headers=self._headers,
            timeout=self._timeout_secs,
            allow_redirects=False,
        )
        if not 200 <= response.status_code < 300:
            raise requests.HTTPError(
                f"{self._endpoint} answered {response.status_code} {response.reason}: "
                f"{response.text[:200].strip() or 'it did not say why'}",
                response=response,
            )


def _session_for(endpoint: str) -> requests.Session:
    """A session with the proxies and certificates of the environment.

    Left alone, requests looks through all variables of the environment for them in every call,
    which is half of what a call costs in this process.
    """
    session = requests.Session()
    found = session.merge_environment_settings(endpoint, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    return session


def _may_pass(error: requests.RequestException) -> bool:
    """Whether it may be over soon: not an address that is none, and not a refusal."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in _PASSING
    return isinstance(
        error,
        requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError,
    )
