from collections.abc import Iterable

from torch.nn import Parameter

class Optimizer: ...

class SGD(Optimizer):
    def __init__(self, params: Iterable[Parameter], lr: float) -> None: ...
