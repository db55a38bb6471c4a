"""The words for what is known of a check, a clause or a store, and for how hard the kit looks.

Nothing here needs pytest or Hypothesis, so that a certificate can be read without them.
"""

import enum
from typing import Literal


class Verdict(enum.StrEnum):
    """What is known of a check or a clause after the run."""

    PASSED = "passed"
    FAILED = "failed"
    MASKED = "masked"
    """Only of a clause: its checks failed, but all of them through a cause of another clause."""
    NOT_OBSERVED = "not observed"
    NOT_CLAIMED = "not claimed"
    EXPECTED_FAILURE = "expected failure"
    """Only of a clause."""
    KIT_ERROR = "kit error"
    NOT_RUN = "not run"


Level = Literal[
    "certified",
    "certified with exceptions",
    "certified, unobserved",
    "not certified",
    "incomplete",
]
"""What is known of a store."""


class Effort(enum.StrEnum):
    """How hard the kit looks."""

    QUICK = "quick"
    NORMAL = "normal"
    DEEP = "deep"

    @property
    def share(self) -> float:
        """Share of ``max_examples`` that a check of weight 1 draws."""
        return {"quick": 0.1, "normal": 0.25, "deep": 2.5}[self]

    @property
    def seconds(self) -> float:
        """Seconds after which a check draws no further example."""
        return {"quick": 5.0, "normal": 10.0, "deep": 120.0}[self]

    @property
    def volume(self) -> float:
        """Share of the usual length of long runs."""
        return {"quick": 0.25, "normal": 1.0, "deep": 4.0}[self]

    @property
    def explaining(self) -> float:
        """Seconds in which the causes of failed checks are looked for."""
        return {"quick": 20.0, "normal": 30.0, "deep": 120.0}[self]
