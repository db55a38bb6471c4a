"""The in-memory store keeps the contract: people judge their own code by it."""

from support.inner_pytest import Inner


def test_the_in_memory_store_is_certified(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "memory")
    assert "memory is CERTIFIED\n" in session.text
    assert session.status == 0
