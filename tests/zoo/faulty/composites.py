"""Faults of stores that hold children (MUX-2), and of stores that are children (MUX-1)."""

import contextlib
import copy
import inspect
from types import FrameType
from typing import Any

from zoo.backends.buffered import Buffered, BufferedHarness
from zoo.backends.composite import Composite, CompositeHarness
from zoo.backends.jsonl import Jsonl, JsonlHarness
from zoo.backends.memory import Memory, MemoryHarness
from zoo.backends.sqlite import Sqlite, SqliteHarness
from zoo.front import is_dict
from zoo.stores import fault
from zoo.wording import ARTIFACT, FAILED, LOST, NOT_RECEIVED


def caller(depth: int) -> FrameType:
    """The frame ``depth`` levels above the caller."""
    frame = inspect.currentframe()
    for _ in range(depth + 1):
        assert frame is not None
        frame = frame.f_back
    assert frame is not None
    return frame


@fault(
    "MUX-2", "stops at the first child that fails", habitat=CompositeHarness, message=NOT_RECEIVED
)
class StopsAtFailure(Composite):
    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        for child in self.children:
            self.give(child, method, *arguments, **keywords)


@fault(
    "MUX-2",
    "leaves out a child that has failed once",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class DropsFailed(Composite):
    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        for child in list(self.children):
            try:
                self.give(child, method, *arguments, **keywords)
            except (TypeError, ValueError):
                raise
            except Exception:
                self.children.remove(child)


@fault("MUX-2", "hands one dict to all children", habitat=CompositeHarness, message=NOT_RECEIVED)
class OneDictForAll(Composite):
    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        copies = [copy.deepcopy(each) if is_dict(each) else each for each in arguments]
        super().hand_on(method, *copies, **keywords)

    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        getattr(child, method)(*arguments, **keywords)


@fault("MUX-2", "copies dicts one level deep", habitat=CompositeHarness, message=NOT_RECEIVED)
class ShallowCopies(Composite):
    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        copies = [copy.deepcopy(each) if is_dict(each) else each for each in arguments]
        super().hand_on(method, *copies, **keywords)

    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        copies = [dict(each) if is_dict(each) else each for each in arguments]
        getattr(child, method)(*copies, **keywords)


@fault("MUX-2", "closes its first child only", habitat=CompositeHarness, message=NOT_RECEIVED)
class ClosesFirst(Composite):
    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.children[0].close()


@fault(
    "MUX-2",
    "closes no further child when one fails to close",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class CloseStops(Composite):
    def close(self) -> None:
        if not self.closed:
            self.closed = True
            for child in self.children:
                child.close()


@fault(
    "MUX-2",
    "does not close a child that has failed",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class FailedLeftOpen(Composite):
    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.failed: list[Any] = []

    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        if method == "close" and any(child is each for each in self.failed):
            return
        try:
            super().give(child, method, *arguments, **keywords)
        except Exception:
            self.failed.append(child)
            raise


@fault(
    "MUX-2",
    "hands split on to its first child only",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class SplitForFirst(Composite):
    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        if child is not self.children[0]:
            keywords.pop("split", None)
        super().give(child, method, *arguments, **keywords)


@fault("MUX-2", "forgets kind", habitat=CompositeHarness, message=NOT_RECEIVED)
class KindForgotten(Composite):
    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        keywords.pop("kind", None)
        super().give(child, method, *arguments, **keywords)


@fault(
    "MUX-2",
    "gives hyperparameters to the last child only",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class HyperparamsForLast(Composite):
    def log_hyperparams(self, params: Any) -> None:
        self.refuse_if_closed()
        self.give(self.children[-1], "log_hyperparams", params)


@fault(
    "MUX-2",
    "gives artifacts to its children in turn",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class ArtifactsInTurn(Composite):
    turn = 0

    def log_artifact(self, name: Any, path: Any, *, kind: Any = "file") -> None:
        self.refuse_if_closed()
        self.turn += 1
        child = self.children[self.turn % len(self.children)]
        self.give(child, "log_artifact", name, path, kind=kind)


@fault("MUX-2", "tries a failing child again", habitat=CompositeHarness, message=NOT_RECEIVED)
class TriesAgain(Composite):
    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        try:
            super().give(child, method, *arguments, **keywords)
        except (TypeError, ValueError):
            raise
        except Exception:
            super().give(child, method, *arguments, **keywords)


@fault(
    "MUX-2", "gives its second child one call late", habitat=CompositeHarness, message=NOT_RECEIVED
)
class SecondOneLate(Composite):
    late: Any = None

    def give(self, child: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        if child is not self.children[0] and method == "log_metrics":
            with contextlib.suppress(Exception):
                self.hand_late()
            self.late = (child, copy.deepcopy(arguments), keywords)
            return
        super().give(child, method, *arguments, **keywords)

    def hand_late(self) -> None:
        if self.late:
            child, arguments, keywords = self.late
            self.late = None
            super().give(child, "log_metrics", *arguments, **keywords)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.hand_late()
        super().close()


@fault(
    "MUX-1",
    "records nothing if its caller is a store",
    habitat=MemoryHarness,
    message=LOST,
)
class LooksAtCaller(Memory):
    def called_by_store(self) -> bool:
        return caller(3).f_code.co_name == "log_metrics"

    def take_metrics(self, metrics: Any, step: Any, split: Any) -> None:
        self.refuse_if_closed("log_metrics")
        points = self.points(metrics)
        if not self.called_by_store():
            self.record(self.step(step), self.split(split), points)


@fault(
    "MUX-1",
    "names its run after the caller's variables",
    habitat=SqliteHarness,
    message=FAILED,
)
class LooksAtCallersVariables(Sqlite):
    def log_hyperparams(self, params: Any) -> None:
        self.refuse_if_closed("log_hyperparams")
        names = caller(1).f_locals
        if "self" in names and hasattr(names["self"], "log_hyperparams"):
            raise RuntimeError("log_hyperparams() must not be called by a store")
        super().log_hyperparams(params)


@fault("MUX-1", "forgets the kind if its caller is a store", habitat=JsonlHarness, message=ARTIFACT)
class ForgetsKindInStore(Jsonl):
    def take_artifact(self, name: Any, path: Any, kind: Any) -> None:
        if caller(2).f_code.co_name == "log_artifact":
            kind = "file"
        super().take_artifact(name, path, kind)


@fault(
    "MUX-1",
    "knows a call again by the module that it comes from",
    habitat=BufferedHarness,
    message=LOST,
)
class LooksAtModule(Buffered):
    def record(self, step: int, split: str, points: dict[str, float]) -> None:
        frame: FrameType | None = caller(0)
        while frame is not None:
            if frame.f_globals.get("__name__", "").startswith("evsys_sdk.log_stores"):
                return
            frame = frame.f_back
        super().record(step, split, points)


@fault(
    "MUX-2",
    "keeps its children by kind, so that two of one kind are one",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class ChildrenByKind(Composite):
    def __init__(self, *, children: list[dict[str, Any]]) -> None:
        by_kind = {child["kind"]: child for child in children}
        super().__init__(children=list(by_kind.values()))


@fault("MUX-2", "hands an empty dict on to nobody", habitat=CompositeHarness, message=NOT_RECEIVED)
class EmptyNotHandedOn(Composite):
    def log_metrics(self, metrics: Any, step: Any, *, split: Any = "train") -> None:
        if metrics:
            super().log_metrics(metrics, step, split=split)


@fault("MUX-2", "rounds for its children", habitat=CompositeHarness, message=NOT_RECEIVED)
class RoundsForChildren(Composite):
    def log_scalar(self, key: Any, value: Any, step: Any) -> None:
        super().log_scalar(key, round(value, 2) if isinstance(value, float) else value, step)


@fault(
    "MUX-2",
    "calls its children in turn until one succeeds",
    habitat=CompositeHarness,
    message=NOT_RECEIVED,
)
class FirstThatSucceeds(Composite):
    def hand_on(self, method: str, *arguments: Any, **keywords: Any) -> None:
        if method == "close":
            super().hand_on(method)
            return
        for child in self.children:
            with contextlib.suppress(Exception):
                self.give(child, method, *arguments, **keywords)
                return
