"""A damaged event file is read alike in one piece, in parts, and while it grows."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evsys_sdk.command.show.following import FollowedRun
from evsys_sdk.command.show.scanning import Scan, scan_part, scan_source
from evsys_sdk.log_stores._tensorboard.tfrecord import framed
from evsys_sdk.sources.opening import open_sources
from support.event_files import histogram_event, hparams_event, simple_event, tensor_event

EVENTS = [
    simple_event(0, 1.5, x=1.0),
    hparams_event({"lr": 0.1}),
    tensor_event(1, "y", 0.5),
    *(simple_event(step, 1.5, x=1.0, y=2.0) for step in range(2, 9)),
    histogram_event(9),
    simple_event(10, 1.5, x=1.0),
]
CONTENT = b"".join(framed(event.SerializeToString()) for event in EVENTS)

places = st.integers(0, len(CONTENT) - 1)
damages = st.tuples(places, st.integers(0, 60), st.binary(max_size=30) | st.just(bytes(20)))


def contents(scan: Scan) -> tuple[int, int, Any]:
    curves = {name: curve.points.step.tolist() for name, curve in scan.curves.items()}
    return scan.rows, scan.damaged, curves


@given(st.lists(damages, max_size=3), places, st.integers(10, 300), st.floats(0, 1))
def test_damage_is_the_same_in_parts_and_while_the_file_grows(
    damage: list[tuple[int, int, bytes]], end: int, width: int, share: float
) -> None:
    content = bytearray(CONTENT)
    for place, count, inserted in damage:
        content[place : place + count] = inserted
    content = content[: max(1, end)] if end % 2 else content
    with TemporaryDirectory() as directory:
        path = Path(directory) / "events.out.tfevents.1"
        path.write_bytes(content)
        [source] = open_sources(directory)
        whole = scan_source(source)
        parts = Scan()
        for start in range(0, len(content), width):
            stop = min(start + width, len(content))
            parts.join(scan_part(source, str(path), start, stop))
        assert contents(parts) == contents(whole)
        cut = int(share * len(content))
        path.write_bytes(content[:cut])
        following = FollowedRun("run", source)
        following.update()
        with open(path, "ab") as file:
            file.write(content[cut:])
        following.update()
        assert following.run.scan.rows == whole.rows
