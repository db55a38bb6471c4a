"""Loading a ``log_store`` section: what a wrong file is told, word by word."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, field_validator

from evsys_sdk import (
    LogStoreConfigError,
    LogStoreSpec,
    UnknownLogStoreError,
    list_log_stores,
    load_log_store_spec,
)
from evsys_sdk.registry import temporarily_registered

with pytest.raises(ValueError, match=r"month must be in 1\.\.12") as bad_month:
    date(2024, 13, 45)
BAD_MONTH = str(bad_month.value)
"""What this version of Python says about a date without such a month."""


class Server(BaseModel):
    model_config = ConfigDict(extra="forbid")
    host: str
    port: int = 80


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Lock:
    """Something that YAML can't express."""


@dataclass
class Point:
    x: int


class Leaf:
    """A store with parameters of several types."""

    name: ClassVar[str] = "leaf"

    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        log_dir: str
        flush_secs: float = 30
        retries: int = Field(3, ge=0)
        server: Server | None = None
        mirrors: dict[str, Server] = {}
        auth: Server | str | None = None
        tags: list[str] = []
        directory: Path = Path()
        mode: Literal["fast", "True", True] | None = None
        paint: Colour = Colour.RED
        several: list[int] = Field([1, 2], min_length=2)
        short: str = Field("", max_length=1)
        hook: Callable[[], None] | None = None
        lock: Lock | None = None
        point: Point | None = None
        url: HttpUrl | None = None
        day: date = date(2026, 12, 31)
        secret: str = ""
        backup: LogStoreSpec | None = None
        token: str = Field("", alias="api-token")

        @field_validator("secret")
        @classmethod
        def no_secrets(cls, secret: str) -> str:
            if secret:
                raise AssertionError
            return secret

        @field_validator("log_dir")
        @classmethod
        def no_spaces(cls, log_dir: str) -> str:
            if " " in log_dir:
                raise ValueError("No spaces, please")
            return log_dir

    def log_scalar(self, key: str, value: float, step: int) -> None: ...
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...
    def log_hyperparams(self, params: dict[str, Any]) -> None: ...
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...
    def close(self) -> None: ...


class NoParameters(BaseModel):
    model_config = ConfigDict(extra="forbid")


@pytest.fixture(autouse=True)
def leaf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kind ``leaf`` and an empty working directory."""
    monkeypatch.chdir(tmp_path)
    with temporarily_registered("leaf", Leaf):
        yield


def load(text: str | bytes) -> LogStoreSpec:
    data = text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode()
    Path("run.yaml").write_bytes(data)
    return load_log_store_spec("run.yaml")


def problems(text: str | bytes) -> list[str]:
    """The lines that a wrong file gets for an answer."""
    with pytest.raises(LogStoreConfigError) as caught:
        load(text)
    head, *rest = str(caught.value).splitlines()
    if rest:
        assert head == f"{len(rest)} problems:"
        return rest
    return [head]


class TestAccepted:
    def test_a_section_among_others(self) -> None:
        spec = load("""
            model: {layers: 2}
            log_store:
              kind: leaf
              params: {log_dir: ./logs}
            """)
        assert spec == LogStoreSpec(kind="leaf", params={"log_dir": "./logs"})

    def test_the_documented_configuration(self) -> None:
        spec = load("""
            log_store:
              kind: multiplex
              params:
                children:
                  - kind: jsonl
                    params: { log_dir: ./logs }
                  - kind: tensorboard
                    params: { log_dir: ./tb }
            """)
        assert spec.params == {
            "children": [
                {"kind": "jsonl", "params": {"log_dir": "./logs"}},
                {"kind": "tensorboard", "params": {"log_dir": "./tb"}},
            ]
        }

    @pytest.mark.parametrize("number", ["1e-3", "0.001", "1.0e-3", "'1e-3'"])
    def test_a_float_however_it_is_written(self, number: str) -> None:
        spec = load(f"log_store: {{kind: leaf, params: {{log_dir: x, flush_secs: {number}}}}}")
        assert Leaf.Config(**spec.params).flush_secs == 0.001

    @pytest.mark.parametrize("params", ["", "\n  params:", "\n  params: null", "\n  params: {}"])
    def test_params_that_are_left_out_or_empty(self, params: str) -> None:
        bare = type("Bare", (Leaf,), {"Config": NoParameters})
        with temporarily_registered("bare", bare):
            spec = load(f"log_store:\n  kind: bare{params}\n")
        assert spec == LogStoreSpec(kind="bare", params={})

    def test_anchors_aliases_and_merge_keys(self) -> None:
        spec = load("""
            base: &base {log_dir: x, retries: 1}
            more: &more {flush_secs: 2}
            log_store:
              kind: leaf
              params:
                <<: *base
                <<: *more
                retries: 5
            """)
        assert spec.params == {"log_dir": "x", "retries": 5, "flush_secs": 2}

    def test_a_byte_order_mark(self) -> None:
        assert load(b"\xef\xbb\xbflog_store: {kind: leaf, params: {log_dir: x}}").kind == "leaf"

    def test_a_home_directory_in_the_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", os.getcwd())
        load("log_store: {kind: leaf, params: {log_dir: x}}")
        assert load_log_store_spec("~/run.yaml").kind == "leaf"
        assert load_log_store_spec(Path("run.yaml")).kind == "leaf"


class TestTheSection:
    def test_an_unknown_kind_gets_the_nearest_and_all_known(self) -> None:
        with pytest.raises(UnknownLogStoreError):
            load("log_store:\n  kind: laef\n")
        (found,) = problems("log_store:\n  kind: laef\n")
        assert found == (
            "run.yaml:2: log_store.kind: unknown log store kind 'laef'; "
            f"did you mean leaf? Known kinds: {', '.join(list_log_stores())}"
        )

    def test_a_missing_kind(self) -> None:
        assert problems("log_store:\n  params: {}\n") == [
            f"run.yaml:1: log_store.kind: is missing; name one of {', '.join(list_log_stores())}"
        ]

    @pytest.mark.parametrize("written", ["no", "off", "false"])
    def test_a_kind_that_yaml_takes_for_a_boolean(self, written: str) -> None:
        assert problems(f"log_store:\n  kind: {written}\n") == [
            "run.yaml:2: log_store.kind: must be a string, got false (a boolean): put it in quotes"
        ]

    def test_keys_beside_kind_and_params(self) -> None:
        text = """
            log_store:
              kind: leaf
              log_dir: x
              parms: {}
              colour: red
              params: {log_dir: x}
            """
        assert problems(text) == [
            "run.yaml:3: log_store.log_dir: is a parameter of the store: write it under params",
            "run.yaml:4: log_store.parms: unknown key beside kind and params; did you mean params?",
            "run.yaml:5: log_store.colour: unknown key beside kind and params; known: kind, params",
        ]

    @pytest.mark.parametrize(
        ("section", "given"),
        [
            ("", "null"),
            ("leaf", "'leaf' (a string)"),
            ("[leaf]", "a list"),
            ("true", "true (a boolean)"),
        ],
    )
    def test_a_section_that_is_not_a_mapping(self, section: str, given: str) -> None:
        assert problems(f"log_store: {section}\n") == [
            f"run.yaml:1: log_store: must be a mapping with kind and params, got {given}"
        ]

    def test_params_that_are_a_list(self) -> None:
        assert problems("log_store:\n  kind: leaf\n  params:\n    - log_dir: x\n") == [
            "run.yaml:3: log_store.params: must be a mapping of names to values, got a list"
        ]

    def test_names_that_are_not_strings(self) -> None:
        wrong = "must have strings as names"
        assert problems("log_store:\n  kind: leaf\n  params:\n    1: 2\n    no: x\n") == [
            f"run.yaml:3: log_store.params: {wrong}, got 1 (an integer): put it in quotes",
            f"run.yaml:3: log_store.params: {wrong}, got false (a boolean): put it in quotes",
        ]
        assert problems("log_store: {kind: leaf, 2: 3, params: {log_dir: x}}") == [
            f"run.yaml:1: log_store: {wrong}, got 2 (an integer): put it in quotes"
        ]


class TestParameters:
    def test_all_problems_at_once_in_the_order_of_the_file(self) -> None:
        text = """
            log_store:
              kind: leaf
              params:
                flush_sec: 1
                zzz: 2
                retries: many
                tags: x
                server: {hots: a}
            """
        known = (
            "api-token, auth, backup, day, directory, flush_secs, hook, lock, log_dir, "
            "mirrors, mode, paint, point, retries, secret, server, several, short, tags, url"
        )
        assert problems(text) == [
            "run.yaml:3: log_store.params.log_dir: is missing, and has no default",
            "run.yaml:4: log_store.params.flush_sec: unknown parameter; did you mean flush_secs?",
            f"run.yaml:5: log_store.params.zzz: unknown parameter; known: {known}",
            "run.yaml:6: log_store.params.retries: must be an integer, got 'many' (a string)",
            "run.yaml:7: log_store.params.tags: must be a list, got 'x' (a string)",
            "run.yaml:8: log_store.params.server.host: is missing, and has no default",
            "run.yaml:8: log_store.params.server.hots: unknown parameter; did you mean host?",
        ]

    @pytest.mark.parametrize(
        ("parameter", "problem"),
        [
            ("retries: -1", "must be greater than or equal to 0, got -1 (an integer)"),
            ("retries: 1.5", "retries: must be an integer, got 1.5 (a float)"),
            ("retries: 2024-01-01", "retries: must be an integer, got 2024-01-01 (a date)"),
            ("retries: 2024-01-01 10:00:00", "got 2024-01-01 10:00:00 (a date and time)"),
            ("retries: !!binary aGk=", "got binary data"),
            ("retries: !!set {a}", "got an object of the type set"),
            ("flush_secs: []", "flush_secs: must be a number, got a list"),
            ("tags: [a, 1]", "tags[1]: must be a string, got 1 (an integer): put it in quotes"),
            ("server: [a]", "server: must be a mapping of names to values, got a list"),
            ("server: {host: 1}", "server.host: must be a string, got 1 (an integer): put it in"),
            ("mirrors: {eu: {prt: 1}}", "mirrors.eu.prt: unknown parameter; did you mean port?"),
            ("mirrors: {a.b: 1}", "mirrors['a.b']: must be a mapping of names to values, got 1"),
            ("auth: {hots: x}", "auth.hots: unknown parameter; did you mean host?"),
            ("api_token: x", "api_token: unknown parameter; did you mean api-token?"),
            ("api-token: [x]", "api-token: must be a string, got a list"),
            ("directory: 5", "directory: must be a path, got 5 (an integer): put it in quotes"),
            ("directory: 2024-01-01", "directory: must be a path, got 2024-01-01 (a date): put"),
            ("directory: [x]", "directory: must be a path, got a list"),
            ("mode: x", "mode: must be 'fast', 'True' or true, got 'x' (a string)"),
            ("paint: x", "paint: must be 'red' or 'blue', got 'x' (a string)"),
            ("several: []", "several: must have at least 2 items, got a list"),
            ("short: xyz", "short: must have at most 1 character, got 'xyz' (a string)"),
            ("hook: x", "hook: must be a function, which only Python code can give, got 'x'"),
            ("lock: x", "lock: must be an object of Lock, which only Python code can give, got"),
            ("point: {x: 1, z: 2}", "point.z: unknown parameter"),
            ("point: {}", "point.x: is missing, and has no default"),
            ("point: 5", "point: must be a mapping of names to values, got 5 (an integer)"),
            ("url: 'ftp://x'", "must be a URL that begins with 'http' or 'https', got 'ftp://x'"),
            ("url: x", "url: must be a URL, got 'x' (a string)"),
            ("day: x", "day: must be a date such as 2026-12-31, got 'x' (a string)"),
            ("secret: x", "secret: is refused; got 'x' (a string)"),
            ("backup: {kind: leaf}", "backup.params.log_dir: is missing, and has no default"),
            ("backup: {kind: leef}", "backup.kind: unknown log store kind 'leef'; did"),
            ("backup: {kind: leaf, log_dir: x}", "backup.log_dir: is a parameter of the store"),
            (f"tags: [0x{'f' * 5000}]", "tags[0]: must be a string, got a huge integer"),
        ],
    )
    def test_a_wrong_value_is_named_where_it_stands(self, parameter: str, problem: str) -> None:
        text = f"log_store:\n  kind: leaf\n  params:\n    log_dir: x\n    {parameter}\n"
        found = problems(text)
        assert all(line.startswith("run.yaml:5: log_store.params.") for line in found)
        assert any(problem in line for line in found), found

    def test_what_a_validator_says(self) -> None:
        assert problems("log_store: {kind: leaf, params: {log_dir: a b}}") == [
            "run.yaml:1: log_store.params.log_dir: no spaces, please; got 'a b' (a string)"
        ]

    def test_nested_stores_three_levels_down(self) -> None:
        text = """
            log_store:
              kind: multiplex
              params:
                children:
                  - kind: leaf
                    params: {log_dir: x}
                  - kind: multiplex
                    params:
                      children:
                        - kind: multiplex
                          params:
                            children:
                              - kind: leaf
                                params:
                                  log_dir: x
                                  flush_sec: 3
                              - {kind: laef}
                        - kind: leaf
                  - leaf
                childs: []
            """
        one = "log_store.params.children[1].params.children"
        three = f"{one}[0].params.children"
        known = ", ".join(list_log_stores())
        assert problems(text) == [
            (
                f"run.yaml:16: {three}[0].params.flush_sec: unknown parameter; "
                f"did you mean flush_secs?"
            ),
            (
                f"run.yaml:17: {three}[1].kind: unknown log store kind 'laef'; "
                f"did you mean leaf? Known kinds: {known}"
            ),
            f"run.yaml:18: {one}[1].params.log_dir: is missing, and has no default",
            (
                "run.yaml:19: log_store.params.children[2]: must be a mapping with kind and "
                "params, got 'leaf' (a string)"
            ),
            "run.yaml:20: log_store.params.childs: unknown parameter; did you mean children?",
        ]

    def test_a_parameter_beside_the_kind_of_a_nested_store(self) -> None:
        text = "log_store: {kind: multiplex, params: {children: [{kind: leaf, log_dir: x}]}}"
        assert problems(text)[1] == (
            "run.yaml:1: log_store.params.children[0].log_dir: is a parameter of the store: "
            "write it under params"
        )

    def test_a_multiplex_without_children(self) -> None:
        found = problems("log_store: {kind: multiplex, params: {children: []}}")
        assert found == [
            "run.yaml:1: log_store.params.children: must have at least 1 item, got a list"
        ]

    def test_merged_in_values_are_found_where_they_were_written(self) -> None:
        text = """
            base: &base
              kind: leaf
              params:
                log_dir: x
                bad: 1
            log_store:
              <<: *base
            """
        assert problems(text)[0].startswith("run.yaml:5: log_store.params.bad: unknown parameter")

    def test_a_value_that_replaces_a_merged_one_is_found_where_it_replaces_it(self) -> None:
        text = """
            base: &base {log_dir: x}
            log_store:
              kind: leaf
              params:
                log_dir: 5
                <<: *base
            """
        assert problems(text) == [
            (
                "run.yaml:5: log_store.params.log_dir: must be a string, got 5 (an integer): put "
                "it in quotes"
            )
        ]


class TestTheFile:
    @pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null\n"])
    def test_an_empty_file(self, text: str) -> None:
        assert problems(text) == [
            "run.yaml:1: the file is empty: write log_store: with kind: and params: under it"
        ]

    def test_a_file_that_holds_no_sections(self) -> None:
        assert problems("- a\n- b\n") == [
            "run.yaml:1: the file holds a list: write log_store: with kind: and params: under it"
        ]

    def test_no_such_section(self) -> None:
        assert problems("model: 1\nlog_stroe: {}\n") == [
            (
                "run.yaml:1: no log_store section; did you mean log_stroe? "
                "The sections are: model, log_stroe"
            )
        ]
        assert problems("model: 1\n1: 2\n") == [
            "run.yaml:1: no log_store section. The sections are: model, 1"
        ]

    def test_a_section_without_its_heading(self) -> None:
        assert problems("kind: leaf\nparams: {log_dir: x}\n") == [
            "run.yaml:1: no log_store section: write kind and params under log_store:"
        ]

    def test_duplicate_keys_beside_everything_else(self) -> None:
        text = """
            log_store:
              kind: leaf
              params:
                log_dir: x
                log_dir: y
                retries: many
            model: 1
            model: 2
            """
        assert problems(text) == [
            "run.yaml:5: log_store.params.log_dir: duplicate key, first given in line 4",
            "run.yaml:6: log_store.params.retries: must be an integer, got 'many' (a string)",
            "run.yaml:8: model: duplicate key, first given in line 7",
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("a: b: c\n", "1: not YAML: mapping values are not allowed here"),
            (
                "log_store:\n\tkind: leaf\n",
                (
                    "2: not YAML: while scanning for the next token found character '\\t' that "
                    "cannot start any token; YAML is indented with spaces, never with tabs"
                ),
            ),
            ("a: [1,\n", "2: not YAML: while parsing a flow node expected the node content"),
            ("a: 1\n---\nb: 2\n", "2: not YAML: expected a single document in the stream but"),
            ("a: *nowhere\n", "1: not YAML: found undefined alias 'nowhere'"),
            ("log_store:\n ? [x]\n : 2\n", "2: not YAML: while constructing a mapping found unh"),
            ("a: 1\nb: \x07\n", "2: not YAML: the character '\\x07' is not allowed"),
            (
                "log_store:\n <<: 5\n",
                "2: not YAML: while constructing a mapping expected a mapping",
            ),
            ("log_store: {1: !!set 5}\n", "1: not YAML: expected a mapping node, but found scalar"),
            (b"a: 1\nb: \xff\n", "2: not UTF-8 (byte 0xff); save the file as UTF-8"),
            ("a: 1\n".encode("utf-16"), "1: not UTF-8 (byte 0xff); save the file as UTF-8"),
            (
                "log_store:\n a: 2024-13-45\n",
                f"2: log_store.a: '2024-13-45' can't be read ({BAD_MONTH})",
            ),
            ("log_store: !!int {x: y}\n", "1: not YAML: expected a scalar node, but found mapping"),
            ("log_store: <<\n", "1: not YAML: could not determine a constructor for the tag"),
            ("log_store: =\n", "1: log_store: the tag !!value is refused"),
            (
                "!!python/name:os.mkdir {log_store: {}}\n",
                "1: the tag !!python/name:os.mkdir is ref",
            ),
            ("!x 5", "1: the tag !x is refused"),
            ("5", "1: the file holds a single value: write log_store: with"),
            ("[" * 1000, " nested too deeply to be read"),
        ],
    )
    def test_what_is_not_yaml(self, text: str | bytes, problem: str) -> None:
        (found,) = problems(text)
        assert found.startswith(f"run.yaml:{problem}")

    @pytest.mark.parametrize("tag", ["!!python/object/apply:os.mkdir", "!!python/name:os.mkdir"])
    def test_a_tag_that_asks_for_code_is_refused_and_nothing_runs(self, tag: str) -> None:
        text = f"log_store:\n  kind: leaf\n  params:\n    log_dir: {tag} [made]\n"
        assert problems(text) == [
            (
                f"run.yaml:4: log_store.params.log_dir: the tag {tag} is refused: "
                "only plain data is read"
            )
        ]
        assert not Path("made").exists()

    def test_all_that_can_not_be_read_at_once(self) -> None:
        text = "log_store:\n a: !x 1\n b: [2024-13-45, !y {}]\n b: 3\nc: 1\nc: !z 2\n"
        assert problems(text) == [
            "run.yaml:2: log_store.a: the tag !x is refused: only plain data is read",
            (
                f"run.yaml:3: log_store.b[0]: '2024-13-45' can't be read ({BAD_MONTH}): put it in "
                "quotes"
            ),
            "run.yaml:3: log_store.b[1]: the tag !y is refused: only plain data is read",
            "run.yaml:4: log_store.b: duplicate key, first given in line 3",
            "run.yaml:6: c: duplicate key, first given in line 5",
        ]

    def test_other_sections_belong_to_other_programs(self) -> None:
        spec = load("""
            model: !ENV ${HOME}
            run: !!python/object/apply:os.mkdir [made]
            dates: [2024-13-45, !!int x, =, !x {a: 1, a: 2}]
            ? [a, list]
            : {1: 2, 1: 3}
            self: &self [*self]
            c0: &c0 [1, 1]
            c1: &c1 [*c0, *c0]
            <<: 5
            log_store:
              kind: leaf
              params: {log_dir: x}
            """)
        assert spec == LogStoreSpec(kind="leaf", params={"log_dir": "x"})
        assert not Path("made").exists()

    def test_a_tag_that_an_alias_brings_into_the_section_is_refused(self) -> None:
        text = """
            model: &model {path: !ENV x}
            log_store: {kind: leaf, params: {log_dir: x, server: *model}}
            """
        assert problems(text) == [
            (
                "run.yaml:1: log_store.params.server.path: the tag !ENV is refused: only plain "
                "data is read"
            )
        ]

    def test_a_section_that_is_merged_into_the_file(self) -> None:
        text = """
            a: &a {log_store: {kind: leaf, params: {log_dir: a, bad: 1}}, self: &self {<<: *self}}
            b: &b
              log_store: {kind: leaf, params: {log_dir: b, bad: 1}}
            c: &c {<<: [*self, *b, *a]}
            <<: *c
            """
        (found,) = problems(text)
        assert found.startswith("run.yaml:3: log_store.params.bad: unknown parameter")
        assert "the sections are: a, b, c" in problems(text.replace("log_store", "log"))[0].lower()

    def test_what_yaml_says_over_several_lines_stays_in_one(self) -> None:
        (problem,) = problems("log_store: {kind: jsonl, a: !!binary x}\n")
        assert re.fullmatch(
            r"run\.yaml:1: log_store.a: 'x' can't be read \(failed to decode base64 data: .*\): "
            r"put it in quotes",
            problem,
        )

    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("log_store: &a\n  params: {children: [*a]}\n", "log_store.params.children[0]"),
            ("log_store: {a: &b [1, *b]}\n", "log_store.a[1]"),
            ("log_store: &a\n  <<: *a\n", "log_store.<<"),
        ],
    )
    def test_an_alias_of_what_contains_it(self, text: str, path: str) -> None:
        (found,) = problems(text)
        assert found.split(": ", 1)[1].replace("['<<']", ".<<") == (
            f"{path}: an alias in it refers to the value that contains it"
        )

    @pytest.mark.parametrize("pair", ["[*c{1}, *c{1}]", "{{a: *c{1}, b: *c{1}}}"])
    def test_aliases_that_multiply_the_file(self, pair: str) -> None:
        line = f"c{{0}}: &c{{0}} {pair}\n"
        text = "c0: &c0 {x: 1}\n" + "".join(line.format(n, n - 1) for n in range(1, 60))
        text += "log_store: *c59\n"
        (found,) = problems(text)
        assert "its aliases expand it to " in found

    def test_merges_that_multiply_the_file(self) -> None:
        text = "c0: &c0 {x: 1}\n" + "".join(
            f"c{n}: &c{n} {{<<: [*c{n - 1}, *c{n - 1}]}}\n" for n in range(1, 60)
        )
        assert "no log_store section" in problems(text + "<<: *c59")[0]
        text += "log_store: *c59\n"
        (found,) = problems(text)
        assert "its aliases expand it to " in found

    def test_a_large_file_without_aliases_is_read(self) -> None:
        text = "log_store: {kind: leaf, params: {log_dir: x}}\nvocabulary:\n"
        assert load(text + "- [1, 2, 3, 4, 5, 6, 7, 8]\n" * 1_250).kind == "leaf"

    def test_a_missing_file(self) -> None:
        load("log_store: {kind: leaf, params: {log_dir: x}}")
        with pytest.raises(FileNotFoundError, match=r"No such configuration file: 'x/nothing'"):
            load_log_store_spec("x/nothing")
        with pytest.raises(FileNotFoundError, match=r"file; did you mean run.yaml\?: 'run.yml'"):
            load_log_store_spec("run.yml")

    def test_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError, match=str(tmp_path)):
            load_log_store_spec(tmp_path)

    def test_text_in_place_of_a_path(self) -> None:
        advice = r"file; if this is YAML, parse it first: open_log_store\(yaml.safe_load\(text\)\)"
        for text in ("log_store:\n  kind: leaf\n", "log_store:\n" + "  x: 1\n" * 999):
            with pytest.raises(FileNotFoundError, match=advice):
                load_log_store_spec(text)

    def test_a_path_that_cannot_be_one(self) -> None:
        with pytest.raises(
            LogStoreConfigError, match="the path of the configuration file is empty"
        ):
            load_log_store_spec("")
        for path in ("a\0b", "\ud800"):
            with pytest.raises(LogStoreConfigError, match="no path can have"):
                load_log_store_spec(path)

    @pytest.mark.parametrize("name", ["two\nlines.yaml", os.fsdecode(b"caf\xe9.yaml")], ids=ascii)
    def test_any_name_of_a_file(self, name: str) -> None:
        Path(name).write_text("log_store: {kind: leaf, params: {log_dir: x}}")
        assert load_log_store_spec(name).kind == "leaf"
        Path(name).write_text("log_store: {kind: leaf}")
        with pytest.raises(LogStoreConfigError) as caught:
            load_log_store_spec(name)
        shown = {"t": r"two\nlines.yaml:1: ", "c": r"caf\xe9.yaml:1: "}[name[0]]
        assert str(caught.value).startswith(shown)

    def test_what_is_not_a_regular_file(self) -> None:
        os.mkfifo("fifo")
        for path, what in {"fifo": "a FIFO", "/dev/zero": "a character device"}.items():
            with pytest.raises(OSError, match=f"must be a regular file, but is {what}"):
                load_log_store_spec(path)
