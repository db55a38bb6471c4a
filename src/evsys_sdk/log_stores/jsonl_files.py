"""The files of a JSONL log, for tools that read more than the rows that are sound.

:meth:`JSONLLogStore.read_run` is for programs that want a run. A tool that shows a log or copies it
also wants to know which lines are damaged and which fields are ignored::

    files = LogFiles.checked(log_dir)
    with open(files.metrics_path, "rb") as file:
        skip_byte_order_mark(file)
        for number, row in rows_of(file, decode_row, on_damage):
            ...
"""

from evsys_sdk.log_stores._jsonl.artifacts_file import read_artifacts
from evsys_sdk.log_stores._jsonl.hyperparams_file import read_hyperparams
from evsys_sdk.log_stores._jsonl.paths import LogFiles
from evsys_sdk.log_stores._jsonl.reading import line_beginning, rows_of
from evsys_sdk.log_stores._jsonl.row import RowError, decode_row, given_text
from evsys_sdk.log_stores._jsonl.text_files import has_byte_order_mark, skip_byte_order_mark

__all__ = [
    "LogFiles",
    "RowError",
    "decode_row",
    "given_text",
    "has_byte_order_mark",
    "line_beginning",
    "read_artifacts",
    "read_hyperparams",
    "rows_of",
    "skip_byte_order_mark",
]
