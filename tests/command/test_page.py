"""The page: complete, drawn for real, and safe against what a log may hold."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from evsys_sdk.command import main
from support.command_logs import HOSTILE, hostile_log, log_of_others, usual_log

CHROMIUM = shutil.which("chromium")


def browse(page: Path, directory: Path) -> tuple[str, str]:
    """The document as a browser has it when all is drawn, and what its console says."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    options += [f"--user-data-dir={directory / 'profile'}", "--virtual-time-budget=20000"]
    options += ["--window-size=1300,3000", "--dump-dom", page.as_uri()]
    done = subprocess.run([CHROMIUM, *options], capture_output=True, text=True, check=True)
    return done.stdout, "\n".join(x for x in done.stderr.splitlines() if "CONSOLE" in x)


def test_the_page_draws_train_and_val_of_all_runs_together(tmp_path: Path) -> None:
    logs = [str(usual_log(tmp_path / name)) for name in ("first", "second")]
    page = tmp_path / "out.html"
    assert main(["show", *logs, "--html", str(page)]) == 0
    document, console = browse(page, tmp_path)
    assert console == ""
    assert document.count('data-drawn="yes"') == 1
    assert len(re.findall(r'<path class="js-line"[^>]* d="M[^"]{20,}"', document)) == 4
    for text in ("first · train", "second · val", "learning_rate", "checkpoints/final.npz"):
        assert text in document
    assert not re.search(r'(?:src|href)="(?!data:)', page.read_text().partition("<script")[0])


def test_markup_in_any_name_stays_text(tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    assert main(["show", str(hostile_log(tmp_path / "log")), "--html", str(page)]) == 0
    assert HOSTILE[:8] not in page.read_text().partition('id="data">')[2].partition("</script>")[0]
    document, console = browse(page, tmp_path)
    assert console == ""
    assert "<title>hit" not in document
    assert document.count('data-drawn="yes"') == 2
    drawn = document.rpartition("</script>")[2]
    assert "<b>x</b>" not in drawn
    assert "&lt;b&gt;x&lt;/b&gt;" in drawn


def test_curves_without_a_split_are_called_by_their_key_or_run(tmp_path: Path) -> None:
    for names in (["a"], ["b", "c"]):
        page = tmp_path / "out.html"
        logs = [str(log_of_others(tmp_path / name)) for name in names]
        assert main(["show", *logs, "--html", str(page)]) == 0
        data = json.loads(page.read_text().partition('id="data">')[2].partition("</script>")[0])
        labels = {
            chart["title"]: [trace["label"] for trace in chart["traces"]]
            for chart in data["charts"]
        }
        if len(names) == 1:
            assert labels == {"/loss": ["/loss"], "loss": ["loss", "val"]}
        else:
            assert labels["loss"] == ["b", "b · val", "c", "c · val"]
