class LearningRateSchedule:
    def __call__(self, step: object) -> float: ...

class ExponentialDecay(LearningRateSchedule):
    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float
    ) -> None: ...
