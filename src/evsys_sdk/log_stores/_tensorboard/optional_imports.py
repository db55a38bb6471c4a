"""TensorBoard's modules and google-crc32c, loaded by name when they are needed.

None of TensorBoard's modules is typed. They are loaded as Any, and only ``messages`` and
``tfrecord`` use them, whose functions are typed.
"""

import importlib
from typing import Any

__all__ = ["load_module"]


def load_module(module: str) -> Any:
    """The module of that name.

    Raises:
        ImportError: It can't be imported; the message has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"the tensorboard log store needs the packages tensorboard and google-crc32c, and "
            f"{module} can't be imported ({error}). Install them with:\n\n"
            f"    pip install 'evsys-sdk[tensorboard]'\n",
            name=error.name,
            path=error.path,
        ) from error
