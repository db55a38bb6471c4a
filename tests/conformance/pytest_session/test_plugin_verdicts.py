"""The verdict that a session prints for a store, and its exit status."""

import pytest

from support.inner_pytest import Inner


def test_a_correct_store_is_certified(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "my_stores:MemoryStore", small=True)
    assert "my_stores:MemoryStore is CERTIFIED\n" in session.text
    assert "with log_dir='{dir}' (guessed), claiming float64, split" in session.text
    assert session.line_with("MET-8 ").split()[1] == "passed"
    assert "29 passed, 6 not claimed" in session.text
    assert session.status == 0


def test_a_faulty_store_is_not(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "my_stores:NamelessStore", small=True)
    assert "my_stores:NamelessStore is NOT CERTIFIED: ID-1 failed\n" in session.text
    assert session.line_with("ID-1   ").split()[1] == "failed"
    assert session.status == 1


def test_an_expected_failure_is_an_open_exception(inner: Inner) -> None:
    target = "my_stores:ExceptionHarness"
    session = inner.certify("--evsys-conformance", target, "-rx", small=True)
    reason = "ID-1 fails as expected: a known hole; issue 12"
    assert f"{target} is CERTIFIED WITH EXCEPTIONS: {reason}\n" in session.text
    assert "XFAIL evsys[my_stores:ExceptionHarness]::ID-1::" in session.text
    assert session.status == 0


def test_an_expected_failure_that_passes_fails(inner: Inner) -> None:
    target = "my_stores:NeedlessExceptionHarness"
    session = inner.certify("--evsys-conformance", target, small=True)
    why = "CL-3 was expected to fail, and passed"
    assert f"{target} is NOT CERTIFIED: {why}\n" in session.text
    assert session.status == 1


def test_a_store_without_a_reader_is_certified_unobserved(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "my_stores:BlindHarness", "-rs", small=True)
    why = "its harness can't read back what was recorded"
    assert f"my_stores:BlindHarness is CERTIFIED, UNOBSERVED: {why}\n" in session.text
    assert session.line_with("MET-8 ").split()[1:3] == ["not", "observed"]
    assert session.line_with("SIG-2 ").split()[1] == "passed"
    assert session.status == 0


def test_what_is_not_claimed_is_skipped_by_that_name(inner: Inner) -> None:
    session = inner.certify(
        "--evsys-conformance", "my_stores:MemoryStore", "--evsys-clause", "CAP-RESUME", "-rs"
    )
    skips = session.line_with("not claimed: resume (CAP-RESUME)")
    assert skips.startswith("SKIPPED [")
    assert "passed" not in session.text
    assert session.status == 1


def test_a_harness_that_can_not_be_entered_is_a_kit_error(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "my_stores:NoServerHarness", small=True)
    assert "Kit error: this is not a verdict on the store." in session.text
    assert session.text.count("ConnectionRefusedError: no server on port 8000") == 1
    assert "could not be entered (see the first error)" in session.text
    assert "is NOT CERTIFIED: " in session.text
    assert "29 kit error, 6 not claimed" in session.text
    assert session.status == 1


def test_a_harness_that_can_not_be_left_is_not_a_success(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "my_stores:StickyHarness", small=True)
    why = "leaving the harness raised TimeoutError: the server does not stop"
    assert f"my_stores:StickyHarness is NOT CERTIFIED: {why}\n" in session.text
    assert session.status == 1


def test_a_harness_can_not_skip(inner: Inner) -> None:
    session = inner.certify(
        "--evsys-conformance", "my_stores:SkippingHarness", "--evsys-clause", "CL-3"
    )
    assert "Skipped came out of the store or its harness" in session.text
    assert "is NOT CERTIFIED: CL-3 failed" in session.text
    assert session.status == 1


def test_a_store_that_ends_the_program_fails(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:EndingHarness", "--evsys-clause", "MET-8"),
        environment={"MY_STORES_END": "SystemExit"},
    )
    assert "SystemExit came out of the store or its harness, which ends a program: no disk" in (
        session.text
    )
    assert session.status == 1


def test_each_target_has_its_own_verdict_even_with_workers(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:NamelessStore"),
        *("--evsys-conformance", "my_stores:MemoryStore"),
        *("-n", "2"),
        small=True,
    )
    assert "my_stores:NamelessStore is NOT CERTIFIED: ID-1 failed\n" in session.text
    assert "my_stores:MemoryStore is CERTIFIED\n" in session.text
    assert session.status == 1


# jsonl is certified by the page on the certificate (test_plugin_docs.py).
@pytest.mark.parametrize("kind", ["tensorboard", "multiplex", "background"])
def test_the_built_in_stores_are_certified(inner: Inner, kind: str) -> None:
    session = inner.certify("--evsys-conformance", kind)
    assert f"{kind} is CERTIFIED\n" in session.text
    assert session.status == 0


def test_all_is_every_kind_installed(inner: Inner) -> None:
    session = inner.certify("--evsys-conformance", "all", "--evsys-clause", "ID-1", "-v")
    for kind in ("background", "jsonl", "multiplex", "tensorboard"):
        assert f"evsys[{kind}]::ID-1::the_name_is_a_string PASSED" in session.text
