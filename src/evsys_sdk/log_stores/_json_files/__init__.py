"""The files of a JSON log, one module each.

::

    names           where the files are, and which names they may have
    row             one line of metrics.jsonl: to bytes and back
    torn            the beginning of a row, which a killed writer leaves
    tail            what a killed writer left at the end of metrics.jsonl
    metrics         metrics.jsonl, open for appending
    reading         metrics.jsonl, row by row
    text_files      a file as text, with or without a byte order mark
    hyperparams     hyperparams.json
    artifacts       artifacts.json
    locking         the lock between processes, and replacing a file at once
    turns           the lock between threads, which signal handlers may enter too
"""

from importlib.util import find_spec

if find_spec("fcntl") is None:
    raise ImportError(
        "The jsonl log store needs the file locks of POSIX (the module fcntl), which are not "
        "available on this platform. On Windows, run it in WSL"
    )
