"""The ``evsys`` command: what it prints, where, and the exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from evsys_sdk import load_log_store_spec
from evsys_sdk.command import main

Capture = pytest.CaptureFixture[str]

CONFIG = """
seed: 3
log_store:
  kind: multiplex
  params:
    children:
      - kind: jsonl
        params: { log_dir: ./logs }
      - kind: tensorboard
        params: { log_dir: ~/tb, flush_secs: 1e1 }
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evsys_sdk", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize("command", ["check", "schema", "stores", "verify"])
def test_the_help_of_each_command_has_an_example(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"evsys {command}" in capsys.readouterr().out.partition("example:")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["chek"], "invalid choice: 'chek'"),
        (["check"], "required: RUN.YAML"),
        (["verify"], "required: CERTIFICATE.JSON"),
    ],
)
def test_a_wrong_command_line_ends_with_status_2_and_says_what_is_wrong(
    arguments: list[str], message: str, capsys: Capture
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


# check


def test_check_prints_the_section_with_all_defaults(config: Path, capsys: Capture) -> None:
    assert main(["check", str(config)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert yaml.safe_load(output.out) == {
        "log_store": {
            "kind": "multiplex",
            "params": {
                "children": [
                    {
                        "kind": "jsonl",
                        "params": {
                            "log_dir": "logs",
                            "metrics_file": "metrics.jsonl",
                            "hyperparams_file": "hyperparams.json",
                            "artifacts_file": "artifacts.json",
                        },
                    },
                    {"kind": "tensorboard", "params": {"log_dir": "~/tb", "flush_secs": 10.0}},
                ]
            },
        }
    }


def test_what_check_prints_is_a_configuration_again(config: Path, capsys: Capture) -> None:
    main(["check", str(config)])
    printed = capsys.readouterr().out
    config.write_text(printed)
    load_log_store_spec(config)
    main(["check", str(config)])
    assert capsys.readouterr().out == printed


def test_check_lists_every_problem_with_its_line_and_path(config: Path, capsys: Capture) -> None:
    config.write_text(CONFIG.replace("jsonl", "jsonk").replace("flush_secs", "flush_sec"))
    assert main(["check", str(config)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    heading, first, second = output.err.splitlines()
    assert heading == "2 problems:"
    assert first.startswith(f"{config}:7: log_store.params.children[0].kind: ")
    assert second.startswith(f"{config}:10: log_store.params.children[1].params.flush_sec: ")
    assert second.endswith("did you mean flush_secs?")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"log_store: [", "run.yaml:1: "),
        (b"log_store: {kind: jsonl, params: [a]}", "log_store.params: must be a mapping"),
    ],
)
def test_check_refuses_a_file_that_is_not_a_configuration(
    content: bytes, message: str, config: Path, capsys: Capture
) -> None:
    config.write_bytes(content)
    assert main(["check", str(config)]) == 1
    assert message in capsys.readouterr().err


def test_a_file_that_cannot_be_read_ends_with_status_2(config: Path, capsys: Capture) -> None:
    for command in ("check", "verify"):
        assert main([command, str(config.with_name("run.yml"))]) == 2
        assert main([command, str(config.parent)]) == 2
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith(f"evsys {command}: {config.with_name('run.yml')}: No such ")
        assert second == f"evsys {command}: {config.parent}: Is a directory"


# stores


def test_stores_lists_the_parameters_of_each_kind(capsys: Capture) -> None:
    assert main(["stores"]) == 0
    paragraphs = {
        paragraph.partition(":")[0]: paragraph
        for paragraph in capsys.readouterr().out.split("\n\n")
    }
    assert {"jsonl", "multiplex", "tensorboard"} <= paragraphs.keys()
    origin, where, log_dir, description, metrics_file, *_ = paragraphs["jsonl"].splitlines()
    assert origin.startswith("jsonl: built in, evsys-sdk ")
    assert where == "    evsys_sdk.log_stores.jsonl:JSONLLogStore"
    assert log_dir == "    log_dir: Path, required"
    assert description.startswith("        Directory of the log")
    assert metrics_file == "    metrics_file: str, default 'metrics.jsonl'"
    assert "    children: list[LogStoreSpec], required" in paragraphs["multiplex"]
    assert "    flush_secs: float, default 30" in paragraphs["tensorboard"]


STORE = """
from pydantic import BaseModel, Field
from evsys_sdk import register_log_store

class Store:
    class Config(BaseModel, extra="forbid"):
        endpoint: str = Field(alias="url", description="Où les points vont.")
        tags: dict[str, str] = Field(default_factory=dict)
        level: int | None = None
    def log_scalar(self, key, value, step): ...
    def log_metrics(self, metrics, step, *, split="train"): ...
    def log_hyperparams(self, params): ...
    def log_artifact(self, name, path, *, kind="file"): ...
    def close(self): ...

register_log_store("the-kind")(Store)
"""


def install(directory: Path, distribution: str, entry_point: str, source: str) -> None:
    """Install what an installer would: a module, and the metadata that make it a plugin."""
    module = distribution.replace("-", "_")
    (directory / f"{module}.py").write_text(source, encoding="utf-8")
    metadata = directory / f"{module}-1.5.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n"
    )
    (metadata / "entry_points.txt").write_text(f"[evsys_sdk.log_stores]\n{entry_point}\n")


def test_stores_shows_where_plugins_come_from_and_why_one_does_not_load(tmp_path: Path) -> None:
    install(tmp_path, "my-store", "the-entry = my_store:Store", STORE)
    install(tmp_path, "broken", "broken = broken:Store", "raise RuntimeError('no licence found')")
    install(tmp_path, "rival-a", "rival = rival_a:Store", STORE)
    install(tmp_path, "rival-b", "rival = rival_b:Store", STORE)
    done = run("stores", PYTHONPATH=str(tmp_path), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    for kind in ("the-entry", "the-kind"):
        assert (
            dedent(f"""
            {kind}: my-store 1.5 (entry point the-entry = my_store:Store)
                my_store:Store
                url: str, required
                    O\\xf9 les points vont.
                tags: dict[str, str], has a default
                level: int | None, default None
            """)
            in done.stdout
        )
    assert (
        "broken: broken 1.5 (entry point broken = broken:Store)\n"
        "    can't be used: the plugin for 'broken' can't be loaded: "
    ) in done.stdout
    assert "RuntimeError: no licence found" in done.stdout
    assert "can't be used: the kind 'rival' is claimed by 2 log stores: rival-" in done.stdout
    assert "\njsonl: built in" in done.stdout


def test_stores_shows_which_package_a_built_in_store_lacks() -> None:
    code = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "from evsys_sdk.command import main; raise SystemExit(main(['stores']))"
    )
    # A missing extra is not a problem: check=True requires the status 0.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tensorboard = done.stdout.partition("\ntensorboard: ")[2]
    assert "can't be used" in tensorboard
    assert "pip install 'evsys-sdk[tensorboard]'" in tensorboard


def test_a_reader_that_stops_early_is_not_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "evsys_sdk", "stores"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.stderr == ""


# verify


def test_verify_lists_what_is_wrong_with_a_certificate(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps({"store": "jsonl"}))
    assert main(["verify", str(path)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"{path}: this is not a certificate of the kit")


def test_verify_says_that_a_certificate_is_sound(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(_: str) -> list[str]:
        return []

    monkeypatch.setattr("evsys_conformance.certificate.verify", verify)
    path = tmp_path / "certificate.json"
    path.touch()
    assert main(["verify", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: a sound certificate\n"


def test_verify_without_the_kit_gives_the_install_command(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evsys_conformance.certificate", None)
    assert main(["verify", "certificate.json"]) == 2
    assert "pip install 'evsys-sdk[conformance]'" in capsys.readouterr().err
