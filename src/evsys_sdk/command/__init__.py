"""The ``evsys`` command.

Each subcommand has a module with ``EXAMPLE``, ``configure(parser)`` and ``run(arguments)``. It is
imported only when it is asked for.

Exit status, of every subcommand:

- 0: all is well.
- 1: something that the command read has problems. Each is listed with its place.
- 2: the command could not do its work: the command line is wrong, a file can't be read, there is
  no log in the directory, a package is missing, or a destination failed.

Results go to stdout, everything else to stderr. No error ends in a traceback.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from textwrap import indent

from evsys_sdk.command.failures import described
from evsys_sdk.errors import LogStoreError
from evsys_sdk.text import printable_lines

__all__ = ["main"]

PROBLEMS, FAILED, INTERRUPTED = 1, 2, 130

COMMANDS = {
    "check": "check the log_store section of a YAML file, and print it with all defaults filled in",
    "schema": "print the JSON Schema of a run file, for editors that check it",
    "stores": "list every kind of log store, where it comes from, and its parameters",
    "show": "show logs: in the terminal, as a page with curves, or as a picture",
    "replay": "write a log into any log store",
    "verify": "check a certificate of the conformance kit against the kit that is installed",
}

_PACKAGES = {"show": "show.command", "replay": "replay.command"}
"""The module of a subcommand that is a package."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (that of the process by default) and return the exit status.

    Raises:
        SystemExit: For ``--help`` (status 0) and a wrong command line (2), as argparse does.
    """
    _prepare_streams()
    words = [*(sys.argv[1:] if argv is None else argv)]
    try:
        arguments = _parser(words[:1]).parse_args(words)
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except LogStoreError as error:
        return _failed(str(error), PROBLEMS)
    except BrokenPipeError:
        # The reader of our output has closed it.
        _discard_unwritable_output()
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit:
        _discard_unwritable_output()
        raise
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        return _failed(f"evsys {words[0]}: {described(error)}", FAILED)
    return status


def _prepare_streams() -> None:
    """Make every text printable, and replace streams that the parent process has closed."""
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, name) is None:
            # In this order they get the free descriptors 0, 1 and 2, which no file must get.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names in a log, and descriptions of stores, may not fit the terminal's encoding.
            stream.reconfigure(errors="backslashreplace")


def _failed(message: str, status: int) -> int:
    _discard_unwritable_output()
    with suppress(OSError):
        print(printable_lines(message), file=sys.stderr, flush=True)
    return status


def _discard_unwritable_output() -> None:
    """Discard what could not be written to stdout; Python would try again and complain at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(command: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evsys", description="Log stores for training loops.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, help_text in COMMANDS.items():
        subparser = commands.add_parser(
            name,
            help=help_text,
            description=f"{help_text[0].upper()}{help_text[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if command == [name]:
            module = import_module(f"evsys_sdk.command.{_PACKAGES.get(name, name)}")
            subparser.epilog = f"example:\n{indent(module.EXAMPLE, '  ')}"
            subparser.set_defaults(run=module.run)
            module.configure(subparser)
    return parser
