"""Plainer calls: the same call with arguments that no store has trouble with, one by one."""

import operator
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from evsys_conformance.programs.calls import HERE, Call, as_float
from evsys_conformance.programs.program import Expect, Make
from evsys_conformance.reduction.bad_calls import must_be_refused

KEY, VALUE, STEP, SPLIT = "loss", 0.5, 0, "train"
NAME, PATH, KIND = "model", "model.pt", "file"
HYPERPARAM, SETTING = "lr", 1
"""What the arguments of a plain call are."""
OTHER_SPLITS = ("val", "test")
RARE_SPLIT = "predict"
"""A plain split that a store may not know."""
SECOND = {KEY: "acc", NAME: "data", PATH: "data.pt", HYPERPARAM: "seed"}
"""As plain, where two must differ."""


def is_numbered(text: Any, plain: str) -> bool:
    """Whether a string is a plain one with a number, as in ``loss 1``."""
    return re.fullmatch(rf"{plain} \d+", str(text)) is not None


def plain_call(method: str, step: int = STEP) -> Call:
    """The plainest call of a method."""
    match method:
        case "log_scalar":
            return Call(method, (KEY, VALUE, step))
        case "log_metrics":
            return Call(method, ({KEY: VALUE}, step))
        case "log_hyperparams":
            return Call(method, ({HYPERPARAM: SETTING},))
        case "log_artifact":
            return Call(method, (NAME, PATH))
        case _:
            return Call(method)


def numbered_call(method: str, number: int) -> Call:
    """A plain call of a method, whose record has a name that no other number gives."""
    match method:
        case "log_hyperparams":
            return Call(method, ({f"{HYPERPARAM} {number}": SETTING},))
        case "log_artifact":
            return Call(method, (f"{NAME} {number}", PATH))
        case _:
            return Call("log_metrics", ({f"{KEY} {number}": VALUE}, number))


def plainer(make: Make, place: int) -> Iterator[Make]:
    """Calls that are a step plainer than the one given, the plainest first.

    Args:
        make: A call.
        place: Its place among the calls of the program: steps count up in a plain program.
    """
    call = make.call
    if call.shown or call.method == "close":
        return
    if make.expect not in (Expect.REFUSED, Expect.TYPE_ERROR):
        # Every store keeps a plain call, also one that may refuse this call.
        valid = replace(make, expect=Expect.ACCEPTED, because="")
        if call.method == "log_scalar":
            yield replace(valid, call=plain_call("log_metrics", place))
        plain = plain_call(call.method, place)
        yield replace(valid, call=plain)
        if call.code() == plain.code():
            return
        yield replace(valid, call=plain_call(call.method, STEP))
        if make.expect is not Expect.ACCEPTED:
            yield from _plain_bad_calls(make)
    for each in _plainer_calls(call, place):
        if make.expect not in (Expect.REFUSED, Expect.TYPE_ERROR) and _is_plain(each):
            yield replace(make, call=each, expect=Expect.ACCEPTED, because="")
        elif make.expect is not Expect.REFUSED or must_be_refused(each):
            yield replace(make, call=each)


def _is_plain(call: Call) -> bool:
    """Whether every store must keep a call, even if its arguments are not the plainest."""
    if call.keywords.get("split", SPLIT) not in (SPLIT, *OTHER_SPLITS, RARE_SPLIT):
        return False
    match call.method, call.arguments:
        case "log_metrics", (items, _) if isinstance(items, dict):
            return _are_plain(cast("dict[object, Any]", items), KEY, VALUE)
        case "log_hyperparams", (items,) if isinstance(items, dict):
            return _are_plain(cast("dict[object, Any]", items), HYPERPARAM, SETTING)
        case _:
            return False


def _are_plain(items: dict[object, Any], name: str, value: object) -> bool:
    return bool(items) and all(
        (key in (name, SECOND[name]) or is_numbered(key, name))
        and type(item) is type(value)
        and item == value
        for key, item in items.items()
    )


def _plain_bad_calls(make: Make) -> Iterator[Make]:
    """A call that every store refuses, where a store may refuse the one given."""
    bad: dict[str, Call] = {
        "log_scalar": Call("log_scalar", (KEY, "1.5", STEP)),
        "log_metrics": Call("log_metrics", ({KEY: "1.5"}, STEP)),
        "log_hyperparams": Call("log_hyperparams", ({HYPERPARAM: b"1"},)),
    }
    if make.call.method in bad:
        because = "the value '1.5' is not a number"
        if make.call.method == "log_hyperparams":
            because = "the value b'1' has no JSON form"
        call = bad[make.call.method]
        yield replace(make, call=call, expect=Expect.REFUSED, because=because)


def _plainer_calls(call: Call, place: int) -> Iterator[Call]:
    # Keywords that have a default go first.
    for name in call.keywords:
        rest = {key: value for key, value in call.keywords.items() if key != name}
        if name in ("split", "kind"):
            yield replace(call, keywords=rest)
    match call.method, call.arguments:
        case "log_scalar", (key, value, step):
            if not call.keywords:
                yield Call("log_metrics", ({key: value}, step))
            for each in _plainer_key(key, KEY):
                yield replace(call, arguments=(each, value, step))
            for each in _plainer_value(value):
                yield replace(call, arguments=(key, each, step))
            for each in _plainer_step(step, place):
                yield replace(call, arguments=(key, value, each))
        case "log_metrics", (items, step) if isinstance(items, dict):
            metrics = cast("dict[object, Any]", items)
            if not metrics:
                yield replace(call, arguments=({KEY: VALUE}, step))
            for each in _plainer_items(metrics, KEY, _plainer_value):
                yield replace(call, arguments=(each, step))
            for each in _plainer_step(step, place):
                yield replace(call, arguments=(metrics, each))
        case "log_hyperparams", (items,) if isinstance(items, dict):
            params = cast("dict[object, Any]", items)
            for each in _plainer_items(params, HYPERPARAM, _plainer_json):
                yield replace(call, arguments=(each,))
        case "log_artifact", (name, path):
            for each in _plainer_key(name, NAME):
                yield replace(call, arguments=(each, path))
            for each in _plainer_key(path, PATH):
                yield replace(call, arguments=(name, each))
        case _:
            pass
    if call.keywords:
        for name, value in call.keywords.items():
            if name == "split" and value not in OTHER_SPLITS:
                for split in (*OTHER_SPLITS, RARE_SPLIT):
                    yield replace(call, keywords={**call.keywords, name: split})
            for each in _plainer_text(value):
                yield replace(call, keywords={**call.keywords, name: each})


def _plainer_items(
    items: dict[Any, Any], plain: str, plainer_item: Any
) -> Iterator[dict[Any, Any]]:
    keys = list(items)
    size = len(keys)
    while size > 1:
        size = (size + 1) // 2
        for start in range(0, len(keys), size):
            kept = keys[start : start + size]
            if len(kept) < len(keys):
                yield {key: items[key] for key in kept}
        if size == 1:
            break
    if 1 < len(keys) <= 12:
        for dropped in keys:
            yield {key: value for key, value in items.items() if key != dropped}
    if len(keys) > 12:
        for share in (2, 4, 8):
            yield {key: items[key] for key in keys[: len(keys) - len(keys) // share]}
    if len(keys) > 12:
        yield {f"{plain} {n}": VALUE if plain == KEY else SETTING for n in range(len(keys))}
        return
    if len(keys) > 1:
        names = [plain, *(f"{plain} {n}" for n in range(1, len(keys)))]
        yield dict(zip(names, items.values(), strict=True))
    for key, value in items.items():
        for each in plainer_item(value):
            yield {k: each if k == key else v for k, v in items.items()}
    for number, key in enumerate(keys):
        names = list(_plainer_key(key, f"{plain} {number}" if number else plain))
        if names and number:  # It sorts before the first key, where the numbered one sorts after.
            names.insert(1, SECOND[plain])
        for each in names:
            if each not in items:
                yield {each if k == key else k: v for k, v in items.items()}


def _plainer_key(key: Any, plain: str) -> Iterator[Any]:
    if key == plain or not isinstance(key, str) or type(key) is not str:
        return
    yield plain
    if plain in SECOND and key != SECOND[plain]:
        yield SECOND[plain]
    yield from _plainer_text(key)


def _plainer_text(text: Any) -> Iterator[str]:
    if not isinstance(text, str) or len(text) < 2 or text.startswith(HERE):
        return
    middle = len(text) // 2
    yield text[:middle]
    yield text[middle:]
    if len(text) <= 12:
        yield from (text[:n] + text[n + 1 :] for n in range(len(text)))
    elif len(set(text)) > 1:
        yield "k" * len(text)
    else:
        yield text[: len(text) - len(text) // 4]
        yield text[:-1]


def _plainer_value(value: Any) -> Iterator[Any]:
    if type(value) is float and value == VALUE:
        return
    yield VALUE
    if type(value) is not float and not isinstance(value, str | bytes):
        try:
            yield as_float(value)
        except (TypeError, ValueError, OverflowError):
            return


def _plainer_step(step: Any, place: int) -> Iterator[int]:
    if type(step) is int and step in (place, STEP):
        if step != place:
            yield place
        return
    yield place
    yield STEP
    if type(step) is not int and hasattr(step, "__index__"):
        yield operator.index(step)


def _plainer_json(value: Any) -> Iterator[Any]:
    if type(value) is int and value == SETTING:
        return
    yield SETTING
    match value:
        case dict():
            items = cast("dict[object, Any]", value)
            yield from items.values()
            yield from _plainer_items(items, HYPERPARAM, _plainer_json)
        case list() | tuple():
            values = list(cast("list[Any]", value))
            kind: Any = type(cast("object", value))
            yield from values
            middle = len(values) // 2
            if middle:
                yield kind(values[:middle])
                yield kind(values[middle:])
            if len(values) <= 8:
                for n, item in enumerate(values):
                    for each in _plainer_json(item):
                        yield kind([*values[:n], each, *values[n + 1 :]])
        case str():
            yield from _plainer_text(value)
        case _:
            pass
