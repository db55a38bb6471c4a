"""A store that holds children."""

import copy
from pathlib import Path
from typing import Any, ClassVar

from evsys_conformance import StoreHarness, build_store
from evsys_sdk import RunLog, get_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from zoo.front import ClosedError, Forbidding, is_dict
from zoo.stores import correct


class Composite:
    """Gives each child each call; what they raised is raised when all have had it."""

    name: ClassVar[str] = "zoo_composite"

    class Config(Forbidding):
        children: list[dict[str, Any]]

    def __init__(self, *, children: list[dict[str, Any]]) -> None:
        self.closed = False
        self.children: list[Any] = [
            build_store(get_log_store(child["kind"]), child["params"]) for child in children
        ]

    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        self.refuse_if_closed()
        self.hand_on("log_scalar", key, value, step)

    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        self.refuse_if_closed()
        self.hand_on("log_metrics", metrics, step, split=split)

    def log_hyperparams(self, params: Any) -> None:
        self.refuse_if_closed()
        self.hand_on("log_hyperparams", params)

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self.refuse_if_closed()
        self.hand_on("log_artifact", name, path, kind=kind)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.hand_on("close")

    def refuse_if_closed(self) -> None:
        if self.closed:
            raise ClosedError("the store is closed")

    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        """Call ``method`` of every child, and raise what failed."""
        errors: list[Exception] = []
        for child in self.children:
            try:
                self.give(child, method, *arguments, **keywords)
            except Exception as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise errors[0] from ExceptionGroup("several children failed", errors)

    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        """Call ``method`` of one child, with copies of the dicts."""
        copies = [copy.deepcopy(each) if is_dict(each) else each for each in arguments]
        getattr(child, method)(*copies, **keywords)


@correct("holds children; written by hand, not by way of multiplex")
class CompositeHarness(StoreHarness):
    """Reads what the second of two jsonl children wrote."""

    store: Any = Composite
    capabilities = {"split", "float64", "composite", "resume"}

    def params(self, directory: Path) -> dict[str, Any]:
        return {
            "children": [
                {"kind": "jsonl", "params": {"log_dir": str(directory / place)}}
                for place in ("first", "second")
            ]
        }

    def read(self, params: dict[str, Any]) -> RunLog:
        return JSONLLogStore.read_run(**params["children"][1]["params"])
