"""Checks of CAP-CRASH: what a returned call wrote survives SIGKILL of the process."""

from dataclasses import replace

from hypothesis import strategies as st

from evsys_conformance import strategies
from evsys_conformance.processes.kill_points import KILLED, Death
from evsys_conformance.processes.parent import Child
from evsys_conformance.programs import calls
from evsys_conformance.programs.bench import Bench
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.comparison import (
    artifact_difference,
    expected_artifacts,
    expected_points,
    found_artifacts,
    found_points,
    json_difference,
    merged_hyperparams,
    metric_difference,
)
from evsys_conformance.programs.pace import share_of_a_long_run
from evsys_conformance.programs.trial import Trial
from evsys_conformance.running.check import Strategies, check


def _runs(bench: Bench) -> Strategies:
    splits = strategies.usual_splits(bench.claims)
    return {
        "drawn": st.lists(strategies.any_calls(splits), min_size=1, max_size=25),
        "share": st.floats(0, 1),
    }


def _note_kill(trial: Trial, made: list[Call], *, within: bool = False) -> None:
    """Write down a child process that makes the calls and is killed."""
    trial.note("import os, signal", "if os.fork() == 0:")
    trial.note("    store = build_store(harness.store, params)")
    for call in made:
        trial.note(f"    {call.code()}")
    if within:
        trial.note("    # The kill came before the last call had returned.")
    trial.note("    os.kill(os.getpid(), signal.SIGKILL)", "os.wait()")


@check("CAP-CRASH", _runs, weight=0.16)
def calls_that_returned_survive(trial: Trial, drawn: list[Call], share: float) -> None:
    """Killed between two calls of a drawn run, without time for anything else."""
    _killed_between_calls(trial, drawn, max(1, round(share * len(drawn))))


@check("CAP-CRASH")
def a_long_run_survives(trial: Trial) -> None:
    """Every kind of call, more of them than a buffer holds, killed at the end."""
    made: list[Call] = [calls.hyperparams({"lr": 0.5})]
    for n in range(150):
        made.append(calls.metrics({"loss": n / 8, "acc": 0.5}, n))
        if n % 30 == 0:
            made.append(calls.artifact("model", f"{n}.pt"))
    made += [calls.hyperparams({"seed": 1}), calls.scalar("loss", 0.5, 151)]
    _killed_between_calls(trial, made, len(made))


def _killed_between_calls(trial: Trial, made: list[Call], after: int) -> None:
    _note_kill(trial, made[:after])
    with Child(trial, "log_until_killed", made, kill_after=after) as child:
        child.wait_until_killed()
    trial.expect(made[:after], before="After SIGKILL, once the last call had returned")
    if "resume" in trial.bench.claims:
        more = [calls.metrics({"loss": 0.75, "resumed": 1.0}, 9), calls.artifact("later", "b.pt")]
        more += [calls.hyperparams({"resumed": True})]
        trial.note("# resumed in another process", "store = build_store(harness.store, params)")
        trial.log_calls(more)
        trial.expect([*made[:after], *more])


@check("CAP-CRASH")
def a_call_under_way_harms_no_other_record(trial: Trial) -> None:
    """Killed at any instant of a run: the call under way may be there in part."""
    wide = {f"layer.{n:02}/gradient": n / 8 for n in range(12)}
    made: list[Call] = []
    for n in range(2000):
        made.append(calls.metrics({**wide, "loss": float(n)}, n))
        if n % 5 == 0:
            made += [calls.artifact("model", f"{n}.pt"), calls.hyperparams({"n": n})]
    for after, pause in ((1, 0.0011), (9, 0.0003), (40, 0.0037), (120, 0.0019)):
        run = Trial(trial.bench, trial.clause)
        with Child(run, "log_until_killed", made) as child:
            child.kill_after(after, pause)
            returned = child.returned
        run.note(
            'wide = {f"layer.{n:02}/gradient": n / 8 for n in range(12)}',
            f"# and so on; killed at any instant after the call number {returned} had returned",
            "import os, signal, threading, time",
            "if os.fork() == 0:",
            "    store = build_store(harness.store, params)",
            f"    kill = lambda: (time.sleep({pause}), os.kill(os.getpid(), signal.SIGKILL))",
            "    for n in range(2000):",
            f"        if n == {max(0, returned * 5 // 7 - 1)}:",
            "            threading.Thread(target=kill).start()",
            '        store.log_metrics({**wide, "loss": float(n)}, n)',
            "        if n % 5 == 0:",
            '            store.log_artifact("model", f"{n}.pt")',
            '            store.log_hyperparams({"n": n})',
            "os.wait()",
        )
        run.expect(
            made[:returned],
            made[returned : returned + 1],
            before=f"After SIGKILL, {returned} calls having returned",
        )
        if "resume" in run.bench.claims:
            _resumes(run)
        trial.unobserved = trial.unobserved or run.unobserved


_LAST_CALLS = (
    calls.hyperparams({"lr": 0.25, "seed": 1}),
    calls.artifact("model", "last.pt"),
    calls.metrics({"loss": 0.75, "acc": 0.25}, 3),
    calls.scalar("loss", 0.75, 3),
)


@check("CAP-CRASH")
def a_call_of_each_kind_may_be_cut_anywhere(trial: Trial) -> None:
    """Killed right after it returned, and right after each thing that it does outside the process.

    Where importing the store starts threads, after which no process can be forked with safety, only
    right after it returned.
    """
    before: list[Call] = [calls.hyperparams({"lr": 0.5, "batch": 32})]
    for n in range(3):
        before.append(calls.metrics({"loss": n / 8, "acc": 0.5}, n))
        before.append(calls.artifact("model", f"{n}.pt"))
    with Child(trial, "die_on_demand", []) as child:
        for last in _LAST_CALLS:
            _dies(trial, child, Death({}, [], last, 0))
            actions = _dies(trial, child, Death({}, before, last, 0))
            for place in _spread(actions, round(12 * share_of_a_long_run(trial.bench))):
                _dies(trial, child, Death({}, before, last, place))


def _dies(trial: Trial, child: Child, death: Death) -> int:
    """Let a process die, judge what it left, say how many actions it counted."""
    run = Trial(trial.bench, trial.clause)
    outcome, _, actions = child.ask(replace(death, params=run.params)).partition(":")
    made = [*death.before, death.last]
    if outcome != KILLED:
        if not death.place:
            _killed_between_calls(run, made, len(made))
    else:
        returned, under_way = made, list[Call]()
        when = "After SIGKILL, once the last call had returned"
        if death.place:
            returned, under_way = death.before, [death.last]
            when = f"After SIGKILL within store.{death.last.method}(…), action number {death.place}"
        _note_kill(run, made, within=death.place > 0)
        run.expect(returned, under_way, before=when)
        if "resume" in run.bench.claims:
            _resumes(run)
    trial.unobserved = trial.unobserved or run.unobserved
    return int(actions)


def _spread(last: int, most: int) -> list[int]:
    """Whole numbers from 1 to ``last``, ``most`` at most, as evenly as can be."""
    if last <= most:
        return list(range(1, last + 1))
    return [1 + n * (last - 1) // (most - 1) for n in range(most)]


def _resumes(trial: Trial) -> None:
    """Log more at a destination that was just read: nothing of what stood there changes."""
    before = trial.read()
    if before is None:
        return
    precision = trial.bench.precision
    stood = found_points(before.metrics, precision)
    hyperparams, artifacts = dict(before.hyperparams), found_artifacts(before.artifacts)
    more = [calls.metrics({"loss": 0.75, "resumed": 1.0}, 9), calls.artifact("later", "b.pt")]
    more += [calls.hyperparams({"resumed": True})]
    trial.log_calls(more)
    after = trial.read()
    if after is None:
        return
    for series, points in expected_points(more, precision).items():
        stood.setdefault(series, []).extend(points)
    problem = (
        metric_difference(stood, found_points(after.metrics, precision), precision)
        or json_difference({**hyperparams, **merged_hyperparams(more)}, after.hyperparams)
        or artifact_difference(
            [*artifacts, *expected_artifacts(more)], found_artifacts(after.artifacts)
        )
    )
    if problem:
        trial.fail(f"After a kill, a new store at the same destination changed the log:\n{problem}")
