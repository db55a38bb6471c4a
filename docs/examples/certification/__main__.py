"""``python docs/examples/certification``: certify the store of the demo, and one with a fault.

The first one is certified. The second one is the same store with one line that loses every 64th
call: the kit says which promise it breaks, and shows the shortest program that proves it.
"""

import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def certify(target: str, report: str) -> int:
    """Certify one store at quick effort, and write its certificate; return the exit status."""
    shown = ["--evsys-conformance", target, "--evsys-effort", "quick", "--evsys-report", report]
    quiet = ["-q", "--no-header", "-p", "no:cacheprovider"]
    print(f"$ pytest {' '.join(shown)}", flush=True)
    command = [sys.executable, "-m", "pytest", *quiet, *shown]
    environment = os.environ | {"PYTHONPATH": HERE}
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Certify both stores; only the first one may pass."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--directory", default="runs/certification", help="of the certificates")
    directory = parser.parse_args().directory
    os.makedirs(directory, exist_ok=True)
    pages = [os.path.join(directory, f"{name}.html") for name in ("jsonl", "forgetful")]
    print("\nThe store that logged the run keeps the whole contract:\n")
    passed = certify("jsonl", pages[0])
    print("\nThe same store with one fault, every 64th call of log_metrics is lost:\n", flush=True)
    failed = certify("forgetful:ForgetfulLogStore", pages[1])
    print("\nCertificates, to open in a browser:")
    for page in pages:
        print(f"  {page}")
    return 0 if (passed, failed) == (0, 1) else 1


if __name__ == "__main__":
    sys.exit(main())
