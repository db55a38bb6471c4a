"""A log store in MLflow: to a tracking server, for as many runs as it can take.

``run.py`` talks to MLflow, ``names.py`` has the names of points in MLflow, ``points.py`` the form
of their values, ``store.py`` the store, and ``reading.py`` reads a run back.
"""

from evsys_mlflow.store import MlflowLogStore

__all__ = ["MlflowLogStore"]
