"""The hyperparameters and the artifacts of a log, with notes on what is ignored in their files."""

from typing import Any

from evsys_sdk.command.findings import Findings
from evsys_sdk.log_stores.jsonl_files import (
    LogFiles,
    has_byte_order_mark,
    read_artifacts,
    read_hyperparams,
)
from evsys_sdk.run_log import ArtifactPointer

__all__ = ["artifacts_of", "hyperparams_of"]


def hyperparams_of(files: LogFiles, notes: list[str]) -> dict[str, Any]:
    """The hyperparameters of the log; what is ignored is added to ``notes``.

    Raises:
        DamagedLogError: The file can't be parsed.
        OSError: The file can't be read, or is not a regular file.
    """
    path = files.hyperparams_path
    params = read_hyperparams(path)
    notes += Findings(byte_order_mark=has_byte_order_mark(path)).notes(path)
    return params


def artifacts_of(files: LogFiles, notes: list[str]) -> list[ArtifactPointer]:
    """The artifacts of the log, as :func:`hyperparams_of`."""
    findings = Findings()
    pointers = read_artifacts(files.log_dir, files.artifacts_file, findings.other_fields)
    findings.byte_order_mark = has_byte_order_mark(files.artifacts_path)
    notes += findings.notes(files.artifacts_path)
    return pointers
