"""What a certificate holds: the JSON document, and the words in it.

Nothing here needs pytest or Hypothesis, so that a certificate can be verified without them.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from evsys_conformance.verdicts import Effort, Level, Verdict

FORMAT: Final = "evsys-conformance-certificate/2"
OLDER_FORMAT: Final = "evsys-conformance-certificate/1"
"""It knows no causes and no masked clauses."""


class _Part(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)


# Only of these words a plain string is taken: that is what a document holds.
_Verdict = Annotated[Verdict, Strict(False)]


class CheckRecord(_Part):
    """What came of one check of a clause."""

    name: str
    verdict: _Verdict
    examples: int = Field(ge=0)
    """How many times it ran, each at a fresh destination."""
    seconds: float = Field(ge=0)
    volume: dict[str, int] = {}
    """Calls that a volume check made, by what it counted: fewer for a slow store."""
    message: str = ""
    """What was wrong, if anything was."""


class ClauseRecord(_Part):
    """What came of one clause."""

    id: str
    title: str
    level: Literal["must", "must if claimed"]
    verdict: _Verdict
    expected: str = ""
    """The reason given in ``expected_failures``; empty if the clause was expected to pass."""
    checks: list[CheckRecord]

    @property
    def examples(self) -> int:
        """Examples of all its checks."""
        return sum(check.examples for check in self.checks)

    @property
    def seconds(self) -> float:
        """Time of all its checks."""
        return sum(check.seconds for check in self.checks)

    @property
    def not_run(self) -> list[str]:
        """Names of the checks that did not run."""
        return [check.name for check in self.checks if check.verdict is Verdict.NOT_RUN]

    @property
    def passed_unexpectedly(self) -> bool:
        """Whether it fails because it was expected to, and passed."""
        return (
            self.verdict is Verdict.FAILED
            and bool(self.expected)
            and not any(check.verdict is Verdict.FAILED for check in self.checks)
        )


class CauseRecord(_Part):
    """What explains some of the failed checks."""

    clause: str
    """Id of the clause that the store breaks."""
    title: str
    """Title of the clause."""
    summary: str
    """What was expected, and what was recorded instead."""
    checks: list[str]
    """The failed checks that it explains, as in node ids: ``MET-4::drawn_values_are_kept``."""
    script: str
    """A complete program that shows it; empty where no program does."""
    essence: list[str]
    """The lines of the program that matter."""
    runs: str = ""
    """How often the program fails, as in ``3 of 10``; empty: always."""
    complete: bool = True
    """Whether there was time to look for the shortest program."""


class StoreRecord(_Part):
    """One store, and what is known of it."""

    target: str
    """How it was named on the command line."""
    module: str
    qualname: str
    kind: str
    """The ``name`` of the class."""
    distribution: str
    """The installed distribution that it belongs to; empty if it belongs to none."""
    version: str
    """Version of the distribution; empty if there is none."""
    capabilities: list[str]
    trouble: list[str] = []
    """What went wrong beside the clauses: a harness that could not be left."""
    causes: list[CauseRecord] = []
    """What explains the failed checks, most telling first."""
    clauses: list[ClauseRecord]
    level: Level


class KitRecord(_Part):
    """The distribution that holds the kit."""

    distribution: str
    version: str


class Certificate(_Part):
    """The stores of one run, and how it was made."""

    format: Literal["evsys-conformance-certificate/2", "evsys-conformance-certificate/1"]
    contract: str
    """Version of the contract."""
    kit: KitRecord
    python: str
    platform: str
    started: str
    """When, in ISO 8601 and UTC."""
    seconds: float = Field(ge=0)
    effort: Annotated[Effort, Strict(False)]
    seed: int | str | None
    """Seed of the drawn data; None where a derandomized Hypothesis profile draws it."""
    stores: list[StoreRecord] = Field(min_length=1)
    complete: bool
    """Whether every check of every clause that binds these stores has run."""
    sha256: str = ""
    """Digest of all the rest, by which an edit shows. It is not a signature."""

    def digest(self) -> str:
        """The digest of the certificate as it is now."""
        rest = self._document()
        del rest["sha256"]
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _document(self) -> dict[str, Any]:
        document = self.model_dump(mode="json")
        if self.format == OLDER_FORMAT:
            for store in document["stores"]:
                del store["causes"]
        return document

    def sealed(self) -> "Certificate":
        """The same certificate with its digest."""
        return self.model_copy(update={"sha256": self.digest()})

    def as_json(self) -> str:
        """The document, one object, ready to write."""
        return json.dumps(self._document(), indent=2, ensure_ascii=False) + "\n"


def load(path: str | Path) -> Certificate:
    """Read a certificate that ``--evsys-report out.json`` wrote.

    Raises:
        OSError: The file can't be read.
        ValueError: It is not a certificate; pydantic's text says what is wrong where.
    """
    document: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    return Certificate.model_validate(document)
