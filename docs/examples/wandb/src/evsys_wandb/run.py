"""Opens and finishes runs of W&B, and ends W&B's service process with the last of them."""

import hashlib
import os
import re
import threading
import time
from pathlib import Path
from typing import Literal

import wandb

from evsys_wandb.wandb_file import is_finished

Mode = Literal["online", "offline"]

_FILE_SECONDS = 60.0


class _Service:
    """W&B's service process, which all runs of this program share."""

    _RUNNING = "WANDB_SERVICE"
    """The environment variable that W&B sets while the process runs."""
    _REPORTS = "WANDB_ERROR_REPORTING"
    """The environment variable that keeps W&B from sending reports about itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_runs = 0
        self._is_ours = False

    def enter(self, mode: Mode) -> None:
        """Before a run is opened."""
        with self._lock:
            self._open_runs += 1
            self._is_ours = self._is_ours or self._RUNNING not in os.environ
            if mode == "offline":
                # W&B's own offline mode leaves these reports on.
                os.environ.setdefault(self._REPORTS, "false")

    def leave(self, mode: Mode) -> None:
        """After a run is finished. The last one ends the process, if no other run needs it.

        Online the process goes on until the program exits, as W&B does it: to end it would also log
        the program out.
        """
        with self._lock:
            self._open_runs -= 1
            if mode == "online" or self._open_runs or not self._is_ours:
                return
            self._is_ours = False
            if wandb.setup().most_recent_active_run is None:
                wandb.teardown()


_service = _Service()


def id_of(name: str) -> str:
    """The id of a run by its name: the name itself, if W&B takes it as an id."""
    if re.fullmatch("[A-Za-z0-9_-]{1,64}", name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{re.sub('[^A-Za-z0-9_]+', '-', name[:40]).strip('-')}-{digest}".lstrip("-")


def open_run(project: str, name: str, entity: str | None, mode: Mode, directory: Path) -> wandb.Run:
    """Open a run, new or continued, beside other runs of this process.

    Raises:
        wandb.Error: W&B can't be reached, or refuses.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _service.enter(mode)
    try:
        return wandb.init(
            project=project,
            entity=entity,
            id=id_of(name),
            name=name,
            dir=str(directory),
            mode=mode,
            resume="allow",
            reinit="create_new",
            # It neither prints nor captures what the program prints.
            settings=wandb.Settings(silent=True, console="off"),
        )
    except BaseException:
        _service.leave(mode)
        raise


def finish_run(run: wandb.Run, mode: Mode) -> None:
    """Finish a run, and wait until its file is complete and, online, W&B has all of it."""
    try:
        run.finish()
        _wait_for_the_file(Path(run.settings.sync_file))
    finally:
        _service.leave(mode)


def _wait_for_the_file(path: Path) -> None:
    """Wait until the service process has written it: ``finish`` does not."""
    until = time.monotonic() + _FILE_SECONDS
    while not is_finished(path):
        if time.monotonic() > until:
            raise RuntimeError(
                f"W&B has not written the end of the run to {path} within {_FILE_SECONDS:g} s. See "
                f"the logs in {path.parent / 'logs'}"
            )
        time.sleep(0.002)
