"""A log store in trackio's local database.

``rows.py`` turns a call into a row of trackio and back, and ``store.py`` is the store.
"""

from evsys_trackio.store import TrackioLogStore

__all__ = ["TrackioLogStore"]
