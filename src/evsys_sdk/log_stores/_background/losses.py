"""The calls that a background store has lost, until an error reports them."""

from evsys_sdk.errors import LogDeliveryError

__all__ = ["Losses", "in_words"]

_MOST_REASONS = 10


class Losses:
    """What was lost since the last report; true if there is something to report."""

    def __init__(self) -> None:
        self._calls = 0
        self._reasons: list[str] = []
        self._cause: BaseException | None = None

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def add(self, calls: int, reason: str, error: BaseException | None) -> None:
        """Note that so many calls were lost; 0 if only closing failed."""
        self._calls += calls
        if len(self._reasons) < _MOST_REASONS:
            self._reasons.append(reason)
        self._cause = self._cause or error

    def error(self, advice: str) -> LogDeliveryError:
        """The error that reports the losses; its cause is the first error of the child."""
        error = LogDeliveryError("background", self._calls, self._reasons, advice)
        error.__cause__ = self._cause
        return error


def in_words(error: BaseException) -> str:
    """The error in words, also if it can't be shown: that must not end the thread."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - of the error's own method
        return type(error).__name__
