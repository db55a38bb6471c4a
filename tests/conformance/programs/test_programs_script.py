"""The printed script of a program makes the very calls that the interpreter makes."""

import contextlib
import gc
import logging
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given

from evsys_conformance.judging.judge import judged
from evsys_conformance.printing.script import essence, script
from evsys_conformance.programs import calls
from evsys_conformance.programs.calls import HERE, Call
from evsys_conformance.programs.forwarding import in_multiplex
from evsys_conformance.programs.program import (
    Close,
    Expect,
    Forks,
    Killed,
    Leave,
    Make,
    Open,
    Processes,
    Program,
    Read,
    Step,
    Threads,
    Through,
    logged,
    program,
    run_of,
)
from evsys_conformance.programs.subject import Subject
from evsys_conformance.running.interpreter import run
from support.random_programs import few, programs, thread_programs
from support.recording_store import RECEIVED, RecordingHarness
from zoo.backends.memory import Memory

pytestmark = pytest.mark.usefixtures("quick_collections")
CLAIMS = RecordingHarness.capabilities


def _interpreted(program: Program) -> list[list[str]]:
    """What each destination receives when the interpreter runs a program, which must pass."""
    harness = RecordingHarness()
    subject = Subject(harness, "support.recording_store:RecordingHarness")
    try:
        assert judged(program, run(program, subject), subject) == []
        return harness.received()
    finally:
        subject.discard()


def _executed(program: Program) -> list[list[str]]:
    """What each destination receives when the script of a program is executed."""
    harness = RecordingHarness()
    code = compile(script(program, "the_harness"), "<script>", "exec")
    with tempfile.TemporaryDirectory() as folder, _temporary_files_in(folder):
        # Not in the harness's own variables: what is left of the stores must go with the script.
        exec(code, {"the_harness": harness, "print": _say_nothing})
        gc.collect()
        return harness.received()


def _say_nothing(*_: object) -> None:
    """Takes the place of print()."""


@contextlib.contextmanager
def _temporary_files_in(folder: str) -> Generator[None]:
    usual, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = usual


@few(50)
@given(programs(CLAIMS))
def test_a_script_makes_the_calls_of_its_program(program: Program) -> None:
    assert _executed(program) == _interpreted(program)


@few(50)
@given(thread_programs(CLAIMS, closing=False))
def test_a_script_with_threads_makes_the_calls_of_its_program(program: Program) -> None:
    executed, interpreted = _executed(program), _interpreted(program)
    assert list(map(sorted, executed)) == list(map(sorted, interpreted))


SOME = (
    *(calls.metrics({"loss": 0.5}, n, "val") for n in range(12)),
    calls.hyperparams({"lr": 1}),
)
LATE = tuple(calls.scalar("late", n / 8, n) for n in range(3))
WITH_PROCESSES: dict[str, Step] = {
    "one process": Processes((SOME,)),
    "processes": Processes((SOME, LATE)),
    "processes that do the same": Processes((LATE, LATE)),
    "killed after a call": Killed(SOME),
    "killed before an action of a call": Killed(SOME, within=1),
    "killed at a time": Killed(SOME, pause=0.05, after=2),
    "forks that exit": Forks(SOME[-2:], leave=Leave.EXIT),
    "forks that leave at once and write": Forks(SOME[-2:], leave=Leave.AT_ONCE, write=True),
    "forks that exit and write": Forks(SOME[-2:], leave=Leave.EXIT, write=True),
    "forks in a loop": Forks(LATE, write=True),
    "forks in a loop after another": Forks((SOME[-1], *LATE), write=True),
}


def test_a_script_with_processes_makes_the_calls_of_its_program(tmp_path: Path) -> None:
    scripts = {
        name: script(program(Open(), Close(), step, Read()), "RecordingHarness()")
        for name, step in WITH_PROCESSES.items()
    }
    main = (
        "import tempfile\n"
        "from pathlib import Path\n"
        "from support.recording_store import RecordingHarness\n"
        f"for name, script in {scripts!r}.items():\n"
        f"    tempfile.tempdir = str(Path({str(tmp_path)!r}, name))\n"
        "    Path(tempfile.tempdir).mkdir()\n"
        "    exec(script)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", main],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name, step in WITH_PROCESSES.items():
        [destination] = (tmp_path / name).iterdir()
        executed = (destination / RECEIVED).read_text().splitlines()
        [interpreted] = _interpreted(program(Open(), Close(), step, Read()))
        assert sorted(executed) == sorted(interpreted), name


def test_a_fork_beside_a_writing_thread_is_printed_whole() -> None:
    printed = script(program(Forks(SOME[:1], write=True, beside_a_writer=True)), "harness()")
    compile(printed, "<script>", "exec")
    assert 'store.log_metrics({"thread": float(n % 1000)}, n)' in printed
    assert (
        printed.index("thread.start()") < printed.index("os.fork()") < printed.index("stop.set()")
    )


def test_closing_beside_threads_waits_for_the_calls_of_one() -> None:
    histories = tuple(
        tuple(calls.metrics({f"writer {w}": 0.5}, n) for n in range(9)) for w in range(2)
    )
    [received] = _executed(program(Open(), Threads(histories, close_after=4)))
    before = received[: received.index("'store.close()'")]
    assert max(sum(f"writer {w}" in line for line in before) for w in range(2)) >= 4


@pytest.mark.parametrize(
    ("made", "lines"),
    [
        ([calls.metrics({}, 0)] * 2, ["store.log_metrics({}, 0)"] * 2),
        ([calls.metrics({}, 0)] * 3, ["for _ in range(3):", "    store.log_metrics({}, 0)"]),
        (
            [calls.metrics({"a": 0.5}, n) for n in range(64)],
            ["for step in range(64):", "    store.log_metrics({'a': 0.5}, step)"],
        ),
        (
            [calls.metrics({"{0}": 0.5}, n, "val") for n in range(5, 9)],
            ["for step in range(5, 9):", "    store.log_metrics({'{0}': 0.5}, step, split='val')"],
        ),
        (
            [*(calls.scalar("a", 0.5, n) for n in range(3)), calls.scalar("a", 0.5, 7)],
            [
                "for step in range(3):",
                "    store.log_scalar('a', 0.5, step)",
                "store.log_scalar('a', 0.5, 7)",
            ],
        ),
        (
            [calls.metrics({"a": n / 8, "b": 1.0}, n) for n in range(2, 100)],
            [
                "for step in range(2, 100):",
                "    store.log_metrics({'a': step / 8, 'b': 1.0}, step)",
            ],
        ),
        (
            [calls.scalar("a", value, n) for n, value in enumerate((0.0, -0.125, -0.25))],
            [
                "store.log_scalar('a', 0.0, 0)",
                "store.log_scalar('a', -0.125, 1)",
                "store.log_scalar('a', -0.25, 2)",
            ],
        ),
        (
            [
                calls.scalar("a", value, n)
                for n, value in enumerate((0.0, math.inf, math.nan, 5e-324))
            ],
            [
                "store.log_scalar('a', 0.0, 0)",
                "store.log_scalar('a', float(\"inf\"), 1)",
                "store.log_scalar('a', float(\"nan\"), 2)",
                "store.log_scalar('a', 5e-324, 3)",
            ],
        ),
        (
            [calls.metrics({f"a {n}": n / 8}, 10**400 + n) for n in range(2)],
            [calls.metrics({f"a {n}": n / 8}, 10**400 + n).code() for n in range(2)],
        ),
        (
            [calls.hyperparams({f"lr {n}": 1}) for n in range(4, 9)],
            ["for n in range(4, 9):", "    store.log_hyperparams({f'lr {n}': 1})"],
        ),
        (
            [calls.hyperparams({f"{{lr}} {n}": 1}) for n in range(3)],
            [f"store.log_hyperparams({{'{{lr}} {n}': 1}})" for n in range(3)],
        ),
        (
            [calls.metrics({f"a {n}": 0.5 for n in range(13)}, 0)],
            ["store.log_metrics({f'a {n}': 0.5 for n in range(13)}, 0)"],
        ),
        (
            [calls.metrics({f"{{}} {n}": 0.5 for n in range(13)}, 0)],
            ["store.log_metrics({" + ", ".join(f"'{{}} {n}': 0.5" for n in range(13)) + "}, 0)"],
        ),
        (
            [calls.scalar("a", 0.5, step) for step in (0, True, 2)],
            [f"store.log_scalar('a', 0.5, {step})" for step in (0, True, 2)],
        ),
    ],
)
def test_runs_of_similar_calls_are_loops(made: list[Call], lines: list[str]) -> None:
    assert essence(logged(made)) == lines


def test_what_matters_is_shown_without_opening_closing_and_what_catches_errors() -> None:
    bad = Make(calls.scalar("loss", "1.5", 0), expect=Expect.REFUSED, because="it is a string")
    assert essence(run_of(bad)) == ["store.log_scalar('loss', '1.5', 0)"]
    late = program(Open(), Close(), Make(calls.scalar("loss", 0.5, 0)), Read())
    assert essence(late) == ["store.close()", "store.log_scalar('loss', 0.5, 0)"]
    printed = script(late, "harness()")
    assert (
        """
    try: store.log_scalar('loss', 0.5, 0); print("accepted")
    except Exception as error: print(f"refused: {error!r}")
"""
        in printed
    )


def test_a_string_that_stands_for_the_directory_is_printed_as_the_directory() -> None:
    call = calls.artifact("model", f"{HERE}/model.pt")
    printed = script(logged([call]), "harness()")
    assert "store.log_artifact('model', str(directory) + '/model.pt')" in printed
    assert _executed(logged([call])) == _interpreted(logged([call]))


PLAIN = Make(calls.scalar("loss", 0.5, 0))
LINE = "store.log_scalar('loss', 0.5, 0)"


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        ([Open(), PLAIN, Close(), Close(), Read()], [LINE, "store.close()", "store.close()"]),
        (
            [Open(), PLAIN, Close(), Read(), Close(), Read()],
            [LINE, "store.close()", "print(harness.read(params))", "store.close()"],
        ),
        (
            [Open(), Close(), Read()],
            ["store = build_store(harness.store, params)", "store.close()"],
        ),
        (
            [Open(), PLAIN, Close(), Open(), Close(), Read()],
            [LINE, "store.close()", "store = build_store(harness.store, params)"],
        ),
        (
            [Open(), Close(), Processes((LATE, LATE)), Read()],
            [
                "for _ in range(2):",
                "    if os.fork() == 0:",
                "        store = build_store(harness.store, params)",
                "        for step in range(3):",
                "            store.log_scalar('late', step / 8, step)",
                "        store.close()",
                "        os._exit(0)",
                "for _ in range(2): os.wait()",
            ],
        ),
        (
            [Open(), Open(1, 1), PLAIN, Close(), Close(1), Read(1)],
            [
                "store_1 = build_store(harness.store, params_1)",
                "store_2 = build_store(harness.store, params_2)",
                "store_1.log_scalar('loss', 0.5, 0)",
            ],
        ),
        (
            [Open(0, 0, Through.BY_KEYWORD), PLAIN, Close(), Read()],
            ["store = ByKeyword(build_store(harness.store, params))", LINE],
        ),
    ],
)
def test_what_is_around_the_calls_is_shown_where_it_is_unusual(
    steps: list[Step], lines: list[str]
) -> None:
    assert essence(Program(tuple(steps))) == lines


def test_a_multiplex_of_the_kit_hides_what_its_own_children_say_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    in_multiplex(Memory, {"destination": "x"}).close()
    assert caplog.records == []
    logger = logging.getLogger("evsys_sdk.log_stores.multiplex")
    logger.error("a child of somebody else failed", exc_info=OSError("disk full"))
    assert caplog.messages == ["a child of somebody else failed"]
