"""``evsys show``: what JSONL logs hold."""

import argparse
import sys

from evsys_sdk.command.text import printable_lines

EXAMPLE = """evsys show runs/1/logs
evsys show runs/*/logs

It ends with status 1 when a file is damaged; what is not damaged is shown."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("log_dirs", metavar="LOG_DIR", nargs="+", help="the directory of a log")


def run(arguments: argparse.Namespace) -> int:
    """Show the logs."""
    try:
        from evsys_sdk.command.runs import log_files, read_run, run_names
        from evsys_sdk.command.tables import console, run_as_tables
    except ModuleNotFoundError as error:
        raise ImportError(f"this needs pip install 'evsys-sdk[show]' ({error})") from error

    files = [log_files(log_dir) for log_dir in arguments.log_dirs]
    names = run_names(arguments.log_dirs)
    terminal = console()
    problems: list[str] = []
    for name, each in zip(names, files, strict=True):
        found = read_run(name, each)
        terminal.print(run_as_tables(found, terminal.width))
        problems += found.problems
    if problems:
        print(printable_lines("\n".join(problems)), file=sys.stderr)
    return 1 if problems else 0
