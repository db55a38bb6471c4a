"""The certificate as a badge: a static SVG that says what the level rests on."""

from evsys_conformance.certificate import levels, wording
from evsys_conformance.certificate.markup import escaped
from evsys_conformance.certificate.model import Certificate, StoreRecord
from evsys_conformance.verdicts import Level
from evsys_sdk.text import truncated

_COLOURS: dict[Level, str] = {
    "certified": "#1a7f4b",
    "certified with exceptions": "#96650a",
    "certified, unobserved": "#96650a",
    "not certified": "#b3261e",
    "incomplete": "#5d6675",
}
_ROW = 20
_NOTE = 15
_GAP = 4
_MOST = 72
"""How many characters of a line are shown; the title has all of them."""
_EM = {
    **dict.fromkeys("ijl'|", 0.29),
    **dict.fromkeys(" .,:;!If", 0.36),
    **dict.fromkeys('rt()[]{}/\\-"J', 0.43),
    **dict.fromkeys("csz?*", 0.53),
    **dict.fromkeys("wM<>=+~#^&", 0.83),
    **dict.fromkeys("mW@%…", 0.98),
}
"""Widths of characters in Verdana, in em, where they are far from the usual."""


def badge(certificate: Certificate) -> str:
    """One row per store; under it, every exception with its reason."""
    blocks: list[str] = []
    width = top = 0
    for number, store in enumerate(certificate.stores):
        notes = [_cut(f"{c.id}: {c.expected}") for c in levels.exceptions(store)]
        block, block_width = _block(store, certificate, notes)
        corners = f'<rect width="{block_width}" height="{_height(notes)}" rx="4"/>'
        blocks.append(
            f'<clipPath id="corners{number}">{corners}</clipPath>'
            f'<g transform="translate(0 {top})" clip-path="url(#corners{number})">{block}</g>'
        )
        width = max(width, block_width)
        top += _height(notes) + _GAP
    title = escaped("; ".join(_title(store, certificate) for store in certificate.stores))
    size = f'width="{width}" height="{top - _GAP}" viewBox="0 0 {width} {top - _GAP}"'
    body = "\n".join(blocks)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">
<title>{title}</title>
<g font-family="Verdana,DejaVu Sans,Geneva,sans-serif" text-rendering="geometricPrecision">
{body}
</g>
</svg>
"""


def _title(store: StoreRecord, certificate: Certificate) -> str:
    text = f"{store.target}, log store contract {certificate.contract}: {store.level}"
    why = wording.explanation(store)
    return f"{text} ({why})" if why else text


def _block(store: StoreRecord, certificate: Certificate, notes: list[str]) -> tuple[str, int]:
    """The badge's text about one store, and its width."""
    left = f"log store contract {certificate.contract}"
    if len(certificate.stores) > 1:
        left = _cut(store.kind or store.qualname)
    middle = round(_width(left, 11)) + 14
    pill = middle + round(_width(store.level, 11)) + 14
    width = max([pill, *(round(_width(note, 10)) + 14 for note in notes)])
    parts = [
        _rect(0, 0, middle, _ROW, "#3b4252"),
        _rect(middle, 0, width - middle, _ROW, _COLOURS[store.level]),
        _text(left, 7, 14, 11, "#fff"),
        _text(store.level, middle + 7, 14, 11, "#fff"),
    ]
    if notes:
        parts.append(_rect(0, _ROW, width, _height(notes) - _ROW, "#fbf0d6"))
    parts += [
        _text(note, 7, _ROW + _NOTE * number + 13, 10, "#5c3f00")
        for number, note in enumerate(notes)
    ]
    return "".join(parts), width


def _height(notes: list[str]) -> int:
    return _ROW + (_NOTE * len(notes) + 5 if notes else 0)


def _rect(x: int, y: int, width: int, height: int, fill: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>'


def _text(text: str, x: int, y: int, size: int, fill: str) -> str:
    # The length is set, so that a reader without the font sees the text in its place.
    length = round(_width(text, size), 1)
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" textLength="{length}">'
        f"{escaped(text)}</text>"
    )


def _cut(text: str) -> str:
    return truncated(" ".join(text.split()), _MOST)


def _width(text: str, size: int) -> float:
    """The approximate width of a string in Verdana."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if character in _EM:
        return _EM[character]
    if ord(character) > 0x2E80:
        return 1.0
    return 0.7 if character.isupper() or ord(character) > 0x7F else 0.62
