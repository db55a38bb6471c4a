"""Names the clause of calls by those of their arguments that could not be made plain."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.expected import named_arguments
from evsys_conformance.programs.calls import Call
from evsys_conformance.programs.program import Make, Program, logged
from evsys_conformance.reduction.plainer import KEY, SPLIT, VALUE, is_numbered

Fails = Callable[[Program], list[Difference]]
"""What is wrong with a program, found out by running it."""

METRIC_METHODS = ("log_scalar", "log_metrics")
_UNSORTED = (KEY, "acc", "lr")
_DIFFERENT = (VALUE, VALUE / 2, VALUE / 4)
_PLAIN_SPLIT = re.compile("[a-z]{1,12}")


def by_defaults(makes: list[Make], fails: Fails) -> str:
    """By a default of split or kind: the call is fine with that argument given."""
    if len(makes) != 1 or makes[0].call.keywords:
        return ""
    call = makes[0].call
    default = {"log_metrics": ("split", SPLIT, "SIG-2"), "log_artifact": ("kind", "file", "SIG-3")}
    if call.method not in default:
        return ""
    name, value, clause = default[call.method]
    spelled_out = logged([replace(call, keywords={name: value})])
    return "" if fails(spelled_out) else clause


def by_keywords(makes: list[Make], about: Difference, fails: Fails) -> str:
    """By split or kind as keywords: the method does not take them, even with their default."""
    for make in makes:
        for name, value, clause in (("split", SPLIT, "SIG-2"), ("kind", "file", "SIG-3")):
            if about.kind == "raised" and name in make.call.keywords:
                usual = replace(make.call, keywords={**make.call.keywords, name: value})
                return clause if fails(logged([usual])) else ""
    return ""


def by_scalars(makes: list[Make], fails: Fails) -> str:
    """By log_scalar: log_metrics does the same without a fault."""
    scalars = [make.call for make in makes if make.call.method == "log_scalar"]
    if len(scalars) != len(makes) or any(call.keywords for call in scalars):
        return ""
    return "" if not makes or fails(logged(map(_as_metrics, scalars))) else "MET-2"


def by_company(makes: list[Make], fails: Fails) -> str:
    """By items that fail only together, under any keys and with plain values."""
    if len(makes) != 1 or makes[0].call.method != "log_metrics" or makes[0].call.keywords:
        return ""
    items, step = makes[0].call.arguments
    if not 1 < len(items) <= len(_UNSORTED):
        return ""
    alone = [Call("log_metrics", ({key: value}, step)) for key, value in items.items()]
    keys = _UNSORTED[: len(items)]
    plain = [dict(zip(keys, _DIFFERENT, strict=False)), dict.fromkeys(keys, VALUE)]
    together = [Call("log_metrics", (each, step)) for each in plain]
    fail_together = any(fails(logged([call])) for call in together)
    return "MET-1" if fail_together and not any(fails(logged([c])) for c in alone) else ""


def _as_metrics(call: Call) -> Call:
    key, value, step = call.arguments
    return Call("log_metrics", ({key: value}, step))


def clause_of_text(method: str) -> str:
    """The clause about texts of a method that a store may refuse."""
    return {"log_hyperparams": "HP-1", "log_artifact": "ART-1"}.get(method, "MET-6")


def by_arguments(makes: list[Make]) -> str:
    """By an argument that is not plain."""
    if any(
        {"key", "value", "step", "metrics", "params", "name", "path"} & set(m.call.keywords)
        for m in makes
    ):
        return "SIG-1"
    found = [clause for make in makes for clause in _special_arguments(make.call)]
    order = ("MET-8", "MET-6", "MET-5", "MET-4", "CAP-SPLIT")
    return next((clause for clause in order if clause in found), "")


def _special_arguments(call: Call) -> Iterator[str]:
    if call.method not in METRIC_METHODS:
        return
    given = named_arguments(call)
    items = cast("dict[Any, Any]", given.get("metrics", {given.get("key"): given.get("value")}))
    if not items:
        yield "MET-8"
    split = given.get("split", SPLIT)
    if is_awkward(call):
        yield "MET-6"
    elif split != SPLIT:
        yield "CAP-SPLIT"
    if any(type(value) is not float for value in items.values()) or type(given["step"]) is not int:
        yield "MET-5"
    elif any(value != VALUE for value in items.values()):
        yield "MET-4"


def is_awkward(call: Call) -> bool:
    """Whether a key, split or other text of the call is not a plain word."""
    given = named_arguments(call)
    if call.method == "log_hyperparams":
        return True
    if call.method == "log_artifact":
        return True
    items = cast("dict[Any, Any]", given.get("metrics", {given.get("key"): 0}))
    plain = (KEY, "acc", "lr", "after", "before", "good")
    keys = [key for key in items if key not in plain and not is_numbered(key, KEY)]
    return bool(keys) or not _PLAIN_SPLIT.fullmatch(str(given.get("split", SPLIT)))
