"""The page about mutants of the jsonl store says what came of them."""

from conformance.mutation import Judged, Mutant, page


def _judged(line: int, verdict: str) -> Judged:
    mutant = Mutant("jsonl.py", "core/AddNot", line, line, "log_metrics")
    return Judged(mutant, verdict, "if a | b:", "if not a | b:")


def test_mutants_that_could_not_run_do_not_count() -> None:
    judged = [_judged(1, "refused"), _judged(2, "certified"), _judged(3, "broken")]
    text = page(250, judged)
    assert "Of 250 places, 3 were drawn" in text
    assert "**1 of 2 mutants were refused: 50%.** Another 1 could not" in text
    assert "| `jsonl.py` | 2 | 1 |" in text


def test_survivors_are_shown_with_their_change() -> None:
    text = page(250, [_judged(1, "refused"), _judged(2, "certified")])
    assert text.count("log_metrics") == 1
    assert "| jsonl.py, `log_metrics` | `if a \\| b:` | `if not a \\| b:` |" in text
