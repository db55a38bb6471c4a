"""A file for each test, and queries to it that use none of the package's code."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "run.db"


@pytest.fixture
def query(path: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    def execute(statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as database:
            return database.execute(statement).fetchall()

    return execute
