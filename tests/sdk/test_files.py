"""Paths and files, as the operating system takes them."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from evsys_sdk._files import file_system_path, open_regular_file


def test_a_regular_file_is_opened_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        with open_regular_file(str(tmp_path / name)) as file:
            assert file.read() == b"content"


def test_anything_else_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    os.mkfifo(tmp_path / "fifo")
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind("socket")
    for name, what in {"fifo": r"a FIFO \(named pipe\)", "socket": "a socket"}.items():
        path = str(tmp_path / name)
        with pytest.raises(OSError, match=f"must be a regular file, but is {what}: '{path}'"):
            open_regular_file(path)
    with pytest.raises(OSError, match="but is a character device: '/dev/zero'"):
        open_regular_file("/dev/zero")
    with pytest.raises(IsADirectoryError, match=f"Is a directory: '{tmp_path}'"):
        open_regular_file(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="No such file"):
        open_regular_file(str(tmp_path / "nothing"))


def test_a_fifo_that_replaces_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    before = os.stat(tmp_path / "file")

    def stat(_: str) -> os.stat_result:
        return before

    monkeypatch.setattr("os.stat", stat)
    with pytest.raises(OSError, match="but is a FIFO"):
        open_regular_file(str(tmp_path / "fifo"))


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
