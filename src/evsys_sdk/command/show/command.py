"""``evsys show``: the content of logs."""

import argparse
import gc
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from evsys_sdk.command.paths import LOG_HELP, open_output, path, replace_output
from evsys_sdk.sources.opening import open_sources
from evsys_sdk.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from evsys_sdk.command.show.runs import Run
    from evsys_sdk.sources.source import Source

EXAMPLE = """evsys show runs/1/logs
evsys show run.yaml --follow
evsys show run.yaml --follow --html curves.html
evsys show runs/*/logs --html curves.html --png curves.png

The exit status is 1 if a file is damaged; everything else is shown."""

_SECONDS = 0.5
"""How often a run in progress is looked at."""
_PAGE_SECONDS = 5.0
"""How often a page is written again, and reads itself again."""
_FORMATS = ("png", "jpg", "jpeg", "pdf", "svg", "tif", "tiff", "webp")
"""The formats that matplotlib writes, without those that lack transparency or are not pictures."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("logs", metavar="LOG", type=path, nargs="+", help=LOG_HELP)
    parser.add_argument(
        "--metrics",
        metavar="PATTERN",
        action="append",
        default=[],
        help="show only the metrics whose names match, such as 'val/*'; may be given several times",
    )
    parser.add_argument(
        "--all", action="store_true", help="list every curve, even if there are very many"
    )
    parser.add_argument(
        "--follow", action="store_true", help="show new rows as they are written, until Ctrl-C"
    )
    parser.add_argument(
        "--html",
        metavar="OUT.HTML",
        type=path,
        help="write a page with the curves instead; with --follow, again and again",
    )
    parser.add_argument(
        "--png",
        metavar="OUT.PNG",
        type=_picture_path,
        help=f"write a picture of the curves instead; its suffix is one of {', '.join(_FORMATS)}",
    )
    parser.set_defaults(error=parser.error)


def _picture_path(text: str) -> str:
    """A path whose ending, if it has one, is a format of pictures."""
    ending = _format(text)
    if ending not in _FORMATS:
        message = f"{printable(text)}: .{printable(ending)} is not a picture format; "
        message += f"end the name with one of {', '.join(f'.{each}' for each in _FORMATS)}"
        raise argparse.ArgumentTypeError(message)
    return path(text)


def _format(file_name: str) -> str:
    return os.path.splitext(file_name)[1][1:].lower() or "png"


def run(arguments: argparse.Namespace) -> int:
    """Show the logs."""
    if arguments.follow and arguments.png:
        arguments.error(
            "--follow can't write a picture: leave out --png, or write a page with --html"
        )
    try:
        from evsys_sdk.command.show.runs import read_run, short_run_names
        from evsys_sdk.command.show.selecting import selected
        from evsys_sdk.command.show.tables import console, print_run
    except ModuleNotFoundError as error:
        raise ImportError(f"this needs pip install 'evsys-sdk[show]' ({error})") from error

    sources = [source for log in arguments.logs for source in open_sources(log)]
    terminal = console()
    if arguments.follow and arguments.html:
        return _follow_on_a_page(sources, arguments)
    if arguments.follow:
        return _follow(terminal, sources, arguments)
    if arguments.png and find_spec("matplotlib") is None:  # before a large log is read
        raise ImportError("--png needs pip install 'evsys-sdk[plot]'")
    runs: list[Run] = []
    names = short_run_names([source.name for source in sources])
    for name, source in zip(names, sources, strict=True):
        with _without_collection():
            found = selected(read_run(name, source), arguments.metrics)
        runs.append(found)
        if not (arguments.html or arguments.png):
            print_run(found, terminal, every_curve=arguments.all)
    if arguments.html:
        _write_page(runs, arguments.html)
    if arguments.png:
        _write_picture(runs, arguments.png)
    return _print_problems(runs)


@contextmanager
def _without_collection() -> Generator[None]:
    """Curves have no reference cycles; to search very many of them takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _print_problems(runs: "list[Run]") -> int:
    """Print a line per problem, and return the exit status."""
    problems = [problem for each in runs for problem in each.problems]
    if problems:
        print("\n".join(map(printable, problems)), file=sys.stderr)
    return 1 if problems else 0


def _write_page(runs: "list[Run]", file_name: str) -> None:
    from evsys_sdk.command.show.page import page

    content = page(runs).encode()
    with open_output(file_name) as file:
        file.write(content)
    print(f"wrote {printable(file_name)}")


def _write_picture(runs: "list[Run]", file_name: str) -> None:
    from evsys_sdk.command.show.picture import save_picture

    with open_output(file_name) as file:
        left_out = save_picture(runs, file, _format(file_name))
    print(f"wrote {printable(file_name)}")
    if left_out:
        remark = f"{left_out} more metrics do not fit into it"
        print(f"{printable(file_name)}: {remark}", file=sys.stderr)


def _follow_on_a_page(sources: "list[Source]", arguments: argparse.Namespace) -> int:
    """Write the page again whenever a run has changed, until Ctrl-C, and a last time then."""
    from evsys_sdk.command.show.following import changes
    from evsys_sdk.command.show.page import page
    from evsys_sdk.command.show.selecting import selected

    file_name: str = arguments.html

    def write(live: float) -> None:
        shown = [selected(each, arguments.metrics) for each in runs]
        content = page(shown, live=live, written=time.strftime("%H:%M:%S"))
        replace_output(file_name, content.encode())

    runs: list[Run] = []
    try:
        for current in changes(sources, _PAGE_SECONDS):
            runs = current
            write(_PAGE_SECONDS)
            print(f"wrote {printable(file_name)}", flush=True)
    except KeyboardInterrupt:
        write(0.0)
    return _print_problems(runs)


def _follow(terminal: "Console", sources: "list[Source]", arguments: argparse.Namespace) -> int:
    """Show the runs until Ctrl-C; in a file or a pipe, again and again below each other."""
    from rich.console import Group
    from rich.live import Live

    from evsys_sdk.command.show.following import changes
    from evsys_sdk.command.show.selecting import selected
    from evsys_sdk.command.show.tables import print_run, run_as_tables

    every_curve: bool = arguments.all
    runs: list[Run] = []
    try:
        if not terminal.is_terminal:
            for runs in changes(sources, _SECONDS):
                for each in runs:
                    shown = selected(each, arguments.metrics)
                    print_run(shown, terminal, every_curve=every_curve)
        with Live(console=terminal, auto_refresh=False, vertical_overflow="crop") as live:
            for runs in changes(sources, _SECONDS):
                shown_runs = [selected(each, arguments.metrics) for each in runs]
                tables = [
                    run_as_tables(each, terminal.width, every_curve=every_curve)
                    for each in shown_runs
                ]
                live.update(Group(*tables), refresh=True)
    except KeyboardInterrupt:
        pass
    return _print_problems(runs)
