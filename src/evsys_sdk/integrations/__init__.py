"""Adapters for training loops that people already have, one module for each library.

``lightning`` has a logger, ``transformers`` and ``keras`` a callback each. Every one takes an open
log store or what :func:`~evsys_sdk.open_log_store` takes, and forwards to it. Import the module of
the library that you use: nothing else of this package imports the library.
"""
