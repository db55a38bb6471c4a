"""A log store in PostgreSQL: many runs, and many ranks of a run, in one database.

``schema.sql`` has the tables, ``store.py`` what a log call writes, ``database.py`` the connection
that outlives a restart of the server, ``reading.py`` the way back.
"""

from evsys_postgres.store import PostgresLogStore

__all__ = ["PostgresLogStore"]
