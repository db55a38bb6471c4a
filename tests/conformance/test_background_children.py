"""The background store keeps the contract over every kind of child. Its kind is over jsonl."""

from pathlib import Path

import pytest

from support.inner_pytest import Inner


@pytest.mark.parametrize("harness", ["OverTensorBoard", "OverSlow", "OverMultiplex"])
def test_the_background_store_is_certified(inner: Inner, harness: str) -> None:
    session = inner.certify(
        *("--evsys-conformance", f"support.background_harnesses:{harness}"),
        *("--evsys-effort", "quick"),
        environment={"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert f"support.background_harnesses:{harness} is CERTIFIED\n" in session.text
    assert session.status == 0
