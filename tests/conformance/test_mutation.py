"""The page about mutants of the jsonl store says what came of them."""

from conformance.mutation import Judged, Mutant, page


def _judged(line: int, verdict: str) -> Judged:
    mutant = Mutant("evsys_sdk/log_stores/jsonl.py", "core/AddNot", line, line, "log_metrics")
    return Judged(mutant, verdict, "if a | b:", "if not a | b:")


def test_what_the_kit_certifies_is_told_apart_by_the_tests_of_the_store() -> None:
    verdicts = ["refused", "refused by its tests", "survived", "broken"]
    text = page(250, [_judged(line, verdict) for line, verdict in enumerate(verdicts)])
    assert "Of 250 places, 4 were drawn" in text
    assert "**The kit refused 1 of 3 mutants, 33%.** Another 1 could not" in text
    assert "they refused 1 of 2" in text
    assert "| `jsonl.py` | 3 | 1 | 1 | 1 |" in text


def test_what_neither_refused_is_shown_with_its_change() -> None:
    text = page(250, [_judged(1, "refused"), _judged(2, "survived")])
    assert text.count("log_metrics") == 1
    assert "| jsonl.py, `log_metrics` | `if a \\| b:` | `if not a \\| b:` |" in text
