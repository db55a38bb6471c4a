"""Runs a piece of a test in a child process, where it may be killed, limited and forked."""

import subprocess
import sys
import textwrap

PROLOGUE = """
import errno, json, os, resource, signal, sys, threading
from contextlib import closing
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk import LogStoreClosedError

log_dir, *arguments = sys.argv[1:]
assert JSONLLogStore.read_run(log_dir=log_dir)  # everything that reading needs is imported


def fork(job, *args):
    '''Run the job in a forked child that exits without cleaning up, and return its id.'''
    child = os.fork()
    if child:
        return child
    try:
        job(*args)
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def wait_for(children):
    for child in children:
        status = os.waitpid(child, 0)[1]
        assert os.waitstatus_to_exitcode(status) == 0, "a child failed"
"""


def run(code: str, *arguments: object, timeout: float = 60) -> str:
    """Run ``code`` after the prologue in a fresh interpreter; returns what it printed.

    The first argument is the directory of the log.
    """
    child = subprocess.run(
        # Python warns of every fork beside a thread, which is what some tests are about.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c",
         PROLOGUE + textwrap.dedent(code), *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert not child.stderr
    return child.stdout
