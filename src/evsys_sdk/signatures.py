"""The methods of the contract and their parameters, as :class:`LogStoreMethods` declares them."""

from functools import cache
from inspect import Parameter, Signature, signature
from typing import Any

from typing_extensions import get_protocol_members

from evsys_sdk.protocols import LogStoreMethods

__all__ = [
    "METHODS",
    "WRITE_METHODS",
    "keyword_only_parameters",
    "positional_parameters",
    "shown_signature",
]

_MEMBERS = get_protocol_members(LogStoreMethods)

METHODS = tuple(name for name in vars(LogStoreMethods) if name in _MEMBERS)
"""The names of the methods, in the order of the protocol."""

WRITE_METHODS = tuple(name for name in METHODS if name != "close")
"""The names of the methods that record something."""


@cache
def positional_parameters(method: str) -> tuple[str, ...]:
    """The names of the parameters that may be given by position, without ``self``."""
    return tuple(
        each.name
        for each in _parameters(method)
        if each.kind is Parameter.POSITIONAL_OR_KEYWORD and each.name != "self"
    )


def keyword_only_parameters(method: str) -> dict[str, Any]:
    """The defaults of the parameters that must be given by keyword, by name."""
    return {
        each.name: each.default
        for each in _parameters(method)
        if each.kind is Parameter.KEYWORD_ONLY
    }


def shown_signature(method: str) -> str:
    """The method as an author writes it, without types: ``log_scalar(self, key, value, step)``."""
    untyped = [each.replace(annotation=Parameter.empty) for each in _parameters(method)]
    return f"{method}{Signature(untyped)}".replace("'", '"')


@cache
def _parameters(method: str) -> list[Parameter]:
    return [*signature(vars(LogStoreMethods)[method]).parameters.values()]
