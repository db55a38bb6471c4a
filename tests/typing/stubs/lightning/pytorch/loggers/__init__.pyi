from lightning.pytorch.loggers.logger import Logger as Logger
