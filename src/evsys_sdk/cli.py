"""The ``evsys`` command: what is installed, is this configuration right, is this certificate true.

Exit status: 0 all is well; 1 what was looked at has problems, which are listed; 2 it could not be
looked at. Results go to stdout, everything else to stderr.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from textwrap import indent

from evsys_sdk.errors import LogStoreError

__all__ = ["main"]

OK, PROBLEMS, FAILED = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (that of the process by default) and return the exit status.

    Raises:
        SystemExit: For ``--help`` (status 0) and a wrong command line (2), as argparse does.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What others wrote (descriptions, keys of a file) may not fit the terminal's encoding.
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except LogStoreError as error:
        print(error, file=sys.stderr)
        return PROBLEMS
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        print(f"evsys {arguments.command}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evsys", description="Log stores for training loops.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, help_text: str, example: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=help_text,
            description=f"{help_text[0].upper()}{help_text[1:]}.",
            epilog=f"example:\n{indent(example, '  ')}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    check = add(
        "check",
        "check the log_store section of a YAML file, and print it with all defaults filled in",
        "evsys check run.yaml\n\nIt ends with status 1 when there are problems, each listed with "
        "its line.",
    )
    check.add_argument("file", metavar="RUN.YAML", help="a file with a log_store section")
    check.set_defaults(run=_check)

    stores = add(
        "stores",
        "list every kind of log store, where it comes from, and its parameters",
        "evsys stores\n\nA kind that can't be loaded is listed with the reason.",
    )
    stores.set_defaults(run=_stores)

    verify = add(
        "verify",
        "check a certificate of the conformance kit against the kit that is installed",
        "pytest --evsys-conformance my_pkg:MyStore --evsys-report certificate.json\n"
        "evsys verify certificate.json",
    )
    verify.add_argument("file", metavar="CERTIFICATE.JSON", help="a report of the kit, as JSON")
    verify.set_defaults(run=_verify)
    return parser


def _check(arguments: argparse.Namespace) -> int:
    import yaml

    from evsys_sdk._describe import resolved
    from evsys_sdk.config import load_log_store_spec

    section = {"log_store": resolved(load_log_store_spec(arguments.file))}
    print(yaml.safe_dump(section, sort_keys=False, allow_unicode=True), end="")
    return OK


def _stores(_: argparse.Namespace) -> int:
    from evsys_sdk._describe import described_stores

    print("\n\n".join(described_stores()))
    return OK


def _verify(arguments: argparse.Namespace) -> int:
    try:
        from evsys_conformance.certificate import verify
    except ImportError as error:
        print(
            f"evsys verify needs the conformance kit: pip install 'evsys-sdk[conformance]' "
            f"({error})",
            file=sys.stderr,
        )
        return FAILED
    with open(arguments.file, "rb"):
        pass  # a file that can't be read is no certificate with problems
    problems = verify(arguments.file)
    if problems:
        print("\n".join(f"{arguments.file}: {problem}" for problem in problems), file=sys.stderr)
        return PROBLEMS
    print(f"{arguments.file}: a sound certificate")
    return OK
