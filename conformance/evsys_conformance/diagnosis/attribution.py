"""Names the clause of a reduced program, by the features that could not be removed.

Everything that is left in a reduced program is needed for the failure: a second close, a bad
argument, a value that is not plain. Each such feature belongs to a clause. The rules below are in
order: what is around the calls comes before the calls, and the unusual before the usual.
"""

import os
import sys
from dataclasses import replace

from evsys_conformance.awkward import UNKNOWN
from evsys_conformance.diagnosis.argument_features import (
    METRIC_METHODS,
    Fails,
    by_arguments,
    by_company,
    by_defaults,
    by_keywords,
    by_scalars,
    clause_of_text,
    is_awkward,
)
from evsys_conformance.judging.differences import RECORDS, Difference
from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import (
    Caller,
    Close,
    Drop,
    Expect,
    Forks,
    Killed,
    Make,
    Open,
    Processes,
    Program,
    Read,
    Threads,
    Through,
    logged,
)
from evsys_conformance.reduction.plainer import VALUE, plain_call


def clause_of(program: Program, about: Difference, fails: Fails) -> str:
    """The id of the clause that a reduced program breaks.

    Args:
        program: Nothing can be taken away from it.
        about: The difference that it shows.
        fails: Runs a program; a few are run to tell neighbouring clauses apart.
    """
    makes = [step for step in program.steps if isinstance(step, Make)]
    if about.kind == "not synchronous":
        return "SIG-1"
    return (
        _by_process(program)
        or _by_object(makes, fails)
        or _by_setting(program, about)
        or _by_closing(program, about, makes)
        or _by_expectation(makes, about)
        or _by_caller(makes, about)
        or _by_order(about)
        or by_defaults(makes, fails)
        or by_keywords(makes, about, fails)
        or by_scalars(makes, fails)
        or _by_split(about)
        or by_company(makes, fails)
        or by_arguments(makes)
        or _by_number(about, makes, fails)
    )


def _by_process(program: Program) -> str:
    for step in program.steps:
        match step:
            case Killed():
                return "CAP-CRASH"
            case Threads():
                return "CAP-THREADS"
            case Forks():
                return "CAP-FORK"
            case Processes():
                return "CAP-PROC" if len(step.histories) > 1 else "CL-1"
            case _:
                pass
    return ""


def _by_object(makes: list[Make], fails: Fails) -> str:
    """By an object that several stores are given: a store that keeps it shows that alone, too."""
    for make in makes:
        if make.caller is Caller.SHARES:
            for caller in (Caller.CHANGES, Caller.WATCHES):
                alone = replace(make, store=0, caller=caller)
                if fails(Program((Open(), alone, Close(), Read()))):
                    return _clause_of_caller(make)
    return ""


def _by_setting(program: Program, about: Difference) -> str:
    """By what is around the store: wrappers, other stores, earlier logs."""
    opened = [step for step in program.steps if isinstance(step, Open)]
    if any(step.through is not Through.NOTHING for step in opened):
        return "MUX-1"
    shared = any(step.same_objects_as is not None for step in opened)
    if shared or len({step.destination for step in opened}) > 1:
        return "ID-4"
    if len(opened) > 1:
        return "CAP-RESUME"
    return "ID-3" if about.kind == "open raised" else ""


def _by_closing(program: Program, about: Difference, makes: list[Make]) -> str:
    closes = [n for n, step in enumerate(program.steps) if isinstance(step, Close)]
    after = [n for n, step in enumerate(program.steps) if isinstance(step, Make) and closes]
    if about.kind == "written after close" or (after and after[-1] > closes[0]):
        return "CL-3"
    if len(closes) > 1 or (about.kind in ("close raised", "hung") and not makes):
        return "CL-2"
    if any(isinstance(step, Drop) for step in program.steps) and about.kind in RECORDS:
        return "CL-1"
    if not makes and about.kind in RECORDS:
        return "CL-2"
    return ""


def _by_expectation(makes: list[Make], about: Difference) -> str:
    """By calls that a store must refuse, or may."""
    for make in makes:
        method = make.call.method
        match make.expect:
            case Expect.TYPE_ERROR:
                if UNKNOWN in make.call.keywords:
                    return "SIG-1"
                return "SIG-2" if method == "log_metrics" else "SIG-3"
            case Expect.REFUSED if about.kind != "arguments changed":
                return "HP-3" if method == "log_hyperparams" else "MET-7"
            case Expect.KEPT_OR_REFUSED | Expect.KEPT_OR_VALUE_ERROR | Expect.NOT_JUDGED:
                if is_awkward(make.call):
                    return clause_of_text(method)
            case _:
                pass
    return ""


def _by_caller(makes: list[Make], about: Difference) -> str:
    for make in makes:
        if make.caller is not Caller.FORGETS or about.kind == "arguments changed":
            return _clause_of_caller(make)
    return ""


def _clause_of_caller(make: Make) -> str:
    """The clause that says what becomes of the objects that a caller passes."""
    return "HP-4" if make.call.method == "log_hyperparams" else "MET-9"


def _by_order(about: Difference) -> str:
    return "MET-3" if about.kind == "reordered" and about.area == "points" else ""


def _by_split(about: Difference) -> str:
    return "CAP-SPLIT" if about.kind == "under another split" else ""


def _by_number(about: Difference, makes: list[Make], fails: Fails) -> str:
    """By the methods, the number and the order of plain calls."""
    methods = {make.call.method for make in makes}
    if about.kind in RECORDS and (
        _only_the_last_is_lost(makes, fails) or _everything_is_lost(makes, fails)
    ):
        return "CL-1"
    if "log_hyperparams" in methods:
        number = sum(make.call.method == "log_hyperparams" for make in makes)
        if methods & {"log_artifact", *METRIC_METHODS}:
            return "HP-5"
        return "HP-2" if number > 1 else "HP-1"
    if "log_artifact" in methods:
        return "ART-2" if _existence_matters(makes, about, fails) else "ART-1"
    if not makes:
        return "CL-2"
    if _steps_matter(makes) or about.kind == "reordered" or _step_zero_matters(makes, fails):
        return "MET-3"
    if methods == {"log_scalar"} or "log_scalar" in methods:
        return "MET-2"
    return "MET-1"


def _existence_matters(makes: list[Make], about: Difference, fails: Fails) -> bool:
    """Whether a single artifact is kept if its path exists, or only if it does not."""
    call = makes[0].call
    if len(makes) > 1 or call.keywords:
        return False
    name, path = call.arguments
    if call == plain_call("log_artifact"):
        other = sys.executable if about.kind == "lost" else path
    else:
        other = f"{path} missing" if os.path.lexists(path) else path
    return other != path and not fails(logged([Call("log_artifact", (name, other))]))


def _steps_matter(makes: list[Make]) -> bool:
    """Whether steps repeat, go back, or are not those of a plain program."""
    steps = [named_arguments(make.call)["step"] for make in makes]
    return steps != list(range(len(steps))) and steps != [0]


def _step_zero_matters(makes: list[Make], fails: Fails) -> bool:
    """Whether a single call fails at step 0 and not at step 1."""
    if len(makes) != 1 or makes[0].call.method not in METRIC_METHODS:
        return False
    *others, _step = makes[0].call.arguments
    return not fails(logged([replace(makes[0].call, arguments=(*others, 1))]))


def _only_the_last_is_lost(makes: list[Make], fails: Fails) -> bool:
    """Whether a call is kept as soon as another comes after it: only the end is lost."""
    if len(makes) != 1:
        return False
    call = makes[0].call
    later = {
        "log_scalar": Call("log_scalar", ("after", VALUE, 1)),
        "log_metrics": Call("log_metrics", ({"after": VALUE}, 1)),
        "log_hyperparams": Call("log_hyperparams", ({"after": 1},)),
        "log_artifact": Call("log_artifact", ("after", "after.pt")),
    }
    followers = [later[call.method], later["log_metrics"]]
    first_kept = (
        all(each.steps == frozenset({2}) for each in fails(logged([call, follower])))
        for follower in followers
    )
    return any(first_kept)


def _everything_is_lost(makes: list[Make], fails: Fails) -> bool:
    """Whether no plain call of any method is kept."""
    methods = ("log_metrics", "log_hyperparams", "log_artifact")
    return len(makes) == 1 and all(fails(logged([plain_call(method)])) for method in methods)
