"""From the name of a target to a harness: imports, guesses, and what is refused."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, DirectoryPath, Field, HttpUrl

from evsys_conformance import StoreHarness, build_store, load_harness
from evsys_conformance.clauses import CAPABILITIES, DEFAULT_CAPABILITIES
from evsys_conformance.targets import loading as target
from evsys_conformance.targets.default_harness import DefaultHarness
from evsys_conformance.targets.guessing import CannotGuess, guess
from evsys_conformance.targets.loading import TargetError, load_all, load_target
from evsys_conformance.targets.template import harness_to_copy
from evsys_sdk import Capability, LogStoreError, LogStorePluginError, RunLog, get_log_store
from support import inner_stores
from support.inner_stores import MemoryStore


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current directory, in which modules may be written and imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("planted_")]:
        del sys.modules[name]


# -- what is a target --------------------------------------------------------------------------


def test_a_store_gets_a_harness() -> None:
    with load_harness("support.inner_stores:MemoryStore") as harness:
        assert harness.store is MemoryStore
        assert set(harness.capabilities) == {"split", "float64"}


def test_a_harness_class_is_made_and_an_instance_taken_as_it_is() -> None:
    assert isinstance(load_harness("support.inner_stores:Harness"), inner_stores.Harness)


@pytest.mark.parametrize("kind", ["jsonl", "tensorboard", "multiplex", "background", "memory"])
def test_a_built_in_kind_has_its_own_harness(kind: str, tmp_path: Path) -> None:
    harness = load_harness(kind)
    for name in ("first", "second"):
        directory = tmp_path / name
        directory.mkdir()
        params = harness.params(directory)
        store: Any = build_store(harness.store, params)
        store.log_metrics({"loss": 0.5}, 3)
        store.close()
        run_log = harness.read(params)
        assert run_log is not None
        assert [(row.step, row.metrics) for row in run_log.metrics] == [(3, {"loss": 0.5})]


def test_a_harness_without_claims_takes_those_of_the_store() -> None:
    class Claiming(MemoryStore):
        capabilities: ClassVar[frozenset[Capability]] = frozenset({"resume"})

    class Without(StoreHarness):
        store = MemoryStore

    class With(StoreHarness):
        store = Claiming

    class Other(With):
        capabilities = frozenset({"threads"})

    assert Without().capabilities == Without.capabilities == DEFAULT_CAPABILITIES
    assert With().capabilities == With.capabilities == {"resume"}
    assert Other().capabilities == {"threads"}


def test_the_built_in_stores_claim_all_they_can() -> None:
    everything = set(CAPABILITIES)
    assert set(load_harness("jsonl").capabilities) == everything - {"composite"}
    assert set(load_harness("multiplex").capabilities) == everything
    assert set(load_harness("background").capabilities) == everything - {"composite", "crash"}
    store: Any = get_log_store("tensorboard")
    assert set(load_harness("tensorboard").capabilities) == store.capabilities


def test_a_built_in_class_is_certified_as_its_kind_also_with_other_parameters() -> None:
    name = "evsys_sdk.log_stores.jsonl:JSONLLogStore"
    assert load_harness(name).capabilities == load_harness("jsonl").capabilities
    given = load_harness("jsonl", {"log_dir": "{dir}/deep", "metrics_file": "m.jsonl"})
    assert given.params(Path("/d")) == {"log_dir": "/d/deep", "metrics_file": "m.jsonl"}
    assert given.capabilities == load_harness("jsonl").capabilities


class Registered(MemoryStore):
    pass


class Unclear(MemoryStore):
    class Config(MemoryStore.Config):
        endpoint: str


class Installed:
    """Stands for the registry: kinds with their classes, or the errors that loading them gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **kinds: type | LogStoreError) -> None:
        self.kinds = kinds
        monkeypatch.setattr(target, "list_log_stores", lambda: sorted(self.kinds))
        monkeypatch.setattr(target, "get_log_store", self.get)

    def get(self, kind: str) -> type:
        found = self.kinds[kind]
        if isinstance(found, LogStoreError):
            raise found
        self.kinds["late"] = Registered
        return found


def test_all_is_every_kind_also_one_that_loading_another_registers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Installed(monkeypatch, memory=MemoryStore, alias=MemoryStore)
    targets, left_out = load_all()
    assert [each.name for each in targets] == ["alias", "late"]
    assert left_out == {}


def test_all_leaves_out_a_built_in_kind_that_lacks_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = LogStorePluginError("tensorboard", "pip install 'evsys-sdk[tensorboard]'")
    Installed(monkeypatch, memory=MemoryStore, tensorboard=missing)
    targets, left_out = load_all()
    assert [each.name for each in targets] == ["memory", "late"]
    assert left_out == {"tensorboard": str(missing)}


def test_all_lists_every_plugin_that_can_not_be_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = LogStorePluginError("broken", "ImportError: boom", "broken 1.0")
    Installed(monkeypatch, memory=MemoryStore, broken=broken, unclear=Unclear)
    with pytest.raises(TargetError, match="can't be certified by their kind alone") as raised:
        load_all()
    assert "broken: the plugin for 'broken' can't be loaded" in str(raised.value)
    assert "unclear: the parameters of unclear can't be guessed" in str(raised.value)
    assert str(raised.value).endswith("--evsys-conformance memory --evsys-conformance late")


# -- importing ---------------------------------------------------------------------------------

STORE_SOURCE = (
    "from support.inner_stores import MemoryStore\n\nclass Planted(MemoryStore):\n    pass\n"
)


@pytest.mark.parametrize("place", [".", "src"])
def test_a_module_in_the_current_directory_is_found(project: Path, place: str) -> None:
    (project / place).mkdir(exist_ok=True)
    (project / place / "planted_store.py").write_text(STORE_SOURCE)
    assert load_harness("planted_store:Planted").store.__name__ == "Planted"


def test_a_package_without_init_is_found_too(project: Path) -> None:
    (project / "planted_package").mkdir()
    (project / "planted_package" / "stores.py").write_text(STORE_SOURCE)
    assert load_harness("planted_package.stores:Planted").store.__name__ == "Planted"


def test_a_name_inside_a_class_is_found(project: Path) -> None:
    (project / "planted_store.py").write_text(
        "from support import inner_stores\n\nclass Outer:\n    Inner = inner_stores.MemoryStore\n"
    )
    assert load_harness("planted_store:Outer.Inner").store is MemoryStore


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("planted_stroe:Planted", "no module planted_stroe was found; did you mean planted_store?"),
        ("planted_store:Plant", r"planted_store has no Plant; did you mean Planted\?"),
        ("planted_store:Zzz", "Log stores and harnesses there: MemoryStore, Planted"),
        ("planted_store.py:Planted", "a module, not a file: planted_store:Planted"),
        ("src/planted_store.py:Planted", "a module, not a file: planted_store:Planted"),
        ("planted_store:", "Write package.module:Name"),
        (":Planted", "Write package.module:Name"),
        ("evsys_sdk.log_store:X", "evsys_sdk .* has no module log_store; did you mean log_stores"),
        ("jsnol", r"unknown log store kind 'jsnol'.*did you mean '?jsonl"),
        (
            "planted_broken:X",
            "importing planted_broken raised ModuleNotFoundError: No module named ",
        ),
        ("planted_raising:X", r"raised RuntimeError: no licence \(.*planted_raising.py:2\)"),
    ],
)
def test_what_can_not_be_imported_is_explained(project: Path, target: str, said: str) -> None:
    (project / "planted_store.py").write_text(STORE_SOURCE)
    (project / "planted_broken.py").write_text("import a_package_that_is_not_there\n")
    (project / "planted_raising.py").write_text("\nraise RuntimeError('no licence')\n")
    with pytest.raises(TargetError, match=said):
        load_harness(target)


# -- what is refused ---------------------------------------------------------------------------

NO_TARGETS = """
from support.inner_stores import Harness, MemoryStore, OpenStore
from evsys_conformance import StoreHarness

def function(): ...
class Stranger: ...
class NoHarness:
    store = MemoryStore
    def params(self, directory): ...
instance = OpenStore(log_dir="x")
class Needy(Harness):
    def __init__(self, server): ...
class NoStore(StoreHarness):
    def params(self, directory): return {}
class NoClass(Harness):
    store = instance
class NoParams(StoreHarness):
    store = MemoryStore
class Misspelt(Harness):
    capabilities = {"split", "thread"}
class OneText(Harness):
    capabilities = "split"
class NoSet(Harness):
    capabilities = 3
class UnknownClause(Harness):
    expected_failures = {"CL4": "the pool keeps a socket"}
class NoReason(Harness):
    expected_failures = {"CL-4": ""}
class Unclaimed(Harness):
    expected_failures = {"CAP-FORK": "it hangs"}
class NoMapping(Harness):
    expected_failures = ["CL-4"]
class Late(Harness):
    @property
    def capabilities(self):
        raise RuntimeError("the server is not up")
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("function", "is a function, neither a log store nor a harness: name a class"),
        ("Stranger", "is not a log store: it has no Config and none of the methods "),
        ("NoHarness", r"derives from evsys_conformance.StoreHarness: class NoHarness\(StoreHarn"),
        ("instance", "is an instance of OpenStore; name the class, support.inner_stores:OpenStore"),
        ("StoreHarness", "is the base class of harnesses: derive yours"),
        ("Needy", r"(?s)Needy\(\) raised TypeError: .*is made without arguments"),
        ("NoStore", "NoStore has no store: write `store = MyStore`"),
        ("NoClass", "store must be the store class itself, got <support.inner_stores.OpenStore "),
        ("NoParams", r"(?s)params\(directory\) is missing.*class NoParams\(StoreHarness\)"),
        (
            "Misspelt",
            r"capabilities: unknown capability 'thread'; did you mean threads\? Known: split",
        ),
        ("OneText", r"capabilities must be a set, got the string 'split': write \{'split'\}"),
        ("NoSet", "capabilities must be a set of strings, got 3"),
        ("UnknownClause", r"unknown clause 'CL4'; did you mean CL-4\?"),
        ("NoReason", r"expected_failures\['CL-4'\] must be the reason, .* got ''"),
        ("Unclaimed", "CAP-FORK can't fail, since 'fork' is not claimed"),
        ("NoMapping", "expected_failures must be like .*, got"),
        ("Late", "(?s)Late raised RuntimeError: the server is not up.*before it is entered"),
    ],
)
def test_a_target_that_is_not_sound_is_explained(project: Path, name: str, said: str) -> None:
    (project / "planted_store.py").write_text(NO_TARGETS)
    with pytest.raises(TargetError, match=said):
        load_harness(f"planted_store:{name}")


def test_parameters_are_for_stores_and_not_for_harnesses() -> None:
    with pytest.raises(TargetError, match=r"is a harness, whose params\(\) gives the parameters"):
        load_harness("support.inner_stores:Harness", {"log_dir": "{dir}"})


# -- parameters --------------------------------------------------------------------------------


def _store(**fields: Any) -> Any:
    """A store class whose Config has these fields: types, or types and defaults."""
    config = type(
        "Config",
        (BaseModel,),
        {
            "__annotations__": {
                name: field[0] if isinstance(field, tuple) else field
                for name, field in fields.items()
            },
            "model_config": ConfigDict(extra="forbid", arbitrary_types_allowed=True),
            **{name: field[1] for name, field in fields.items() if isinstance(field, tuple)},
        },
    )
    return type("Store", (MemoryStore,), {"Config": config})


@pytest.mark.parametrize(
    ("fields", "template"),
    [
        ({"log_dir": str}, {"log_dir": "{dir}"}),
        ({"log_dir": Path}, {"log_dir": Path("{dir}")}),
        ({"directory": DirectoryPath}, {"directory": Path("{dir}")}),
        ({"root": str | Path}, {"root": Path("{dir}")}),
        ({"where": Path}, {"where": Path("{dir}/where")}),
        ({"path": str}, {"path": "{dir}/path"}),
        ({"db_path": Annotated[str, Field(min_length=1)]}, {"db_path": "{dir}/db_path"}),
        ({"file": Path | None}, {"file": Path("{dir}/file")}),
        (
            {"log_dir": str, "out_dir": str, "n": (int, 3)},
            {"log_dir": "{dir}/log_dir", "out_dir": "{dir}/out_dir"},
        ),
        ({"path": Path, "run": (str, "default")}, {"path": Path("{dir}/path")}),
        ({"log_dir": (str, "logs"), "metrics_file": (str, "m.jsonl")}, {"log_dir": "{dir}"}),
        ({"db_file": (str, "log.db")}, {"db_file": "{dir}/db_file"}),
        ({"size": (int, 3), "exact": (bool, True)}, {}),
        ({}, {}),
    ],
)
def test_places_are_guessed(fields: dict[str, Any], template: dict[str, Any]) -> None:
    guessed = guess(_store(**fields)).template
    assert guessed == template
    assert {k: type(v) for k, v in guessed.items()} == {k: type(v) for k, v in template.items()}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"endpoint": str}, r"it requires endpoint \(str\), which no fresh directory tells"),
        ({"log_dir": str, "run_id": int}, r"it requires run_id \(int\)"),
        ({"profile": str}, r"profile \(str\)"),
        ({"url_path": str}, r"url_path \(str\)"),
        ({"paths": list[Path]}, r"paths \(list\[Path\]\)"),
        ({"endpoint": (str, "http://localhost:8000")}, "none of its parameters is a file or dir"),
        ({"url": (HttpUrl, "http://localhost:8000")}, "every destination would be the same"),
        ({"mode": (Literal["a", "w"], "w")}, "every destination would be the same"),
    ],
)
def test_a_parameter_that_is_not_a_path_is_not_guessed(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotGuess, match=why):
        guess(_store(**fields))


def test_a_class_without_config_is_guessed_by_its_constructor() -> None:
    class Bare:
        def __init__(self, log_dir: str, *, size: int = 3) -> None: ...

    assert guess(Bare).template == {"log_dir": "{dir}"}


def test_guessed_directories_exist_and_are_apart(tmp_path: Path) -> None:
    guessed = guess(_store(log_dir=Path, out_dir=str))
    harness = DefaultHarness(MemoryStore, guessed.template, guessed.directories)
    params = harness.params(tmp_path)
    assert params == {"log_dir": tmp_path / "log_dir", "out_dir": str(tmp_path / "out_dir")}
    assert all(Path(value).is_dir() for value in params.values())


def test_dir_is_replaced_at_every_depth(tmp_path: Path) -> None:
    children = [{"kind": "jsonl", "params": {"log_dir": "{dir}/a"}}]
    harness = load_harness("multiplex", {"children": children})
    assert harness.params(tmp_path) == {
        "children": [{"kind": "jsonl", "params": {"log_dir": f"{tmp_path}/a"}}]
    }
    assert children[0]["params"] == {"log_dir": "{dir}/a"}


def test_parameters_that_name_one_destination_for_all_are_refused() -> None:
    with pytest.raises(TargetError, match=re.escape("Write {dir} where a fresh directory belongs")):
        load_target("support.inner_stores:MemoryStore", {"log_dir": "/tmp/log"})


def test_parameters_that_the_store_refuses_are_explained() -> None:
    with pytest.raises(TargetError, match=r"(?s)log_dri: unknown .* mean log_dir") as e:
        load_target("support.inner_stores:MemoryStore", {"log_dri": "{dir}"})
    assert "  - log_dir: Field required" in str(e.value)


class Particular(MemoryStore):
    class Config(MemoryStore.Config):
        log_file: str = Field(pattern=r"\.jsonl$")


class Renaming(MemoryStore):
    class Config(MemoryStore.Config):
        log_dir: str = Field(alias="dir")


def test_a_guess_that_the_store_refuses_is_an_error() -> None:
    with pytest.raises(TargetError, match=r"(?s)refuses the guess .*log_file: String should match"):
        load_target(f"{__name__}:Particular")


def test_a_field_that_an_alias_replaces_is_left_to_its_clause() -> None:
    assert load_target(f"{__name__}:Renaming").harness.store is Renaming


# -- the harness to copy -----------------------------------------------------------------------


class Remote:
    class Config(BaseModel, extra="forbid"):
        endpoint: str
        cache_dir: Path
        log_file: str
        retries: int = 3


class ReadableRemote(Remote):
    read_run = MemoryStore.read_run


def _harness_in(text: str) -> StoreHarness:
    namespace: dict[str, Any] = {}
    exec(text.partition("\n\n")[2].partition("\nThen run:")[0], namespace)
    (harness,) = (
        value
        for value in namespace.values()
        if isinstance(value, type) and issubclass(value, StoreHarness) and value != StoreHarness
    )
    return harness()


def test_the_harness_to_copy_has_the_real_names_and_runs() -> None:
    text = harness_to_copy(Remote)
    harness = _harness_in(text)
    assert type(harness).__name__ == "RemoteHarness"
    assert harness.store is Remote
    params = harness.params(Path("/d"))
    assert params == {"endpoint": ..., "cache_dir": Path("/d"), "log_file": "/d/log_file"}
    assert isinstance(harness.read(params), RunLog)
    assert "pytest --evsys-conformance conformance:RemoteHarness" in text
    assert '{"endpoint": "...", "cache_dir": "{dir}/cache_dir"' in text


def test_the_harness_to_copy_leaves_reading_to_a_store_that_can() -> None:
    assert "read" not in vars(type(_harness_in(harness_to_copy(ReadableRemote))))
