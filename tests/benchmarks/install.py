"""Install what the benchmarks compare with, a requirement at a time, and note which of them fail.

Run by ``make bench`` with the Python of its own environment. It is no part of the package: it needs
nothing but pip.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FAILED = Path(sys.prefix, "failed-installs.json")  # subjects.py reads it


def main() -> None:
    """Install all that can be installed, and say what can't."""
    failed: dict[str, str] = {}
    lines = [line.partition("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines()]
    for requirement in filter(None, lines):
        print(f"Installing {requirement}", flush=True)
        reason = install(requirement)
        if reason:
            name = re.split(r"[^\w.-]", requirement)[0]
            failed[name] = reason
            print(f"  {name} could not be installed: {reason}", flush=True)
    FAILED.write_text(json.dumps(failed, indent=2) + "\n")


def install(requirement: str) -> str | None:
    """Install the requirements of one line; why that failed, or None."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", *requirement.split()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    except subprocess.TimeoutExpired:
        return "pip was not done after 15 minutes"
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
    return errors[-1].removeprefix("ERROR:").strip() if errors else "pip failed"


if __name__ == "__main__":
    main()
