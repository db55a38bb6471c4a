from lightning.pytorch.loggers.logger import Logger as Logger
from lightning.pytorch.loggers.logger import rank_zero_experiment as rank_zero_experiment
