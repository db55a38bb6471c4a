"""What a session found out about a logger, kept as JSON in the folder ``reports``."""

import json
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from evsys_conformance.certificate import Certificate, load
from evsys_conformance.certificate.model import StoreRecord
from field.notes import Notes

ROOT = Path(__file__).parents[2]
REPORTS = Path(__file__).parent / "reports"


class Report(BaseModel):
    """The certificate of a wrapper, and what was installed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    versions: dict[str, str]
    """Of the logger's distributions."""
    certificate: Certificate

    @property
    def store(self) -> StoreRecord:
        """The one store that was certified."""
        return self.certificate.stores[0]


def keep(name: str, notes: Notes, certificate: Path, reports: Path) -> None:
    """Keep the certificate of a logger, as short as it can be, with the versions installed here."""
    versions = {distribution: version(distribution) for distribution in notes.distributions}
    document = load(certificate).model_dump_json()
    # Where Python and the packages are tells only about this machine.
    for place in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), ROOT):
        document = document.replace(f"{place}/", "")
    report = Report(
        versions=versions, certificate=Certificate.model_validate_json(document).sealed()
    )
    text = json.dumps(report.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
    (reports / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def read_all(reports: Path) -> dict[str, Report]:
    """The kept reports, by the names of the loggers."""
    return {path.stem: _read(path) for path in sorted(reports.glob("*.json"))}


def _read(path: Path) -> Report:
    return Report.model_validate_json(path.read_text(encoding="utf-8"))
