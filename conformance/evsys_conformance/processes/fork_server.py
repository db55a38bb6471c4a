"""Forks the kit's child processes from one that has imported what each of them needs.

A new interpreter for each would spend most of its time on imports. The process here imports no
store and starts no thread, so that each child begins as a new interpreter would.
Not multiprocessing's own fork server: it is shared with the stores of the session, and its children
import the main module of their parent, which is pytest.
"""

import atexit
import contextlib
import gc
import importlib
import os
import signal
import socket
import subprocess
import sys

from evsys_conformance.processes import child

_FORK = b"fork"

_preloaded: list[str] = []
"""Modules that a server imports before it forks."""


class ForkServer:
    """The parent's end of a process that forks children; it ends with the parent."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.usable = True
        """Whether its next answer is that to the next question."""
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", __name__, str(theirs.fileno()), *_preloaded],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )

    def fork(self, standard_input: int, output: int, report: int) -> int:
        """Fork a child with these descriptors, and return its process id."""
        return self._ask(_FORK, [standard_input, output, report])

    def wait(self, pid: int) -> int:
        """Wait until a child has ended; return its exit status, or the signal as a negative."""
        return self._ask(b"%d" % pid, [])

    def _ask(self, request: bytes, descriptors: list[int]) -> int:
        # A signal handler may raise in here. What is left over would answer the next question.
        self.usable = False
        socket.send_fds(self._socket, [request], descriptors)
        answer = self._socket.recv(64)
        if not answer:
            raise RuntimeError(
                f"the process that forks the kit's children ended with status "
                f"{self._process.wait()}"
            )
        self.usable = True
        return int(answer)

    def stop(self) -> None:
        """End the process, and all processes that it has forked."""
        if self.owner == os.getpid():
            self._socket.close()
            if not self.usable:
                self._process.terminate()  # It may be waiting for a child that never ends.
            self._process.wait()


def preload(module: str) -> None:
    """Let servers that are started from now on import the module, which children will need."""
    _preloaded.append(module)


_servers: list[ForkServer] = []


def running() -> ForkServer:
    """The server of this process, started when it is first asked for."""
    if _servers and not _servers[-1].usable:
        _servers.pop().stop()
    if not _servers or _servers[-1].owner != os.getpid():
        _servers.append(ForkServer())
        atexit.register(_servers[-1].stop)
    return _servers[-1]


def _serve(connection: socket.socket) -> int | None:
    """Fork whenever asked to; return in each child, with the descriptor to report to."""
    # A child that ends normally would go through all that was imported, in search of cycles.
    gc.freeze()
    # Ctrl-C reaches every process of the terminal; the parent decides what ends.
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    alive: set[int] = set()
    try:
        while True:
            try:
                request, descriptors, _, _ = socket.recv_fds(connection, 64, 3)
            except ConnectionResetError:
                return None  # the parent has not read the last answer
            if not request:
                return None
            if request == _FORK:
                answer = os.fork()
                if answer == 0:
                    alive.clear()
                    signal.signal(signal.SIGINT, usual)
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                    connection.close()
                    return _taken_over(*descriptors)
                alive.add(answer)
                for descriptor in descriptors:
                    os.close(descriptor)
            else:
                pid = int(request)
                answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                alive.discard(pid)
            connection.sendall(b"%d" % answer)
    finally:
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _taken_over(standard_input: int, output: int, report: int) -> int:
    """Make the descriptors those of this process; return the one to report to."""
    os.dup2(standard_input, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(standard_input)
    os.close(output)
    return report


if __name__ == "__main__":
    descriptor, *modules = sys.argv[1:]
    for name in modules:
        importlib.import_module(name)
    descriptor_to_report_to = _serve(socket.socket(fileno=int(descriptor)))
    if descriptor_to_report_to is not None:
        # The child ends as any program does, with all that runs at exit.
        child.work(descriptor_to_report_to)
