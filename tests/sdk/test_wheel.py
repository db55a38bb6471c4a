"""The built wheel, installed into a new environment with the core dependencies alone."""

import importlib.metadata
import subprocess
import sys
import venv
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What an installation without extras brings. A new dependency has to be added here as well.
CORE = [
    "annotated-types",
    "orjson",
    "pydantic",
    "pydantic-core",
    "PyYAML",
    "typing-extensions",
    "typing-inspection",  # of pydantic 2.11 and newer
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(directory)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (path,) = directory.iterdir()
    return path


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` directory of an environment that holds the wheel and its core dependencies."""
    directory = tmp_path_factory.mktemp("bare")
    venv.create(directory / "venv", symlinks=True)
    binaries = directory / "venv" / "bin"
    install = [sys.executable, "-m", "pip", "--python", str(binaries / "python"), "install"]
    subprocess.run([*install, "--quiet", "--no-index", "--no-deps", str(wheel)], check=True)
    (site_packages,) = (directory / "venv" / "lib").glob("python*/site-packages")
    for name in CORE:
        with suppress(importlib.metadata.PackageNotFoundError):
            link_distribution(name, site_packages)
    return binaries


def link_distribution(name: str, site_packages: Path) -> None:
    """Link what an installed distribution has at the top of site-packages: no network is needed."""
    distribution = importlib.metadata.distribution(name)
    for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
        (site_packages / top).symlink_to(str(distribution.locate_file(top)))


def run(bare: Path, *command: str) -> str:
    """Run a command of the environment, outside the repository; warnings are errors."""
    done = subprocess.run(
        [str(bare / command[0]), *command[1:]],
        cwd=bare.parent,
        env={"PATH": str(bare), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel: Path) -> None:
    packages = {ROOT / "src" / "evsys_sdk", ROOT / "conformance" / "evsys_conformance"}
    expected = {
        str(path.relative_to(package.parent))
        for package in packages
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"evsys_sdk/py.typed", "evsys_conformance/py.typed"} < expected
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_the_core_needs_three_distributions(bare: Path) -> None:
    script = """
from importlib.metadata import requires
print(sorted(line for line in requires("evsys-sdk") if "extra ==" not in line))
"""
    printed = run(bare, "python", "-c", script)
    assert printed == "['orjson>=3.10', 'pydantic>=2.8', 'pyyaml>=6', 'typing-extensions>=4.12']\n"


def test_jsonl_works_without_any_extra(bare: Path) -> None:
    script = """
from evsys_sdk import *
from evsys_sdk import open_log_store
from evsys_sdk.log_stores.jsonl import JSONLLogStore
with open_log_store({"kind": "jsonl", "params": {"log_dir": "logs"}}) as store:
    store.log_metrics({"loss": 0.5}, step=1)
(row,) = JSONLLogStore.read_run(log_dir="logs").metrics
print(row.step, row.split, row.metrics)
"""
    assert run(bare, "python", "-c", script) == "1 train {'loss': 0.5}\n"


def test_asking_for_tensorboard_without_its_extra_gives_the_install_command(bare: Path) -> None:
    script = """
from evsys_sdk import get_log_store, list_log_stores
assert "tensorboard" in list_log_stores()
try:
    get_log_store("tensorboard")
except ImportError as error:
    print(error)
"""
    assert "pip install 'evsys-sdk[tensorboard]'" in run(bare, "python", "-c", script)


def test_pytest_would_find_the_kit_by_its_entry_point(bare: Path) -> None:
    script = """
from importlib.metadata import entry_points
print([(point.name, point.value) for point in entry_points(group="pytest11")])
"""
    printed = run(bare, "python", "-c", script)
    assert printed == "[('evsys_conformance', 'evsys_conformance.plugin')]\n"


@pytest.mark.parametrize("command", [["evsys"], ["python", "-m", "evsys_sdk"]])
def test_the_evsys_command_is_installed(bare: Path, command: list[str]) -> None:
    assert "usage: evsys" in run(bare, *command, "--help")
