"""Installs, tests and certifies every package in the folders beside this file: ``make examples``.

Run by the Python of an environment that has ``evsys-sdk[conformance]``, hatchling and what the
packages depend on. Names of folders on the command line restrict it to these. The certificates go
to docs/certificates, by the name of the folder, and the site shows each as a page. With ``--quick``
the kit draws less, and writes no certificate.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parent
ROOT = EXAMPLES.parents[1]
CERTIFICATES = EXAMPLES.parent / "certificates"
# The same data in every run, so that two certificates differ in times and machines only.
SEED = "--hypothesis-seed=0"


def main() -> int:
    """Give 0 if every package passed."""
    folders = {path.parent.name: path.parent for path in sorted(EXAMPLES.glob("*/pyproject.toml"))}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", nargs="*", help=f"of {', '.join(folders)}; by default all")
    parser.add_argument("--quick", action="store_true", help="draw less, write no certificate")
    options = parser.parse_args()
    unknown = set(options.package) - set(folders)
    if unknown:
        parser.error(f"unknown package {', '.join(sorted(unknown))}: {EXAMPLES} does not have it")
    chosen = [folders[name] for name in options.package or folders]
    # As wheels, like anybody's: a file that the wheel leaves out is missed by the tests.
    install = [
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--force-reinstall",
    ]
    if not run([*install, str(ROOT), *map(str, chosen)], ROOT):
        return 1
    failed = [
        folder.name
        for folder in chosen
        if not (tested(folder) and certified(folder, quick=options.quick))
    ]
    print(f"FAILED: {', '.join(failed)}" if failed else f"{len(chosen)} packages passed")
    return int(bool(failed))


def tested(folder: Path) -> bool:
    """Run the tests of the package; its configuration of pytest counts."""
    print(f"\n{folder.name}: its tests", flush=True)
    return run(["pytest", "-q", "-n", "2", "tests"], folder)


def certified(folder: Path, *, quick: bool) -> bool:
    """Certify its harnesses from an empty directory, and write the certificate."""
    print(f"\n{folder.name}: its certificate", flush=True)
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())
    options: dict[str, Any] = project.get("tool", {}).get("pytest", {}).get("ini_options", {})
    harnesses: list[str] = options.get("evsys_conformance", [])
    if not harnesses:
        print(f"{folder}/pyproject.toml names no harness: evsys_conformance in its pytest options")
        return False
    command = ["pytest", "-q", "-n", "2", SEED]
    for harness in harnesses:
        command += ["--evsys-conformance", harness]
    with tempfile.TemporaryDirectory() as empty:
        report = Path(empty, "certificate.json")
        chosen = ["--evsys-effort", "quick"] if quick else ["--evsys-report", str(report)]
        passed = run([*command, *chosen], Path(empty))
        if report.exists():
            keep(report, folder.name)
        return passed


def keep(report: Path, name: str) -> None:
    """Write a certificate to the repository as short as it can be; it still verifies."""
    from evsys_conformance.certificate import load  # the packages are installed by now

    text = load(report).model_dump_json(exclude_defaults=True)
    (CERTIFICATES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def run(module: list[str], directory: Path) -> bool:
    """Run a module of this environment in a directory; say whether it succeeded."""
    return (
        subprocess.run([sys.executable, "-m", *module], cwd=directory, check=False).returncode == 0
    )


if __name__ == "__main__":
    sys.exit(main())
