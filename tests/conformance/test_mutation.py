"""The page about mutants says what came of them, and the plain store that is mutated is correct."""

import pytest

from measures import plain_mutation
from measures.judge_plain import refusal
from measures.mutation import REFUSED, SURVIVED, Judged, Mutant, page


def _judged(line: int, verdict: str) -> Judged:
    mutant = Mutant("evsys_sdk/log_stores/jsonl.py", "core/AddNot", line, line, "log_metrics")
    return Judged(mutant, verdict, "if a | b:", "if not a | b:")


def test_what_the_kit_certifies_is_told_apart_by_the_tests_of_the_store() -> None:
    verdicts = ["refused", "refused by its tests", "survived", "broken"]
    text = page(250, [_judged(line, verdict) for line, verdict in enumerate(verdicts)])
    assert "Of 250 places, 4 were drawn" in text
    assert "**The kit refused 1 of 3 mutants, 33%.**" in text
    assert "left out: 1." in text
    assert "they refused 1 of 2" in text
    assert "| `jsonl.py` | 3 | 1 | 1 | 1 |" in text


def test_what_neither_refused_is_shown_with_its_change() -> None:
    text = page(250, [_judged(1, "refused"), _judged(2, "survived")])
    assert text.count("log_metrics") == 1
    assert "| jsonl.py, `log_metrics` | `if a \\| b:` | `if not a \\| b:` |" in text


@pytest.mark.usefixtures("quick_collections")
def test_the_kit_certifies_the_plain_store() -> None:
    assert refusal() == ""


def test_every_equivalent_mutant_is_a_mutant() -> None:
    mutants = {change.key for change in plain_mutation.own_changes()}
    assert set(plain_mutation.reasons()) <= mutants


def test_equivalent_mutants_do_not_count() -> None:
    changes = plain_mutation.own_changes()[:3]
    verdicts = [REFUSED, SURVIVED, SURVIVED]
    judged = [plain_mutation.Judged(*each) for each in zip(changes, verdicts, strict=True)]
    reasons = {changes[1].key: "It says the same."}
    text = plain_mutation.section(judged, reasons)
    assert "That makes 3 mutants.\n1 of them keep" in text
    assert "**The kit refused 1 of the 2 others, 50%.**" in text
    assert text.count("It says the same.") == 1
