"""Libraries that `make integrations` installs, and other environments may not have."""

import os
from importlib.util import find_spec

import pytest

# Set by `make integrations`, where a skipped test would be one that nobody ever runs.
REQUIRED = "EVSYS_INTEGRATIONS_REQUIRED"


def need(*libraries: str) -> None:
    """Skip the test or the module that calls this, saying why, if a library is missing."""
    missing = [library for library in libraries if find_spec(library) is None]
    if missing and os.environ.get(REQUIRED):
        pytest.fail(f"{', '.join(missing)} must be installed here", pytrace=False)
    if missing:
        reason = f"{', '.join(missing)} not installed here; make integrations has it"
        pytest.skip(reason, allow_module_level=True)
