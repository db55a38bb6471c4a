"""A log store in MLflow: to a tracking server, for as many runs as it can take.

``run.py`` speaks to MLflow, ``names.py`` says under which name a point stands there, ``points.py``
how its value does, ``store.py`` what a log call writes, ``reading.py`` the way back.
"""

from evsys_mlflow.store import MlflowLogStore

__all__ = ["MlflowLogStore"]
