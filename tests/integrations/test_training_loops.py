"""docs/training-loops.md, done as it says, section by section."""

import re
from pathlib import Path

import pytest

from documents import ROOT, Document, matches, parse, run
from integrations.libraries import need

NEEDS = {
    "Plain PyTorch": ["torch"],
    "Lightning": ["torch", "lightning"],
    "Hugging Face Trainer": ["torch", "accelerate", "transformers"],
    "Keras": ["torch", "keras"],
}
OPENING, *SECTIONS = re.split(
    r"^## ", (ROOT / "docs" / "training-loops.md").read_text(), flags=re.MULTILINE
)


def programs() -> dict[str, Document]:
    """The sections that show a program, by heading, each with the files of the opening."""
    documents = {each.partition("\n")[0]: parse(OPENING + each) for each in SECTIONS}
    return {heading: each for heading, each in documents.items() if each.console}


def test_every_section_with_a_program_is_run_here() -> None:
    assert programs().keys() == NEEDS.keys()
    assert all("train.py" in document.files for document in programs().values())


@pytest.mark.parametrize("heading", NEEDS)
def test_every_command_prints_what_the_section_shows(heading: str, tmp_path: Path) -> None:
    need(*NEEDS[heading])
    document = programs()[heading]
    document.write(tmp_path)
    for command, shown in document.console:
        printed = run(command.split(), tmp_path, HF_HUB_OFFLINE="1")
        assert matches(printed, shown), f"{command} printed:\n{printed}"
