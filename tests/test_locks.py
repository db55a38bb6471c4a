"""The locks hold what pyproject.toml asks for, name no index, and leave CUDA out."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES: list[str] = PYPROJECT["project"]["dependencies"]
EXTRAS: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[str | dict[str, str]]] = PYPROJECT["dependency-groups"]

# The lists of pyproject.toml that `make lock` gives to each lock.
LISTS = {
    "bench": ["tensorboard", "bench"],
    "build": ["build"],
    "demo": ["demo"],
    "dev": ["dev", "torch"],
    "docs": ["docs"],
    "examples": ["conformance", "examples"],
    "field": ["tensorboard", "conformance", "field"],
    "integrations": ["conformance", "integrations"],
    "lock": ["lock"],
    "mutation": ["mutation"],
    "oldest": ["tests"],
}
PIN = re.compile(
    r"^(\S+)==(\S+)(?: ; (.+?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", re.MULTILINE
)


def requirements(name: str) -> Iterator[Requirement]:
    """The requirements of an extra or a group, with those of the lists that it includes."""
    extra = [*DEPENDENCIES, *EXTRAS[name]] if name in EXTRAS else []
    for entry in (*extra, *GROUPS.get(name, ())):
        if isinstance(entry, dict):
            yield from requirements(entry["include-group"])
        elif (requirement := Requirement(entry)).name == "evsys-sdk":
            for included in requirement.extras:
                yield from requirements(included)
        else:
            yield requirement


def pins(lock: Path, python: str) -> dict[str, str]:
    """The versions that a lock installs here with this Python, by name."""
    return {
        name: version
        for name, version, marker, _ in PIN.findall(lock.read_text())
        if not marker or Marker(marker).evaluate(environment(python))
    }


def environment(python: str) -> dict[str, str]:
    """What markers see in this Python."""
    return {"python_version": python, "python_full_version": f"{python}.0"}


def test_every_lock_is_known_here() -> None:
    assert [lock.stem for lock in LOCKS] == sorted(LISTS)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_has_what_pyproject_asks_for(lock: Path, python: str) -> None:
    pinned = pins(lock, python)
    for name in LISTS[lock.stem]:
        for requirement in requirements(name):
            if requirement.marker and not requirement.marker.evaluate(environment(python)):
                continue
            version = pinned.get(canonicalize_name(requirement.name))
            assert version, f"{requirement} is missing; run `make lock`"
            assert version in requirement.specifier, f"{requirement} is {version}; run `make lock`"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_hashes_and_no_index(lock: Path) -> None:
    text = lock.read_text()
    rest = PIN.sub("", text)
    assert [line for line in rest.splitlines() if not line.lstrip().startswith("#")] == []
    assert "://" not in text


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_leaves_torch_and_cuda_to_pip(lock: Path) -> None:
    names = [name for name, *_ in PIN.findall(lock.read_text())]
    assert [name for name in names if re.match(r"(torch|triton|nvidia-cu.*)$", name)] == []
