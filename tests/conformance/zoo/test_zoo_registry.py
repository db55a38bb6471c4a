"""What the zoo proves, and that its page in the documentation tells of all of it."""

import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

from evsys_conformance.clauses import CLAUSES
from zoo.animals import Correct, Faulty
from zoo.page import page
from zoo.registry import CORRECT, FAULTY

ANIMALS: tuple[Correct | Faulty, ...] = (*CORRECT, *FAULTY)
PAGE = Path(__file__).parents[3] / "docs" / "kill-matrix.md"


@pytest.mark.parametrize("clause", [clause.id for clause in CLAUSES])
def test_every_clause_has_faulty_stores_that_break_it(clause: str) -> None:
    assert sum(animal.clause == clause for animal in FAULTY) >= 3


def test_faults_name_clauses_that_exist() -> None:
    assert {animal.clause for animal in FAULTY} <= {clause.id for clause in CLAUSES}


def test_animals_have_names_of_their_own() -> None:
    names = Counter(animal.id for animal in ANIMALS)
    assert [name for name, times in names.items() if times > 1] == []


def test_child_processes_can_import_every_store_that_they_open() -> None:
    for animal in ANIMALS:
        if not {"crash", "processes", "fork"} & set(animal.harness.capabilities):
            continue
        store = animal.store
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
    faults = [(animal.clause, animal.store.__name__, animal.reason) for animal in FAULTY]
    assert sorted(rows) == sorted(faults)
