"""From a configuration to a log store: what YAML or a mapping says, checked, built, and closed.

A section names a kind and its parameters::

    log_store:
      kind: jsonl
      params: {log_dir: ./logs}

``${NAME}`` in its strings stands for an environment variable: :mod:`evsys_sdk._config.environment`.
The parameters pass through the ``Config`` model of the store. A field of a ``Config`` that is a
:class:`LogStoreSpec`, or holds some, is checked in the same pass at any depth, so that one error
lists everything that is wrong with a file.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from evsys_sdk._config.checking import CheckedSpec, checked
from evsys_sdk._config.sections import Section, section_from, section_of_file
from evsys_sdk._config.spec import LogStoreSpec
from evsys_sdk.protocols import LogStore

__all__ = ["LogStoreSpec", "build_log_store", "load_log_store_spec", "open_log_store"]


def load_log_store_spec(path: str | os.PathLike[str]) -> LogStoreSpec:
    """The ``log_store`` section of a YAML file, checked down to the parameters of nested stores.

    The section must be plain data, as for ``yaml.safe_load``, without duplicate keys. In its
    strings ``${NAME}`` stands for an environment variable, ``${NAME:-default}`` for the default if
    the variable is not set or is empty, and ``$$`` for a dollar. The result stays a string. Other
    sections are not read, so they may use tags of other programs. Nothing is built, but the modules
    of the stores that the section names are imported.

    Args:
        path: The file, UTF-8; ``~`` expands.

    Raises:
        LogStoreConfigError: The file is not YAML, has no such section, or the section is wrong; a
            variable is not set and has no default; or ``path`` is empty or has a character that no
            path can have. Every problem is listed as
            ``file:line: log_store.params.…: what is wrong``. One that
            consists in an unknown kind alone is an :class:`UnknownLogStoreError` as well.
        LogStorePluginError: All is well, but a store that it names can't be imported.
        DuplicateLogStoreError: All is well, but two distributions offer a kind that it names.
        OSError: The file can't be read, or is not a regular file; FileNotFoundError if it does not
            exist.
    """
    return checked(section_of_file(path)).spec


def build_log_store(spec: LogStoreSpec) -> LogStore:
    """A new, open store of the kind and with the parameters that ``spec`` names; close it yourself.

    The constructor gets every field of the store's ``Config`` by keyword, as the model holds it:
    converted, defaults filled in, nested models as models (ID-3). Strings are taken as they are,
    ``${NAME}`` too: :func:`load_log_store_spec` has filled in those of the spec that it returns.

    Args:
        spec: The kind and the parameters. They are checked here, down to those of nested stores.

    Raises:
        LogStoreConfigError: The kind is unknown, or parameters are wrong; all problems are listed.
            Nothing was built.
        LogStorePluginError: The store can't be imported.
        DuplicateLogStoreError: Two installed distributions offer the kind.
        Exception: What the constructor raises, with a note that names the kind.
    """
    return _built(checked(Section(spec)))


@contextmanager
def open_log_store(
    source: str | os.PathLike[str] | Mapping[str, Any] | LogStoreSpec,
) -> Generator[LogStore]:
    """Build a log store, yield it, and close it when the block ends, however it ends.

    When the block raises and closing fails as well, the exception of the block goes on, with a note
    about the failed close, which is also logged. When only closing fails, that is raised.

    Args:
        source: The path of a YAML file with a ``log_store`` section; or a mapping, either with a
            ``log_store`` section among others or just ``{"kind": …, "params": …}``; or a spec.
            In the strings of a mapping, as in those of a file, ``${NAME}`` stands for an
            environment variable; a spec is taken as it is.

    Raises:
        TypeError: ``source`` is none of these.
        Exception: As :func:`load_log_store_spec` and :func:`build_log_store`.
    """
    store = _built(checked(section_from(source)))
    try:
        yield store
    except BaseException as error:
        try:
            store.close()
        except Exception as failure:
            import logging

            logging.getLogger(__name__).exception("closing the log store failed")
            error.add_note(f"closing the log store failed too: {type(failure).__name__}: {failure}")
        raise
    else:
        store.close()


def spec_from(source: object) -> LogStoreSpec:
    """The checked spec that ``open_log_store(source)`` would build; raises what it raises."""
    return checked(section_from(source)).spec


def _built(checked_spec: CheckedSpec) -> LogStore:
    spec, store_class, config = checked_spec
    fields = type(config).model_fields
    try:
        return store_class(**{field: getattr(config, field) for field in fields})
    except Exception as error:
        error.add_note(f"while building the log store of kind {spec.kind!r}")
        raise
