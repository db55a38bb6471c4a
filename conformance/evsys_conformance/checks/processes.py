"""Checks of CAP-PROC: several processes at one destination."""

import contextlib
import time

from evsys_conformance.checks._histories import expect_histories, writer_calls
from evsys_conformance.processes.parent import Child
from evsys_conformance.programs.pace import affordable
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import check

PROCESSES = 3
CALLS = 300


@check("CL-1")
def a_closed_log_outlives_its_process(trial: Trial) -> None:
    """What runs at the exit of a process adds nothing. For stores that can be read from another."""
    if not trial.bench.claims & {"crash", "processes", "fork"}:
        return
    made = writer_calls(0, 30)
    trial.note(
        "# in a child process, which then ends", "store = build_store(harness.store, params)"
    )
    with Child(trial, "log_and_close", made) as child:
        child.go()
        child.wait_until_done()
        child.wait_until_gone()
    trial.expect(made)


@check("CAP-PROC")
def processes_keep_every_record(trial: Trial) -> None:
    """Three processes, each with an instance of its own, write at once; a fourth comes late."""
    trial.note("# creates the destination", "store = build_store(harness.store, params)")
    trial.open().close()
    number = affordable(trial, CALLS)
    histories = [writer_calls(writer, number) for writer in range(PROCESSES + 1)]
    trial.note(
        "import os",
        f"for writer in range({PROCESSES}):",
        "    if os.fork() == 0:",
        "        store = build_store(harness.store, params)",
        f"        for n in range({number}):",
        '            store.log_metrics({f"writer {writer}": n / 8}, n)',
        "        store.close()",
        "        os._exit(0)",
        f"for _ in range({PROCESSES}): os.wait()",
    )
    with contextlib.ExitStack() as stack:
        first = [
            stack.enter_context(Child(trial, "log_and_close", history)) for history in histories[1:]
        ]
        for child in first:
            child.wait_until_ready()
        start = time.monotonic() + 0.02
        for child in first:
            child.go(start)
        late = stack.enter_context(Child(trial, "log_and_close", histories[0]))
        late.go()
        for child in (*first, late):
            child.wait_until_done()
    expect_histories(trial, histories)
