"""Mutates the plain store and lets the kit judge every mutant; writes half of a page.

``plain_store.py`` has nearly nothing that the contract leaves open. So every mutant that the kit
certifies is either in ``plain_equivalents.json``, with the reason why it is as correct as the store
itself, or shows a check that the kit lacks. The page is ``docs/mutation-score.md``.
"""

import ast
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from queue import SimpleQueue

from measures import judge_plain
from measures.mutation import (
    BROKEN,
    PAGE,
    PLAIN_HEADING,
    REFUSED,
    SURVIVED,
    TIMEOUT,
    code,
    cosmic_ray,
    difference,
    mutants,
)
from measures.plain_changes import changes

HERE = Path(__file__).parent
TESTS = HERE.parent
STORE = "measures/plain_store.py"
"""Its place in a copy, and in the folder of the tests."""
JUDGE = "measures/judge_plain.py"
EQUIVALENTS = HERE / "plain_equivalents.json"
WORKERS = 2

INTRODUCTION = """\
`tests/measures/plain_store.py` is a correct store of about a hundred lines that checks its
arguments itself. Nearly every line of it keeps a clause. The kit judges, at quick effort, every
change that cosmic-ray makes, and more: a statement is removed, a call gives its first argument, one
side of `or` and `|` is left out, a default is replaced. That makes {number} mutants.
{equivalent} of them keep the contract as the store does, and are listed below with the reason.

**The kit refused {refused} of the {counted} others, {share:.0%}.**
"""


Key = tuple[str, str, str]
"""A function, and its changed line before and after."""


@dataclass(frozen=True)
class Change:
    """One mutant of the plain store."""

    function: str
    text: str
    before: str
    after: str

    @property
    def key(self) -> Key:
        """How the list of equivalent mutants names it."""
        return self.function, self.before, self.after


@dataclass(frozen=True)
class Judged:
    """What came of a mutant."""

    change: Change
    verdict: str


def main() -> None:
    """Judge every mutant of the plain store, and write its half of the page."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [_copy(Path(folder, str(worker))) for worker in range(WORKERS)]
        free: SimpleQueue[Path] = SimpleQueue()
        everything = all_changes(copies[0])
        for copy in copies:
            free.put(copy)
        with ThreadPoolExecutor(WORKERS) as pool:
            judged = list(pool.map(_judge, everything, repeat(free)))
    before, _, _ = PAGE.read_text(encoding="utf-8").partition(PLAIN_HEADING)
    text = f"{before.rstrip()}\n\n{PLAIN_HEADING}\n{section(judged, reasons())}"
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE}: {dict(Counter(each.verdict for each in judged))}")


def all_changes(copy: Path) -> list[Change]:
    """The changes that cosmic-ray makes and those of ``plain_changes``, each once."""
    path = copy / STORE
    source = path.read_text(encoding="utf-8")
    texts: list[tuple[str, str]] = []
    for mutant in chain.from_iterable(mutants(copy, [STORE])):
        cosmic_ray(copy, "apply", STORE, mutant.operator, str(mutant.occurrence))
        texts.append((mutant.function, path.read_text(encoding="utf-8")))
        path.write_text(source, encoding="utf-8")
    return _compiled([*texts, *changes(source)], source)


def own_changes() -> list[Change]:
    """The changes of ``plain_changes``."""
    source = (TESTS / STORE).read_text(encoding="utf-8")
    return _compiled(list(changes(source)), source)


def _compiled(texts: list[tuple[str, str]], source: str) -> list[Change]:
    """The texts that are Python, each once."""
    original = ast.unparse(ast.parse(source))
    found: dict[str, Change] = {}
    for function, text in texts:
        with contextlib.suppress(SyntaxError):
            plain = ast.unparse(ast.parse(text))
            found.setdefault(plain, Change(function, plain, *difference(original, plain)))
    found.pop(original, None)
    return list(found.values())


def _judge(change: Change, free: "SimpleQueue[Path]") -> Judged:
    copy = free.get()
    (copy / STORE).write_text(change.text, encoding="utf-8")
    judged = Judged(change, _verdict(copy))
    free.put(copy)
    print(f"{judged.verdict:10} {change.function}: {change.before}  ->  {change.after}", flush=True)
    return judged


def _copy(folder: Path) -> Path:
    (folder / "measures").mkdir(parents=True)
    for name in (STORE, JUDGE):
        shutil.copy(TESTS / name, folder / name)
    return folder


def _verdict(copy: Path) -> str:
    """The verdict of the kit on the store in a folder; a store that hangs is refused."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "measures.judge_plain"]
    try:
        status = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=TIMEOUT
        ).returncode
    except subprocess.TimeoutExpired:
        return REFUSED
    return {0: SURVIVED, judge_plain.REFUSED: REFUSED}.get(status, BROKEN)


def reasons() -> dict[Key, str]:
    """Why a change is equivalent."""
    entries = json.loads(EQUIVALENTS.read_text(encoding="utf-8"))
    return {(each["function"], each["before"], each["after"]): each["reason"] for each in entries}


def section(judged: list[Judged], reasons: dict[Key, str]) -> str:
    """The section of the page about the plain store."""
    judged = [each for each in judged if each.verdict != BROKEN]
    certified = [each for each in judged if each.verdict == SURVIVED]
    equivalent = [each for each in certified if each.change.key in reasons]
    missed = [each for each in certified if each.change.key not in reasons]
    counted = len(judged) - len(equivalent)
    refused = counted - len(missed)
    text = INTRODUCTION.format(
        number=len(judged),
        equivalent=len(equivalent),
        refused=refused,
        counted=counted,
        share=refused / max(1, counted),
    )
    if equivalent:
        text += "\n| before | after | why it keeps the contract |\n|---|---|---|\n"
        text += "".join(map(_line, equivalent, (reasons[each.change.key] for each in equivalent)))
    if missed:
        text += "\nThe kit certified these too:\n\n| before | after | function |\n|---|---|---|\n"
        text += "".join(_line(each, f"`{each.change.function}`") for each in missed)
    return text


def _line(judged: Judged, last: str) -> str:
    return f"| {code(judged.change.before)} | {code(judged.change.after)} | {last} |\n"


if __name__ == "__main__":
    main()
