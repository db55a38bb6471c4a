from collections.abc import Sequence
from typing import Any

from torch import Tensor

class TensorDataset:
    def __init__(self, *tensors: Tensor) -> None: ...

class DataLoader:
    def __init__(self, dataset: TensorDataset | Sequence[Any], batch_size: int) -> None: ...
