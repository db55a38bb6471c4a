"""Methods of unusual kinds: what counts is how they can be called."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar

from zoo.backends.memory import Memory, MemoryBack, MemoryHarness
from zoo.correct.classes import Slots
from zoo.correct.plain import PlainConfig, PlainHarness
from zoo.stores import correct


class Proxied:
    """Hands everything on to another store; its signatures show nothing."""

    name: ClassVar[str] = "zoo_proxied"
    Config = PlainConfig

    def __init__(self, **params: Any) -> None:
        self.inner = Slots(**params)

    def log_scalar(self, *args: Any, **kwargs: Any) -> None:
        self.inner.log_scalar(*args, **kwargs)

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        self.inner.log_metrics(*args, **kwargs)

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        self.inner.log_hyperparams(*args, **kwargs)

    def log_artifact(self, *args: Any, **kwargs: Any) -> None:
        self.inner.log_artifact(*args, **kwargs)

    def close(self, *args: Any, **kwargs: Any) -> None:
        self.inner.close(*args, **kwargs)


@correct("takes *args, **kwargs in all its methods")
class ProxiedHarness(PlainHarness):
    store = Proxied


def counted(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a method in the way of ``functools.wraps``."""

    @functools.wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        self.calls = getattr(self, "calls", 0) + 1
        method(self, *args, **kwargs)

    return wrapper


class Wrapped(Memory):
    """All its methods are wrapped by a decorator that says so."""

    log_scalar = counted(Memory.log_scalar)
    log_metrics = counted(Memory.log_metrics)
    log_hyperparams = counted(Memory.log_hyperparams)
    log_artifact = counted(Memory.log_artifact)
    close = counted(Memory.close)


@correct("has methods wrapped with functools.wraps")
class WrappedHarness(MemoryHarness):
    store = Wrapped


def retried(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a method without saying so."""

    def wrapper(*args: Any, **kwargs: Any) -> None:
        return method(*args, **kwargs)

    return wrapper


class WrappedSilently(Memory):
    """Wrapped by a decorator that hides name and signature."""

    log_scalar = retried(Memory.log_scalar)
    log_metrics = retried(Memory.log_metrics)
    log_hyperparams = retried(Memory.log_hyperparams)
    log_artifact = retried(Memory.log_artifact)
    close = retried(Memory.close)


@correct("has methods wrapped by a decorator that hides the signature")
class WrappedSilentlyHarness(MemoryHarness):
    store = WrappedSilently


class Method:
    """A descriptor that calls a function of the store."""

    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function

    def __get__(self, store: Any, owner: Any = None) -> Any:
        return self if store is None else functools.partial(self.function, store)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.function(*args, **kwargs)


class Described(MemoryBack):
    """Its methods are objects with ``__get__``."""

    name: ClassVar[str] = "zoo_described"
    Config = PlainConfig

    log_scalar = Method(Memory.log_scalar)
    log_metrics = Method(Memory.log_metrics)
    log_hyperparams = Method(Memory.log_hyperparams)
    log_artifact = Method(Memory.log_artifact)
    close = Method(Memory.close)


@correct("has descriptors for methods")
class DescribedHarness(MemoryHarness):
    store = Described


class Extended(Memory):
    """Takes more, by keyword, and can do more."""

    version = 3

    def log_metrics(
        self,
        metrics: Any,
        step: Any = 0,
        *,
        split: Any = "train",
        context: dict[str, str] | None = None,
        wall_time: float | None = None,
    ) -> None:
        super().log_metrics(metrics, step, split=split)

    def log_artifact(
        self, name: Any, path: Any, *, upload: bool = False, kind: Any = "file"
    ) -> None:
        super().log_artifact(name, path, kind=kind)

    def close(self, *, timeout: float = 5.0) -> None:
        super().close()

    def log_image(self, name: str, pixels: bytes) -> None:
        """Log an image."""

    def flush(self) -> None:
        """Do what the caller hopes."""


@correct("has further optional keywords, methods and attributes, and a default for step")
class ExtendedHarness(MemoryHarness):
    store = Extended


class DynamicMethods(Memory):
    """Gives its methods out through ``__getattribute__``."""

    def __getattribute__(self, name: str) -> Any:
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("log_"):
            return self.ignore
        raise AttributeError(name)

    def ignore(self, *args: Any, **kwargs: Any) -> None:
        """Take anything and do nothing."""


@correct("answers to any log_ method that one may think of")
class DynamicMethodsHarness(MemoryHarness):
    store = DynamicMethods


class Bound(Memory):
    """Binds its methods on every instance, for speed."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        inner = Memory(**params)
        for method in ("log_scalar", "log_metrics", "log_hyperparams", "log_artifact", "close"):
            setattr(self, method, getattr(inner, method))


@correct("replaces its methods on the instance")
class BoundHarness(MemoryHarness):
    store = Bound
