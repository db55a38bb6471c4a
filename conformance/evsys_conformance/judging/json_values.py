"""Whether hyperparameters come back as the JSON values that they were (HP-1, HP-2)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from evsys_conformance.judging.differences import Difference
from evsys_conformance.judging.expected import Record
from evsys_conformance.programs.calls import shortened_source, source


def hyperparam_differences(
    expected: dict[str, list[tuple[Any, Record]]], found: Any, *, extra_allowed: bool = False
) -> Iterator[Difference]:
    """How the recorded hyperparameters differ from the merge of those that were logged."""
    if not isinstance(found, Mapping):
        yield Difference("altered", f"hyperparams: expected a dict, recorded {_typed(found)}")
        return
    recorded = cast("Mapping[str, Any]", found)
    for key, allowed in expected.items():
        about = frozenset(record.step for _, record in allowed)
        place = f"[{source(key)}]"
        if key not in recorded:
            if not all(record.optional for _, record in allowed):
                value = shortened_source(allowed[0][0])
                text = f"hyperparams{place} is missing; expected {value}"
                yield Difference("lost", text, about)
            continue
        problems = [json_difference(value, recorded[key], place) for value, _ in allowed]
        if all(problems):
            yield Difference("altered", problems[-1] or "", about)
    for key, value in recorded.items():
        if key not in expected and not extra_allowed:
            text = f"hyperparams[{source(key)}] was never logged, but is {shortened_source(value)}"
            yield Difference("invented", text)


def json_difference(expected: Any, found: Any, where: str = "") -> str | None:
    """Say where ``found`` is not the JSON value ``expected`` (HP-1); None where it is."""
    if isinstance(expected, dict):
        return _dict_difference(cast("dict[str, Any]", expected), found, where)
    if isinstance(expected, list | tuple):
        return _list_difference(cast("list[Any]", expected), found, where)
    if isinstance(expected, float) and not math.isfinite(expected):
        return None if _same_nonfinite(expected, found) else _changed(expected, found, where)
    if isinstance(expected, bool) or expected is None:
        return None if found is expected else _changed(expected, found, where)
    kind = float if isinstance(expected, float) else int if isinstance(expected, int) else str
    same = isinstance(found, kind) and not isinstance(found, bool) and found == expected
    return None if same else _changed(expected, found, where)


def _list_difference(expected: list[Any], found: Any, where: str) -> str | None:
    if not isinstance(found, Sequence) or isinstance(found, str):
        return _changed(expected, found, where)
    have: list[Any] = list(cast("Any", found))
    if len(have) != len(expected):
        return _changed(expected, found, where)
    pairs = enumerate(zip(expected, have, strict=True))
    problems = (json_difference(e, f, f"{where}[{i}]") for i, (e, f) in pairs)
    return next(filter(None, problems), None)


def _dict_difference(expected: dict[str, Any], found_dict: Any, where: str) -> str | None:
    if not isinstance(found_dict, Mapping):
        return _changed(expected, found_dict, where)
    found = cast("Mapping[str, Any]", found_dict)
    for key, value in expected.items():
        place = f"{where}[{source(key)}]"
        if key not in found:
            return f"hyperparams{place} is missing; expected {shortened_source(value)}"
        problem = json_difference(value, found[key], place)
        if problem:
            return problem
    more = next((key for key in found if key not in expected), None)
    if more is None:
        return None
    return f"{_changed(expected, found_dict, where)}: the key {source(more)} must not be there"


def _same_nonfinite(expected: float, found: Any) -> bool:
    if isinstance(found, float):
        return found == expected or (math.isnan(found) and math.isnan(expected))
    name = "NaN" if math.isnan(expected) else "Infinity" if expected > 0 else "-Infinity"
    return bool(found == name)


def _changed(expected: Any, found: Any, where: str) -> str:
    return f"hyperparams{where}: expected {_typed(expected)}, recorded {_typed(found)}"


def _typed(value: Any) -> str:
    return f"{shortened_source(value)} ({type(value).__name__})"
