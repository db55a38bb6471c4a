"""What makes a certificate sound, and every way in which one is not."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evsys_conformance.certificate import Certificate, load, verify, write
from evsys_conformance.certificate.model import OLDER_FORMAT
from evsys_sdk.command import main
from support.certified import beside, cause, certified, explained
from support.inner_pytest import Inner

EXCUSED: dict[str, Any] = {"expected_failures": {"CL-4": "one socket stays open"}}


def _written(certificate: Certificate, directory: Path) -> Path:
    path = directory / "out.json"
    write(certificate, path)
    return path


@pytest.mark.parametrize(
    "certificate",
    [
        certified(),
        certified(capabilities={"split", "float64", "fork"}),
        certified({"CL-4": "failed"}, **EXCUSED),
        certified({"MET-1": "not observed"}),
        beside(certified(), certified(target="other:Store")),
    ],
    ids=["certified", "claiming more", "with exceptions", "unobserved", "two stores"],
)
def test_a_certificate_of_certified_stores_is_sound(
    certificate: Certificate, tmp_path: Path
) -> None:
    path = _written(certificate, tmp_path)
    assert verify(path) == []
    assert load(path) == certificate


def test_what_a_session_writes_is_sound(inner: Inner) -> None:
    session = inner.certify(
        *("--evsys-conformance", "my_stores:MemoryStore", "--evsys-report", "new/out.json"),
        *("--evsys-report", "out.html", "--evsys-report", "out.svg", "--hypothesis-seed=7"),
    )
    assert session.status == 0
    assert "Certificate written to new/out.json\nCertificate written to out.html\n" in session.text
    document = inner.json("new/out.json")
    assert verify(inner.directory / "new" / "out.json") == []
    assert main(["verify", str(inner.directory / "new" / "out.json")]) == 0
    assert document["contract"] == "1.0"
    assert document["kit"]["distribution"] == "evsys-sdk"
    assert document["seed"] == 7
    assert document["effort"] == "quick"
    assert document["complete"] is True
    (store,) = document["stores"]
    assert (store["module"], store["qualname"]) == ("my_stores", "MemoryStore")
    assert store["kind"] == "memory"
    assert store["level"] == "certified"
    volumes = [c["volume"] for clause in store["clauses"] for c in clause["checks"] if c["volume"]]
    assert any(volume.get("log_metrics", 0) > 1000 for volume in volumes)
    assert "MemoryStore</h1>" in (inner.directory / "out.html").read_text()
    assert "certified</text>" in (inner.directory / "out.svg").read_text()


def test_a_store_of_an_installed_distribution_names_it() -> None:
    from evsys_conformance.certificate.origins import distribution_of

    name, version = distribution_of("evsys_sdk.log_stores.jsonl")
    assert name == "evsys-sdk"
    assert version
    assert distribution_of("pydantic.main")[0] == "pydantic"
    assert distribution_of("support.inner_stores") in {("", ""), ("evsys-sdk", version)}
    assert distribution_of("nowhere") == ("", "")


@pytest.mark.parametrize(
    ("certificate", "problem"),
    [
        (certified({"MET-1": "failed"}), "my_pkg:MyStore: it is not certified: MET-1 failed"),
        (certified({"MET-1": "not run"}), "it is incomplete: MET-1 did not run in full"),
        (certified(trouble=("the server stays",)), "it is not certified: the server stays"),
        (certified(**EXCUSED), "it is not certified: CL-4 was expected to fail, and passed"),
    ],
)
def test_a_sound_certificate_of_a_store_that_is_not_certified_says_so(
    certificate: Certificate, problem: str, tmp_path: Path
) -> None:
    (found,) = verify(_written(certificate, tmp_path))
    assert problem in found


def test_the_causes_are_named(tmp_path: Path) -> None:
    certificate = explained({"MET-1": "failed", "MET-2": "failed"}, "MET-1")
    assert verify(_written(certificate, tmp_path)) == [
        "my_pkg:MyStore: it is not certified: MET-1 failed; 1 clause is masked",
        "my_pkg:MyStore: cause 1 (MET-1, Every item is recorded once): 1 of 64 points is missing",
    ]


def _clause(document: Any, clause_id: str) -> Any:
    (clause,) = (c for c in document["stores"][0]["clauses"] if c["id"] == clause_id)
    return clause


def _store(document: Any) -> Any:
    return document["stores"][0]


def _fail(document: Any, called: str = "failed") -> None:
    clause = _clause(document, "MET-1")
    clause["checks"][0]["verdict"] = "failed"
    clause["verdict"] = called


def _cause(clause_id: str, *checks: str, **changes: Any) -> dict[str, Any]:
    return cause(clause_id, *checks).model_dump() | changes


EDITS: dict[str, tuple[Callable[[Any], object], str]] = {
    "a level that its clauses do not bear": (
        _fail,
        "its level is given as 'certified', but its clauses make it 'not certified'",
    ),
    "a verdict that its checks do not bear": (
        lambda d: _clause(d, "MET-1")["checks"][0].update(verdict="failed"),
        "MET-1 is given as 'passed', but its checks make it 'failed'",
    ),
    "a clause left out": (
        lambda d: _store(d)["clauses"].remove(_clause(d, "MET-4")),
        "MET-4 of the contract's 35 clauses missing",
    ),
    "a clause twice": (
        lambda d: _store(d)["clauses"].append(_clause(d, "MET-4")),
        "clause MET-4 is listed 2 times",
    ),
    "an unknown clause": (
        lambda d: _clause(d, "MET-4").update(id="MET-99"),
        "the contract has no clause MET-99",
    ),
    "another title": (
        lambda d: _clause(d, "MET-4").update(title="Values are kept, more or less"),
        "MET-4 is 'Values are kept' (must), not 'Values are kept, more or less'",
    ),
    "a check left out": (
        lambda d: _clause(d, "MET-4")["checks"].pop(),
        "MET-4 does not list the kit's checks of it: ",
    ),
    "no check at all": (
        lambda d: _clause(d, "MET-4").update(checks=[]),
        "MET-4 lists no check",
    ),
    "a pass without an example": (
        lambda d: _clause(d, "MET-4")["checks"][0].update(examples=0),
        "MET-4::drawn_values_are_kept passed without a single example",
    ),
    "a claim that was not looked at": (
        lambda d: _store(d)["capabilities"].append("fork"),
        "CAP-FORK is binding by the store's capabilities, but its checks say otherwise",
    ),
    "a claim withdrawn": (
        lambda d: _store(d)["capabilities"].remove("split"),
        "CAP-SPLIT is not claimed by the store's capabilities, but its checks say otherwise",
    ),
    "an unknown capability": (
        lambda d: _store(d)["capabilities"].append("telepathy"),
        "the contract has no capability 'telepathy'",
    ),
    "complete, and it is not": (
        lambda d: d.update(complete=False),
        "complete is given as False, but its checks make it True",
    ),
    "an unknown verdict": (
        lambda d: _clause(d, "MET-4").update(verdict="splendid"),
        "verdict: Input should be 'passed', 'failed'",
    ),
    "a field that does not exist": (
        lambda d: d.update(signature="x"),
        "signature: Extra inputs are not permitted",
    ),
    "a failure called masked without a cause": (
        lambda d: _fail(d, called="masked"),
        "MET-1 is given as 'masked', but its checks make it 'failed'",
    ),
    "a cause of what did not fail": (
        lambda d: _store(d)["causes"].append(_cause("MET-1", "MET-2::another")),
        "cause 1 (MET-1) explains MET-2::another, which did not fail",
    ),
    "a cause under a clause that passed": (
        lambda d: _store(d)["causes"].append(_cause("MET-1")),
        "MET-1 is given as 'passed', but its checks make it 'failed'",
    ),
    "a cause with another title": (
        lambda d: _store(d)["causes"].append(_cause("MET-1", title="Nearly")),
        "cause 1 (MET-1): MET-1 is 'Every item is recorded once', not 'Nearly'",
    ),
    "a cause under an unknown clause": (
        lambda d: _store(d)["causes"].append(_cause("MET-1", clause="MET-99")),
        "cause 1 (MET-99): the contract has no clause MET-99",
    ),
    "causes in the older format": (
        lambda d: (d.update(format=OLDER_FORMAT), _store(d)["causes"].append(_cause("MET-1"))),
        "format 'evsys-conformance-certificate/1' has neither causes nor masked clauses",
    ),
    "another format": (lambda d: d.pop("format"), "this is not a certificate of the kit"),
}


@pytest.mark.parametrize(("edit", "problem"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("sealed", [True, False], ids=["digest renewed", "digest kept"])
def test_an_edit_shows(
    edit: Callable[[Any], object], problem: str, tmp_path: Path, *, sealed: bool
) -> None:
    document = json.loads(certified().as_json())
    edit(document)
    if sealed and "format" in document:
        with contextlib.suppress(ValueError):
            document = Certificate.model_validate(document).sealed().model_dump(mode="json")
    path = tmp_path / "out.json"
    path.write_text(json.dumps(document))
    problems = verify(path)
    assert [each for each in problems if problem in each], problems


def test_any_edit_shows_by_the_digest(tmp_path: Path) -> None:
    document = json.loads(certified().as_json())
    _store(document)["version"] = "99.0"
    path = tmp_path / "out.json"
    path.write_text(json.dumps(document))
    assert verify(path) == [
        "it was changed after it was written: its sha256 is not that of its contents"
    ]


def test_a_contract_that_the_kit_does_not_know_is_not_judged(tmp_path: Path) -> None:
    certificate = certified().model_copy(update={"contract": "7.0"}).sealed()
    (problem,) = verify(_written(certificate, tmp_path))
    assert problem.startswith("it certifies contract 7.0, and this kit knows contract 1.0")


def test_the_checks_of_another_version_of_the_kit_are_its_own(tmp_path: Path) -> None:
    certificate = certified()
    certificate.kit.version = "0.0.7"
    certificate.stores[0].clauses[0].checks[0].name = "a_check_of_old"
    assert verify(_written(certificate.sealed(), tmp_path)) == []


def _older(certificate: Certificate) -> dict[str, Any]:
    """A certificate as it was written before there were causes, with its digest."""
    document = json.loads(certificate.as_json())
    del document["sha256"]
    document["format"] = "evsys-conformance-certificate/1"
    for store in document["stores"]:
        del store["causes"]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return {**document, "sha256": hashlib.sha256(text.encode()).hexdigest()}


@pytest.mark.parametrize(
    ("certificate", "problems"),
    [
        (certified(), []),
        (certified({"MET-1": "failed"}), ["my_pkg:MyStore: it is not certified: MET-1 failed"]),
    ],
)
def test_a_certificate_of_the_older_format_is_verified_too(
    certificate: Certificate, problems: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "out.json"
    path.write_text(json.dumps(_older(certificate)))
    assert verify(path) == problems
    assert json.loads(load(path).as_json()) == _older(certificate)
    path.write_text(json.dumps({**_older(certificate), "seconds": 1.0}))
    assert verify(path)[0].startswith("it was changed after it was written")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "this is not a certificate of the kit"),
        ('{"format": "another/1"}', "format: Input should be 'evsys-conformance-certificate/2'"),
    ],
)
def test_the_problem_of_a_file_that_is_not_a_certificate_is_named(
    content: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "out.json"
    path.write_text(content)
    assert problem in verify(path)[0]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    (problem,) = verify(tmp_path / "out.json")
    assert "No such file or directory" in problem


def test_verifying_needs_neither_hypothesis_nor_pytest(tmp_path: Path, inner: Inner) -> None:
    path = _written(certified(), tmp_path)
    inner.write(
        check=f"""
import sys
sys.modules["hypothesis"] = sys.modules["pytest"] = None
from evsys_conformance.certificate import verify
assert verify({str(path)!r}) == []
"""
    )
    session = inner.python("check.py")
    assert session.status == 0, session.text
