"""All animals of the zoo, for tests to go through."""

import importlib
import pkgutil
from typing import Final

from zoo import animals, backends, faulty
from zoo import correct as correct_stores

__all__ = ["CORRECT", "FAULTY"]

for room in (backends, correct_stores, faulty):
    for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        importlib.import_module(found.name)

CORRECT: Final = tuple(animals.CORRECT)
FAULTY: Final = tuple(animals.FAULTY)
