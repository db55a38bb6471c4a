"""The certificate: what a run says about a store, as JSON, as a page, and as a badge."""

from pathlib import Path

from evsys_conformance.certificate.model import Certificate, load
from evsys_conformance.certificate.verifying import verify

__all__ = ["SUFFIXES", "Certificate", "load", "verify", "write"]

SUFFIXES = (".json", ".html", ".svg")
"""What a certificate can be written as."""


def write(certificate: Certificate, path: Path) -> None:
    """Write the certificate in the form that the suffix of ``path`` names; make its directory.

    Raises:
        OSError: It can't be written.
    """
    from evsys_conformance.certificate.html import page
    from evsys_conformance.certificate.svg import badge

    form = {".json": Certificate.as_json, ".html": page, ".svg": badge}[path.suffix.lower()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(form(certificate), encoding="utf-8", newline="\n")
