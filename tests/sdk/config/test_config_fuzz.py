"""Loading any file gives a specification or raises LogStoreConfigError."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from evsys_sdk import LogStoreConfigError, LogStoreSpec, load_log_store_spec
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from evsys_sdk.registry import temporarily_registered

VALID = """\
base: &base {log_dir: ./logs}
log_store:
  kind: multiplex
  params:
    children:
      - kind: jsonl
        params: {<<: *base, metrics_file: "m.jsonl"}
      - kind: multiplex
        params:
          children: [{kind: jsonl, params: {log_dir: ./copy}}]
"""

# What means something to YAML, to PyYAML or to us, so that edits hit upon more than letters.
TOKENS = [
    *("{", "}", "[", "]", ",", ":", ": ", "- ", "? ", "|", ">", "'", '"', "#", "%", "@", "`"),
    *("&a ", "*a", "*base", "<<: ", "=", "!x ", "!!int ", "!!set ", "!!omap ", "!!python/name:os "),
    *(
        "!!binary ",
        "!!timestamp ",
        "!!float ",
        "!!bool ",
        "!!null ",
        "!!pairs ",
        "!!str ",
        "!!map ",
    ),
    *("\n", "\n  ", "\t", "---", "...", "null", "true", "2024-13-45", "0x", "1e5", ".nan", "\0"),
    *("kind", "params", "children", "log_store", "jsonl", "\ud7ff", "\ufeff", "\x85", "9" * 5000),
]


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str


Leaf = type("Leaf", (JSONLLogStore,), {"Config": Text})

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=8,
)


def sections(kind: str, **params: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"kind": st.just(kind), "params": st.fixed_dictionaries(params)})


specs: st.SearchStrategy[Any] = st.recursive(
    sections("leaf", text=st.text()),
    lambda inner: sections("multiplex", children=st.lists(inner, min_size=1, max_size=4)),
    max_leaves=5,
)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A directory for the file, and a store that takes any string."""
    monkeypatch.chdir(tmp_path)
    with temporarily_registered("leaf", Leaf):
        yield


# The fixture only gives the path of the file: it may serve all examples.
fuzz = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def load(text: str | bytes) -> LogStoreSpec:
    data = text if isinstance(text, bytes) else text.encode()
    Path("run.yaml").write_bytes(data)
    return load_log_store_spec("run.yaml")


def load_or_refuse(text: str | bytes) -> None:
    try:
        load(text)
    except LogStoreConfigError as error:
        lines = str(error).splitlines()
        assert lines[0].startswith("run.yaml:") or lines[0] == f"{len(lines) - 1} problems:"


def test_the_example_that_edits_start_from_is_valid() -> None:
    assert load(VALID).kind == "multiplex"


@fuzz
@given(st.binary() | st.text(alphabet=st.characters(codec="utf-8")))
@example("? [a]\n: b\n")
@example("&a [*a]")
def test_any_bytes(data: str | bytes) -> None:
    load_or_refuse(data)


@fuzz
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
def test_any_tokens(text: str) -> None:
    load_or_refuse(f"log_store: {text}")


@fuzz
@given(st.data())
def test_any_edits_of_a_valid_file(data: st.DataObject) -> None:
    text = VALID
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 10, len(text))))
        text = text[:start] + data.draw(st.sampled_from(["", *TOKENS])) + text[end:]
    load_or_refuse(text)


@fuzz
@given(
    json_values
    | sections("leaf", text=json_values, other=json_values)
    | sections("multiplex", children=json_values | st.lists(json_values | specs, max_size=3))
)
def test_any_value_as_a_section(section: Any) -> None:
    load_or_refuse(as_yaml({"log_store": section}))


def texts(spec: dict[str, Any]) -> list[str]:
    """The texts of all leaves, which stand for their destinations."""
    if spec["kind"] == "leaf":
        return [spec["params"]["text"]]
    return [text for child in spec["params"]["children"] for text in texts(child)]


def has_distinct_leaves(spec: dict[str, Any]) -> bool:
    return len(texts(spec)) == len({*texts(spec)})


@fuzz
@given(specs.filter(has_distinct_leaves), st.booleans())
def test_a_specification_comes_back_from_yaml(spec: dict[str, Any], flow: bool) -> None:
    text = as_yaml({"log_store": spec}, flow=flow)
    assert load(text).model_dump() == spec


@fuzz
@given(specs, st.integers(0, 3), st.data())
def test_a_wrong_parameter_is_found_in_its_line(
    spec: dict[str, Any], comments: int, data: st.DataObject
) -> None:
    path, inner = "log_store", spec
    while inner["kind"] == "multiplex":
        children = inner["params"]["children"]
        chosen = data.draw(st.integers(0, len(children) - 1))
        path, inner = f"{path}.params.children[{chosen}]", children[chosen]
    inner["params"]["txet"] = "the wrong one"
    text = "# comment\n" * comments + as_yaml({"log_store": spec}, dumper=NoAliases)
    line = text[: text.index("txet: the wrong one")].count("\n") + 1
    with pytest.raises(LogStoreConfigError) as caught:
        load(text)
    assert str(caught.value) == (
        f"run.yaml:{line}: {path}.params.txet: unknown parameter; did you mean text?"
    )


def as_yaml(
    value: dict[str, Any], *, flow: bool = False, dumper: type[yaml.SafeDumper] = yaml.SafeDumper
) -> str:
    """The value as a YAML document."""
    text: str = yaml.dump(  # pyright: ignore[reportUnknownMemberType] - in some types-PyYAML
        value, Dumper=dumper, default_flow_style=flow
    )
    return text


class NoAliases(yaml.SafeDumper):
    """Writes out what occurs twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def test_the_error_of_the_parser_is_the_cause() -> None:
    with pytest.raises(LogStoreConfigError) as caught:
        load("a: [")
    assert isinstance(caught.value.__cause__, yaml.YAMLError)
