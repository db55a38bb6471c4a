"""Make the pictures of the docs from real runs: ``make pictures``.

Everything runs in a new directory, which is removed at the end. Needs Chromium, on PATH or named by
the variable CHROMIUM.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

PICTURES = Path(__file__).parent
ROOT = PICTURES.parents[1]
SCRIPTS = Path(sys.executable).parent
sys.path.insert(0, str(ROOT / "tests"))

from support.documents import parse  # noqa: E402


def demo_curves(directory: Path) -> None:
    """What ``make demo`` draws."""
    run(["python", str(ROOT / "docs" / "examples" / "digits")], directory)
    shutil.copy(directory / "runs" / "digits" / "curves.png", PICTURES / "demo-curves.png")


def certificate(directory: Path) -> None:
    """The page that certifies the store of the guide."""
    parse((ROOT / "docs" / "write-a-store.md").read_text()).write(directory)
    kit = ["pytest", "-q", "--evsys-conformance", "harness:SqliteHarness"]
    run([*kit, "--evsys-report", "certificate.html"], directory)
    page = (directory / "certificate.html").as_uri()
    screenshot(page, PICTURES / "certificate.png", width=900, height=860)


def violation(directory: Path) -> None:
    """How a session in the terminal shows the store that the guide breaks."""
    parse((ROOT / "docs" / "write-a-store.md").read_text()).write(directory)
    kit = ["pytest", "--color=yes", "--evsys-conformance", "broken:BrokenStore"]
    kit += ["--evsys-clause", "MET-7", "--no-header"]
    output = run(kit, directory, fails=True)
    terminal = Console(record=True, width=100, file=StringIO(), force_terminal=True)
    terminal.print(Text.from_ansi(output.rstrip()))
    # Without the font that rich would load from elsewhere.
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    terminal.save_svg(
        str(PICTURES / "violation.svg"), title="pytest", code_format=form, unique_id="violation"
    )


def tensorboard(directory: Path) -> None:
    """Three runs of the quickstart, in two tabs of TensorBoard."""
    quickstart = parse((ROOT / "docs" / "quickstart.md").read_text())
    for rate in ("0.05", "0.1", "0.2"):
        run_directory = directory / "tb" / f"rate-{rate}"
        run_directory.mkdir(parents=True)
        config = quickstart.files["run.yaml"].replace("./tb", ".")
        program = quickstart.files["train.py"].replace("= 0.5, 0.0, 0.0", f"= {rate}, 0.0, 0.0")
        (run_directory / "run.yaml").write_text(config)
        (run_directory / "train.py").write_text(program)
        run(["python", "train.py"], run_directory)
    with tensorboard_of(directory) as address:
        for tab, height in (("scalars", 840), ("hparams", 500)):
            page = f"{address}/?darkMode=false#{tab}"
            screenshot(page, PICTURES / f"tensorboard-{tab}.png", width=1300, height=height)


@contextmanager
def tensorboard_of(directory: Path) -> Generator[str]:
    """The address of a TensorBoard that shows ``tb`` in a directory, while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [SCRIPTS / "tensorboard", "--logdir", "tb", "--host", "127.0.0.1", "--port", str(port)],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_runs(f"{address}/data/runs", 3)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for_runs(url: str, number: int) -> None:
    """Until TensorBoard has read this many runs; for two minutes at most."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urlopen(url) as reply:
                if reply.read().count(b"rate-") == number:
                    return
        except URLError:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"{url} does not show {number} runs")


def screenshot(page: str, path: Path, *, width: int, height: int) -> None:
    """A picture of a page, as Chromium shows it."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("make pictures needs Chromium: install it, or name it by CHROMIUM=/path")
    with TemporaryDirectory() as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options += [f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        # Time passes at once, so that the page has its data and has drawn it.
        options += ["--virtual-time-budget=20000", f"--screenshot={path}"]
        subprocess.run([chromium, *options, page], check=True, capture_output=True, timeout=180)


def run(command: list[str], directory: Path, *, fails: bool = False) -> str:
    """Run a command of this environment; what it prints."""
    environment = {
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        command,
        cwd=directory,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if bool(done.returncode) != fails:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    for picture in (demo_curves, certificate, violation, tensorboard):
        if not sys.argv[1:] or picture.__name__ in sys.argv[1:]:
            with TemporaryDirectory(prefix="evsys-") as directory:
                picture(Path(directory))
            print(f"made {picture.__name__}")
