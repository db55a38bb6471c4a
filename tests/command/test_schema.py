"""``evsys schema``: its JSON Schema and the loader say the same of a run file."""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, GetJsonSchemaHandler

from evsys_sdk import LogStoreConfigError, LogStoreSpec, load_log_store_spec
from evsys_sdk.command import main
from evsys_sdk.registry import temporarily_registered

Capture = pytest.CaptureFixture[str]


class Server(BaseModel):
    host: str
    port: int = 80


class Leaf:
    """A store with parameters of many types.

    It is described in the first line.
    """

    name: ClassVar[str] = "leaf"

    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        path: Path
        number: float = Field(math.inf, ge=0, description="A number from zero on")
        whole: int = 1
        switch: bool = False
        mode: Literal["fast", "safe"] = "fast"
        day: date = date(2026, 12, 31)
        short: str = Field("", max_length=1)
        tags: list[str] = []
        server: Server | None = None
        mirrors: dict[str, Server] = {}
        backup: LogStoreSpec | None = None
        hook: Callable[[], None] | None = None
        token: str = Field("", alias="api-token")

    def log_scalar(self, key: str, value: float, step: int) -> None: ...
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...
    def log_hyperparams(self, params: dict[str, Any]) -> None: ...
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...
    def close(self) -> None: ...


def leaf_with(config: type[BaseModel]) -> type[Leaf]:
    return type("OtherLeaf", (Leaf,), {"Config": config})


@pytest.fixture(autouse=True)
def leaf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kind ``leaf``, the variables N and TEXT, and an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("N", "5")
    monkeypatch.setenv("TEXT", "text")
    with temporarily_registered("leaf", Leaf):
        yield


@pytest.fixture
def schema(capsys: Capture) -> dict[str, Any]:
    """What the command prints."""
    assert main(["schema"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    printed: dict[str, Any] = json.loads(output.out)
    Draft202012Validator.check_schema(printed)
    return printed


def errors_of(validator: Any, data: object) -> Iterator[object]:
    """The errors that the validator finds; its published types leave the data open."""
    return iter(validator.iter_errors(data))


def is_valid(schema: dict[str, Any], text: str) -> bool:
    """Whether an editor accepts the file; YAML 1.2, which editors read, has no dates."""
    data = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return next(errors_of(Draft202012Validator(schema), data), None) is None


def is_accepted(text: str) -> bool:
    """Whether the loader accepts the file."""
    Path("run.yaml").write_text(text)
    try:
        load_log_store_spec("run.yaml")
    except LogStoreConfigError:
        return False
    return True


DOCUMENTED = """
model: {layers: 2}
log_store:
  kind: multiplex
  params:
    children:
      - kind: jsonl
        params: {log_dir: ./logs}
      - kind: background
        params:
          child:
            kind: tensorboard
            params: {log_dir: "${TEXT}/tb", flush_secs: "${N}"}
      - kind: memory
"""


@pytest.mark.parametrize(
    ("before", "after", "valid"),
    [
        ("", "", True),
        ("kind: tensorboard", "kind: tensorbord", False),
        ("kind: tensorboard", "kind: ${KIND:-tensorboard}", True),
        ("flush_secs", "flush_sec", False),
        ('"${N}"', "1e-3", True),
        ('"${N}"', "'30'", True),
        ('"${N}"', "inf", True),
        ('"${N}"', "many", False),
        ('"${N}"', "-1", False),
        ('"${N}"', "[]", False),
        ("log_dir: ./logs", "", False),
        ("log_dir: ./logs", "log_dir: 5", False),
        ("log_dir: ./logs", "log_dir: null", False),
        ("params: {log_dir: ./logs}", "", False),
        ("params: {log_dir: ./logs}", "log_dir: ./logs", False),
        ("kind: memory", "kind: memory\n        params:", True),
        ("kind: memory", "kind: memory\n        params: {destination: 1}", False),
        ("kind: memory", "params: {}", False),
        ("log_store:", "log_stroe:", False),
        ("children:", "childs:", False),
    ],
)
def test_a_wrong_place_in_a_file_is_wrong_for_both(
    schema: dict[str, Any], before: str, after: str, valid: bool
) -> None:
    text = DOCUMENTED.replace(before, after, 1)
    assert (is_valid(schema, text), is_accepted(text)) == (valid, valid)


@pytest.mark.parametrize(
    ("parameter", "valid"),
    [
        ("number: 2.5", True),
        ("number: '2_000.5'", True),
        ("number: Infinity", True),
        ("number: 1.2.3e", False),
        ("number: null", False),
        ("whole: '5.0'", True),
        ("whole: 5.0", True),
        ("whole: 5.5", False),
        ("whole: ${N}", True),
        ("whole: '5 apples'", False),
        ("switch: yes", True),
        ("switch: 'Off'", True),
        ("switch: ${SWITCH:-on}", True),
        ("switch: perhaps", False),
        ("switch: [true]", False),
        ("mode: safe", True),
        ("mode: ${MODE:-safe}", True),
        ("mode: saef", False),
        ("day: 2026-01-01", True),
        ("day: ${DAY:-2026-01-01}", True),
        ("short: x", True),
        ("short: $$", True),
        ("short: ${SHORT:-x}", True),
        ("short: xy", False),
        ("tags: [a, '${TEXT}']", True),
        ("tags: a", False),
        ("tags: [1]", False),
        ("server: {host: x, port: '${N}', other: 1}", True),
        ("server: {port: 1}", False),
        ("server: null", True),
        ("mirrors: {eu: {host: x}}", True),
        ("mirrors: {eu: x}", False),
        ("backup: {kind: leaf, params: {path: x}}", True),
        ("backup: {kind: leaf}", False),
        ("api-token: x", True),
        ("token: x", False),
        ("path: ${TEXT}", True),
        ("path: [x]", False),
    ],
)
def test_a_parameter_of_any_type(schema: dict[str, Any], parameter: str, valid: bool) -> None:
    path = "" if parameter.startswith("path") else "    path: x\n"
    text = f"log_store:\n  kind: leaf\n  params:\n{path}    {parameter}\n"
    assert (is_valid(schema, text), is_accepted(text)) == (valid, valid)


Sections = st.SearchStrategy[dict[str, Any]]


def sections(
    kind: str, required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> Sections:
    """Correct sections of a kind, whose variables have defaults."""
    kinds: list[Any] = [kind, f"${{KIND:-{kind}}}"]
    params = st.fixed_dictionaries(required, optional=optional)
    return st.fixed_dictionaries({"kind": st.sampled_from(kinds), "params": params})


numbers: st.SearchStrategy[Any] = (
    st.integers(1, 10**6) | st.floats(0, 1e6) | st.sampled_from(["5", "${N}", "1e3", ".5"])
)
places: st.SearchStrategy[Any] = st.integers(0, 10**9).map("d{}".format)
WRONG: list[Any] = [[], {}, None, "many words", -1, "${"]
leaves = st.one_of(
    sections("jsonl", {"log_dir": places}),
    sections("tensorboard", {"log_dir": places}, flush_secs=numbers),
    sections("memory", {}),
    sections(
        "leaf",
        {"path": places},
        number=numbers,
        switch=st.sampled_from([True, False, "${SWITCH:-no}"]),
        mode=st.sampled_from(["fast", "safe"]),
        tags=st.lists(st.text("ab$}")),
    ),
)


def around(inner: Sections) -> Sections:
    """Stores with such stores in them."""
    return st.one_of(
        sections("multiplex", {"children": st.lists(inner, min_size=1, max_size=3)}),
        sections(
            "background",
            {"child": inner},
            capacity=st.sampled_from([1, 100, "${N}"]),
            on_full=st.sampled_from(["block", "drop", "${FULL:-drop}"]),
        ),
    )


stores = st.recursive(leaves, around, max_leaves=4)


def nested(value: object) -> Iterator[dict[str, Any]]:
    """Every mapping in the value."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        yield mapping
        for part in mapping.values():
            yield from nested(part)
    elif isinstance(value, list):
        for part in cast("list[object]", value):
            yield from nested(part)


def damage(section: dict[str, Any], data: st.DataObject) -> None:
    """Change one place of the section, which may or may not make it wrong."""
    mapping = data.draw(st.sampled_from([each for each in nested(section) if each]))
    name = data.draw(st.sampled_from(sorted(mapping)))
    match data.draw(st.sampled_from(["remove", "rename", "replace", "add"])):
        case "remove":
            del mapping[name]
        case "rename":
            mapping[f"{name}s"] = mapping.pop(name)
        case "replace":
            mapping[name] = data.draw(st.sampled_from(WRONG))
        case _:
            mapping["extra"] = 1


def faults_beyond_the_schema(message: str) -> bool:
    """Whether an error is of what only code can find: a variable, a destination, a path's name."""
    beyond = ("environment variable", "names the same destination", "home directory")
    return any(text in message for text in beyond)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stores, st.booleans(), st.data())
def test_the_schema_and_the_loader_agree(
    schema: dict[str, Any], section: dict[str, Any], damaged: bool, data: st.DataObject
) -> None:
    if damaged:
        damage(section, data)
    text = json.dumps({"log_store": section})  # which is YAML, too
    valid = is_valid(schema, text)
    Path("run.yaml").write_text(text)
    try:
        load_log_store_spec("run.yaml")
    except LogStoreConfigError as error:
        problems = [str(problem) for problem in error.problems]
        # Of a kind that is not known yet, any parameters may be right.
        beyond = "${KIND" in text or all(map(faults_beyond_the_schema, problems))
        assert not valid or beyond, problems
    else:
        assert valid


def test_an_editor_gets_descriptions_and_defaults(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    store = schema["$defs"][schema["properties"]["log_store"]["$ref"].rpartition("/")[2]]
    kind = store["properties"]["kind"]
    assert "\n- leaf: A store with parameters of many types." in kind["description"]
    assert "leaf" in kind["anyOf"][0]["enum"]
    (config,) = (each for each in schema["$defs"].values() if each.get("title") == "leaf")
    number = config["properties"]["number"]
    assert (number["description"], "default" in number) == ("A number from zero on", False)
    assert config["properties"]["whole"]["default"] == 1
    assert config["properties"]["path"] == {"format": "path", "type": "string"}


class Renamed(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    size: int = Field(alias="SIZE")


class Chosen(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = Field(validation_alias=AliasChoices("size", "length"))


@pytest.mark.parametrize(
    ("config", "name"), [(Renamed, "size"), (Renamed, "SIZE"), (Chosen, "size"), (Chosen, "length")]
)
def test_a_parameter_with_several_names(
    config: type[BaseModel], name: str, capsys: Capture
) -> None:
    text = f"log_store: {{kind: other, params: {{{name}: 5}}}}"
    with temporarily_registered("other", leaf_with(config)):
        main(["schema"])
        assert is_valid(json.loads(capsys.readouterr().out), text)
        assert is_accepted(text)


class Undescribed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 1

    @classmethod
    def __get_pydantic_json_schema__(cls, _: object, __: GetJsonSchemaHandler) -> Any:
        raise RuntimeError("unfinished")


def test_a_config_without_a_schema_takes_any_parameters(capsys: Capture) -> None:
    with temporarily_registered("other", leaf_with(Undescribed)):
        assert main(["schema"]) == 1
    output = capsys.readouterr()
    assert output.err == "other: its parameters are not checked: RuntimeError: unfinished\n"
    printed = json.loads(output.out)
    assert is_valid(printed, "log_store: {kind: other, params: {any: 1}}")
    assert not is_valid(printed, "log_store: {kind: othr}")


def test_a_kind_that_does_not_load_is_left_out_and_named() -> None:
    program = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "from evsys_sdk.command import main; raise SystemExit(main(['schema']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr.startswith("tensorboard: left out: the built-in kind 'tensorboard' can't be")
    text = "log_store: {kind: tensorboard, params: {log_dir: x}}"
    assert not is_valid(json.loads(done.stdout), text)
