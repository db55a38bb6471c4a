"""Plugins: real wheels, installed by pip, whose kinds are asked for in child processes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, NamedTuple
from zipfile import ZipFile

import pytest

STORE = """
from pydantic import BaseModel, ConfigDict
from evsys_sdk import register_log_store

class Complete:
    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
    def log_scalar(self, key, value, step): ...
    def log_metrics(self, metrics, step, *, split="train"): ...
    def log_hyperparams(self, params): ...
    def log_artifact(self, name, path, *, kind="file"): ...
    def close(self): ...
"""


class Dist(NamedTuple):
    """A distribution to build: one module, ``name`` with underscores, and its entry points."""

    name: str
    entry_points: str
    source: str
    version: str = "1.0"

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")


def store(decorator: str = "", name: str = "Store", body: str = "pass") -> str:
    return f"{STORE}\n{decorator}\nclass {name}(Complete):\n{indent(dedent(body), '    ')}\n"


GOOD = [
    Dist("http-store", "http = http_store:Store", store('@register_log_store("http")'), "1.2"),
    Dist("other-name", "the-entry = other_name:Store", store('@register_log_store("the-kind")')),
    Dist("undecorated", "bare = undecorated:Store", store()),
    Dist("named", "named-entry = named:Store", store(body="name = 'named-kind'")),
    Dist("nested", "nested = nested:Store.Inner [extra]", store(body="class Inner(Complete): ...")),
    Dist("ours-again", "ours-again = evsys_sdk.log_stores.jsonl:JSONLLogStore", ""),
    Dist(
        "asks-others",
        "asks-others = asks_others:Store",
        # A plugin may use the registry while it is imported, even from its own threads.
        store()
        + dedent("""
        from threading import Thread
        from evsys_sdk import UnknownLogStoreError, get_log_store, list_log_stores

        def ask():
            assert "http" in list_log_stores()
            assert get_log_store("http").name == "http"
            register_log_store("from-a-thread")(type("Other", (Complete,), {}))

        thread = Thread(target=ask)
        thread.start()
        thread.join()
        try:
            get_log_store("asks-nobody")
        except UnknownLogStoreError:
            pass
        """),
    ),
]

BROKEN = [
    Dist("raises", "raises = raises:Store", "raise RuntimeError('boom')", "3.1"),
    Dist("exits", "exits = exits:Store", "raise SystemExit(3)"),
    Dist("lacks-package", "lacks-package = lacks_package:Store", "import no_such_package"),
    Dist("lacks-class", "lacks-class = lacks_class:Store", STORE),
    Dist("lacks-module", "lacks-module = no_such_module:Store", ""),
    Dist("no-config", "no-config = no_config:Store", store(body="Config = None")),
    Dist("function", "function = function:store", "def store(): ..."),
    Dist("bad-value", "bad-value = not a value", ""),
    Dist(
        "module-only",
        "module-only = module_only",
        store('@register_log_store("module-only")'),
    ),
    Dist(
        "half-way",
        "half-way = half_way:Store",
        store('@register_log_store("half-way")') + "raise RuntimeError('after registering')",
    ),
    Dist(
        "takes-built-in",
        "takes-built-in = takes_built_in:Store",
        store('@register_log_store("multiplex")'),
    ),
    Dist("is-built-in", "jsonl = is_built_in:Store", store()),
    Dist("fine", "fine = fine:Store", store()),
]

RIVALS = [
    Dist("rival-a", "rival = rival_a:Store", store('@register_log_store("rival")'), "1.1"),
    Dist("rival-b", "rival = rival_b:Store", store('@register_log_store("rival")'), "2.2"),
    Dist("claims-a", "entry-a = claims_a:Store", store('@register_log_store("claimed")'), "1.1"),
    Dist("claims-b", "entry-b = claims_b:Store", store('@register_log_store("claimed")'), "2.2"),
]

OLDER = [Dist("http-store", "http-old = http_store:Gone\nhttp = http_store:Gone", "", "0.9")]


def build_wheel(dist: Dist, directory: Path) -> Path:
    info = f"{dist.module}-{dist.version}.dist-info"
    files = {
        f"{dist.module}.py": dist.source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {dist.name}\nVersion: {dist.version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[evsys_sdk.log_stores]\n{dist.entry_points}\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    wheel = directory / f"{dist.module}-{dist.version}-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Install distributions into a new directory, once per session, and give its path."""

    @cache
    def installed(*dists: Dist) -> str:
        wheels = tmp_path_factory.mktemp("wheels")
        target = tmp_path_factory.mktemp("site")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        command += ["--no-compile", "--disable-pip-version-check", "--target", str(target)]
        subprocess.run([*command, *(build_wheel(dist, wheels) for dist in dists)], check=True)
        return str(target)

    return installed


def run(code: str, *sites: str, arguments: tuple[str, ...] = ()) -> Any:
    """What ``code`` put into ``out``, run in a child that has ``sites`` first on its path."""
    program = f"out = {{}}\n{dedent(code)}\nimport json\nprint(json.dumps(out))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sites), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


ASK = """
import sys
from evsys_sdk import get_log_store
for kind in sys.argv[1:]:
    try:
        found = get_log_store(kind)
        answer = [f"{found.__module__}:{found.__qualname__}", found.name]
    except Exception as error:
        classes = [base.__name__ for base in type(error).__mro__]
        answer = [classes, str(error), type(error.__cause__).__name__]
    out.setdefault(kind, []).append(answer)
"""


def ask(site: str, *kinds: str) -> Any:
    """For each kind, asked for in turn in one process, its class and name; or the error."""
    return run(ASK, site, arguments=kinds)


@pytest.fixture(scope="session")
def good(install: Callable[..., str]) -> str:
    return install(*GOOD)


@pytest.fixture(scope="session")
def broken(install: Callable[..., str]) -> str:
    return install(*BROKEN)


@pytest.fixture(scope="session")
def rivals(install: Callable[..., str]) -> str:
    return install(*RIVALS)


@pytest.fixture(scope="session")
def answers(broken: str) -> Any:
    """What each kind answers where some are broken, all asked for twice in one process."""
    kinds = [dist.name for dist in BROKEN] + ["jsonl", "multiplex"]
    return ask(broken, *kinds, *kinds)


class TestGoodPlugins:
    @pytest.mark.parametrize(
        ("kind", "where", "name"),
        [
            ("http", "http_store:Store", "http"),
            ("bare", "undecorated:Store", "bare"),
            ("nested", "nested:Store.Inner", "nested"),
            ("asks-others", "asks_others:Store", "asks-others"),
            ("ours-again", "evsys_sdk.log_stores.jsonl:JSONLLogStore", "jsonl"),
        ],
    )
    def test_a_kind_finds_the_class_of_its_entry_point(
        self, good: str, kind: str, where: str, name: str
    ) -> None:
        assert ask(good, kind) == {kind: [[where, name]]}

    @pytest.mark.parametrize("kinds", [("the-entry", "the-kind"), ("the-kind", "the-entry")])
    def test_the_entry_point_name_and_the_kind_both_find_the_class(
        self, good: str, kinds: tuple[str, ...]
    ) -> None:
        assert ask(good, *kinds) == {kind: [["other_name:Store", "the-kind"]] for kind in kinds}

    def test_an_undecorated_class_is_also_found_by_its_own_name(self, good: str) -> None:
        found = ask(good, "named-kind", "named-entry")
        assert found == {kind: [["named:Store", "named-kind"]] for kind in found}

    def test_listing_imports_nothing(self, good: str) -> None:
        out = run(
            """
            import sys, evsys_sdk
            before = set(sys.modules)
            out["kinds"] = evsys_sdk.list_log_stores()
            out["plugins"] = sorted({"http_store", "named"} & (set(sys.modules) - before))
            """,
            good,
        )
        ours = ["background", "jsonl", "memory", "multiplex", "tensorboard"]
        theirs = ["asks-others", "bare", "http", "named-entry", "nested", "ours-again", "the-entry"]
        assert out == {"kinds": sorted(ours + theirs), "plugins": []}

    def test_asking_for_one_kind_imports_no_other_plugin(self, good: str) -> None:
        out = run(
            """
            import sys, evsys_sdk
            evsys_sdk.get_log_store("http")
            out["imported"] = sorted({"http_store", "undecorated", "named"} & set(sys.modules))
            """,
            good,
        )
        assert out == {"imported": ["http_store"]}

    def test_both_names_are_listed_once_the_plugin_was_loaded(self, good: str) -> None:
        out = run(
            """
            import evsys_sdk
            evsys_sdk.get_log_store("the-entry")
            out["kinds"] = evsys_sdk.list_log_stores()
            """,
            good,
        )
        assert {"the-entry", "the-kind"} <= {*out["kinds"]}

    def test_a_plugin_may_be_imported_first(self, good: str) -> None:
        out = run(
            """
            import http_store, evsys_sdk
            out["same"] = evsys_sdk.get_log_store("http") is http_store.Store
            """,
            good,
        )
        assert out == {"same": True}

    def test_threads_that_ask_at_once_get_the_same_class(self, good: str) -> None:
        out = run(
            """
            import threading
            from evsys_sdk import get_log_store
            barrier, found = threading.Barrier(8), []
            def ask():
                barrier.wait()
                found.append(get_log_store("the-kind"))
            threads = [threading.Thread(target=ask) for _ in range(8)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            out["count"], out["different"] = len(found), len(set(found))
            """,
            good,
        )
        assert out == {"count": 8, "different": 1}

    def test_what_was_installed_a_moment_ago_is_found(self, good: str) -> None:
        out = run(
            f"""
            import sys, evsys_sdk
            try:
                evsys_sdk.get_log_store("http")
            except evsys_sdk.UnknownLogStoreError:
                sys.path.insert(0, {good!r})
            out["name"] = evsys_sdk.get_log_store("http").name
            """
        )
        assert out == {"name": "http"}

    def test_a_configuration_opens_a_plugin(self, good: str) -> None:
        out = run(
            """
            from evsys_sdk import open_log_store
            with open_log_store({"kind": "the-entry"}) as store:
                out["name"] = store.name
            """,
            good,
        )
        assert out == {"name": "the-kind"}

    def test_a_distribution_on_the_path_twice_is_not_a_conflict(
        self, good: str, install: Callable[..., str], tmp_path: Path
    ) -> None:
        older = install(*OLDER)
        again = tmp_path / "again"
        again.symlink_to(good)
        out = run(ASK, good, str(again), older, arguments=("http", "http-old"))
        assert out["http"] == [["http_store:Store", "http"]]
        # What comes later on the path can't be imported, so it offers nothing.
        assert "unknown log store kind 'http-old'" in out["http-old"][0][1]


class TestBrokenPlugins:
    @pytest.mark.parametrize(
        ("kind", "details", "text", "cause"),
        [
            ("raises", "raises 3.1 (entry point raises = raises:Store)", "boom", "RuntimeError"),
            ("exits", "exits 1.0 (entry point exits = exits:Store)", "3", "SystemExit"),
            ("lacks-package", "lacks-package 1.0", "no_such_package", "ModuleNotFoundError"),
            ("lacks-class", "= lacks_class:Store", "has no attribute 'Store'", "AttributeError"),
            ("lacks-module", "= no_such_module:Store", "no_such_module", "ModuleNotFoundError"),
            ("no-config", "no-config 1.0", "it has no Config", "LogStoreConfigError"),
            ("function", "= function:store", "must name a class, got", "LogStoreConfigError"),
            ("module-only", "= module_only", "Write package.module:Class", "LogStoreConfigError"),
            ("bad-value", "= not a value", "", "AttributeError"),
            ("half-way", "half-way 1.0", "after registering", "RuntimeError"),
            ("takes-built-in", "1.0", "Built-in kinds can't be taken", "DuplicateLogStoreError"),
        ],
    )
    def test_is_an_error_of_its_kind_each_time_it_is_asked_for(
        self, answers: Any, kind: str, details: str, text: str, cause: str
    ) -> None:
        for classes, message, its_cause in answers[kind]:
            assert classes[0] == "LogStorePluginError"
            assert {"LogStoreError", "ImportError"} <= set(classes)
            assert message.startswith(f"the plugin for '{kind}' can't be loaded: ")
            assert details in message
            assert text in message
            assert its_cause == cause

    def test_harms_no_other_kind(self, answers: Any) -> None:
        assert answers["fine"] == [["fine:Store", "fine"]] * 2
        assert answers["jsonl"] == [["evsys_sdk.log_stores.jsonl:JSONLLogStore", "jsonl"]] * 2
        assert answers["multiplex"][0] == answers["multiplex"][1]
        assert answers["multiplex"][0][0] == "evsys_sdk.log_stores.multiplex:MultiplexLogStore"

    def test_can_not_take_a_built_in_kind_by_its_entry_point(self, broken: str) -> None:
        out = ask(broken, "no-such-kind", "jsonl")
        assert out["jsonl"] == [["evsys_sdk.log_stores.jsonl:JSONLLogStore", "jsonl"]]
        reason = "is-built-in 1.0 (entry point jsonl = is_built_in:Store): DuplicateLogStoreError"
        assert reason in out["no-such-kind"][0][1]

    def test_an_unknown_kind_lists_the_plugins_that_might_have_had_it(self, broken: str) -> None:
        classes, message, _ = ask(broken, "rasies")["rasies"][0]
        assert classes[0] == "UnknownLogStoreError"
        assert message.startswith("unknown log store kind 'rasies'; did you mean raises? ")
        head, *lines = message.split("\n  - the plugin for ")
        assert head.endswith("\nOne of these plugins, which can't be loaded, may have provided it:")
        names = {dist.entry_points.split()[0] for dist in BROKEN} - {"fine"}
        assert {line.split("'")[1] for line in lines} == names

    def test_a_configuration_names_the_place_that_asked_for_it(
        self, broken: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "run.yaml"
        file.write_text("log_store:\n  kind: raises\n")
        out = run(
            """
            import sys
            from evsys_sdk import LogStorePluginError, open_log_store
            try:
                with open_log_store(sys.argv[1]):
                    pass
            except LogStorePluginError as error:
                out["text"] = str(error)
            """,
            broken,
            arguments=(str(file),),
        )
        start = f"{file}:2: log_store.kind: the plugin for 'raises' can't be loaded: raises 3.1 ("
        assert out["text"].startswith(start)

    def test_a_distribution_that_lost_its_metadata_still_works(
        self, broken: str, tmp_path: Path
    ) -> None:
        damaged = tmp_path / "site"
        shutil.copytree(broken, damaged)
        (damaged / "fine-1.0.dist-info" / "METADATA").unlink()
        (damaged / "raises-3.1.dist-info" / "METADATA").unlink()
        out = ask(str(damaged), "fine", "raises")
        assert out["fine"] == [["fine:Store", "fine"]]
        assert "a distribution without METADATA (entry point raises = " in out["raises"][0][1]

    def test_ctrl_c_during_an_import_stays_what_it_is(self, install: Callable[..., str]) -> None:
        site = install(Dist("ctrl-c", "ctrl-c = ctrl_c:Store", "raise KeyboardInterrupt"))
        out = run(
            """
            import evsys_sdk
            try:
                evsys_sdk.get_log_store("ctrl-c")
            except KeyboardInterrupt:
                out["interrupted"] = True
            """,
            site,
        )
        assert out == {"interrupted": True}


class TestRivals:
    """Two distributions that offer one kind."""

    # Earlier look-ups must not matter: a kind must not go to the class that came first.
    @pytest.mark.parametrize("before", [(), ("no-such-kind",), ("claimed",)])
    def test_by_entry_point_name_is_an_error_that_names_both(
        self, rivals: str, before: tuple[str, ...]
    ) -> None:
        classes, message, _ = ask(rivals, *before, "rival")["rival"][0]
        assert classes[0] == "DuplicateLogStoreError"
        assert message.startswith("the kind 'rival' is claimed by 2 log stores: ")
        assert "rival-a 1.1 (entry point rival = rival_a:Store)" in message
        assert "rival-b 2.2 (entry point rival = rival_b:Store)" in message

    @pytest.mark.parametrize("before", [(), ("no-such-kind",), ("entry-a", "entry-b")])
    def test_by_decorator_is_an_error_that_names_both(
        self, rivals: str, before: tuple[str, ...]
    ) -> None:
        classes, message, _ = ask(rivals, *before, "claimed")["claimed"][0]
        assert classes[0] == "DuplicateLogStoreError"
        assert message.startswith("the kind 'claimed' is claimed by 2 log stores: claims_")
        assert "of claims-a 1.1 (entry point entry-a = claims_a:Store)" in message
        assert "of claims-b 2.2 (entry point entry-b = claims_b:Store)" in message
        assert message.endswith("Uninstall one of the two distributions")

    def test_an_unknown_kind_tells_of_them(self, rivals: str) -> None:
        message = ask(rivals, "rivals")["rivals"][0][1]
        assert "\n  - the kind 'rival' is claimed by 2 log stores: " in message

    def test_the_program_decides_by_importing_one(self, rivals: str) -> None:
        out = run(
            """
            import rival_b, evsys_sdk
            out["same"] = evsys_sdk.get_log_store("rival") is rival_b.Store
            """,
            rivals,
        )
        assert out == {"same": True}

    def test_every_other_kind_works(self, rivals: str) -> None:
        assert ask(rivals, "jsonl")["jsonl"][0][1] == "jsonl"
