"""The causes of failed checks on the page of a certificate."""

from collections.abc import Iterable

from evsys_conformance.certificate import wording
from evsys_conformance.certificate.markup import escaped
from evsys_conformance.certificate.model import CauseRecord, StoreRecord
from evsys_conformance.clauses import BY_ID


def causes_section(store: StoreRecord) -> str:
    """A section with an entry for each cause; nothing where there is none."""
    if not store.causes:
        return ""
    entries = "\n".join(_entry(number, cause) for number, cause in enumerate(store.causes, 1))
    title = f"{wording.causes_explain(store)}."
    return f'<section class="causes"><h2>{escaped(title)}</h2>\n<ol>{entries}</ol>\n</section>'


def _entry(number: int, cause: CauseRecord) -> str:
    look_at = BY_ID[cause.clause].look_at if cause.clause in BY_ID else ""
    notes = [
        f"Look at: {look_at}." if look_at else "",
        wording.reliability(cause),
        wording.explained(cause),
    ]
    return (
        f"<li><h3><b>{number}</b> <code>{escaped(cause.clause)}</code> {escaped(cause.title)}</h3>"
        f'<p class="found">{escaped(cause.summary)}</p>'
        f"{_program(cause)}{_paragraphs(notes)}</li>"
    )


def _program(cause: CauseRecord) -> str:
    if not cause.essence:
        return ""
    whole = ""
    if cause.script:
        summary = "<summary>The complete program</summary>"
        whole = f"<details>{summary}<pre>{escaped(cause.script)}</pre></details>"
    return f"<pre>{escaped(chr(10).join(cause.essence))}</pre>{whole}"


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escaped(text)}</p>" for text in texts if text)
