"""The UCI digits: 1,797 images of 8 by 8 pixels that ship inside scikit-learn."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # it ships no types

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

VALIDATION_IMAGES = 360


@dataclass(frozen=True)
class Digits:
    """Images as rows of 64 values from 0 to 1, and the digit that each one shows."""

    images: Floats
    labels: Labels

    def batch(self, size: int, noise: float, seed: tuple[int, int]) -> tuple[Floats, Labels]:
        """Draw ``size`` images, with normal noise of that standard deviation on every pixel.

        The same seed gives the same batch: a run that seeds with its step number needs no state of
        a generator to continue where it stopped.
        """
        generator = np.random.default_rng(seed)
        chosen = generator.integers(len(self.labels), size=size)
        images = self.images[chosen]
        return images + generator.normal(0, noise, images.shape), self.labels[chosen]


def train_and_validation() -> tuple[Digits, Digits]:
    """The data set in two parts, always split the same way."""
    bundle = cast("Any", load_digits())
    images: Floats = bundle.data / 16
    labels: Labels = bundle.target
    order = np.random.default_rng(0).permutation(len(labels))
    held_out, kept = order[:VALIDATION_IMAGES], order[VALIDATION_IMAGES:]
    return Digits(images[kept], labels[kept]), Digits(images[held_out], labels[held_out])
