"""Calls of a mixed run some of which are refused, and which of them were recorded."""

from pathlib import Path

from evsys_sdk import LogStore
from torture.case import Trial
from torture.mixed_run import check_run, check_tools, found_runs, log_call
from torture.stores import logs

__all__ = ["Attempts"]


class Attempts:
    """Makes the calls of a mixed run one after the other, and notes what becomes of each."""

    def __init__(self, trial: Trial, store: LogStore, run: int = 0) -> None:
        self.store = store
        self.run = run
        self.returned: list[int] = []
        self.refused: list[int] = []
        self.maybe: list[int] = []
        """Calls that may be recorded or not."""
        self._trial = trial
        self._next = 0

    def make(self, count: int, errors: dict[int, str] | None = None) -> None:
        """Make this many calls.

        Each returns, or raises an OSError with one of these numbers and the text beside it.
        """
        for _ in range(count):
            number, self._next = self._next, self._next + 1
            try:
                log_call(self.store, self.run, number)
            except (OSError, ExceptionGroup) as error:
                self.refused.append(number)
                for each in _leaves(error):
                    code = each.errno if isinstance(each, OSError) else None
                    text = (errors or {}).get(code or 0)
                    self._trial.expect(text is not None and text in str(each), repr(each))
            else:
                self.returned.append(number)

    def check(self, place: Path) -> None:
        """What returned is there once and in order, what was refused is not, and tools read it."""
        self.check_run(place)
        check_tools(self._trial, place)

    def check_run(self, place: Path) -> None:
        """The same, without the tools."""
        # One child of a multiplex may record what another refuses.
        maybe = self.maybe + (self.refused if self._trial.store == "multiplex" else [])
        for label, log in logs(self._trial.store, place):
            runs = found_runs(self._trial, label, log)
            check_run(self._trial, label, runs, self.run, self.returned, under_way=maybe)


def _leaves(error: Exception) -> list[Exception]:
    """The errors of several children of a multiplex, or the one that was raised."""
    inner: tuple[Exception, ...] = getattr(error, "exceptions", ())
    return [leaf for each in inner for leaf in _leaves(each)] if inner else [error]
