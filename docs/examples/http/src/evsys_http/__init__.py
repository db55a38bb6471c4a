"""A log store that posts every record to an HTTP endpoint.

``store.py`` says what a log call sends, ``sending.py`` how it gets there once, ``reading.py`` how
it comes back; ``server.py`` is a small server that keeps the records in files.
"""

from evsys_http.store import HttpLogStore

__all__ = ["HttpLogStore"]
