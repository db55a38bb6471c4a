"""Mutates the jsonl store and lets the kit judge each mutant; writes ``docs/mutation-score.md``.

The second half of the page is about the plain store: ``plain_mutation.py`` writes it.

If the kit certifies a mutant, the store's own tests judge it: they are about what the contract
leaves open. The page lists the mutants that neither refuses.

``make mutation`` makes the environment and runs it. cosmic-ray finds the places that can be changed
and changes them; of its many changes of one place a random one is taken, so that the score is not
of those that add most numbers. A copy of the package is changed, never the repository.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "mutation-score.md"
COSMIC_RAY = Path(sys.executable).with_name("cosmic-ray")
MODULES = ("jsonl.py", "_jsonl")
SEED = 20_260_101
TIMEOUT = 300
NO_ARITHMETIC = "_BitOr"
"""`|` in annotations is not arithmetic: such mutants can't be imported, and would count as seen."""
CONFIGURATION = """\
[cosmic-ray]
module-path = {paths}
timeout = 1.0
excluded-modules = []
test-command = "none: the kit is run by mutation.py"
[cosmic-ray.distributor]
name = "local"
"""
PLAIN_HEADING = "## The plain store\n"
"""Where the half of the page begins that ``plain_mutation.py`` writes."""
REFUSED = "refused"
REFUSED_BY_ITS_TESTS = "refused by its tests"
SURVIVED = "survived"
BROKEN = "broken"

INTRODUCTION = """\
# The mutation score

How many faults in the jsonl store does the kit find?
[cosmic-ray](https://cosmic-ray.readthedocs.io) changes one place of its code (a comparison, a
number, a condition, an exception that is caught), and the kit judges the mutant at quick effort.
Of {places} places, {number} were drawn; each got one change.

**The kit refused {refused} of {counted} mutants, {share:.0%}.** Mutants that could not be imported
or run are left out: {broken}. Most of the others are changes to what the contract leaves
open: torn lines, full disks, files that somebody edited, and the parameters that only this store
has. So each mutant that the kit certified was judged by the tests of the store,
`tests/sdk/jsonl_store/test_*.py`, which are about these: they refused {tested} of {certified}. This
page is written by `make mutation`.
"""
TABLE = """\
| module | mutants | refused by the kit | by the tests of the store | by neither |
|---|---:|---:|---:|---:|"""
SURVIVORS = """\
## What neither refused

Such a change shows only in a case that no test reaches (an unusual position in a file, or an
unusual file of another writer), or it changes nothing at all.
"""


@dataclass(frozen=True)
class Mutant:
    """One change of one place."""

    module: str
    """Path inside the package."""
    operator: str
    occurrence: int
    line: int
    function: str


@dataclass(frozen=True)
class Judged:
    """What came of a mutant."""

    mutant: Mutant
    verdict: str
    before: str
    after: str


def main() -> None:
    """Draw mutants, judge them, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=100, help="how many places to change")
    number: int = parser.parse_args().mutants
    with tempfile.TemporaryDirectory() as folder:
        copies = [_copy(Path(folder, str(worker))) for worker in range(os.cpu_count() or 1)]
        paths = [f"evsys_sdk/log_stores/{name}" for name in MODULES]
        everything = one_per_place(mutants(copies[0], paths))
        drawn = random.Random(SEED).sample(everything, min(number, len(everything)))
        free: SimpleQueue[Path] = SimpleQueue()
        for copy in copies:
            free.put(copy)
        with ThreadPoolExecutor(len(copies)) as pool:
            judged = list(pool.map(_judge, drawn, repeat(free)))
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(PLAIN_HEADING)
    text = f"{page(len(everything), judged)}\n{PLAIN_HEADING}{rest}"
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE}: {dict(Counter(each.verdict for each in judged))}")


def _copy(folder: Path) -> Path:
    shutil.copytree(ROOT / "src" / "evsys_sdk", folder / "evsys_sdk")
    (folder / "empty").mkdir()
    return folder


def mutants(copy: Path, paths: list[str]) -> list[list[Mutant]]:
    """The changes of every place of some modules, in the order of the places."""
    (copy / "cosmic-ray.toml").write_text(CONFIGURATION.format(paths=json.dumps(paths)))
    cosmic_ray(copy, "init", "cosmic-ray.toml", "session.sqlite")
    places: dict[tuple[str, tuple[int, int]], list[Mutant]] = defaultdict(list)
    for line in cosmic_ray(copy, "dump", "session.sqlite").splitlines():
        [change] = json.loads(line)[0]["mutations"]
        if NO_ARITHMETIC not in change["operator_name"]:
            row, column = change["start_pos"]
            places[change["module_path"], (row, column)].append(
                Mutant(
                    change["module_path"],
                    change["operator_name"],
                    change["occurrence"],
                    row,
                    change["definition_name"] or "(module)",
                )
            )
    return [
        sorted(changes, key=lambda mutant: (mutant.operator, mutant.occurrence))
        for _, changes in sorted(places.items())
    ]


def one_per_place(places: list[list[Mutant]]) -> list[Mutant]:
    """One random change of every place."""
    choice = random.Random(SEED)
    return [choice.choice(changes) for changes in places]


def cosmic_ray(copy: Path, *arguments: str) -> str:
    """Run cosmic-ray in a copy, and return what it prints."""
    return subprocess.run(
        [COSMIC_RAY, *arguments], cwd=copy, check=True, capture_output=True, text=True
    ).stdout


def _judge(mutant: Mutant, free: "SimpleQueue[Path]") -> Judged:
    copy = free.get()
    path = copy / mutant.module
    original = path.read_text()
    try:
        cosmic_ray(copy, "apply", mutant.module, mutant.operator, str(mutant.occurrence))
        before, after = difference(original, path.read_text())
        judged = Judged(mutant, _verdict(copy), before, after)
    finally:
        path.write_text(original)
        free.put(copy)
    print(f"{judged.verdict:20} {mutant.module}:{mutant.line}  {before}  ->  {after}", flush=True)
    return judged


def difference(original: str, mutated: str) -> tuple[str, str]:
    """The first line that differs, before and after."""
    pairs = zip(original.splitlines(), mutated.splitlines(), strict=False)
    changed = ((before.strip(), after.strip()) for before, after in pairs if before != after)
    return next(changed, ("", ""))


def _verdict(copy: Path) -> str:
    kit = ["--evsys-conformance", "jsonl", "--evsys-effort", "quick"]
    status = _pytest(copy, copy / "empty", kit)
    if status == 0:
        own = sorted(map(str, ROOT.glob("tests/sdk/jsonl_store/test_*.py")))
        return REFUSED_BY_ITS_TESTS if _pytest(copy, ROOT, own) else SURVIVED
    return REFUSED if status == 1 else BROKEN


def _pytest(copy: Path, folder: Path, arguments: list[str]) -> int:
    """Exit status of a session that imports the mutant; one that hangs has failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=TIMEOUT
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


def page(places: int, judged: list[Judged]) -> str:
    """The page of the docs."""
    counted = [each for each in judged if each.verdict != BROKEN]
    verdicts = Counter(each.verdict for each in judged)
    parts = [
        INTRODUCTION.format(
            places=places,
            number=len(judged),
            refused=verdicts[REFUSED],
            counted=len(counted),
            share=verdicts[REFUSED] / max(1, len(counted)),
            broken=verdicts[BROKEN],
            tested=verdicts[REFUSED_BY_ITS_TESTS],
            certified=verdicts[REFUSED_BY_ITS_TESTS] + verdicts[SURVIVED],
        ),
        TABLE,
    ]
    for module in sorted({each.mutant.module for each in counted}):
        its = [each.verdict for each in counted if each.mutant.module == module]
        numbers = [its.count(verdict) for verdict in (REFUSED, REFUSED_BY_ITS_TESTS, SURVIVED)]
        name = module.removeprefix("evsys_sdk/log_stores/")
        parts[-1] += f"\n| `{name}` | {len(its)} | {' | '.join(map(str, numbers))} |"
    parts += [SURVIVORS, "| where | before | after |\n|---|---|---|"]
    for each in sorted(counted, key=lambda each: (each.mutant.module, each.mutant.line)):
        if each.verdict == SURVIVED:
            where = f"{Path(each.mutant.module).name}, `{each.mutant.function}`"
            parts[-1] += f"\n| {where} | {code(each.before)} | {code(each.after)} |"
    return "\n\n".join(part.strip() for part in parts) + "\n"


def code(line: str) -> str:
    return "`" + line.replace("|", "\\|") + "`"


if __name__ == "__main__":
    main()
