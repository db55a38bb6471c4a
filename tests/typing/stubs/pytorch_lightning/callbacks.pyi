from lightning.pytorch.callbacks import ModelCheckpoint as ModelCheckpoint
