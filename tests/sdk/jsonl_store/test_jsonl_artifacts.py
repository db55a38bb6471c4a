"""The file of artifacts: a JSON list that grows at its end, whenever no call is in progress."""

import codecs
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evsys_sdk import ArtifactPointer, DamagedLogError
from evsys_sdk.log_stores._jsonl.artifacts_file import read_artifacts
from evsys_sdk.log_stores.jsonl import JSONLLogStore

ENTRY = '{"name":"a","path":"p","kind":"file","ts":1.5}'


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def store(log_dir: Path) -> Iterator[JSONLLogStore]:
    with closing(JSONLLogStore(log_dir=log_dir)) as store:
        yield store


def read(log_dir: Path) -> list[ArtifactPointer]:
    return JSONLLogStore.read_run(log_dir=log_dir).artifacts


def names(log_dir: Path) -> list[str]:
    return [artifact.name for artifact in read(log_dir)]


def listed(log_dir: Path) -> list[Any]:
    """What any JSON parser finds in the file."""
    entries: list[Any] = json.loads((log_dir / "artifacts.json").read_text("utf-8-sig"))
    return entries


def test_the_file_is_a_list_of_pointers(store: JSONLLogStore, log_dir: Path) -> None:
    before = time.time()
    store.log_artifact("model", "./a/../m.pt")
    store.log_artifact("model", PurePosixPath("s/m.pt"), kind="checkpoint")
    first, second = listed(log_dir)
    assert [*first] == ["name", "path", "kind", "ts"]
    assert before <= first.pop("ts") <= second.pop("ts") <= time.time()
    assert first == {"name": "model", "path": "./a/../m.pt", "kind": "file"}
    assert second == {"name": "model", "path": "s/m.pt", "kind": "checkpoint"}
    assert not (log_dir / "a").exists()


TEXTS = st.text(min_size=1)


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6))
def test_every_text_comes_back_in_order(artifacts: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log_dir = Path(directory)
        with closing(JSONLLogStore(log_dir=log_dir)) as store:
            for number, (name, path, kind) in enumerate(artifacts, 1):
                store.log_artifact(name, path, kind=kind)
                assert len(listed(log_dir)) == number
        read_back = [(pointer.name, pointer.path, pointer.kind) for pointer in read(log_dir)]
        assert read_back == artifacts


def test_a_call_reads_and_writes_as_little_after_many_as_after_few(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, int]] = []
    pread, pwrite = os.pread, os.pwrite

    def counting_pread(descriptor: int, size: int, offset: int) -> bytes:
        calls.append(("pread", size))
        return pread(descriptor, size, offset)

    def counting_pwrite(descriptor: int, content: bytes, offset: int) -> int:
        calls.append(("pwrite", len(content)))
        return pwrite(descriptor, content, offset)

    monkeypatch.setattr(os, "pread", counting_pread)
    monkeypatch.setattr(os, "pwrite", counting_pwrite)
    # A fixed length of the time makes the entries equally long.
    monkeypatch.setattr("evsys_sdk.log_stores.jsonl.time", lambda: 1.5)
    costs: list[list[tuple[str, int]]] = []
    for _ in range(1000):
        calls.clear()
        store.log_artifact("model", "m.pt")
        costs.append([*calls])
    assert costs[9] == costs[999]
    assert sum(size for _, size in costs[999]) < 300
    assert len(listed(log_dir)) == 1000


OTHER_ENTRY = ENTRY.replace('"a"', '"ü"')
WHOLE = f"[\n{ENTRY},\n{OTHER_ENTRY}\n]\n".encode()


@pytest.mark.parametrize("length", range(len(WHOLE) + 1))
def test_a_list_cut_anywhere_keeps_what_is_whole_and_is_mended_by_the_next_call(
    length: int, store: JSONLLogStore, log_dir: Path
) -> None:
    (log_dir / "artifacts.json").write_bytes(WHOLE[:length])
    whole = WHOLE[:length].count(b"}")
    assert len(read(log_dir)) == whole
    store.log_artifact("new", "q")
    store.log_artifact("newer", "q")
    assert len(listed(log_dir)) == whole + 2
    assert names(log_dir)[whole:] == ["new", "newer"]


@pytest.mark.parametrize("written", range(1, len(ENTRY) + 4))
def test_an_entry_whose_write_was_cut_is_left_out_and_mended(
    written: int, store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_artifact("first", "p")
    path = log_dir / "artifacts.json"
    before = path.read_bytes()
    addition = f",\n{ENTRY}\n]\n".encode()
    # What a process leaves that is killed in the middle of the second step.
    torn = before + b" " * (len(addition) - 3)
    start = len(before) - 3
    torn = torn[:start] + addition[:written] + torn[start + written :]
    path.write_bytes(torn)
    whole = ["first"] if addition[:written].count(b"}") == 0 else ["first", "a"]
    assert names(log_dir) == whole
    store.log_artifact("next", "p")
    assert [entry["name"] for entry in listed(log_dir)] == [*whole, "next"]


def test_blanks_of_a_killed_process_behind_the_bracket_are_json(
    store: JSONLLogStore, log_dir: Path
) -> None:
    store.log_artifact("first", "p")
    with open(log_dir / "artifacts.json", "ab") as file:
        file.write(b" " * 50)
    assert len(listed(log_dir)) == 1
    store.log_artifact("second", "p")
    assert names(log_dir) == [entry["name"] for entry in listed(log_dir)] == ["first", "second"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"name":"a"}', "Input should be a valid list"),
        (b"[1]", r"\[0\] Input should be"),
        (f'[{ENTRY},{{"name":"b","path":1,"kind":"file"}}]'.encode(), r"\[1\]\['path'\]"),
        (f"[{ENTRY},{ENTRY}] and more".encode(), "trailing characters"),
        (f"[\n{ENTRY},\n{{x}},\n{ENTRY}\n]".encode(), "key must be a string"),
        (f"[\n{ENTRY[:20]}\xff{ENTRY[20:]},\n{ENTRY}\n]".encode("latin-1"), "invalid unicode"),
        (f"[\n{ENTRY[:-1]},\n{ENTRY}\n]".encode(), "key must be a string"),
        (b"not JSON at all", "expected ident"),
        (f'[\n{ENTRY},\n"other'.encode(), "EOF"),
        (b"[" * 100_000, "recursion limit"),
    ],
)
def test_other_content_is_named_and_left_as_it_is(
    content: bytes, problem: str, store: JSONLLogStore, log_dir: Path
) -> None:
    path = log_dir / "artifacts.json"
    path.write_bytes(content)
    with pytest.raises(
        DamagedLogError, match=rf"artifacts\.json: not a JSON list of artifacts: .*{problem}"
    ) as caught:
        store.log_artifact("a", "b")
    assert str(path) in str(caught.value)
    with pytest.raises(DamagedLogError, match=problem):
        read(log_dir)
    assert path.read_bytes() == content


def test_damage_far_from_the_end_is_named_when_the_list_is_read(
    store: JSONLLogStore, log_dir: Path
) -> None:
    (log_dir / "artifacts.json").write_text(f"[\n{ENTRY},\n{{x}},\n{ENTRY}\n]\n")
    store.log_artifact("a", "b")
    with pytest.raises(DamagedLogError, match="key must be a string at line 3"):
        read(log_dir)


def test_a_list_that_another_tool_printed_goes_on(store: JSONLLogStore, log_dir: Path) -> None:
    path = log_dir / "artifacts.json"
    entry = json.loads(ENTRY)
    for indent in (None, 0, 2, 4):
        for ending in ("", "\n", "\r\n"):
            path.write_text(json.dumps([entry, {**entry, "name": "b"}], indent=indent) + ending)
            store.log_artifact("c", "p")
            store.log_artifact("d", "p")
            assert names(log_dir) == ["a", "b", "c", "d"]
            assert [entry["name"] for entry in listed(log_dir)] == ["a", "b", "c", "d"]


def test_entries_of_other_writers_are_read_and_stay_as_they_are(
    store: JSONLLogStore, log_dir: Path
) -> None:
    entries = [
        {"name": "a", "path": "p", "kind": "file"},
        {"path": "q", "name": "b"},
        {"name": "c", "path": "r", "kind": None, "ts": None, "size": 3, "sha": {"x": [1.50]}},
        {"ts": 1, "kind": "plot", "name": "d", "path": "s"},
    ]
    expected = [
        ArtifactPointer("a", "p", "file", None),
        ArtifactPointer("b", "q", "file", None),
        ArtifactPointer("c", "r", "file", None),
        ArtifactPointer("d", "s", "plot", 1.0),
    ]
    for indent in (None, 2):
        (log_dir / "artifacts.json").write_text(json.dumps(entries, indent=indent))
        assert read(log_dir) == expected
        store.log_artifact("e", "t")
        store.log_artifact("f", "u")
        assert read(log_dir)[:4] == expected
        assert [*map(json.dumps, listed(log_dir)[:4])] == [*map(json.dumps, entries)]
        assert names(log_dir)[4:] == ["e", "f"]
    others: set[str] = set()
    assert len(read_artifacts(str(log_dir), "artifacts.json", others)) == 6
    assert others == {"size", "sha"}


def test_a_byte_order_mark_is_skipped_and_kept(store: JSONLLogStore, log_dir: Path) -> None:
    path = log_dir / "artifacts.json"
    for content in (f"[\n{ENTRY}\n]\n", f"[ {ENTRY} ]", f"[\n{ENTRY},\n{ENTRY[:20]}"):
        path.write_text(content, "utf-8-sig")
        assert names(log_dir) == ["a"]
        store.log_artifact("b", "p")
        store.log_artifact("c", "p")
        assert names(log_dir) == ["a", "b", "c"]
        assert path.read_bytes().count(codecs.BOM_UTF8) == 1
        assert path.read_bytes().startswith(codecs.BOM_UTF8 + b"[")


def test_an_empty_list_goes_on(store: JSONLLogStore, log_dir: Path) -> None:
    for content in ("[]", "[\n]\n", " [ ] ", "", "\n", " \t\r\n", "\0\0\0", "\ufeff", "\ufeff\n"):
        (log_dir / "artifacts.json").write_text(content)
        assert read(log_dir) == []
        store.log_artifact("a", "p")
        assert names(log_dir) == ["a"]


@pytest.mark.parametrize("failing", [1, 2])
def test_a_full_disk_leaves_the_list_as_it_was(
    failing: int, store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.log_artifact("first", "p")
    before = (log_dir / "artifacts.json").read_bytes()
    pwrite = os.pwrite
    calls = 0

    def fail(descriptor: int, content: bytes, offset: int) -> int:
        nonlocal calls
        calls += 1
        if calls == failing:
            return pwrite(descriptor, content[:5], offset)
        if calls == failing + 1:
            raise OSError(28, "No space left on device")
        return pwrite(descriptor, content, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", fail)
        with pytest.raises(OSError, match=r"No space left on device: '.*artifacts\.json'"):
            store.log_artifact("second", "p")
    assert (log_dir / "artifacts.json").read_bytes() == before
    store.log_artifact("third", "p")
    assert names(log_dir) == ["first", "third"]


def test_on_a_full_disk_the_list_needs_nothing_back_that_it_gave_away(
    store: JSONLLogStore, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may take what a truncation frees: no file grows any more."""
    store.log_artifact("first", "p")
    before = (log_dir / "artifacts.json").read_bytes()
    pwrite = os.pwrite

    def pwrite_on_full_disk(descriptor: int, content: bytes, offset: int) -> int:
        if offset + len(content) > os.fstat(descriptor).st_size:
            raise OSError(28, "No space left on device")
        return pwrite(descriptor, content, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", pwrite_on_full_disk)
        with pytest.raises(OSError, match="No space left on device"):
            store.log_artifact("second", "p")
    assert (log_dir / "artifacts.json").read_bytes() == before
    store.log_artifact("third", "p")
    assert names(log_dir) == ["first", "third"]
