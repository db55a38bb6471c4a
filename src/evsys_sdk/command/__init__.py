"""The ``evsys`` command.

A module per subcommand. Each has ``EXAMPLE``, ``configure(parser)`` and ``run(arguments)``, and is
imported only when it is asked for.

Exit status: 0 all is well; 1 what was looked at has problems, which are listed; 2 it could not be
looked at. Results go to stdout, everything else to stderr.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from textwrap import indent

from evsys_sdk.command.text import printable_lines
from evsys_sdk.errors import LogStoreError

__all__ = ["main"]

PROBLEMS, FAILED, INTERRUPTED = 1, 2, 130

COMMANDS = {
    "check": "check the log_store section of a YAML file, and print it with all defaults filled in",
    "stores": "list every kind of log store, where it comes from, and its parameters",
    "show": "show JSONL logs: in the terminal, as a page with curves, or as a picture",
    "replay": "write a JSONL log into any other log store",
    "verify": "check a certificate of the conformance kit against the kit that is installed",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (that of the process by default) and return the exit status.

    Raises:
        SystemExit: For ``--help`` (status 0) and a wrong command line (2), as argparse does.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What others wrote (descriptions, keys of a log) may not fit the terminal's encoding.
            stream.reconfigure(errors="backslashreplace")
    words = [*(sys.argv[1:] if argv is None else argv)]
    arguments = _parser(words[:1]).parse_args(words)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except LogStoreError as error:
        return _failed(str(error), PROBLEMS)
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (OSError, ImportError) as error:
        return _failed(f"evsys {arguments.command}: {error}", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _failed(message: str, status: int) -> int:
    print(printable_lines(message), file=sys.stderr)
    return status


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
            module = import_module(f"evsys_sdk.command.{name}")
            subparser.epilog = f"example:\n{indent(module.EXAMPLE, '  ')}"
            subparser.set_defaults(run=module.run)
            module.configure(subparser)
    return parser
