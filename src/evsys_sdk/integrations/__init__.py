"""Adapters for Lightning, Hugging Face, Keras and Ray, one module for each library.

``lightning`` has a logger, ``accelerate`` a tracker, ``transformers``, ``keras`` and ``ray`` have a
callback each. Every adapter takes an open log store or what :func:`~evsys_sdk.open_log_store`
takes, and records there what the library logs. Import the module of the library that you use:
nothing else in this package imports the library.
"""
