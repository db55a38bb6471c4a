"""All sections, and the results of those that were run, kept as files."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel

from benchmarks.bench import Bench
from benchmarks.measure import Measure
from benchmarks.sections import (
    artifacts,
    background,
    calls,
    floors,
    growth,
    imports,
    kills,
    multiplex,
    nonfinite,
    opening,
    reading,
    training,
)

__all__ = ["SECTIONS", "Run", "Section", "loaded", "machine"]

_Results = TypeVar("_Results", bound=BaseModel)


@dataclass(frozen=True)
class Section(Generic[_Results]):
    """One thing that is measured."""

    name: str
    results: type[_Results]
    measure: Callable[[Bench], _Results]
    measures: Callable[[_Results], list[Measure]]
    tables: Callable[[_Results], dict[str, str]]

    def run(self, bench: Bench, directory: Path) -> "Run":
        """Measure, and keep the results in a file of the directory."""
        bench.say(f"— {self.name}")
        start = time.monotonic()
        results = self.measure(bench)
        run = Run(
            section=self.name,
            effort=bench.effort.name,
            taken=time.strftime("%Y-%m-%d"),
            seconds=time.monotonic() - start,
            machine=machine(),
            results=results.model_dump(mode="json"),
        )
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{self.name}.json").write_text(run.model_dump_json(indent=1))
        return run

    def of(self, runs: "Mapping[str, Run]") -> _Results | None:
        """The section's results; None if it was not run."""
        run = runs.get(self.name)
        return None if run is None else self.results.model_validate(run.results)


class Run(BaseModel):
    """One section's results, with how they came about."""

    section: str
    effort: str
    taken: str
    seconds: float
    machine: str
    results: dict[str, Any]

    @classmethod
    def kept(cls, path: Path) -> Self:
        """The run in a file."""
        return cls.model_validate_json(path.read_text())


CALLS = Section("calls", calls.Results, calls.measure, calls.measures, calls.tables)
KILLS = Section("kills", kills.Results, kills.measure, kills.measures, kills.tables)
NONFINITE = Section(
    "nonfinite", nonfinite.Results, nonfinite.measure, nonfinite.measures, nonfinite.tables
)
IMPORTS = Section("imports", imports.Results, imports.measure, imports.measures, imports.tables)
FLOORS = Section("floors", floors.Results, floors.measure, floors.measures, floors.tables)

SECTIONS: tuple[Section[Any], ...] = (
    FLOORS,
    CALLS,
    Section(
        "multiplex", multiplex.Results, multiplex.measure, multiplex.measures, multiplex.tables
    ),
    Section(
        "background", background.Results, background.measure, background.measures, background.tables
    ),
    Section("training", training.Results, training.measure, training.measures, training.tables),
    IMPORTS,
    Section(
        "artifacts", artifacts.Results, artifacts.measure, artifacts.measures, artifacts.tables
    ),
    Section("opening", opening.Results, opening.measure, opening.measures, opening.tables),
    Section("reading", reading.Results, reading.measure, reading.measures, reading.tables),
    Section("growth", growth.Results, growth.measure, growth.measures, growth.tables),
    KILLS,
    NONFINITE,
)


def loaded(directory: Path) -> dict[str, Run]:
    """The runs that the directory keeps, by section."""
    paths = {section.name: directory / f"{section.name}.json" for section in SECTIONS}
    return {name: Run.kept(path) for name, path in paths.items() if path.exists()}


def machine() -> str:
    """What the figures were taken on."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    processor = names[0] if names else platform.machine()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{os.cpu_count()} cores of {processor}, {platform.system()} {platform.release()}, {python}"
    )
