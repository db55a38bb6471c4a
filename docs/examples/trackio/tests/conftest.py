"""Each test has its own project, in a directory of temporary files."""

import os
import tempfile
from collections.abc import Generator
from itertools import count

import pytest

from evsys_trackio import TrackioLogStore

os.environ["TRACKIO_DIR"] = tempfile.mkdtemp()  # read when a test imports trackio
_projects = count(1)


@pytest.fixture
def project() -> str:
    """A name that no other project of this process has."""
    return f"project {next(_projects)}"


@pytest.fixture
def store(project: str) -> Generator[TrackioLogStore]:
    opened = TrackioLogStore(project=project, run="a run")
    yield opened
    opened.close()
