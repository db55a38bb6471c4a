"""One run of the benchmarks: how much is measured, of whom, and what is said on the way."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.subject import Subject
from benchmarks.subjects import SUBJECTS

__all__ = ["EFFORTS", "Bench", "Effort"]


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    name: str
    rounds: int
    """How often each figure is taken; the median of the rounds is shown."""
    seconds: float
    """About how long one tight loop lasts."""
    paced_calls: int
    """How many calls a paced loop has."""
    blocks: int
    """How many blocks of calls are compared side by side."""
    import_rounds: int
    """How often the imports that are compared are run in turn."""
    killed_rows: tuple[int, ...]
    """After how many calls a process is killed."""
    log_bytes: int
    """Size of the log that is opened beside an empty one."""
    read_rows: int
    """Rows of the log that is read back."""
    grown_rows: int
    """Rows of the log whose cost per call is watched as it grows."""
    pointers: int
    """The artifact pointer that is compared with the 10th."""
    training_steps: int
    """Steps of the demo's training loop."""


EFFORTS = {
    effort.name: effort
    for effort in (
        Effort(
            name="full",
            rounds=5,
            seconds=0.3,
            paced_calls=100,
            blocks=40,
            import_rounds=40,
            killed_rows=(1000, 1050),
            log_bytes=10**9,
            read_rows=1_000_000,
            grown_rows=10_000_000,
            pointers=10_000,
            training_steps=1_000,
        ),
        Effort(
            name="quick",
            rounds=1,
            seconds=0.1,
            paced_calls=30,
            blocks=10,
            import_rounds=8,
            killed_rows=(1000,),
            log_bytes=10**7,
            read_rows=50_000,
            grown_rows=300_000,
            pointers=1_000,
            training_steps=200,
        ),
        Effort(
            name="tiny",
            rounds=1,
            seconds=0.001,
            paced_calls=2,
            blocks=2,
            import_rounds=1,
            killed_rows=(20,),
            log_bytes=10**4,
            read_rows=100,
            grown_rows=200,
            pointers=30,
            training_steps=2,
        ),
    )
}


@dataclass
class Bench:
    """What a section is given."""

    effort: Effort
    subjects: Sequence[Subject] = SUBJECTS
    quiet: bool = False
    _started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Print a line of progress."""
        if not self.quiet:
            minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
            print(f"{minutes:3d}:{seconds:02d}  {text}", flush=True)
