"""The parts of the jsonl store, a module each.

::

    paths             where the files are, and which names they may have
    row               one line of metrics.jsonl: to bytes and back
    torn_rows         the beginning of a row, which a killed writer leaves
    tail_repair       mends the end of metrics.jsonl after a killed writer
    metrics_file      metrics.jsonl, open for appending
    reading           metrics.jsonl, row by row
    text_files        a file as text, with or without a byte order mark
    hyperparams_file  hyperparams.json
    artifacts_file    artifacts.json
    locking           the lock between processes, and replacing a file at once
    job_queue         the lock between threads, which signal handlers may enter too
"""

from importlib.util import find_spec

if find_spec("fcntl") is None:
    raise ImportError(
        "The jsonl log store needs the file locks of POSIX (the module fcntl), which are not "
        "available on this platform. On Windows, run it in WSL"
    )
