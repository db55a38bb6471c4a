"""The certificate as a page and as a badge: complete, self-contained, safe, well-formed."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evsys_conformance.certificate import Certificate
from evsys_conformance.certificate.html import page
from evsys_conformance.certificate.svg import badge
from evsys_conformance.clauses import CLAUSES
from support.certified import beside, cause, certified, explained
from support.inner_stores import MemoryStore

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "br", "img", "path"}


class _Page(HTMLParser):
    """Collects elements and text, and holds every end tag against its start."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.text += data


def _svg(certificate: Certificate) -> ET.Element:
    return ET.fromstring(badge(certificate))


def _texts(certificate: Certificate) -> list[str]:
    return [each.text or "" for each in _svg(certificate).iter(f"{SVG}text")]


def hostile(text: str) -> Certificate:
    """A certificate in which everything that an author names is ``text``."""
    store = type("Hostile", (MemoryStore,), {"name": text, "__qualname__": text})
    return certified(
        {"CL-4": "failed", "MET-1": "failed"},
        store=store,
        target=text,
        expected_failures={"CL-4": text},
        trouble=(text,),
        message=text,
        causes=(
            cause("MET-1", summary=text).model_copy(update={"essence": [text], "script": text}),
        ),
    )


def test_the_page_says_everything() -> None:
    certificate = certified({"CL-4": "failed"}, expected_failures={"CL-4": "a known hole"})
    found = _Page(page(certificate))
    for clause in CLAUSES:
        assert clause.id in found.text
        assert clause.title in found.text
    assert "certified with exceptions" in found.text
    assert "This clause is known to fail:CL-4" in found.text
    assert "a known hole" in found.text
    assert "Log store contract 1.0" in found.text
    assert "5200 log_metrics calls" in found.text.replace(",", "")
    assert certificate.sha256 in found.text
    for fact in (certificate.python, certificate.platform, "77", "normal", "1970-01-01 00:00 UTC"):
        assert fact in found.text


@pytest.mark.parametrize(
    ("certificate", "level"),
    [
        (certified(), "certified"),
        (certified({"MET-1": "not observed"}), "certified-unobserved"),
        (certified({"MET-1": "failed"}), "not-certified"),
        (certified({"MET-1": "not run"}), "incomplete"),
    ],
)
def test_each_level_looks_different(certificate: Certificate, level: str) -> None:
    elements = _Page(page(certificate)).elements
    assert ("article", {"class": level}) in elements


def test_a_failure_is_shown_open_with_its_report() -> None:
    message = "MET-1  Every item is recorded once\n\nmust: …\n\nkey 'loss' is not recorded"
    source = page(certified({"MET-1": "failed"}, message=message))
    assert "MET-1 failed." in _Page(source).text
    assert '<details class="failed" open>' in source
    assert "<pre>must: …\n\nkey &#x27;loss&#x27; is not recorded</pre>" in source


def test_causes_come_before_the_clauses() -> None:
    certificate = explained(
        {"MET-1": "failed", "MET-2": "failed", "MET-7": "failed"}, "MET-1", "MET-7"
    )
    text = _Page(page(certificate)).text
    assert "2 causes explain the" in text
    first, second = text.index("1 MET-1 Every item is"), text.index("2 MET-7 A bad call")
    assert first < text.index('store.log_metrics({"loss": 0.5}, step)') < second
    assert first < text.index("Look at: loops over metrics.items()") < second
    assert second < text.index("35 clauses: 26 passed, 2 failed, 1 masked")
    assert "log_scalar records what log_metrics recordscause 1 (MET-1)masked" in text
    # A clause that a cause explains is folded: the cause is above.
    assert '<details class="failed"><summary><b>MET-1</b>' in page(certificate)


def test_a_page_without_causes_has_no_section_for_them() -> None:
    assert 'class="causes"' not in page(certified({"MET-1": "kit error"}))


def test_the_page_fetches_and_runs_nothing() -> None:
    source = page(beside(certified(), hostile("https://example.org/x.js")))
    found = _Page(source)
    assert not {tag for tag, _ in found.elements} & {"script", "link", "img", "iframe", "object"}
    for _tag, attributes in found.elements:
        assert not attributes.keys() & {"src", "href", "srcset", "onload", "onclick"}
    style = source.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in source
    assert "prefers-color-scheme: dark" in style


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style></title><b>", "'&lt;"],
)
def test_markup_in_names_and_reasons_is_text(text: str) -> None:
    found = _Page(page(hostile(text)))
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "img"}
    assert found.text.count(text) >= 5
    assert text in " ".join(_texts(hostile(text)))


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1, max_size=40))
def test_any_text_gives_a_page_and_a_badge_that_can_be_read_and_written(text: str) -> None:
    certificate = hostile(text)
    page(certificate).encode()
    badge(certificate).encode()
    certificate.as_json().encode()
    _Page(page(certificate))
    _svg(certificate)


def test_lone_surrogates_are_written_out() -> None:
    text = "\ud800"
    assert "\\ud800" in _Page(page(hostile(text))).text


def test_the_badge_says_the_level() -> None:
    assert _texts(certified()) == ["log store contract 1.0", "certified"]
    title = _svg(certified()).findtext(f"{SVG}title")
    assert title == "my_pkg:MyStore, log store contract 1.0: certified"


def test_the_badge_lists_every_exception_with_its_reason() -> None:
    reasons = {"CL-4": "one socket stays open; issue 12", "CL-2": "a second close raises " * 9}
    certificate = certified({"CL-4": "failed", "CL-2": "failed"}, expected_failures=reasons)
    _contract, level, first, second = _texts(certificate)
    assert level == "certified with exceptions"
    assert first.startswith("CL-2: a second close raises a second")
    assert first.endswith("…")
    assert second == "CL-4: one socket stays open; issue 12"
    assert reasons["CL-2"].strip() in (_svg(certificate).findtext(f"{SVG}title") or "")


def test_several_stores_have_a_row_each_with_their_kind() -> None:
    certificate = beside(certified(), certified({"MET-1": "failed"}, target="other:Store"))
    assert _texts(certificate) == ["memory", "certified", "memory", "not certified"]


@pytest.mark.parametrize(
    "certificate",
    [
        certified(),
        hostile("m" * 300),
        hostile("iii"),
        hostile("日本語" * 20),
        beside(certified(), hostile("W")),
    ],
)
def test_every_text_of_the_badge_lies_within_it(certificate: Certificate) -> None:
    root = _svg(certificate)
    width = float(root.attrib["width"])
    assert root.attrib["viewBox"] == f"0 0 {root.attrib['width']} {root.attrib['height']}"
    for text in root.iter(f"{SVG}text"):
        assert float(text.attrib["x"]) + float(text.attrib["textLength"]) <= width
        characters = len(text.text or "")
        assert 2 * characters < float(text.attrib["textLength"]) < 12 * characters
    assert width < 1000


def test_the_badge_has_neither_script_nor_link() -> None:
    source = badge(hostile("javascript:alert(1)"))
    assert not re.search(r"<(script|image|a|foreignObject)\b|href=|onload=", source)
