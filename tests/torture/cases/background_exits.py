"""A process that ends, or forks, while calls of its background store wait in the queue."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from torture.case import Trial, case

__all__ = ["exit_with_a_full_queue", "exit_without_close", "fork_with_pending_calls"]

_SLACK = 5.0
"""Seconds that a busy machine takes to start and end an interpreter."""

_WEDGED = """
import os, signal, sys, threading, time
from typing import Any, ClassVar
from pydantic import BaseModel
from evsys_sdk import LogDeliveryError, register_log_store
from evsys_sdk.log_stores.background import BackgroundLogStore

signal.signal(signal.SIGINT, signal.default_int_handler)  # as Python has it in a terminal

@register_log_store("wedged")
class Wedged:
    name: ClassVar[str] = "wedged"
    class Config(BaseModel, extra="forbid"):
        pass
    def log_scalar(self, *args, **kwargs): self.hang()
    def log_metrics(self, *args, **kwargs): self.hang()
    def log_hyperparams(self, *args, **kwargs): self.hang()
    def log_artifact(self, *args, **kwargs): self.hang()
    def close(self): self.hang()
    def hang(self): threading.Event().wait()

store = BackgroundLogStore(
    child={"kind": "wedged"}, capacity=5, on_full=sys.argv[1], close_timeout=float(sys.argv[2])
)
for step in range(5):
    store.log_scalar("loss", 0.5, step)
print("full", flush=True)
"""
# Short sleeps: a signal that comes right before a sleep begins has its handler called after it.
_LOG_AND_WAIT = """store.log_scalar('loss', 0.5, 5)
while True: time.sleep(0.1)
"""
_ENDINGS = {
    "SIGTERM": _LOG_AND_WAIT,
    "SIGTERM with a handler": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); print('ready', flush=True)\n"
        + _LOG_AND_WAIT
    ),
    "Ctrl-C": _LOG_AND_WAIT,
    "os._exit": "os._exit(0)",
    "the end of the program": "",
}
_SIGNALS = {
    "SIGTERM": signal.SIGTERM,
    "SIGTERM with a handler": signal.SIGTERM,
    "Ctrl-C": signal.SIGINT,
}


@case("A process that ends while its queue is full and the child hangs", "background")
def exit_with_a_full_queue(trial: Trial) -> None:
    """By a signal, by os._exit and by the end of the program, under both policies."""
    seconds = 2.0 if trial.full else 0.5
    for on_full in ("block", "drop"):
        for ending, last in _ENDINGS.items():
            command = [sys.executable, "-c", _WEDGED + last, on_full, f"{seconds}"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as it:
                assert it.stdout
                for _ in range(2 if "ready" in last else 1):
                    it.stdout.readline()
                start = time.monotonic()
                if ending in _SIGNALS:
                    it.send_signal(_SIGNALS[ending])
                try:
                    it.wait(seconds * 2 + _SLACK)
                except subprocess.TimeoutExpired:
                    it.kill()
                    trial.expect(False, f"{ending}, {on_full}: the process hangs")
                took = time.monotonic() - start
                limit = _SLACK + (0 if ending in {"SIGTERM", "os._exit"} else seconds)
                trial.expect(took < limit, f"{ending}, {on_full}: it took {took:.1f} s")
        trial.did(f"on_full: {on_full}, {len(_ENDINGS)} ways to end")


_UNCLOSED = """
import sys
from evsys_sdk.log_stores.background import BackgroundLogStore
store = BackgroundLogStore(child={"kind": "jsonl", "params": {"log_dir": sys.argv[1]}})
for step in range(int(sys.argv[2])):
    store.log_scalar("loss", 0.5, step)
if sys.argv[3] == "multiprocessing":
    import multiprocessing
    def log():
        for step in range(int(sys.argv[2])):
            store.log_scalar("child", 0.5, step)
    process = multiprocessing.get_context("fork").Process(target=log)
    process.start()
    process.join()
elif sys.argv[3] == "error":
    raise SystemExit(3)
"""


@case("A process that ends without close()", "background")
def exit_without_close(trial: Trial) -> None:
    """Everything is delivered: at its end, after an error, and by a forked worker."""
    calls = trial.times(full=20_000, short=1_000)
    for way in ("end", "error", "multiprocessing"):
        directory = trial.directory / way
        command = [sys.executable, "-W", "ignore", "-c", _UNCLOSED, str(directory), str(calls), way]
        subprocess.run(command, check=way != "error")
        keys = ("loss", "child") if way == "multiprocessing" else ("loss",)
        for key in keys:
            _check_steps(trial, directory, key, calls)
        trial.did(f"{way}: {calls:,} calls")


def _check_steps(trial: Trial, directory: Path, key: str, calls: int) -> None:
    rows = JSONLLogStore.read_run(log_dir=directory).metrics
    steps = [row.step for row in rows if key in row.metrics]
    trial.count("rows", calls, len(steps))
    trial.expect(steps == sorted({*steps}), f"the rows of {key} are doubled or in another order")


@case("fork() with pending calls", "background")
def fork_with_pending_calls(trial: Trial) -> None:
    """The parent's calls are delivered once, by the parent; the child's by the child."""
    times = trial.times(full=50, short=5)
    calls = 200
    for number in range(times):
        directory = trial.directory / f"{number}"
        store = BackgroundLogStore(child={"kind": "jsonl", "params": {"log_dir": str(directory)}})
        for step in range(calls):
            store.log_scalar("parent", 0.5, step)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                if store.stats() == (0, 0, 0, 0, 0):
                    for step in range(calls):
                        store.log_scalar("child", 0.5, step)
                    store.close()
                    status = int(store.stats() != (calls, calls, 0, 0, 0))
            finally:
                os._exit(status)
        for step in range(calls, 2 * calls):
            store.log_scalar("parent", 0.5, step)
        _, status = os.waitpid(pid, 0)
        trial.expect(status == 0, f"the child ended with status {status}")
        store.close()
        trial.expect(store.stats() == (2 * calls, 2 * calls, 0, 0, 0), f"{store.stats()}")
        _check_steps(trial, directory, "parent", 2 * calls)
        _check_steps(trial, directory, "child", calls)
    trial.did(f"{times} forks")
