"""A store that does not read back, where one that does is asked for."""

from typing import Any, ClassVar

from parts import Methods

from evsys_sdk import ReadableLogStore, RunLog


class NoReader(Methods):
    name: ClassVar[str] = "no-reader"


class ReadsToADict(Methods):
    name: ClassVar[str] = "reads-to-a-dict"

    @classmethod
    def read_run(cls, *, log_dir: str) -> dict[str, Any]:
        return {}


class ReadIsAProperty(Methods):
    name: ClassVar[str] = "read-is-a-property"

    @property
    def read_run(self) -> RunLog:
        return RunLog(metrics=[], hyperparams={}, artifacts=[])


_1: type[ReadableLogStore] = NoReader  # error: mypy pyright ty pyrefly
_2: type[ReadableLogStore] = ReadsToADict  # error: mypy pyright ty pyrefly
_3: type[ReadableLogStore] = ReadIsAProperty  # error: mypy pyright ty pyrefly
