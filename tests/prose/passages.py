"""The prose of a file, a passage at a time: a wording may go over the end of a line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "prose: ok"
"""In a comment, a string or a paragraph, or after it in its last line: do not read it."""

# Good enough for Python 3.11: an f-string can't hold its own quotes.
TOKEN = re.compile(
    r"(?P<comment>#+[:!]?(?P<remark>[^\n]*))"
    r"|\b(?:def|class)\s+(?P<name>\w+)"
    r"|(?P<string>(?i:\b[bfru]{1,2})?(?P<quote>'''|\"\"\"|'|\")(?P<body>(?:\\.|.)*?)(?P=quote))",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\[nrt]")
EXPRESSION = re.compile(r"\{[^{}]*\}")
CODE = re.compile(r"(`+).+?\1", re.DOTALL)

# A line of Markdown that begins a passage: a heading, an item of a list, a row of a table.
BEGINNING = re.compile(r"\s*(?:[#|>*-]|\d+\.) ?")


@dataclass
class Passage:
    """Words that belong together, with single spaces between them."""

    text: str
    lines: list[int]
    """The line of each word."""

    def line_at(self, offset: int) -> int:
        """The line of the word at an offset of the text."""
        return self.lines[self.text.count(" ", 0, offset)]


def passages(path: Path) -> Iterator[Passage]:
    """The passages of a file of Python or Markdown that are not marked."""
    text = path.read_text(encoding="utf-8")
    for first, body in _python(text) if path.suffix == ".py" else _markdown(text):
        prose = CODE.sub(lambda code: "…" + "\n" * code[0].count("\n"), body)
        words = [
            (word, number)
            for number, line in enumerate(prose.split("\n"), first)
            for word in line.split()
        ]
        if len(words) > 1:
            yield Passage(" ".join(word for word, _ in words), [number for _, number in words])


def _markdown(text: str) -> Iterator[tuple[int, str]]:
    """The number of the first line, and the text, of each paragraph, item and row."""
    first, lines, fenced = 1, list[str](), False
    for number, line in enumerate([*text.split("\n"), ""], 1):
        fence = line.lstrip().startswith("```")
        if lines and (fence or not line.strip() or BEGINNING.match(line)):
            if not any(MARK in each for each in lines):
                yield first, "\n".join(lines)
            lines = []
        if fence:
            fenced = not fenced
        elif not fenced:
            first = first if lines else number
            lines.append(line)


def _python(text: str) -> Iterator[tuple[int, str]]:
    """The number of the first line, and the text, of each name, comment and string.

    Comments that follow each other are one, and so are the parts of a string.
    """
    kind, begin, end, body = "", 0, 0, ""
    for token in TOKEN.finditer(text):
        gap = text[end : token.start()]
        together = token.lastgroup == kind and not gap.strip()
        if not together:
            yield from _paragraphs(text, begin, end, body)
            begin, body, gap = token.start(), "", ""
        kind, end = token.lastgroup or "", token.end()
        body += gap + _words(token)
    yield from _paragraphs(text, begin, end, body)


def _words(token: re.Match[str]) -> str:
    """What a token says."""
    if token["name"]:
        return token["name"].replace("_", " ")
    if token["comment"]:
        return token["remark"]
    return EXPRESSION.sub("…", ESCAPE.sub("  ", token["body"]))


def _paragraphs(text: str, begin: int, end: int, body: str) -> Iterator[tuple[int, str]]:
    """The paragraphs of a comment or string between two offsets, unless it is marked."""
    if MARK in text[begin : text.find("\n", end)]:
        return
    number = text.count("\n", 0, begin) + 1
    for paragraph in body.split("\n\n"):
        yield number, paragraph
        number += paragraph.count("\n") + 2
