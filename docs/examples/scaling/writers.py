"""Processes that log as fast as they can, all at once, until they are killed."""

import multiprocessing
import time
from array import array
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from evsys_sdk import LogStoreSpec, build_log_store

_START_SECONDS = 300.0
# Who kills the writers may have been killed itself.
_ORPHAN_SECONDS = 120.0

_RANK = "rank "

# A step of a small model. A fifth key tells the ranks apart when the log is read.
_METRICS = {"train/loss": 0.693147, "train/accuracy": 0.5, "lr": 3e-4, "grad_norm": 1.25}


@dataclass(frozen=True)
class Writer:
    """The job of one process."""

    kind: str
    params: dict[str, Any]
    rank: int
    seconds: float


@dataclass(frozen=True)
class Written:
    """What the processes did."""

    seconds: float
    latencies: Sequence[float]
    """Seconds of each call that was made in this time, sorted."""
    returned: Sequence[int]
    """How many calls of each process had returned when it was killed, step 0 the first."""


def rank_of(key: str) -> int | None:
    """The rank whose key this is; None for a key of all ranks."""
    return int(key.removeprefix(_RANK)) if key.startswith(_RANK) else None


def write(kind: str, params: Sequence[dict[str, Any]], seconds: float) -> Written:
    """Let a process for each of ``params`` log for some seconds, and then kill them all."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(params))
    returned = context.RawArray("q", len(params))
    pipes = [context.Pipe(duplex=False) for _ in params]
    processes = [
        context.Process(
            target=_log, args=(Writer(kind, each, rank, seconds), barrier, pipe[1], returned)
        )
        for rank, (each, pipe) in enumerate(zip(params, pipes, strict=True))
    ]
    latencies = array("d")
    try:
        for process, (_, sender) in zip(processes, pipes, strict=True):
            process.start()
            sender.close()  # ours: the pipe ends when the process does
        for receiver, _ in pipes:
            latencies.frombytes(receiver.recv_bytes())
    except EOFError:
        raise RuntimeError(f"a process that logs to {kind} ended: its error is above") from None
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
            process.close()
        for receiver, _ in pipes:
            receiver.close()
    return Written(seconds, sorted(latencies), list(returned))


def _log(
    writer: Writer, barrier: Barrier, sender: Connection, returned: MutableSequence[int]
) -> None:
    """Log until killed; report after some seconds how long each call took."""
    store = build_log_store(LogStoreSpec(kind=writer.kind, params=writer.params))
    metrics = {**_METRICS, f"{_RANK}{writer.rank}": 1.0}
    latencies = array("d")
    store.log_metrics(metrics, 0)  # the first call may set up what later ones find
    returned[writer.rank] = step = 1
    barrier.wait(_START_SECONDS)
    until = time.perf_counter() + writer.seconds
    reported = False
    end = until - writer.seconds
    while end < until + _ORPHAN_SECONDS:
        start = time.perf_counter()
        store.log_metrics(metrics, step)
        end = time.perf_counter()
        returned[writer.rank] = step = step + 1
        if end < until:
            latencies.append(end - start)
        elif not reported:
            sender.send_bytes(latencies.tobytes())
            reported = True
