"""Wordings that never read well, and what to write instead.

A wording belongs here if a reader stumbles over almost every use of it. Reviewers judge the rest.
"""

import re
from typing import NamedTuple


class Pattern(NamedTuple):
    """A wording, and what to write instead."""

    regex: re.Pattern[str]
    advice: str


def _pattern(regex: str, advice: str) -> Pattern:
    return Pattern(re.compile(regex, re.IGNORECASE), advice)


# Passages have single spaces between words, and `…` in place of code.
OWN = r"(?:its|their|our|your|his|one's) own"
COMPARED = r"(?:better|worse|faster|slower|longer|later|larger|smaller|older|newer)"
VERB = r"(?:is|are|was|were|can(?:'t)?|may)"
PLACE = r"(?:in|at|on|before|behind|above|below|beyond|between|under|there|elsewhere|deeper)"

# `What is left out is listed` begins with a clause. A docstring may be one: `What is left out`.
OTHER_CLAUSE = r"(?:that|which|who|whose|when|where|before|while|if|and|or|it|there|they)"
WORDS = rf"(?:(?!{OTHER_CLAUSE}\b)[\w…'-]+ )"
CLAUSE = rf"(?-i:What|Who) (?:{VERB} {WORDS}+|(?:an?|the|one) {WORDS}*?\w+(?:s|ed) {WORDS}*)"
BEGINNING = r"(?:^\W*|(?<=[.!?|] ))"

PATTERNS = [
    _pattern(
        r"(?<!there )\b(?:is|are|was|were|be) no"
        rf" (?!(?:more|less|need|way|other|different|such|{COMPARED})\b)\w+",
        "negate the verb: `is not a number`, `must be a number`",
    ),
    _pattern(rf"\b(?:stands?|stood) {PLACE}\b", "`is`, `is stored` or `is recorded`"),
    _pattern(rf"\b(?:lies?|lay) {PLACE}\b", "`is`, `is stored` or `comes after`"),
    _pattern(
        r"\bbehind (?:it|them)\b"
        r"|\b(?:before|and|or|far|parts?|bytes?|calls?|rows?|lines?) behind\b",
        "`after` or `follows`",
    ),
    _pattern(r"\banew\b", "`again` or `from the beginning`"),
    _pattern(r"\bin vain\b", "name the result: `claimed but not kept`"),
    _pattern(r"\bunder ?way\b", "`in progress`"),
    _pattern(
        rf"\bof {OWN}\b",
        "`a separate process`, or `its own process` where another could be meant",
    ),
    _pattern(
        rf"{BEGINNING}{CLAUSE}(?:is|are|may|can) (?!to\b)[\w…]+",
        "begin the sentence with the thing that it is about",
    ),
    _pattern(
        r"\bwh(?:o|om|ich)ever\b|\bof whatever\b"
        r"|\bwhatever (?:is|are|was|it|he|stands|comes|runs|else)\b",
        "`any`, `every` or `anyone who`",
    ),
    _pattern(r"\b(?:for|to|of|by|from|with) who\b", "`for people who`"),
    _pattern(r"\b(?:say|says|said|told) of\b", "`say about`"),
    _pattern(r"\b(?:is|be|as|was|takes|gives|returns) (?:a|no) text\b(?! entry)", "`a string`"),
    _pattern(
        r"\b(?:has|have|had) not(?=[.,;:)]|$| (?:an?|the)\b)|\bbe had\b",
        "`does not have` or `is not available`",
    ),
    _pattern(r"\bsome (?:hundred|thousand|dozen)s?\b", "`hundreds of`, or the number"),
]
