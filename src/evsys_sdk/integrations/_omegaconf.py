"""OmegaConf containers as plain ones. OmegaConf is never imported here: a container brings it."""

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["is_container", "resolved"]


_Texts = dict[Any, Any] | list[Any] | str | None


def is_container(value: object) -> bool:
    """Whether ``value`` is a ``DictConfig`` or a ``ListConfig``."""
    omegaconf: Any = sys.modules.get("omegaconf")
    return omegaconf is not None and isinstance(value, omegaconf.DictConfig | omegaconf.ListConfig)


def resolved(container: Any, place: str, warn: Callable[[str, str, Exception], None]) -> Any:
    """Return what the container holds, one level of it, with interpolations resolved.

    A value that is missing or can't be resolved is a string, like ``???`` or ``${oc.env:X}``; its
    place, the text and the error are passed to ``warn``. A container that is missing as a whole is
    its text too.
    """
    omegaconf: Any = sys.modules["omegaconf"]
    texts: _Texts = omegaconf.OmegaConf.to_container(container, resolve=False)

    def value_of(key: Any, text: Any, inside: str) -> Any:
        try:
            return container[key]
        except Exception as error:  # noqa: BLE001 - resolvers may raise anything
            warn(inside, str(text), error)
            return text

    if isinstance(texts, dict):
        return {
            key: value_of(key, text, f"{place}.{key}" if place else str(key))
            for key, text in texts.items()
        }
    if isinstance(texts, list):
        return [value_of(index, text, f"{place}[{index}]") for index, text in enumerate(texts)]
    return texts
