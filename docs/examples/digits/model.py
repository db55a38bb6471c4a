"""A multilayer perceptron in NumPy, trained by Adam, that saves everything it needs to go on."""

import os
from itertools import pairwise
from typing import Any, Self

import numpy as np
from data import Floats, Labels

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Adam's usual constants


class MLP:
    """Fully connected layers with ReLU between them and a softmax at the end."""

    def __init__(self, sizes: list[int], seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.steps_taken = 0
        self.layers: list[tuple[Floats, Floats]] = [
            (generator.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)), np.zeros(fan_out))
            for fan_in, fan_out in pairwise(sizes)
        ]
        self._moments = [(np.zeros_like(p), np.zeros_like(p)) for p in self._parameters()]

    def evaluate(self, images: Floats, labels: Labels) -> tuple[float, float]:
        """Mean cross-entropy in nats, and the fraction of images whose digit is right."""
        _, logits = self._forward(images)
        loss, accuracy, _ = _cross_entropy(logits, labels)
        return loss, accuracy

    def train_step(
        self, images: Floats, labels: Labels, learning_rate: float
    ) -> tuple[float, float]:
        """Learn from one batch; return its loss and accuracy before the update."""
        inputs, logits = self._forward(images)
        loss, accuracy, gradient = _cross_entropy(logits, labels)
        gradients: list[Floats] = []
        for (weight, _), layer_input in zip(reversed(self.layers), reversed(inputs), strict=True):
            gradients[:0] = [layer_input.T @ gradient, gradient.sum(axis=0)]
            gradient = (gradient @ weight.T) * (layer_input > 0)
        self.steps_taken += 1
        self._adam(gradients, learning_rate)
        return loss, accuracy

    def save(self, path: str) -> None:
        """Write a checkpoint; ``path`` never holds an incomplete one."""
        arrays: dict[str, Any] = {f"parameter_{i}": p for i, p in enumerate(self._parameters())}
        for i, (first, second) in enumerate(self._moments):
            arrays |= {f"first_moment_{i}": first, f"second_moment_{i}": second}
        part = f"{path}.part"
        with open(part, "wb") as file:
            np.savez(file, steps_taken=self.steps_taken, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)

    def load(self, path: str) -> Self:
        """Take over the state that :meth:`save` wrote from a model of the same sizes."""
        with np.load(path) as saved:
            self.steps_taken = int(saved["steps_taken"])
            for i, parameter in enumerate(self._parameters()):
                parameter[...] = saved[f"parameter_{i}"]
                self._moments[i] = (saved[f"first_moment_{i}"], saved[f"second_moment_{i}"])
        return self

    def _parameters(self) -> list[Floats]:
        return [parameter for layer in self.layers for parameter in layer]

    def _forward(self, images: Floats) -> tuple[list[Floats], Floats]:
        """What goes into each layer, and the logits that come out of the last one."""
        inputs = [images]
        *hidden, (last_weight, last_bias) = self.layers
        for weight, bias in hidden:
            inputs.append(np.maximum(inputs[-1] @ weight + bias, 0))
        return inputs, inputs[-1] @ last_weight + last_bias

    def _adam(self, gradients: list[Floats], learning_rate: float) -> None:
        correction_1, correction_2 = 1 - BETA_1**self.steps_taken, 1 - BETA_2**self.steps_taken
        for parameter, gradient, (first, second) in zip(
            self._parameters(), gradients, self._moments, strict=True
        ):
            first[...] = BETA_1 * first + (1 - BETA_1) * gradient
            second[...] = BETA_2 * second + (1 - BETA_2) * gradient**2
            scale = np.sqrt(second / correction_2) + EPSILON
            parameter[...] -= learning_rate * (first / correction_1) / scale


def _cross_entropy(logits: Floats, labels: Labels) -> tuple[float, float, Floats]:
    """Mean loss, accuracy, and the gradient of the loss with respect to the logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    loss = -log_probabilities[rows, labels].mean()
    accuracy = (logits.argmax(axis=1) == labels).mean()
    gradient = np.exp(log_probabilities)
    gradient[rows, labels] -= 1
    return float(loss), float(accuracy), gradient / len(labels)
