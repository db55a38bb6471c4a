from lightning.pytorch import LightningModule as LightningModule
from lightning.pytorch import Trainer as Trainer
