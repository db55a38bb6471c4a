"""What the zoo proves, and that its page in the documentation tells of all of it."""

import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

from evsys_conformance.clauses import CLAUSES
from zoo.page import page
from zoo.registry import CORRECT, FAULTY
from zoo.stores import Correct, Faulty

STORES: tuple[Correct | Faulty, ...] = (*CORRECT, *FAULTY)
PAGE = Path(__file__).parents[3] / "docs" / "kill-matrix.md"


@pytest.mark.parametrize("clause", [clause.id for clause in CLAUSES])
def test_every_clause_has_faulty_stores_that_break_it(clause: str) -> None:
    assert sum(entry.clause == clause for entry in FAULTY) >= 3


def test_faults_name_clauses_that_exist() -> None:
    assert {entry.clause for entry in FAULTY} <= {clause.id for clause in CLAUSES}


def test_every_store_has_a_different_name() -> None:
    names = Counter(entry.id for entry in STORES)
    assert [name for name, times in names.items() if times > 1] == []


def test_child_processes_can_import_every_store_that_they_open() -> None:
    for entry in STORES:
        if not {"crash", "processes", "fork"} & set(entry.harness.capabilities):
            continue
        store = entry.store
        assert getattr(importlib.import_module(store.__module__), store.__qualname__) is store


def test_the_page_of_the_kill_matrix_lists_every_fault_under_its_clause() -> None:
    text = page(PAGE.read_text(encoding="utf-8"))
    assert f"{len(FAULTY)} faulty and {len(CORRECT)} correct stores" in text
    sections = re.findall(r"^## (\S+):.*\n((?:(?!## ).*\n)*)", text, flags=re.MULTILINE)
    rows = [
        (clause, *row)
        for clause, section in sections
        for row in re.findall(r"^\| `(\w+)` \| \w[^|]* \| ([^|]+) \|$", section, re.MULTILINE)
    ]
    faults = [(entry.clause, entry.store.__name__, entry.reason) for entry in FAULTY]
    assert sorted(rows) == sorted(faults)
