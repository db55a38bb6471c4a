"""Log stores for training loops: a typed contract, four stores that keep it, and a registry.

The whole life of a log::

    from evsys_sdk import open_log_store

    with open_log_store({"kind": "jsonl", "params": {"log_dir": "logs"}}) as store:
        store.log_hyperparams({"lr": 0.1})
        store.log_metrics({"loss": 0.5}, step=0)

Public names live in the module that their subject names and are loaded from there on first use, so
that importing the package costs nothing that a program does not need.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evsys_sdk._child_failures import ChildFailure, child_failures
    from evsys_sdk.config import (
        LogStoreSpec,
        build_log_store,
        load_log_store_spec,
        open_log_store,
    )
    from evsys_sdk.errors import (
        DamagedLogError,
        DuplicateLogStoreError,
        LogDeliveryError,
        LogStoreClosedError,
        LogStoreConfigError,
        LogStoreError,
        LogStorePluginError,
        UnknownLogStoreError,
    )
    from evsys_sdk.protocols import CONTRACT_VERSION, Capability, LogStore, ReadableLogStore
    from evsys_sdk.registry import get_log_store, list_log_stores, register_log_store
    from evsys_sdk.run_log import ArtifactPointer, MetricRow, RunLog

_HOME = {
    "ArtifactPointer": "run_log",
    "CONTRACT_VERSION": "protocols",
    "Capability": "protocols",
    "ChildFailure": "_child_failures",
    "DamagedLogError": "errors",
    "DuplicateLogStoreError": "errors",
    "LogDeliveryError": "errors",
    "LogStore": "protocols",
    "LogStoreClosedError": "errors",
    "LogStoreConfigError": "errors",
    "LogStoreError": "errors",
    "LogStorePluginError": "errors",
    "LogStoreSpec": "config",
    "MetricRow": "run_log",
    "ReadableLogStore": "protocols",
    "RunLog": "run_log",
    "UnknownLogStoreError": "errors",
    "build_log_store": "config",
    "child_failures": "_child_failures",
    "get_log_store": "registry",
    "list_log_stores": "registry",
    "load_log_store_spec": "config",
    "open_log_store": "config",
    "register_log_store": "registry",
}

__all__ = [
    "CONTRACT_VERSION",
    "ArtifactPointer",
    "Capability",
    "ChildFailure",
    "DamagedLogError",
    "DuplicateLogStoreError",
    "LogDeliveryError",
    "LogStore",
    "LogStoreClosedError",
    "LogStoreConfigError",
    "LogStoreError",
    "LogStorePluginError",
    "LogStoreSpec",
    "MetricRow",
    "ReadableLogStore",
    "RunLog",
    "UnknownLogStoreError",
    "build_log_store",
    "child_failures",
    "get_log_store",
    "list_log_stores",
    "load_log_store_spec",
    "open_log_store",
    "register_log_store",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
