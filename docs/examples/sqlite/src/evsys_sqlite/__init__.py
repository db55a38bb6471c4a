"""A log store in one SQLite file.

``schema.sql`` has the tables, ``store.py`` what a log call writes, ``database.py`` the connection
that many threads and processes and their forks can have to one file, ``reading.py`` the way back.
"""

from evsys_sqlite.store import SqliteLogStore

__all__ = ["SqliteLogStore"]
