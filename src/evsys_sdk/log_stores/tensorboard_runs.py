"""Where event files are, as TensorBoard finds them. Its packages are not needed for that."""

import os
from contextlib import suppress

__all__ = ["event_file_names", "run_names"]


def event_file_names(directory: str) -> list[str]:
    """The event files in a directory, in the order in which TensorBoard reads them: by name."""
    with os.scandir(directory) as entries:
        return sorted(each.name for each in entries if "tfevents" in each.name and each.is_file())


def run_names(directory: str, most_directories: int | None = None) -> list[str]:
    """The runs that TensorBoard would find in a directory: each directory that has event files.

    A run is called by its path below the directory, which is empty for the directory itself.
    Symbolic links are followed.

    Args:
        directory: The directory, which TensorBoard calls ``logdir``.
        most_directories: The search ends after this many directories.
    """
    runs: list[str] = []
    seen: set[tuple[int, int]] = set()
    for count, (place, inside, files) in enumerate(os.walk(directory, followlinks=True), 1):
        with suppress(OSError):  # somebody may remove it just now
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in seen:
                inside.clear()  # a link to a directory above
                continue
            seen.add((status.st_dev, status.st_ino))
            if any("tfevents" in name for name in files) and event_file_names(place):
                runs.append("" if place == directory else os.path.relpath(place, directory))
        if count == most_directories:
            break
    return sorted(runs)
