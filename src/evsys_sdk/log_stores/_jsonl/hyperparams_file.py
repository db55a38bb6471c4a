"""The hyperparameters file: one object, pretty-printed."""

import json
import os
from typing import Any

from pydantic_core import to_json

from evsys_sdk.errors import DamagedLogError
from evsys_sdk.log_stores._jsonl.locking import replace_file, with_lock
from evsys_sdk.log_stores._jsonl.text_files import Document, damaged_document, read_document

__all__ = ["merge_hyperparams", "read_hyperparams"]


def merge_hyperparams(log_dir: str, file_name: str, params: dict[str, Any]) -> None:
    """Merge the checked ``params`` into the file: a later value replaces an earlier one whole.

    The file is replaced at once and reaches the disk: at every moment, also after a kill or a power
    loss, it is the old or the new one.

    Raises:
        DamagedLogError: The file does not parse; it is left as it is.
        OSError: The directory is gone or can't be written to, the disk is full, or the file is not
            a regular one; it is left as it is.
    """
    path = os.path.join(log_dir, file_name)

    def merge() -> None:
        document = read_document(path)
        merged = {**_parsed(path, document), **params}
        # NaN and infinities as text: the file stays strict JSON, and an object of free form has
        # no place for them beside the values, as a metrics row has.
        content = to_json(merged, indent=2, inf_nan_mode="strings") + b"\n"
        replace_file(path, document.mark + content, durable=True)

    with_lock(log_dir, merge)


def read_hyperparams(path: str) -> dict[str, Any]:
    """The object in the file; empty if the file is empty or does not exist.

    Raises:
        DamagedLogError: The file is not a JSON object.
        OSError: The file can't be read, or is not a regular file.
    """
    return _parsed(path, read_document(path))


def _parsed(path: str, document: Document) -> dict[str, Any]:
    if not document.content:
        return {}
    try:
        # Not pydantic's reader, which in older versions stops at one digit less than the contract.
        # It takes the bare words NaN and Infinity too, which Python's json writes.
        params: dict[str, Any] = json.loads(document.content.decode())
    except RecursionError:
        raise _damage(path, "it is nested too deep to be read") from None
    except ValueError as error:
        raise _damage(path, str(error)) from error
    if not _is_object(params):
        raise _damage(path, f"it holds a {type(params).__name__}")
    return params


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _damage(path: str, reason: str) -> DamagedLogError:
    return damaged_document(path, "a JSON object of hyperparameters", reason)
