"""PyTorch's SummaryWriter."""

from typing import ClassVar

from field.wrappers.summary_writer import SummaryWriterWrapper


class TorchSummaryWriter(SummaryWriterWrapper):
    """``torch.utils.tensorboard.SummaryWriter``."""

    name: ClassVar[str] = "torch"
    module: ClassVar[str] = "torch.utils.tensorboard"
