"""Shows lines at once, also while pytest captures the output."""

import contextlib
import os
import sys
from collections.abc import Generator
from typing import Any

import pytest


def show_line(config: pytest.Config, line: str) -> None:
    """Show a line at once; from a worker of pytest-xdist, which has no terminal, on stderr."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    uncaptured = capture.global_and_fixture_disabled() if capture else contextlib.nullcontext()
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    with uncaptured:
        if reporter is None or hasattr(config, "workerinput"):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        else:
            reporter.ensure_newline()
            reporter.write_line(line)
            reporter.flush()


@contextlib.contextmanager
def output_discarded(config: pytest.Config) -> Generator[None]:
    """Discard what a store prints while no test runs, unless the session captures nothing."""
    if config.getoption("capture", "no") == "no":
        yield
        return
    with (
        open(os.devnull, "w", encoding="utf-8") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        yield
