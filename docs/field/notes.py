"""What is known of each logger: the YAML file beside its wrapper."""

from pathlib import Path
from typing import ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from evsys_sdk import Capability

WRAPPERS = Path(__file__).parent / "wrappers"

Call = Literal["hyperparams", "artifacts"]

CLAUSES_OF: dict[Call, frozenset[str]] = {
    "hyperparams": frozenset({"HP-1", "HP-2", "HP-3", "HP-4", "HP-5"}),
    "artifacts": frozenset({"ART-1", "ART-2"}),
}
"""The clauses about a call that a logger may not have."""


class _Part(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class Finding(_Part):
    """Why a logger breaks a clause, as somebody traced it in the logger's own code."""

    what: str
    """What the logger does, in one sentence."""
    see: str = ""
    """Where its documentation or its tracker says so."""


class Notes(_Part):
    """What the page says about a logger besides its results."""

    title: str
    short: str = ""
    """Its name in the head of a narrow column; empty: the title."""
    distributions: list[str]
    """What is installed, the logger first."""
    documentation: str
    calls: str
    """Which of its calls the wrapper forwards to, and what reads the log."""
    store: str = ""
    """The class of the wrapper; empty if the logger does not run here."""
    claims: dict[Capability, str] = {}
    """For each claim, where the documentation promises it."""
    no_call: dict[Call, str] = {}
    """Calls of the contract that the logger does not have, and what comes close to them."""
    findings: dict[str, Finding] = {}
    """By clause."""
    follows: list[str] = []
    """Failed clauses whose checks somebody traced to others, where the kit had no time to."""
    remarks: list[Finding] = []
    """What else was seen, which no verdict shows."""
    not_run: str = ""
    """Why it does not run here."""

    @property
    def clauses_without_call(self) -> frozenset[str]:
        """The clauses that cannot be judged, because the logger has no such call."""
        return frozenset[str]().union(*(CLAUSES_OF[call] for call in self.no_call))


def every() -> dict[str, Notes]:
    """The notes of all loggers, by the names of their modules."""
    return {path.stem: load(path) for path in sorted(WRAPPERS.glob("*.yaml"))}


def load(path: Path) -> Notes:
    """Read the notes of one logger.

    Raises:
        ValueError: A field is unknown or missing.
    """
    return Notes.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
