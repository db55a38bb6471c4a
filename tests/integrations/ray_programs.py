"""Programs that start Ray, also while other programs use the CPU."""

from pathlib import Path

from support.documents import run

ATTEMPTS = 3
# What Ray raises if its agent takes more than 15 seconds to import its modules. No option gives the
# agent more time.
NOT_STARTED = "The current node timed out during startup"
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # sends no report over the network
    "RAY_worker_niceness": "0",  # 15 by default, with which a worker may wait minutes for the CPU
}


def run_with_ray(command: list[str], directory: Path, **environment: str) -> str:
    """Run a command and return what it prints; run it again if Ray does not start."""
    settings = SETTINGS | environment
    for _ in range(ATTEMPTS - 1):
        try:
            return run(command, directory, fails=False, **settings)
        except AssertionError as error:
            if NOT_STARTED not in str(error):
                raise
    return run(command, directory, fails=False, **settings)
