"""Texts of strangers inside markup: names and reasons come from the store's author."""

import html
import re

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def escaped(text: object) -> str:
    """The string for element content and quoted attributes of HTML and XML."""
    return html.escape(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", str(text)), quote=True)


def slug(word: str) -> str:
    """A word as the name of a CSS class: ``not certified`` is ``not-certified``."""
    return re.sub("[^a-z]+", "-", word.lower()).strip("-")
