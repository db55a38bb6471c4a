"""What ``evsys_sdk`` itself offers, and what loading it does not load."""

import importlib
import inspect
import subprocess
import sys
from functools import cache
from typing import get_args

import pytest

import evsys_sdk

NAMES = {
    "CONTRACT_VERSION",
    "ArtifactPointer",
    "Capability",
    "ChildFailure",
    "DamagedLogError",
    "DuplicateLogStoreError",
    "LogStore",
    "LogDeliveryError",
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
}

# What a program has loaded that makes one pydantic model: everything else would be our cost.
PYDANTIC = "from pydantic import BaseModel\nclass Model(BaseModel):\n    x: int"

HEAVY = {"pydantic", "yaml", "importlib.metadata", "tensorboard", "hypothesis", "numpy", "difflib"}


@cache
def modules_after(code: str) -> frozenset[str]:
    """The modules that a fresh interpreter has loaded after ``code``."""
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return frozenset(done.stdout.split())


def test_the_public_names_are_these() -> None:
    assert set(evsys_sdk.__all__) == NAMES
    assert set(dir(evsys_sdk)) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_public_name_is_that_of_the_module_it_lives_in(name: str) -> None:
    value = getattr(evsys_sdk, name)
    if name == "CONTRACT_VERSION":
        assert value == "1.0"
        return
    if name == "Capability":
        assert "fork" in get_args(value)
        return
    home = importlib.import_module(value.__module__)
    assert getattr(home, name) is value
    assert name in getattr(home, "__all__", [name])
    assert inspect.getdoc(value)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'evsys_sdk' has no attribute 'open_store'"):
        evsys_sdk.open_store  # noqa: B018  # pyright: ignore[reportUnusedExpression]
    assert not hasattr(evsys_sdk, "registry_of_nothing")


@pytest.mark.parametrize(
    "code",
    [
        "import evsys_sdk",
        "from evsys_sdk import LogStore, RunLog, LogStoreError",
        "from evsys_sdk import register_log_store, get_log_store, list_log_stores",
    ],
)
def test_what_needs_no_model_loads_no_pydantic_and_nothing_else_heavy(code: str) -> None:
    assert not modules_after(code) & HEAVY


def test_importing_the_package_loads_no_module_of_it() -> None:
    ours = {name for name in modules_after("import evsys_sdk") if name.startswith("evsys_sdk")}
    assert ours == {"evsys_sdk"}


def test_open_log_store_loads_nothing_beyond_pydantic_and_our_own_modules() -> None:
    added = modules_after("from evsys_sdk import open_log_store") - modules_after(PYDANTIC)
    # Some versions of pydantic load a part of themselves when it is first used.
    assert {name.split(".")[0] for name in added} <= {"evsys_sdk", "pydantic"}
    assert not any(name.startswith("evsys_sdk.log_stores") for name in added)


def test_opening_a_mapping_loads_no_yaml_and_no_other_store() -> None:
    code = """
from evsys_sdk import LogStoreConfigError, open_log_store
try:
    with open_log_store({"kind": "jsonl", "params": {"log_dir": 1}}):
        pass
except LogStoreConfigError:
    pass
"""
    loaded = modules_after(code)
    assert "evsys_sdk.log_stores.jsonl" in loaded
    assert not loaded & {"yaml", "tensorboard", "evsys_sdk.log_stores.tensorboard"}


def test_the_checks_of_arguments_are_offered_to_the_stores_of_others() -> None:
    arguments = importlib.import_module("evsys_sdk.arguments")
    assert arguments.__all__ == [
        "STEP_MAX",
        "STEP_MIN",
        "checked_hyperparams",
        "checked_metrics",
        "checked_path",
        "checked_step",
        "checked_text",
    ]
    assert not modules_after("import evsys_sdk.arguments") & HEAVY
