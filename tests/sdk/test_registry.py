"""The registry: what the decorator accepts and refuses, and what a kind finds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partialmethod
from importlib.metadata import version
from itertools import count
from typing import Any, ClassVar, Protocol, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, RootModel

from evsys_sdk import (
    DuplicateLogStoreError,
    LogStore,
    LogStoreConfigError,
    LogStoreError,
    UnknownLogStoreError,
    get_log_store,
    list_log_stores,
    register_log_store,
)
from evsys_sdk.protocols import LogStoreMethods
from evsys_sdk.registry import Registry, temporarily_registered

METHODS = ["log_scalar", "log_metrics", "log_hyperparams", "log_artifact", "close"]

_numbers = count()


class ForbiddingConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Complete:
    """Everything that a store needs but a name."""

    Config = ForbiddingConfig

    def log_scalar(self, key: str, value: float, step: int) -> None: ...
    def log_metrics(
        self, metrics: dict[str, float], step: int, *, split: str = "train"
    ) -> None: ...
    def log_hyperparams(self, params: dict[str, Any]) -> None: ...
    def log_artifact(self, name: str, path: str, *, kind: str = "file") -> None: ...
    def close(self) -> None: ...


@pytest.fixture
def kind() -> str:
    """A kind that no other test uses: a class of an earlier test may still have its name."""
    return f"test-registry-{next(_numbers)}"


@pytest.fixture(autouse=True)
def fresh_registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The public functions use this registry, which nothing was registered in."""
    registry = Registry()
    monkeypatch.setattr("evsys_sdk.registry.PROCESS_REGISTRY", registry)
    return registry


def untyped(name: Any) -> Callable[[Any], Any]:
    """The decorator as code without types calls it."""
    return cast("Callable[[Any], Any]", register_log_store(name))


def do_nothing(*_: object) -> None: ...


def give_function(_: object) -> Callable[..., None]:
    return do_nothing


def find_anything(_: object, name: str) -> object:
    return do_nothing


class Spellings:
    @classmethod
    def by_class(cls) -> None: ...


def store_without(members: set[str], **more: Any) -> type:
    """A new class, with every member of a store but these."""
    found = {name: vars(Complete)[name] for name in [*METHODS, "Config"] if name not in members}
    return type("Made", (), {**found, **more})


class TestRegistering:
    def test_returns_the_class_itself_and_the_kind_finds_it(self, kind: str) -> None:
        class Store(Complete):
            name: ClassVar[str]

        assert register_log_store(kind)(Store) is Store
        assert get_log_store(kind) is Store
        assert kind in list_log_stores()

    def test_sets_the_name_where_the_class_has_none(self, kind: str) -> None:
        class Store(Complete):
            name: ClassVar[str]

        register_log_store(kind)(Store)
        assert Store.name == kind

    def test_accepts_a_name_that_says_the_same(self) -> None:
        class Store(Complete):
            name = "test-registry-named"

        register_log_store("test-registry-named")(Store)
        found: object = get_log_store("test-registry-named")
        assert found is Store

    def test_a_subclass_of_a_registered_store_is_a_different_store(self, kind: str) -> None:
        class Base(Complete):
            name: ClassVar[str]

        class Sub(Base):
            pass

        register_log_store(kind)(Base)
        register_log_store(f"{kind}-sub")(Sub)
        assert (Base.name, Sub.name) == (kind, f"{kind}-sub")
        assert get_log_store(kind) is Base

    @pytest.mark.parametrize(
        "member",
        [
            pytest.param(staticmethod(do_nothing), id="staticmethod"),
            pytest.param(vars(Spellings)["by_class"], id="classmethod"),
            pytest.param(partialmethod(do_nothing), id="partialmethod"),
            pytest.param(property(give_function), id="property"),
            pytest.param(print, id="callable"),
        ],
    )
    def test_accepts_any_spelling_of_a_method(self, kind: str, member: object) -> None:
        store = store_without({"close"}, close=member)
        assert untyped(kind)(store) is store

    def test_accepts_slots_dataclasses_and_classes_that_are_unhashable_and_falsy(
        self, kind: str
    ) -> None:
        class Awkward(type):
            __hash__ = None  # type: ignore[assignment]  # what a metaclass with __eq__ gets

            def __eq__(cls, other: object) -> bool:
                return False

            def __len__(cls) -> int:
                return 0

        @dataclass(slots=True)
        class Store(Complete, metaclass=Awkward):
            log_dir: str = ""

        assert untyped(kind)(Store) is Store
        assert get_log_store(kind) is cast("object", Store)

    @given(st.text(min_size=1).filter(lambda text: bool(text.strip())))
    def test_any_text_that_is_not_blank_can_be_a_kind(self, text: str) -> None:
        class Store(Complete):
            name: ClassVar[str]

        with_prefix = f"any-text-{text}"
        register_log_store(with_prefix)(Store)
        assert Store.name == with_prefix
        assert get_log_store(with_prefix) is Store

    def test_a_cell_that_is_run_again_replaces_its_class(self, kind: str) -> None:
        cell = compile("class Store(Base): ...", "<cell>", "exec")
        scope: dict[str, Any] = {"__name__": "__main__", "Base": Complete}
        stores: list[object] = []
        for _ in range(2):
            exec(cell, scope)
            stores.append(untyped(kind)(scope["Store"]))
        assert get_log_store(kind) is stores[1]
        assert stores[0] is not stores[1]

    def test_of_many_threads_with_different_classes_one_gets_the_kind(self, kind: str) -> None:
        barrier = threading.Barrier(8)
        winners: list[object] = []
        refused: list[str] = []

        def register(number: int) -> None:
            store = store_without(set())
            store.__qualname__ = f"Made{number}"
            barrier.wait()
            try:
                winners.append(untyped(kind)(store))
            except DuplicateLogStoreError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=register, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert winners == [get_log_store(kind)]
        assert len(refused) == 7


class TestRefusing:
    """A class that breaks the rules is refused before anything changes."""

    @pytest.mark.parametrize("method", METHODS)
    def test_a_class_without_a_method(self, kind: str, method: str) -> None:
        with pytest.raises(LogStoreConfigError, match=rf"Made.*\n  - it has no method {method}\("):
            untyped(kind)(store_without({method}))

    @pytest.mark.parametrize("protocol", [LogStore, LogStoreMethods])
    @pytest.mark.parametrize("method", METHODS)
    def test_a_method_that_only_the_protocol_stands_for(
        self, kind: str, method: str, protocol: type
    ) -> None:
        members = {name: vars(Complete)[name] for name in METHODS if name != method}
        store = type("Inheriting", (protocol,), {**members, "Config": ForbiddingConfig})
        with pytest.raises(LogStoreConfigError, match=f"it has no method {method}"):
            untyped(kind)(store)

    @pytest.mark.parametrize("value", [None, "text", 3])
    def test_a_method_that_is_none(self, kind: str, value: object) -> None:
        store = store_without({"close"}, close=value)
        with pytest.raises(
            LogStoreConfigError, match=f"its close is {value!r}, not a method: define"
        ):
            untyped(kind)(store)

    def test_a_method_that_only_getattr_would_find(self, kind: str) -> None:
        store = store_without({"close"}, __getattr__=find_anything)
        with pytest.raises(LogStoreConfigError, match="it has no method close"):
            untyped(kind)(store)

    def test_an_abstract_class(self, kind: str) -> None:
        from abc import ABC, abstractmethod

        class Store(Complete, ABC):
            @abstractmethod
            def close(self) -> None: ...

            @abstractmethod
            def connect(self) -> None: ...

        text = r"its close is abstract: define close\(self\)\n  - it can't be built: connect are"
        with pytest.raises(LogStoreConfigError, match=text):
            untyped(kind)(Store)

    def test_a_protocol(self, kind: str) -> None:
        class Store(LogStore, Protocol):
            Config: ClassVar[type[BaseModel]] = ForbiddingConfig

        with pytest.raises(LogStoreConfigError, match="it is a Protocol; register a class that"):
            untyped(kind)(Store)

    @pytest.mark.parametrize(
        ("config", "text"),
        [
            (None, 'it has no Config: .* model_config = ConfigDict\\(extra="forbid"\\)'),
            (BaseModel, "its Config accepts unknown parameters"),
            (RootModel[int], "its Config accepts unknown parameters"),
            (dict, "its Config is not a pydantic model: derive dict from BaseModel"),
            (
                ForbiddingConfig(),
                r"its Config must be the model class itself, got ForbiddingConfig\(\)",
            ),
        ],
    )
    def test_a_config_that_does_not_forbid(self, kind: str, config: object, text: str) -> None:
        with pytest.raises(LogStoreConfigError, match=text):
            untyped(kind)(store_without(set(), Config=config))

    @given(st.sets(st.sampled_from([*METHODS, "Config"]), min_size=1), st.booleans())
    def test_all_that_is_wrong_at_once(self, missing: set[str], misnamed: bool) -> None:
        store = store_without(missing, **({"name": "other"} if misnamed else {}))
        with pytest.raises(LogStoreConfigError) as caught:
            untyped("test-registry-refused")(store)
        problems = str(caught.value).split("\n  - ")[1:]
        assert len(problems) == len(missing) + misnamed
        assert all(any(f" {member}" in problem for problem in problems) for member in missing)

    def test_a_name_that_differs(self, kind: str) -> None:
        class Store(Complete):
            name: ClassVar[str] = "other"

        with pytest.raises(LogStoreConfigError, match="its own name is 'other': make the two the"):
            register_log_store(kind)(Store)

    def test_a_name_that_only_an_instance_knows(self, kind: str) -> None:
        class WithProperty(Complete):
            @property
            def name(self) -> str:
                return kind

        class WithSlot(Complete):
            __slots__ = ("name",)

            def __init__(self) -> None:
                self.name = kind

        with pytest.raises(LogStoreConfigError, match="its name is a property, which only"):
            register_log_store(kind)(WithProperty)
        with pytest.raises(LogStoreConfigError, match=f"write name = '{kind}' in the class"):
            register_log_store(kind)(WithSlot)

    @pytest.mark.parametrize("name", ["", " ", "\n"])
    def test_an_empty_kind(self, name: str) -> None:
        with pytest.raises(LogStoreConfigError, match="must not be empty, got "):
            register_log_store(name)

    @pytest.mark.parametrize("name", [None, 3, b"http"])
    def test_a_kind_that_is_not_a_string(self, name: object) -> None:
        with pytest.raises(LogStoreConfigError, match=f"must be a string, got {name}"):
            untyped(name)

    def test_forgotten_parentheses(self) -> None:
        with pytest.raises(
            LogStoreConfigError, match=r'write @register_log_store\("complete"\) above class Compl'
        ):
            untyped(Complete)

    @pytest.mark.parametrize("thing", [Complete(), len, None, "Complete"])
    def test_a_thing_that_is_not_a_class(self, kind: str, thing: object) -> None:
        with pytest.raises(LogStoreConfigError, match=r"must be a class, got .* Decorate"):
            untyped(kind)(thing)

    def test_a_class_that_lets_no_name_be_set(self, kind: str) -> None:
        class Sealed(type):
            def __setattr__(cls, name: str, value: object) -> None:
                raise AttributeError("sealed")

        class Store(Complete, metaclass=Sealed):
            pass

        with pytest.raises(LogStoreConfigError, match=rf"\(sealed\). Write name = '{kind}'"):
            untyped(kind)(Store)
        assert kind not in list_log_stores()

    @pytest.mark.parametrize("missing", [{"close"}, {"Config"}])
    def test_leaves_no_trace(self, kind: str, missing: set[str]) -> None:
        store = store_without(missing)
        before = dict(vars(store))
        with pytest.raises(LogStoreError):
            untyped(kind)(store)
        assert kind not in list_log_stores()
        assert dict(vars(store)) == before

    def test_a_kind_that_another_class_holds(self, kind: str) -> None:
        class First(Complete):
            name: ClassVar[str]

        class Second(Complete):
            name: ClassVar[str]

        register_log_store(kind)(First)
        place = r"test_registry\.TestRefusing\..*\.%s \(\S+test_registry\.py:\d+\)"
        text = rf"the kind '{kind}' is claimed by 2 log stores: \S*{place % 'First'}; \S*"
        with pytest.raises(DuplicateLogStoreError, match=text + place % "Second"):
            register_log_store(kind)(Second)
        assert get_log_store(kind) is First
        assert "name" not in vars(Second)

    def test_names_a_class_of_a_notebook_by_the_cell(self, kind: str) -> None:
        scope: dict[str, Any] = {"__name__": "no_such_module", "Base": Complete}
        exec(
            compile("\nclass A(Base):\n  def f(self): ...\nclass B(Base): ...", "In[7]", "exec"),
            scope,
        )
        untyped(kind)(scope["A"])
        with pytest.raises(
            DuplicateLogStoreError,
            match=r"no_such_module\.A \(In\[7\]:3\); \S*\.B\. Register",
        ):
            untyped(kind)(scope["B"])

    @pytest.mark.parametrize(
        "built_in", ["jsonl", "tensorboard", "multiplex", "background", "memory"]
    )
    def test_a_built_in_kind(self, built_in: str) -> None:
        class Store(Complete):
            name: ClassVar[str]

        with pytest.raises(
            DuplicateLogStoreError, match=f"'{built_in}' is claimed by 2 .*, which is built in"
        ):
            register_log_store(built_in)(Store)
        assert "name" not in vars(Store)


class TestLookingUp:
    def test_an_unknown_kind_names_the_nearest_and_all_others(self) -> None:
        known = ", ".join(list_log_stores())
        with pytest.raises(UnknownLogStoreError) as caught:
            get_log_store("jsnol")
        assert str(caught.value) == (
            f"unknown log store kind 'jsnol'; did you mean jsonl? Known kinds: {known}"
        )

    def test_an_unknown_kind_that_is_like_no_other_has_no_guess(self) -> None:
        with pytest.raises(KeyError, match=r"log store kind 'zzzzzz'\. Known kinds: "):
            get_log_store("zzzzzz")

    @pytest.mark.parametrize("thing", [None, 3, ["jsonl"], Complete])
    def test_a_kind_is_a_string(self, thing: Any) -> None:
        with pytest.raises(UnknownLogStoreError, match="must be a string, got "):
            get_log_store(thing)

    def test_the_list_is_sorted_and_has_the_built_in_kinds(self) -> None:
        kinds = list_log_stores()
        assert kinds == sorted(kinds)
        assert {"background", "jsonl", "memory", "multiplex", "tensorboard"} <= {*kinds}

    @pytest.mark.parametrize(
        ("built_in", "class_name"),
        [
            ("background", "BackgroundLogStore"),
            ("jsonl", "JSONLLogStore"),
            ("memory", "InMemoryLogStore"),
            ("multiplex", "MultiplexLogStore"),
            ("tensorboard", "TensorBoardLogStore"),
        ],
    )
    def test_a_built_in_kind_is_its_class(self, built_in: str, class_name: str) -> None:
        store = get_log_store(built_in)
        assert (store.__name__, store.name) == (class_name, built_in)
        # The registry takes it on trust; it has to keep the rules all the same.
        with temporarily_registered(f"checked-{built_in}", store):
            assert get_log_store(f"checked-{built_in}") is store


class TestSeveralRegistries:
    def test_what_one_registers_another_does_not_know(
        self, kind: str, fresh_registry: Registry
    ) -> None:
        store = store_without(set())
        other = Registry()
        other.register(kind, store)
        assert other.get(kind) is store
        assert kind in other.kinds()
        assert kind not in fresh_registry.kinds()
        with pytest.raises(UnknownLogStoreError, match=f"unknown log store kind '{kind}'"):
            get_log_store(kind)

    def test_each_knows_the_built_in_kinds(self) -> None:
        assert Registry().get("jsonl") is Registry().get("jsonl")
        assert {"background", "jsonl", "memory", "multiplex", "tensorboard"} <= {
            *Registry().kinds()
        }

    def test_the_origin_of_a_kind(self, kind: str, fresh_registry: Registry) -> None:
        register_log_store(kind)(store_without(set()))
        assert fresh_registry.origin(kind) == "registered by this program"
        assert fresh_registry.origin("jsonl") == f"built in, evsys-sdk {version('evsys-sdk')}"


class TestTemporarily:
    @pytest.fixture
    def store(self) -> type:
        class Store(Complete):
            name: ClassVar[str] = "other"

        return Store

    def test_holds_the_kind_for_the_block(self, kind: str, store: type) -> None:
        with temporarily_registered(kind, store):
            assert get_log_store(kind) is store
            assert kind in list_log_stores()
        assert kind not in list_log_stores()

    def test_lets_go_when_the_block_raises(self, kind: str, store: type) -> None:
        with pytest.raises(ZeroDivisionError), temporarily_registered(kind, store):
            raise ZeroDivisionError
        assert kind not in list_log_stores()

    def test_neither_compares_nor_sets_the_name(self, kind: str) -> None:
        store = store_without(set())
        with temporarily_registered(kind, store):
            assert "name" not in vars(store)

    def test_a_class_may_be_held_under_its_own_kind_at_the_same_time(self, kind: str) -> None:
        store = store_without(set())
        untyped(kind)(store)
        with temporarily_registered(kind, store):
            assert get_log_store(kind) is store
        assert get_log_store(kind) is store

    def test_makes_every_other_check(self, kind: str) -> None:
        with (
            pytest.raises(LogStoreConfigError, match="it has no method close"),
            temporarily_registered(kind, store_without({"close"})),
        ):
            pass
        with (
            pytest.raises(LogStoreConfigError, match="must not be empty"),
            temporarily_registered("", store_without(set())),
        ):
            pass

    def test_refuses_a_kind_that_is_held(self, kind: str, store: type) -> None:
        untyped(kind)(store_without(set()))
        for taken in (kind, "jsonl"):
            with (
                pytest.raises(DuplicateLogStoreError, match="is claimed by 2 log stores"),
                temporarily_registered(taken, store),
            ):
                pass
