"""Writes a large log, with non-finite values and, but for the first kind, hostile names in it.

    python tests/command/large_log.py plain DIRECTORY 1000000     each row has all 50 metrics
    python tests/command/large_log.py dense DIRECTORY 1000000     the same
    python tests/command/large_log.py sparse DIRECTORY 1000000    each row has 1 to 3 of them

To see what a million rows take, and what it takes to parse them:

    /usr/bin/time -v evsys show DIRECTORY
    python -m timeit -n 1 -r 3 -s "import orjson" \\
        "for line in open('DIRECTORY/metrics.jsonl', 'rb'): orjson.loads(line)"
"""

import math
import os
import random
import sys
from collections.abc import Iterator

from evsys_sdk.log_stores._jsonl.row import encode_row

HOSTILE = ["<script>alert(1)</script>", "\x1b[2Jloss\n\u202e", "k" * 300, "l'\"&amp;\\", "${x}`"]
PLAIN = [f"train/metric_{number:02}" for number in range(50)]
KEYS = {"plain": PLAIN, "dense": [*HOSTILE, *PLAIN[:45]], "sparse": [*HOSTILE, *PLAIN[:45]]}


def rows(kind: str, count: int) -> Iterator[bytes]:
    """The rows: a noisy decay per metric, one row in ten of validation, a NaN here and there."""
    draw = random.Random(0)
    for step in range(count):
        keys = draw.sample(KEYS[kind], draw.randint(1, 3)) if kind == "sparse" else KEYS[kind]
        level = math.exp(-4 * step / count)
        values = {key: level + 0.1 * draw.random() for key in keys}
        if step % 99_991 == 5000:
            values[keys[0]] = draw.choice([math.nan, math.inf, -math.inf])
        yield encode_row(1.7e9 + step / 100, step, "val" if step % 10 == 9 else "train", values)


def main(kind: str, directory: str, count: str) -> None:
    """Write the log."""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "metrics.jsonl"), "wb", buffering=1 << 20) as file:
        file.writelines(row + b"\n" for row in rows(kind, int(count)))


if __name__ == "__main__":
    main(*sys.argv[1:])
