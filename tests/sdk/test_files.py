"""Paths and files, as the operating system takes them."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import get_args

import pytest

from evsys_sdk._files import Mode, file_system_path, open_regular, open_regular_file

MODES: tuple[Mode, ...] = get_args(Mode)


@pytest.fixture(autouse=True)
def nothing_waits() -> Iterator[None]:
    """A call that waits for the other end of a FIFO would wait forever."""

    def give_up(*_: object) -> None:
        raise TimeoutError("this waited for ten seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


# Regular files


def test_a_regular_file_is_opened_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        with open_regular_file(str(tmp_path / name)) as file:
            assert file.read() == b"content"


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(path.parent):
        server.bind(path.name)  # the path of a socket must be short


def make_link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def make_link_to_fifo(path: Path) -> None:
    os.mkfifo(path.with_name("fifo"))
    path.symlink_to("fifo")


OTHERS = [
    pytest.param(os.mkfifo, r"a FIFO \(named pipe\)", id="FIFO"),
    pytest.param(make_link_to_fifo, r"a FIFO \(named pipe\)", id="link to FIFO"),
    pytest.param(make_socket, "a socket", id="socket"),
    pytest.param(Path.mkdir, "Is a directory", id="directory"),
    pytest.param(make_link("/dev/zero"), "a character device", id="device"),
]


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("make", "kind"), OTHERS)
def test_what_is_not_a_regular_file_is_named(
    make: Callable[[Path], None], kind: str, mode: Mode, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    make(path)
    before = descriptors()
    with pytest.raises(OSError, match=f"{kind}: '{path}'") as caught:
        open_regular(str(path), mode)
    assert isinstance(caught.value, IsADirectoryError) == (kind == "Is a directory")
    assert caught.value.filename == str(path)
    assert descriptors() == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("make", "kind"), OTHERS)
def test_what_takes_the_place_of_a_regular_file_in_between_is_named_or_not_opened(
    make: Callable[[Path], None],
    kind: str,
    mode: Mode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, regular = tmp_path / "file", tmp_path / "regular"
    regular.touch()
    make(path)
    stat_of = os.stat

    def stat_of_earlier(name: str) -> os.stat_result:
        return stat_of(str(regular) if name == str(path) else name)

    monkeypatch.setattr(os, "stat", stat_of_earlier)
    before = descriptors()
    with pytest.raises(OSError, match=f"{kind}|No such device or address|Is a directory"):
        open_regular(str(path), mode)
    assert descriptors() == before


def test_a_fifo_is_not_touched(tmp_path: Path) -> None:
    """Its other ends are not disturbed: what was written to it can still be read."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY)
    os.write(writer, b"content")
    for mode in MODES:
        with pytest.raises(OSError, match=r"a FIFO \(named pipe\)"):
            open_regular(str(path), mode)
    assert os.read(reader, 100) == b"content"
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("mode", MODES)
def test_a_regular_file_is_opened_as_its_mode_says(mode: Mode, tmp_path: Path) -> None:
    path, expected = tmp_path / "file", tmp_path / "expected"
    path.write_bytes(b"before")
    expected.write_bytes(b"before")
    with open_regular(str(path), mode) as file, FileIO(expected, mode) as other:
        for each in (file, other):
            if each.writable():
                each.write(b"new")
        assert (file.tell(), file.mode) == (other.tell(), other.mode)
    assert path.read_bytes() == expected.read_bytes()


def test_a_file_that_does_not_exist_is_created_where_the_mode_says_so(tmp_path: Path) -> None:
    for mode in MODES:
        path = tmp_path / mode
        if mode in {"r", "r+"}:
            with pytest.raises(FileNotFoundError, match="No such file"):
                open_regular(str(path), mode)
        else:
            open_regular(str(path), mode).close()
            assert stat.S_IMODE(path.stat().st_mode) & 0o133 == 0
        assert path.exists() == (mode not in {"r", "r+"})


def test_a_full_disk_can_be_tried_out_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.symlink_to("/dev/full")
    with open_regular(str(path), "a+") as file, pytest.raises(OSError, match="No space left"):
        file.write(b"row")
    with pytest.raises(OSError, match="a character device"):
        open_regular_file(str(path))


# Paths


def test_a_usable_path_comes_back_as_it_is() -> None:
    for path in ("logs", "café", os.fsdecode(b"caf\xe9")):
        assert file_system_path(path) == path


@pytest.mark.parametrize("path", ["a\0b", "caf\ud800"], ids=ascii)
def test_a_character_that_no_path_can_have_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path can have"):
        file_system_path(path)


def test_a_path_is_the_same_bytes_in_the_locale_c() -> None:
    code = "import os; from evsys_sdk._files import file_system_path as f\n"
    code += r"print(os.fsencode(f('caf\u00e9')), os.fsencode(f('\udcc3\u00e9')))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == r"b'caf\xc3\xa9' b'\xc3\xc3\xa9'" + "\n"
