"""Pages of ``evsys show`` in a real browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")


def browse(
    url: str, profile: Path, *options: str, width: int = 1300, seconds: int = 20
) -> tuple[str, str]:
    """The document as a browser has it after some seconds, and what its console says.

    The time of the page passes at once; each frame is drawn to its end before it goes on.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command += [f"--user-data-dir={profile}", f"--virtual-time-budget={seconds * 1000}"]
    command += ["--run-all-compositor-stages-before-draw"]
    command += [f"--window-size={width},3000", *options, "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout, "\n".join(x for x in done.stderr.splitlines() if "CONSOLE" in x)


def with_script(page: str, script: str) -> str:
    """The page, and a script that acts on it when the first chart is drawn."""
    later = f"""<script>
        const act = () => {{
          if (document.querySelector(".plot .line")) {{ {script} }} else setTimeout(act, 100);
        }};
        addEventListener("load", () => setTimeout(act, 1000));
        </script>"""
    return page.replace("</body>", f"{later}</body>")
