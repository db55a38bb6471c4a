"""The second half of the demo, run as a user runs it."""

import re
import subprocess
import sys
from pathlib import Path

CERTIFICATION = Path(__file__).parents[2] / "docs" / "examples" / "certification"


def test_the_demo_certifies_a_store_and_explains_the_fault_of_another(tmp_path: Path) -> None:
    """One cause, in full, under the clause that the fault breaks; both certificates are named."""
    run = subprocess.run(
        [sys.executable, str(CERTIFICATION)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    correct, faulty = run.stdout.split("The same store with one fault")
    assert "$ pytest --evsys-conformance jsonl --evsys-effort quick --evsys-report runs/" in correct
    assert "jsonl is CERTIFIED" in correct
    assert re.search(r"1 cause explains the \d+ checks that failed", faulty)
    assert "1  MET-1  Every item is recorded once" in faulty
    assert "for step in range(64):" in faulty
    for name in ("jsonl", "forgetful"):
        page = tmp_path / "runs" / "certification" / f"{name}.html"
        assert f"  {page.relative_to(tmp_path)}\n" in run.stdout
        assert page.exists()
