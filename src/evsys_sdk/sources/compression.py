"""Files that somebody compressed: they can't be read before they are unpacked."""

import os
from contextlib import suppress

from evsys_sdk._files import open_regular_file
from evsys_sdk.errors import DamagedLogError
from evsys_sdk.sources.findings import Findings

__all__ = ["compression_of", "note_compression"]

_FORMATS = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\xfd7zXZ\0": "xz",
    b"BZh91AY&SY": "bzip2",
    b"PK\x03\x04": "zip",
}
"""By how a file begins. No log begins like this."""
_LONGEST = max(map(len, _FORMATS))


def compression_of(path: str) -> str:
    """The format in which a file is compressed; empty if there is none, or no such file."""
    beginning = b""
    if os.path.isfile(path):
        with suppress(OSError), open_regular_file(path) as file:
            beginning = file.read(_LONGEST)
    return next((name for magic, name in _FORMATS.items() if beginning.startswith(magic)), "")


def note_compression(path: str, findings: Findings) -> bool:
    """Whether the file is compressed; if it is, that is added to the findings as damage."""
    name = compression_of(path)
    if name:
        reason = f"compressed with {name}"
        findings.damaged_record(DamagedLogError(path, reason, "Unpack it first", kind=reason))
    return bool(name)
