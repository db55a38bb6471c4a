"""A pytest plugin: the kit takes longer to look for causes, because a logger can have many."""

import pytest

from evsys_conformance.verdicts import Effort

SECONDS = 300.0


def pytest_configure(config: pytest.Config) -> None:
    """Give the search for causes the same time at each effort."""
    setattr(Effort, "explaining", SECONDS)  # noqa: B010 - a property, which has no setter
    config.addinivalue_line("filterwarnings", "ignore")
