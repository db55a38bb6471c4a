"""``evsys verify``: is this certificate true."""

import argparse
import sys

from evsys_sdk._files import open_regular_file
from evsys_sdk.command.paths import path
from evsys_sdk.text import printable, printable_lines

EXAMPLE = """pytest --evsys-conformance my_pkg:MyStore --evsys-report certificate.json
evsys verify certificate.json"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file", metavar="CERTIFICATE.JSON", type=path, help="a report of the kit, as JSON"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print that the certificate is sound, or everything that is wrong with it."""
    try:
        from evsys_conformance.certificate import verify
    except ImportError as error:
        raise ImportError(
            f"this needs the conformance kit: pip install 'evsys-sdk[conformance]' ({error})"
        ) from error
    open_regular_file(arguments.file).close()  # a file that can't be read: status 2, not 1
    problems = verify(arguments.file)
    name = printable(arguments.file)
    if problems:
        lines = [f"{name}: {problem}" for problem in problems]
        print(printable_lines("\n".join(lines)), file=sys.stderr)
        return 1
    print(f"{name}: a sound certificate")
    return 0
