"""What the kit needs to know about a store: the one class that an author may write."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from pydantic import BaseModel

from evsys_conformance.clauses import DEFAULT_CAPABILITIES
from evsys_sdk.run_log import RunLog


class _ClaimsOfTheStore:
    """The value of ``capabilities`` in a harness that has none; a harness may set its own."""

    def __get__(self, harness: object, harness_class: type) -> Any:
        store = getattr(harness_class if harness is None else harness, "store", None)
        return getattr(store, "capabilities", DEFAULT_CAPABILITIES)


class StoreHarness:
    """How to build a store at a fresh destination, and how to read back what it recorded.

    The kit makes one instance, without arguments, and enters it once for the whole run: start
    servers in ``__enter__`` and stop them in ``__exit__``.
    """

    store: Any
    """The store class that is certified."""

    capabilities: Collection[str] = cast("Collection[str]", _ClaimsOfTheStore())
    """The whole set of claims (docs/contract.md, "Capabilities"); each one is checked.

    By default the ``capabilities`` of the store class, or else ``split`` and ``float64``.
    """

    expected_failures: Mapping[str, str] = {}
    """The reason for each clause that is known to fail, by clause id; the certificate shows it.

    Strict: a clause listed here that passes fails the run.
    """

    def params(self, directory: Path) -> dict[str, Any]:
        """Give the constructor parameters of a store at a fresh destination.

        Called once for every destination. ``directory`` exists, is empty and belongs to this
        destination alone; its name is unique, so that a server can use it as a key.
        """
        raise NotImplementedError(
            f"{type(self).__qualname__}.params(directory) is missing: return the constructor "
            f"parameters of a store that writes to a fresh destination inside `directory`"
        )

    def read(self, params: dict[str, Any]) -> RunLog | None:
        """Read what is recorded at the destination that ``params`` names.

        It must not depend on any instance of the store. None, for every run, means that this store
        can't be observed. By default the store's own ``read_run(**params)``, if it has one.
        """
        read_run = getattr(self.store, "read_run", None)
        if read_run is None:
            return None
        run_log: RunLog | None = read_run(**params)
        return run_log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return None


def build_store(store: Any, params: dict[str, Any]) -> Any:
    """Build a store as everybody must: ``params`` through its Config, then by keyword (ID-3)."""
    return store(**constructor_arguments(store, params))


def constructor_arguments(
    store: Any, params: dict[str, Any], other: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the constructor is handed: the fields of the store's Config, under their names.

    A store without a Config breaks ID-2, which says so; for all other clauses it gets ``params`` as
    they are.

    Args:
        store: The store class.
        params: The parameters.
        other: What another store was built with: the same objects are handed over again where they
            are equal (ID-4).
    """
    given = dict(params)
    model = getattr(store, "Config", None)
    if isinstance(model, type) and issubclass(model, BaseModel):
        config = model(**params)
        given = {field: getattr(config, field) for field in type(config).model_fields}
    same = {name: value for name, value in (other or {}).items() if given.get(name) == value}
    return {name: same.get(name, value) for name, value in given.items()}
