"""Hostile input: anything at all in configurations, files and calls; only documented errors."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from evsys_conformance import strategies as kit
from evsys_sdk import DamagedLogError, LogStore, LogStoreConfigError, load_log_store_spec
from evsys_sdk.log_stores._tensorboard.tfrecord import framed
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from sdk.config.test_config_fuzz import TOKENS, VALID
from torture.case import Trial, case
from torture.stores import STORES, logs, open_store

__all__ = ["any_calls", "any_configuration", "any_event_file", "any_metrics_file"]

_Input = TypeVar("_Input")


def _fuzz(
    trial: Trial, inputs: int, of: st.SearchStrategy[_Input], check: Callable[[_Input], None]
) -> None:
    """Check this many inputs; Hypothesis makes one that fails as small as it can, and shows it."""

    @seed(trial.chance.getrandbits(64))
    @settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(of)
    def check_each(value: _Input) -> None:
        trial.found["inputs"] += 1
        check(value)

    check_each()


def _edits(whole: bytes, pieces: list[bytes]) -> st.SearchStrategy[bytes]:
    """The content with up to four pieces of it replaced."""
    edit = st.tuples(st.integers(0, len(whole)), st.integers(0, 12), st.sampled_from(pieces))

    def edited(edits: list[tuple[int, int, bytes]]) -> bytes:
        content = whole
        for at, length, piece in edits:
            content = content[:at] + piece + content[at + length :]
        return content

    return st.lists(edit, min_size=1, max_size=4).map(edited)


@case("Anything in a YAML configuration", "configuration")
def any_configuration(trial: Trial) -> None:
    """A specification, or a LogStoreConfigError that names the file."""
    path = trial.directory / "run.yaml"
    tokens = [token.encode() for token in TOKENS]
    joined = st.lists(st.sampled_from(tokens), max_size=12).map(b"".join)

    def check(content: bytes) -> None:
        path.write_bytes(content)
        try:
            load_log_store_spec(path)
        except LogStoreConfigError as error:
            trial.expect(str(path) in str(error), f"the file is not named: {error}")
            trial.found["refused"] += 1

    of = st.binary() | joined.map(b"log_store: ".__add__) | _edits(VALID.encode(), [b"", *tokens])
    _fuzz(trial, trial.times(full=30_000, short=200), of, check)
    trial.did("bytes, tokens of YAML, edits of a valid file")


_ROW = (
    b'{"ts":1.5,"step":1,"split":"train","metrics":{"loss":0.5,"\xc3\xbc":null},'
    b'"nonfinite":{"\xc3\xbc":"NaN"}}\n'
)
_PIECES = [
    *(b"", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\n", b"\0", b"\xff", b"\\u", b"\\ud800"),
    *(
        b"NaN",
        b"-",
        b"1e999",
        b"9" * 400,
        b"9" * 5000,
        b"null",
        b"true",
        b"[" * 500,
        b'{"a":' * 500,
    ),
    *(_ROW, _ROW[:30], b'"ts":', b'"step":', b'"metrics":{}', b'"nonfinite":[]', b"\xef\xbb\xbf"),
]


@case("Anything in a metrics file", "jsonl")
def any_metrics_file(trial: Trial) -> None:
    """Rows, or a DamagedLogError per line; a store that opens it adds a row that can be read."""
    path = trial.directory / "metrics.jsonl"

    def check(content: bytes) -> None:
        path.write_bytes(content)
        damage: list[DamagedLogError] = []
        rows = deque(JSONLLogStore.iter_rows(log_dir=trial.directory, on_damage=damage.append))
        assert len(rows) + len(damage) <= 2 * content.count(b"\n") + 1
        trial.found["damaged lines named"] += len(damage)
        if content[:1] < b"\x40":  # opening costs more than reading: some of them
            store = JSONLLogStore(log_dir=trial.directory)
            store.log_scalar("loss", 1.0, 7)
            store.close()
            *_, last = JSONLLogStore.iter_rows(log_dir=trial.directory, on_damage=damage.append)
            assert (last.step, last.metrics) == (7, {"loss": 1.0})

    of = st.binary() | _edits(_ROW * 3, _PIECES) | st.lists(st.sampled_from(_PIECES)).map(b"".join)
    _fuzz(trial, trial.times(full=30_000, short=200), of, check)
    trial.did("bytes, pieces of rows, edits of rows; read, and some of them continued")


@case("Anything in an event file", "tensorboard")
def any_event_file(trial: Trial) -> None:
    """A log, or a DamagedLogError that names the file."""
    store = open_store("tensorboard", trial.directory)
    store.log_metrics({"loss": 0.5, "acc": 1.0}, 1)
    store.log_artifact("model", "path")
    store.log_hyperparams({"lr": 0.1})
    store.close()
    [path] = trial.directory.iterdir()
    whole = path.read_bytes()

    def check(content: bytes) -> None:
        path.write_bytes(content)
        with suppress(DamagedLogError):
            logs("tensorboard", trial.directory)
            trial.found["read"] += 1

    pieces = [b"", b"\0" * 9, b"\xff" * 8, framed(b""), framed(b"\x0a" * 40), whole[:60]]
    payloads = st.lists(st.binary(max_size=80).map(framed), max_size=4).map(b"".join)
    of = st.binary() | _edits(whole, pieces) | payloads | payloads.map(whole.__add__)
    _fuzz(trial, trial.times(full=24_000, short=200), of, check)
    trial.did("bytes, edits of events, records of any content")


class _Odd:
    """An object with hostile methods."""

    def __float__(self) -> float:
        raise ValueError("no")

    def __index__(self) -> int:
        raise TypeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")


def _anything() -> st.SearchStrategy[Any]:
    special = [None, b"1", object(), 1j, {1}, Decimal("NaN"), Decimal("sNaN"), 10**400,
               2**63, True, range(3), type, len, "", "\ud800", "1.5", float("nan")]  # fmt: skip
    leaves = (
        st.sampled_from(special)
        | st.builds(_Odd)
        | st.builds(lambda: -(10**5000))
        | st.text()
        | st.floats()
        | st.integers()
        | kit.number_likes()
        | st.sampled_from([*kit.numpy_numbers()] or [0])
    )
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
        ),
        max_leaves=5,
    )


def _calls() -> st.SearchStrategy[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    key = kit.plain_texts(20) | kit.other_texts() | _anything()
    good = st.dictionaries(kit.plain_texts(5), kit.values(), max_size=3)
    metrics = st.dictionaries(st.text(max_size=5), _anything(), max_size=3) | _anything() | good
    step = kit.steps() | _anything()
    params = st.dictionaries(st.sampled_from(["a", "b", "c"]) | st.text(max_size=2), _anything())
    none = st.just(dict[str, Any]())
    split = none | st.fixed_dictionaries({"split": key})
    kind = none | st.fixed_dictionaries({"kind": key})
    return st.one_of(
        st.tuples(st.just("log_metrics"), st.tuples(metrics, step), split),
        st.tuples(st.just("log_scalar"), st.tuples(key, kit.values() | _anything(), step), none),
        st.tuples(st.just("log_artifact"), st.tuples(key, key), kind),
        st.tuples(st.just("log_hyperparams"), st.tuples(params | _anything()), none),
    )


_CALLS_PER_LOG = 500
_DOCUMENTED = (TypeError, ValueError, OverflowError)


@case("Anything in any argument of any log call", *STORES)
def any_calls(trial: Trial) -> None:
    """Recorded, or one of the documented errors and nothing changed."""
    log_dirs: list[Path] = []
    opened: list[LogStore] = []
    accepted = {"log_metrics": 0, "log_scalar": 0, "log_artifact": 0, "log_hyperparams": 0}

    def check(call: tuple[str, tuple[Any, ...], dict[str, Any]]) -> None:
        method, arguments, keywords = call
        if trial.found["inputs"] % _CALLS_PER_LOG == 1:
            for store in opened:
                store.close()
            log_dirs.append(trial.directory / f"log {len(log_dirs)}")
            opened[:] = [open_store(trial.store, log_dirs[-1])]
        before = _sizes(log_dirs[-1])
        try:
            getattr(opened[0], method)(*arguments, **keywords)
        except _DOCUMENTED:
            trial.found["refused"] += 1
            assert _sizes(log_dirs[-1]) == before, "a refused call changed a file"
        else:
            accepted[method] += method != "log_metrics" or len(arguments[0]) > 0

    _fuzz(trial, trial.times(full=6_000, short=200), _calls(), check)
    opened[0].close()
    for place in log_dirs:
        for _, log in logs(trial.store, place):
            trial.found["rows"] += len(log.metrics)
            trial.found["artifacts"] += len(log.artifacts)
    children = 2 if trial.store == "multiplex" else 1
    trial.returned["rows"] = children * (accepted["log_metrics"] + accepted["log_scalar"])
    trial.returned["artifacts"] = children * accepted["log_artifact"]
    for what, count in trial.returned.items():
        trial.expect(trial.found[what] == count, f"{trial.found[what]} {what} of {count}")
    trial.did("hostile and good values in every argument; a refused call changed no file")


def _sizes(place: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in place.rglob("*") if path.is_file()}
