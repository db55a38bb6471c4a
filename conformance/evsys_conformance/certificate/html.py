"""The certificate as one page: no script, no network, light and dark."""

import math
from collections.abc import Iterable
from pathlib import Path

from evsys_conformance.certificate import levels, wording
from evsys_conformance.certificate.causes_section import causes_section
from evsys_conformance.certificate.markup import escaped, slug
from evsys_conformance.certificate.model import (
    Certificate,
    CheckRecord,
    ClauseRecord,
    StoreRecord,
)
from evsys_conformance.clauses import CAPABILITIES
from evsys_conformance.verdicts import Level, Verdict

_SECTIONS = (
    ("Shape", ("ID-", "SIG-")),
    ("Metrics", ("MET-",)),
    ("Hyperparameters", ("HP-",)),
    ("Artifacts", ("ART-",)),
    ("Close", ("CL-",)),
    ("Composition", ("MUX-",)),
    ("Capabilities", ("CAP-",)),
)
_MARKS: dict[Level, str] = {
    "certified": '<path d="M15 25.5l6.5 6.5L34 18"/>',
    "certified with exceptions": '<path d="M15 25.5l6.5 6.5L34 18"/>',
    "certified, unobserved": '<path d="M15 25.5l6.5 6.5L34 18"/>',
    "not certified": '<path d="M17 17l14 14M31 17L17 31"/>',
    "incomplete": '<path d="M16 24h.1M24 24h.1M32 24h.1"/>',
}


def page(certificate: Certificate) -> str:
    """The whole page."""
    css = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    names = ", ".join(escaped(store.target) for store in certificate.stores)
    stores = "\n".join(_store(store, certificate) for store in certificate.stores)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{names} · log store conformance</title>
<style>
{css}</style>
</head>
<body>
{stores}
{_footer(certificate)}
</body>
</html>
"""


def _store(store: StoreRecord, certificate: Certificate) -> str:
    sections = "\n".join(
        _section(title, [c for c in store.clauses if c.id.startswith(prefixes)], store)
        for title, prefixes in _SECTIONS
    )
    return f"""<article class="{slug(store.level)}">
<header>
<svg class="seal" viewBox="0 0 48 48" aria-hidden="true">
<path class="rosette" d="{_rosette()}"/><g class="mark">{_MARKS[store.level]}</g>
</svg>
<div>
<p class="kicker">Log store contract {escaped(certificate.contract)}</p>
<h1>{escaped(store.qualname)}</h1>
<p class="origin">{_origin(store)}</p>
</div>
<p class="level">{escaped(store.level)}</p>
</header>
{_because(store)}
{causes_section(store)}
{_counts(store)}
<dl class="facts">{_facts(store, certificate)}</dl>
<div class="capabilities"><h2>Claims</h2><ul>{_capabilities(store)}</ul></div>
{sections}
</article>"""


def _rosette(lobes: int = 12) -> str:
    """The outline of a seal around 24, 24: a round lobe between each two neighbouring notches."""

    def at(radius: float, part: float) -> str:
        angle = 2 * math.pi * part / lobes
        return f"{24 + radius * math.sin(angle):.1f} {24 - radius * math.cos(angle):.1f}"

    curves = "".join(f"Q{at(26.5, n + 0.5)} {at(20.5, n + 1)}" for n in range(lobes))
    return f"M{at(20.5, 0)}{curves}Z"


def _origin(store: StoreRecord) -> str:
    text = f"<code>{escaped(store.module)}</code>"
    if store.distribution:
        text += f" from {escaped(store.distribution)} {escaped(store.version)}"
    if store.kind:
        text += f", kind <code>{escaped(store.kind)}</code>"
    return text


def _because(store: StoreRecord) -> str:
    """The facts that a reader must know first: exceptions, failures, what is missing."""
    exceptions = levels.exceptions(store)
    if exceptions and levels.is_certified(store):
        items = "".join(
            f"<li><b>{escaped(c.id)}</b> {escaped(c.title)}: <q>{escaped(c.expected)}</q></li>"
            for c in exceptions
        )
        unobserved = (
            "<p>Its harness can't read back what was recorded.</p>"
            if store.level == "certified, unobserved"
            else ""
        )
        what = "This clause is" if len(exceptions) == 1 else "These clauses are"
        return (
            f'<section class="because">{unobserved}<p>{what} known to fail:</p>'
            f"<ul>{items}</ul></section>"
        )
    why = wording.explanation(store)
    return f'<section class="because"><p>{escaped(why)}.</p></section>' if why else ""


def _counts(store: StoreRecord) -> str:
    verdicts = [clause.verdict for clause in store.clauses]
    parts = "".join(
        f'<i class="{slug(verdict)}" style="flex-grow:{verdicts.count(verdict)}"></i>'
        for verdict in dict.fromkeys(verdicts)
    )
    words = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))
    examples = sum(clause.examples for clause in store.clauses)
    return (
        f'<div class="counts"><div class="bar" aria-hidden="true">{parts}</div>'
        f"<p>{len(verdicts)} clauses: {words}. {examples:,} examples.</p></div>"
    )


def _facts(store: StoreRecord, certificate: Certificate) -> str:
    seed = "derandomized" if certificate.seed is None else certificate.seed
    facts = {
        "Target": store.target,
        "Date": f"{certificate.started[:16].replace('T', ' ')} UTC",
        "Kit": f"{certificate.kit.distribution} {certificate.kit.version}",
        "Effort": certificate.effort,
        "Seed": seed,
        "Duration": f"{sum(clause.seconds for clause in store.clauses):.1f} s",
        "Python": certificate.python,
        "Platform": certificate.platform,
    }
    return "".join(
        f"<div><dt>{name}</dt><dd>{escaped(value)}</dd></div>" for name, value in facts.items()
    )


def _capabilities(store: StoreRecord) -> str:
    return "".join(
        f"<li>{escaped(each)}</li>"
        if each in store.capabilities
        else f'<li class="unclaimed" title="not claimed">{escaped(each)}</li>'
        for each in CAPABILITIES
    )


def _section(title: str, clauses: list[ClauseRecord], store: StoreRecord) -> str:
    if not clauses:
        return ""
    rows = "\n".join(_clause(clause, wording.pointers(clause, store)) for clause in clauses)
    return f"<section><h2>{escaped(title)}</h2>\n{rows}\n</section>"


def _clause(clause: ClauseRecord, explained: str) -> str:
    # The section of causes shows what a cause explains.
    troubled = clause.verdict in {Verdict.FAILED, Verdict.KIT_ERROR} and not explained
    reason = f'<p class="reason">{escaped(_reason(clause))}</p>' if _reason(clause) else ""
    numbers = explained or (_examples(clause.examples) if clause.examples else "")
    return (
        f'<details class="{slug(clause.verdict)}"{" open" if troubled else ""}><summary>'
        f'<b>{escaped(clause.id)}</b><span class="title">{escaped(clause.title)}</span>'
        f'<span class="examples">{numbers}</span>'
        f'<span class="verdict">{escaped(clause.verdict)}</span></summary>'
        f"{reason}<ul>{''.join(_checks(clause.checks))}</ul></details>"
    )


def _reason(clause: ClauseRecord) -> str:
    if clause.passed_unexpectedly:
        return f"It was expected to fail, and passed. The reason given: {clause.expected}"
    return f"Expected to fail: {clause.expected}" if clause.expected else ""


def _checks(checks: Iterable[CheckRecord]) -> Iterable[str]:
    for check in checks:
        told: list[str] = [check.verdict] if check.verdict is not Verdict.PASSED else []
        if check.examples:
            told.append(_examples(check.examples))
            told.append(f"{check.seconds:.2f} s")
        told += [f"{number:,} {what} calls" for what, number in check.volume.items()]
        message = f"<pre>{escaped(_found(check.message))}</pre>" if check.message else ""
        yield (
            f'<li class="{slug(check.verdict)}">{escaped(check.name.replace("_", " "))}'
            f" <small>{escaped(' · '.join(told))}</small>{message}</li>"
        )


def _examples(number: int) -> str:
    return f"{number:,} example{'s' if number > 1 else ''}"


def _found(message: str) -> str:
    """A message without its first line: the clause and its title are shown above it."""
    first, _, rest = message.partition("\n\n")
    return rest if "\n" not in first and rest else message


def _footer(certificate: Certificate) -> str:
    complete = "Complete" if certificate.complete else "Not complete"
    return (
        f"<footer><p>{complete}. Made by the conformance kit of "
        f"{escaped(certificate.kit.distribution)} {escaped(certificate.kit.version)}. "
        f"The JSON form of this certificate can be checked: <code>evsys verify</code>.</p>"
        f"<p>sha256 <code>{escaped(certificate.sha256)}</code></p></footer>"
    )
