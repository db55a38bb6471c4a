"""What becomes of NaN and the infinities."""

import math
import re
from pathlib import Path

from pydantic import BaseModel

from benchmarks.bench import Bench
from benchmarks.markdown import NOTHING, table
from benchmarks.measure import Measure
from benchmarks.processes import ChildError, fresh_directory, run
from benchmarks.subjects import SUBJECTS, named, why_missing

__all__ = ["Results", "measure", "measures", "tables"]

_VALUES = {"nan": math.nan, "inf": math.inf, "minus_inf": -math.inf}
_FINITE = 0.5
_TIMEOUT = 60
_BARE = re.compile(r"[:,\[]\s*-?(NaN|Infinity)\b")


class Results(BaseModel):
    """What was read back, in words, by subject."""

    found: dict[str, str]
    missing: dict[str, str]


def measure(bench: Bench) -> Results:
    """Let each subject log the three, and read them back."""
    results = Results(found={}, missing={})
    for subject in bench.subjects:
        reason = why_missing(subject)
        if reason is None:
            bench.say(f"NaN and infinities: {subject.name}")
            try:
                with fresh_directory() as directory:
                    run(_TIMEOUT, log_them, subject.name, str(directory))
                    found = run(_TIMEOUT, read_them, subject.name, str(directory))
                    results.found[subject.name] = found
                continue
            except ChildError as error:
                reason = str(error)
        results.missing[subject.name] = reason
    return results


def log_them(name: str, directory: str) -> None:
    """In a separate process."""
    opened = named(name).open(Path(directory))
    opened.log({"loss": _FINITE}, 0)
    opened.log({"loss": _FINITE, **_VALUES}, 1)
    opened.close()


def read_them(name: str, directory: str) -> str:
    """In a separate process: what the log has, in words."""
    rows = [row for row in named(name).read(Path(directory)) if len(row) > 1]
    if not rows:
        return "the row is lost"
    words = [_in_words(key, value, rows[0]) for key, value in _VALUES.items()]
    text = words[0] if len({*words}) == 1 else ", ".join(words)
    return f"{text}, as invalid JSON" if _has_bare_words(Path(directory)) else text


def _in_words(key: str, value: float, row: dict[str, object]) -> str:
    if key not in row:
        return "dropped"
    found = row[key]
    if found is None:
        return "null"
    if isinstance(found, str):
        return "text" if found else "empty"
    if isinstance(found, float) and (found == value or (math.isnan(found) and math.isnan(value))):
        return "kept"
    return f"{value} becomes {found}"


def _has_bare_words(directory: Path) -> bool:
    files = [path for path in directory.rglob("*.json*") if path.is_file()]
    return any(_BARE.search(path.read_text(errors="replace")) for path in files)


def measures(results: Results) -> list[Measure]:
    """The stores of this project keep them."""
    own = [subject.name for subject in SUBJECTS if subject.group == "own"]
    altered = [name for name in own if results.found.get(name, "kept") != "kept"]
    return [Measure("stores that alter NaN or an infinity", 0, len(altered), "")]


def tables(results: Results) -> dict[str, str]:
    """In words."""
    names = [s.name for s in SUBJECTS if s.name in {*results.found, *results.missing}]
    rows = [[name, results.found.get(name, NOTHING)] for name in names]
    return {"NaN and infinities": table(["", "what is read back"], rows, texts=2)}
