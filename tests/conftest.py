"""Settings of all tests."""

from hypothesis import settings

# Tests say nothing about time: on a busy machine any example may take long.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")
