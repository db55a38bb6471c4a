from typing import Any

from keras.optimizers import schedules as schedules

class Optimizer:
    def get_config(self) -> dict[str, Any]: ...

class SGD(Optimizer):
    def __init__(
        self, learning_rate: float | schedules.LearningRateSchedule = ..., **options: Any
    ) -> None: ...
