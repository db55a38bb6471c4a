"""Small disks that fill up, fail and lose their power. Only root can make them."""

import os
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from torture.case import NotRun

__all__ = ["ext4", "run_as_root", "tmpfs"]


def run_as_root(*command: str | os.PathLike[str]) -> str:
    """Run a command of the system's administration.

    Raises:
        NotRun: We are not root, or the system has no such thing.
    """
    if os.geteuid() != 0 or shutil.which(command[0]) is None:
        raise NotRun(f"needs root and {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotRun(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def tmpfs(place: Path, size: int) -> Generator[Path]:
    """A disk in memory, of that many bytes."""
    place.mkdir()
    run_as_root("mount", "-t", "tmpfs", "-o", f"size={size}", "torture", place)
    try:
        yield place
    finally:
        # Lazily: a case that fails has files open here.
        run_as_root("umount", "--lazy", place)


@contextmanager
def ext4(place: Path, image: Path, options: str = "defaults") -> Generator[str]:
    """The file system in the image, which is made if it is not there; the name of its device.

    A copy of the image, read while it is mounted, is what a loss of power would leave.
    """
    if not image.exists():
        with open(image, "wb") as file:
            file.truncate(16 << 20)
        run_as_root("mkfs.ext4", "-q", "-m", "0", image)
    device = run_as_root("losetup", "--find", "--show", image)
    try:
        place.mkdir(exist_ok=True)
        run_as_root("mount", "-o", options, device, place)
        try:
            yield Path(device).name
        finally:
            run_as_root("umount", place)
    finally:
        run_as_root("losetup", "--detach", device)
        # The device goes away a moment later.
        while image.name in run_as_root("losetup", "--list", "--output", "BACK-FILE", device):
            time.sleep(0.01)
