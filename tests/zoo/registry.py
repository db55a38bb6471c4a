"""All stores of the zoo, for tests to go through."""

import importlib
import pkgutil
from typing import Final

from zoo import backends, faulty, stores
from zoo import correct as correct_stores

__all__ = ["CORRECT", "FAULTY"]

for package in (backends, correct_stores, faulty):
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)

CORRECT: Final = tuple(stores.CORRECT)
FAULTY: Final = tuple(stores.FAULTY)
