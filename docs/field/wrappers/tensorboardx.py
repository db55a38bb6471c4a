"""tensorboardX: the writer that PyTorch's was made from."""

from typing import ClassVar

from field.wrappers.summary_writer import SummaryWriterWrapper


class TensorboardX(SummaryWriterWrapper):
    """``tensorboardX.SummaryWriter``."""

    name: ClassVar[str] = "tensorboardX"
    module: ClassVar[str] = "tensorboardX"
