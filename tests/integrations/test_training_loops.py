"""docs/training-loops.md, done as it says, section by section."""

import re
from pathlib import Path

import pytest

from integrations.libraries import need
from integrations.ray_programs import run_with_ray
from support.documents import ROOT, Document, matches, parse, run

NEEDS = {
    "Plain PyTorch": ["torch"],
    "Lightning": ["torch", "lightning"],
    "Lightning CLI": ["torch", "lightning", "jsonargparse"],
    "Hugging Face Trainer": ["torch", "accelerate", "transformers"],
    "Hugging Face hyperparameter search": ["torch", "accelerate", "transformers", "optuna"],
    "Hugging Face Accelerate": ["torch", "accelerate"],
    "Keras": ["torch", "keras"],
    "Ray Tune": ["ray"],
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
        words = command.split()
        if "ray" in NEEDS[heading]:
            printed = run_with_ray(words, tmp_path)
        else:
            printed = run(words, tmp_path, HF_HUB_OFFLINE="1")
        assert matches(printed, shown), f"{command} printed:\n{printed}"


HIDE_LIGHTNING = """import sys
sys.modules["lightning"] = None
from pytorch_lightning import"""


@pytest.mark.parametrize("hide", [True, False], ids=["alone", "beside lightning"])
def test_the_logger_works_with_pytorch_lightning_too(hide: bool, tmp_path: Path) -> None:
    need("torch", "lightning", "pytorch_lightning")
    document = programs()["Lightning"]
    instead = HIDE_LIGHTNING if hide else "from pytorch_lightning import"
    program = document.files["train.py"]
    assert "from lightning.pytorch import" in program
    document.files["train.py"] = program.replace("from lightning.pytorch import", instead)
    document.write(tmp_path)
    run(["python", "train.py"], tmp_path)
    assert run(["python", "show.py"], tmp_path) == document.console[1][1]


def test_of_two_ranks_the_first_logs_each_step_once(tmp_path: Path) -> None:
    need("torch", "lightning")
    document = programs()["Lightning"]
    one, two = 'accelerator="cpu"', 'accelerator="cpu", strategy="ddp", devices=2'
    assert one in document.files["train.py"]
    document.files["train.py"] = document.files["train.py"].replace(one, two)
    document.write(tmp_path)
    run(["python", "train.py"], tmp_path)
    assert run(["python", "show.py"], tmp_path).splitlines() == [
        *["0 train train_loss epoch", "0 val val_loss epoch"],
        *["1 train train_loss epoch", "1 val val_loss epoch"],
        *["checkpoint epoch=0-step=1.ckpt", "checkpoint epoch=1-step=2.ckpt"],
    ]


def test_of_two_processes_of_accelerate_the_first_logs_each_step_once(tmp_path: Path) -> None:
    need("torch", "accelerate")
    document = programs()["Hugging Face Accelerate"]
    document.write(tmp_path)
    run(["torchrun", "--standalone", "--nproc_per_node", "2", "train.py"], tmp_path)
    assert run(["python", "show.py"], tmp_path).splitlines() == [
        *["0 train train_loss", "0 val val_loss", "checkpoint last"],
    ]


def test_the_cli_runs_again_from_the_configuration_that_it_saved(tmp_path: Path) -> None:
    need(*NEEDS["Lightning CLI"])
    document = programs()["Lightning CLI"]
    start, _, end = document.files["config.yaml"].partition("      store:\n")
    document.files["config.yaml"] = f"{start}      store: run.yaml\n{end[end.index('model:') :]}"
    document.write(tmp_path)
    saved = tmp_path / "logs" / "config.yaml"
    for config in ("config.yaml", str(saved)):
        run(["python", "train.py", "fit", "--config", config], tmp_path)
        assert "LogStoreLogger" in saved.read_text()
    rows = document.console[1][1].splitlines()[:2]
    assert run(["python", "show.py"], tmp_path).splitlines()[:4] == rows * 2
