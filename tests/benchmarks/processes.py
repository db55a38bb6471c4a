"""Child processes: each measurement runs in one, so that a peer may crash or hang.

Linux only: if a peer leaves processes running, their time is counted and they are ended.
"""

import base64
import contextlib
import ctypes
import importlib
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

__all__ = ["ChildError", "cpu_seconds", "fresh_directory", "run", "run_until_killed"]

_P = ParamSpec("_P")
_Result = TypeVar("_Result")

_PACKAGES = str(Path(__file__).parents[1])
# The variable by which the processes of a child are found: they inherit it.
_MARK = "EVSYS_BENCHMARKS_CHILD"
_PR_SET_CHILD_SUBREAPER = 36
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class ChildError(Exception):
    """A measurement failed, for the reason in the text; the others go on."""


def run(
    timeout: float, function: Callable[_P, _Result], *args: _P.args, **kwargs: _P.kwargs
) -> _Result:
    """Call a module's function in a fresh process, and give what it returns.

    Its output is discarded, and processes that it leaves running are ended.

    Raises:
        ChildError: It raised, died, or took more than ``timeout`` seconds.
    """
    with fresh_directory() as directory:
        call = (function.__module__, function.__name__, args, kwargs)
        status, mark = _run(timeout, directory, call)
        _end_marked(mark, signal.SIGKILL)
        result = directory / "result"
        if status != 0 or not result.exists():
            raise ChildError(_reason(status, directory))
        value: _Result = pickle.loads(result.read_bytes())
        return value


def run_until_killed(
    timeout: float,
    settling_seconds: float,
    function: Callable[_P, object],
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> None:
    """Call a function that ends by killing its own process, the way an out-of-memory kill does.

    Other processes of it have ``settling_seconds`` to go on, and are then asked to end.

    Raises:
        ChildError: It ended in another way, or took more than ``timeout`` seconds.
    """
    with fresh_directory() as directory:
        call = (function.__module__, function.__name__, args, kwargs)
        status, mark = _run(timeout, directory, call)
        time.sleep(settling_seconds)
        _end_marked(mark, signal.SIGTERM)
        _end_marked(mark, signal.SIGKILL)
        if status != -signal.SIGKILL:
            raise ChildError(_reason(status, directory))


def _run(timeout: float, directory: Path, call: tuple[Any, ...]) -> tuple[int, str]:
    mark = directory.name
    encoded = base64.b85encode(pickle.dumps(call)).decode()
    command = [sys.executable, "-W", "ignore", "-m", __name__, encoded, str(directory / "result")]
    paths = os.pathsep.join([_PACKAGES, *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {_MARK: mark, "PYTHONPATH": paths}
    with (directory / "errors").open("wb") as errors:
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            return child.wait(timeout), mark
        except subprocess.TimeoutExpired:
            raise ChildError(f"still running after {timeout:.0f} s") from None
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
                _end_marked(mark, signal.SIGKILL)


def _reason(status: int, directory: Path) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    lines = (directory / "errors").read_text(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:200] if said else f"ended with status {status}, and said nothing"


def _end_marked(mark: str, number: signal.Signals) -> None:
    """Send the signal to every process with the mark, until there is none, for 5 s at most."""
    wanted = f"{_MARK}={mark}".encode()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = [pid for pid in _processes() if wanted in _environment_of(pid)]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        time.sleep(0.02)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


@contextlib.contextmanager
def fresh_directory() -> Generator[Path]:
    """An empty directory on a disk, where /tmp may be memory; and in no git repository.

    Some peers ask git, and DVCLive makes a repository a DVC one.
    """
    directory = Path(tempfile.mkdtemp(prefix="evsys-benchmarks-", dir="/var/tmp"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def cpu_seconds() -> float:
    """Processor time so far of this process, its threads, and all processes below it."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = sum(_descendants().values())
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime + living


def _descendants() -> dict[int, float]:
    """Every process below this one, with its processor time and that of its ended children."""
    children: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for process in _processes():
        try:
            # The second field is the program's name in brackets, and may hold blanks.
            fields = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(process)
        seconds[process] = sum(map(int, fields[11:15])) / _TICKS_PER_SECOND
    below: dict[int, float] = {}
    to_visit = [os.getpid()]
    while to_visit:
        for pid in children.get(to_visit.pop(), ()):
            below[pid] = seconds[pid]
            to_visit.append(pid)
    return below


def _main(call: str, result: str) -> None:
    # Become the parent of orphaned processes, so that their time is counted.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    module, name, args, kwargs = pickle.loads(base64.b85decode(call))
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    value = pickle.dumps(function(*args, **kwargs))
    Path(result).write_bytes(value)
    sys.stderr.flush()
    # Not the usual way out: some peers hang in it, or take seconds.
    os._exit(0)


if __name__ == "__main__":
    _main(*sys.argv[1:])
