"""The adapters cost nothing to those who don't use them, and say what they need."""

import subprocess
import sys

import pytest

LIBRARIES = {
    "accelerate",
    "keras",
    "lightning",
    "omegaconf",
    "pytorch_lightning",
    "ray",
    "torch",
    "transformers",
}


def run(program: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "module", ["evsys_sdk", "evsys_sdk.integrations", "evsys_sdk.integrations._recorder"]
)
def test_no_library_is_imported_by_what_is_not_its_adapter(module: str) -> None:
    loaded = run(f"import {module}, sys; print(*sys.modules)").split()
    assert module in loaded
    assert not LIBRARIES & {name.partition(".")[0] for name in loaded}


@pytest.mark.parametrize(
    ("module", "install"),
    [
        ("lightning", "pip install lightning"),
        ("transformers", "pip install transformers accelerate torch"),
        ("accelerate", "pip install accelerate torch"),
        ("keras", "pip install keras torch"),
        ("ray", "pip install 'ray[tune]'"),
    ],
)
def test_without_its_library_an_adapter_says_what_to_install(module: str, install: str) -> None:
    program = f"""
import sys
sys.modules.update(dict.fromkeys({LIBRARIES}))  # an import of one of them fails
try:
    import evsys_sdk.integrations.{module}
except ImportError as error:
    print(error)
"""
    printed = run(program)
    assert f"evsys_sdk.integrations.{module} needs" in printed
    assert f"\n\n    {install}\n" in printed
