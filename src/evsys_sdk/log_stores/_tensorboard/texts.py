"""Hyperparameters and artifacts in the forms that TensorBoard shows.

In the Text tab they are fenced blocks of JSON, which people can read and programs can parse. JSON
escapes the newlines inside its strings, so that no line of a block can end the fence. Within it
Markdown and HTML mean nothing; but a viewer may switch Markdown off, and then HTML gets through
(images and links do):
``<`` and ``&`` are escaped as well, and markup in a name stays text either way.
"""

import json
import math
from typing import Any, cast

from pydantic_core import to_json

__all__ = ["flat_hyperparams", "json_block", "json_of_block"]

_FENCE, _FENCE_END = "```json\n", "\n```"


def json_block(value: dict[str, Any]) -> str:
    """The value as a fenced block of strict JSON; NaN and infinities become strings."""
    text = to_json(value, indent=2, inf_nan_mode="strings").decode()
    return _FENCE + text.replace("&", "\\u0026").replace("<", "\\u003c") + _FENCE_END


def json_of_block(text: str) -> dict[str, Any] | None:
    """The value of a block that ``json_block`` made; None for any other string."""
    if not (text.startswith(_FENCE) and text.endswith(_FENCE_END)):
        return None
    try:
        value: Any = json.loads(text[len(_FENCE) : -len(_FENCE_END)])
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def flat_hyperparams(params: dict[str, Any]) -> dict[str, bool | float | str]:
    """The hyperparameters as the HParams tab takes them: names to bools, numbers and texts.

    Nested dicts become dotted names. What the tab has no column type for becomes text: None, lists,
    and NaN and infinities, which it would drop.
    """
    flat: dict[str, bool | float | str] = {}

    def add(name: str, value: Any) -> None:
        if isinstance(value, dict) and value:
            add_all(f"{name}.", cast("dict[str, Any]", value))
        else:
            flat[name] = _tab_value(value)

    def add_all(prefix: str, values: dict[str, Any]) -> None:
        for key, value in values.items():
            add(prefix + key, value)

    add_all("", params)
    return flat


def _tab_value(value: Any) -> bool | float | str:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return str(value)
        if math.isfinite(number):
            return number
    return str(value)
