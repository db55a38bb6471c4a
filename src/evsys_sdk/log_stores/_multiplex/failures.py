"""What children of a multiplex raised: raised again after all of them had the call, or logged."""

import logging
from collections.abc import Iterable, Sequence
from typing import NoReturn

from evsys_sdk._child_failures import ChildPlace
from evsys_sdk.protocols import LogStore

__all__ = ["Failure", "close_all", "raise_failures"]

_log = logging.getLogger("evsys_sdk.log_stores.multiplex")

Failure = tuple[ChildPlace, LogStore, BaseException]
"""A child, and what it raised."""


def raise_failures(failures: Sequence[Failure], method: str, children: int) -> NoReturn:
    """Raise what children raised in a call of ``method``.

    Args:
        failures: At least one.
        method: The name of the method.
        children: How many children had the call.

    Raises:
        BaseException: An interrupt of one child, beside which the other errors are logged; else
            the only error.
        ExceptionGroup: Several errors.
    """
    interrupt = _interrupt_among(failures)
    if interrupt is not None:
        # In a group, `except KeyboardInterrupt` would miss it.
        _log_failures([each for each in failures if each[2] is not interrupt], method)
        raise interrupt
    errors = [error for _, _, error in failures if isinstance(error, Exception)]
    if len(errors) == 1:
        raise errors[0]
    places = ", ".join(str(place) for place, _, _ in failures)
    raise ExceptionGroup(
        f"multiplex: {len(errors)} of {children} children failed in {method}(): {places}", errors
    )


def close_all(children: Iterable[tuple[ChildPlace, LogStore]]) -> None:
    """Close every child; log what they raise, but raise an interrupt after the last of them."""
    failures: list[Failure] = []
    for place, child in children:
        try:
            child.close()
        except BaseException as error:  # noqa: BLE001 - logged or raised below
            failures.append((place, child, error))
    _log_failures(failures, "close")
    interrupt = _interrupt_among(failures)
    if interrupt is not None:
        raise interrupt


def _interrupt_among(failures: Sequence[Failure]) -> BaseException | None:
    errors = (error for _, _, error in failures)
    return next((error for error in errors if not isinstance(error, Exception)), None)


def _log_failures(failures: Sequence[Failure], method: str) -> None:
    for place, _, error in failures:
        _log.error("multiplex: %s failed in %s()", place, method, exc_info=error)
