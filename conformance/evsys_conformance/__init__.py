"""The conformance kit for log stores: ``pytest --evsys-conformance my_pkg:MyStore``.

pytest imports this package in every session (it holds the entry point ``plugin``), so nothing is
imported before it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evsys_conformance.harness import StoreHarness, build_store
    from evsys_conformance.targets.loading import load_harness
    from evsys_conformance.violation import ClauseViolation

_HOME = {
    "ClauseViolation": "violation",
    "StoreHarness": "harness",
    "build_store": "harness",
    "load_harness": "targets.loading",
}

__all__ = ["ClauseViolation", "StoreHarness", "build_store", "load_harness"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
