"""Calls of a log store as data: drawn by Hypothesis, applied to stores, printed as Python."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evsys_sdk.text import truncated

HERE = "<the destination's directory>"
"""At the start of a string: the directory of the destination that a call writes to."""


_MOST_LISTED = 12
"""A dict of more equal values under numbered keys is printed as a comprehension."""


@dataclass(frozen=True)
class Call:
    """One call of a write method, with exactly the arguments that are passed."""

    method: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict[str, Any])
    shown: str = ""
    """Source of the arguments, where they can't be copied or printed: a list that holds itself."""

    def fresh(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments whose dicts and lists are new: a store that changes them harms no other."""
        if self.shown:
            return self.arguments, self.keywords
        return (
            tuple(copied(argument) for argument in self.arguments),
            {name: copied(value) for name, value in self.keywords.items()},
        )

    def make(self, store: Any) -> Any:
        """Make the call on a store, with fresh arguments; return what it returns."""
        arguments, keywords = self.fresh()
        return getattr(store, self.method)(*arguments, **keywords)

    def code(self, store: str = "store") -> str:
        """Give the call as Python source."""
        if self.shown:
            return f"{store}.{self.method}({self.shown})"
        shown = [source(argument) for argument in self.arguments]
        shown += [f"{name}={source(value)}" for name, value in self.keywords.items()]
        return f"{store}.{self.method}({', '.join(shown)})"


def scalar(key: Any, value: Any, step: Any) -> Call:
    """Call ``log_scalar``."""
    return Call("log_scalar", (key, value, step))


def metrics(items: Any, step: Any, split: Any = None) -> Call:
    """Call ``log_metrics``, without ``split`` where it is None."""
    return Call("log_metrics", (items, step), {} if split is None else {"split": split})


def hyperparams(params: Any) -> Call:
    """Call ``log_hyperparams``."""
    return Call("log_hyperparams", (params,))


def artifact(name: Any, path: Any, kind: Any = None) -> Call:
    """Call ``log_artifact``, without ``kind`` where it is None."""
    return Call("log_artifact", (name, path), {} if kind is None else {"kind": kind})


def located(call: Call, directory: str) -> Call:
    """The call with ``directory`` in the place of ``HERE``."""
    given = (*call.arguments, *call.keywords.values())
    if not any(isinstance(each, str) and each.startswith(HERE) for each in given):
        return call
    keywords = {name: _placed(value, directory) for name, value in call.keywords.items()}
    return Call(call.method, tuple(_placed(a, directory) for a in call.arguments), keywords)


def _placed(value: Any, directory: str) -> Any:
    if isinstance(value, str) and value.startswith(HERE):
        return directory + value.removeprefix(HERE)
    return value


def copied(value: Any) -> Any:
    """Copy plain containers, at every depth; other values stay the same objects."""
    match type(value).__name__:
        case "dict":
            return {key: copied(item) for key, item in value.items()}
        case "list":
            return [copied(item) for item in value]
        case "tuple":
            return tuple(copied(item) for item in value)
        case _:
            return value


def as_float(value: Any) -> float:
    """``float(value)``, without the warning that NumPy gives for a masked value."""
    if isinstance(value, float | int):
        return float(value)
    with warnings.catch_warnings(action="ignore"):
        return float(value)


def source(value: Any) -> str:
    """Python source of a value: its repr, except where that would not run."""
    special = _SOURCES.get(type(value).__name__)
    if special:
        return special(value)
    return _numpy_source(value) if type(value).__module__ == "numpy" else repr(value)


def shortened_source(value: Any, most: int = 200) -> str:
    """The Python source of a value, cut where it is long."""
    try:
        text = source(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"
    return truncated(text, most)


def _numpy_source(value: Any) -> str:
    # NumPy 1 shows its numbers as Python's: 0.5 for np.float64(0.5).
    shown = repr(value)
    return shown if shown.startswith("np.") else f"np.{type(value).__name__}({shown})"


def _float_source(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'


def _int_source(value: int) -> str:
    # Beyond 4,300 digits repr() itself raises.
    return repr(value) if abs(value) < 10**100 else f"int({hex(value)!r}, 16)"


def _str_source(value: str) -> str:
    if value.startswith(HERE):
        return f"str(directory) + {value.removeprefix(HERE)!r}"
    same = len(value) > 120 and len(set(value)) == 1
    return f"{value[0]!r} * {len(value)}" if same else repr(value)


def _dict_source(value: dict[Any, Any]) -> str:
    items = [(source(key), source(item)) for key, item in value.items()]
    if len(items) > _MOST_LISTED and len({item for _, item in items}) == 1:
        start = items[0][0].removesuffix("0'")
        numbered = all(key == f"{start}{n}'" for n, (key, _) in enumerate(items))
        if numbered and not {"{", "}", "\\"} & set(start):
            return f"{{f{start}{{n}}': {items[0][1]} for n in range({len(items)})}}"
    return "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}"


def _tuple_source(value: tuple[Any, ...]) -> str:
    return "(" + "".join(source(item) + ", " for item in value).rstrip() + ")"


_SOURCES: dict[str, Callable[[Any], str]] = {
    "float": _float_source,
    "int": _int_source,
    "str": _str_source,
    "dict": _dict_source,
    "list": lambda v: "[" + ", ".join(map(source, v)) + "]",
    "set": lambda v: "{" + ", ".join(map(source, v)) + "}" if v else "set()",
    "tuple": _tuple_source,
    "object": lambda _: "object()",
    "ndarray": lambda v: f"np.array({v.tolist()!r})",
    "MaskedArray": lambda v: f"np.ma.array({v.data.tolist()!r}, mask={v.mask.tolist()!r})",
    "MaskedConstant": lambda _: "np.ma.masked",
}


def of_forked_child(number: int) -> Call:
    """What the child of a numbered fork logs."""
    return Call("log_metrics", ({f"child {number}": number / 8}, number))
