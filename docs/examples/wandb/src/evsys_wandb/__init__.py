"""A log store in Weights & Biases (W&B), online or offline.

``columns.py`` turns the points of a call into a row of W&B and back, ``run.py`` opens and finishes
a run of W&B, ``store.py`` is the store, ``wandb_file.py`` reads the file that W&B keeps of a run,
and ``reading.py`` makes a run log of it.
"""

from evsys_wandb.store import WandbLogStore

__all__ = ["WandbLogStore"]
