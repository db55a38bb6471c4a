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

import errno
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from evsys_sdk._problems import OUR_WORDS, ConfigProblem, Path
from evsys_sdk._registry.class_checks import config_model
from evsys_sdk.errors import LogStoreConfigError, LogStoreError, UnknownLogStoreError
from evsys_sdk.protocols import LogStore
from evsys_sdk.registry import get_log_store
from evsys_sdk.text import nearest

if TYPE_CHECKING:
    from evsys_sdk._config.yaml_source import YamlDocument

__all__ = ["LogStoreSpec", "build_log_store", "load_log_store_spec", "open_log_store"]

_MOST_STORES = 1000
_DEEPEST_STORE = 30


class _DeepCheck:
    """Makes validation look behind ``kind`` and ``params``; handed on as pydantic's context."""

    def __init__(self) -> None:
        self.refusals: list[LogStoreError] = []
        """Why a kind has no class, as the registry said it."""
        self._stores = 0
        self._depth = 0

    def check_kind(self, kind: str) -> None:
        try:
            get_log_store(kind)
        except LogStoreError as error:
            self.refusals.append(error)
            raise _problem(str(error)) from error

    def check_params(self, kind: str, params: dict[str, Any]) -> None:
        self._stores += 1
        if self._depth == _DEEPEST_STORE or self._stores > _MOST_STORES:
            # Data from Python, or aliases in YAML, may contain themselves or multiply.
            raise _problem(
                f"too many log stores: at most {_MOST_STORES}, nested {_DEEPEST_STORE} deep; "
                f"does one contain itself?"
            )
        self._depth += 1
        try:
            # The problems that this raises take their place among those around it.
            config_model(get_log_store(kind)).model_validate(params, context=self)
        except ValidationError:
            raise
        except Exception as error:
            # A validator may fail instead of finding fault; whose it is would be hard to tell.
            error.add_note(f"while checking the parameters of the log store {kind!r}")
            raise
        finally:
            self._depth -= 1


def _problem(text: str) -> PydanticCustomError:
    return PydanticCustomError(OUR_WORDS, "{text}", {"text": text})


# Instances are looked at again: the deep check must get into those that were made earlier.
class LogStoreSpec(BaseModel, extra="forbid", revalidate_instances="always"):
    """Which log store, with which parameters: a ``log_store`` section as data.

    Making one checks its form only. Whether there is such a kind and whether it takes these
    parameters is checked by :func:`load_log_store_spec`, :func:`build_log_store` and
    :func:`open_log_store`.
    """

    kind: str
    """The kind of the store, as :func:`~evsys_sdk.list_log_stores` lists it."""
    params: dict[str, Any] = Field(default_factory=dict, validate_default=True)
    """The fields of the store's ``Config``; null stands for none."""

    @field_validator("params", mode="before")
    @classmethod
    def _null_is_none(cls, params: object) -> object:
        return {} if params is None else params

    @field_validator("kind")
    @classmethod
    def _kind_exists(cls, kind: str, info: ValidationInfo) -> str:
        if isinstance(info.context, _DeepCheck):
            info.context.check_kind(kind)
        return kind

    @field_validator("params")
    @classmethod
    def _params_fit(cls, params: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        # A kind that was refused is not in data: what it takes can't be known.
        if isinstance(info.context, _DeepCheck) and "kind" in info.data:
            info.context.check_params(info.data["kind"], params)
        return params


class _UnknownKindError(LogStoreConfigError, UnknownLogStoreError):
    """All that is wrong with a configuration is that there is no store of its kind."""

    def __init__(self, problem: ConfigProblem, refusal: UnknownLogStoreError) -> None:
        self.kind, self.known, self.failures = refusal.kind, refusal.known, refusal.failures
        LogStoreConfigError.__init__(self, [problem])


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
    from evsys_sdk._config.yaml_source import read_yaml

    file = os.fspath(path)
    if not file:
        raise LogStoreConfigError("the path of the configuration file is empty")
    try:
        document = read_yaml(file, "log_store")
    except LogStoreConfigError:
        raise
    except ValueError as error:
        raise LogStoreConfigError(f"{error}{_yaml_hint(file)}") from error
    except OSError as error:
        if error.errno == errno.ENOENT or (error.errno == errno.ENAMETOOLONG and "\n" in file):
            raise FileNotFoundError(errno.ENOENT, _no_file_text(file), file) from error
        raise
    return _spec_in_run_config(document.value, document)


def build_log_store(spec: LogStoreSpec) -> LogStore:
    """A new, open store of the kind and with the parameters that ``spec`` names.

    The constructor gets every field of the store's ``Config`` by keyword, as the model holds it:
    converted, defaults filled in, nested models as models (ID-3). Strings are taken as they are,
    ``${NAME}`` too: :func:`load_log_store_spec` has filled in those of the spec that it returns.

    Raises:
        LogStoreConfigError: The kind is unknown, or parameters are wrong; all problems are listed.
            Nothing was built.
        LogStorePluginError: The store can't be imported.
        DuplicateLogStoreError: Two installed distributions offer the kind.
        Exception: What the constructor raises, with a note that names the kind.
    """
    checked = _checked_spec(spec, ())
    store_class = get_log_store(checked.kind)
    model = config_model(store_class)
    config = model.model_validate(checked.params)
    try:
        return store_class(**{field: getattr(config, field) for field in model.model_fields})
    except Exception as error:
        error.add_note(f"while building the log store of kind {checked.kind!r}")
        raise


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
    store = build_log_store(spec_from(source))
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
    if isinstance(source, LogStoreSpec):
        return _checked_spec(source, ())
    if isinstance(source, str | os.PathLike):
        return load_log_store_spec(cast("str | os.PathLike[str]", source))
    if not isinstance(source, Mapping):
        raise TypeError(
            f"open_log_store takes the path of a YAML file, a mapping or a LogStoreSpec, "
            f"not {source!r:.60}"
        )
    mapping = cast("Mapping[str, object]", source)
    if "log_store" not in mapping and not {"kind", "params"}.isdisjoint(mapping):
        return _filled_spec(mapping, (), None)
    return _spec_in_run_config(mapping, None)


def _spec_in_run_config(data: object, document: "YamlDocument | None") -> LogStoreSpec:
    if isinstance(data, Mapping):
        sections = cast("Mapping[object, object]", data)
        if "log_store" in sections:
            return _filled_spec(sections["log_store"], ("log_store",), document)
        text = _no_section_text([str(key) for key in sections])
    else:
        what = "a list" if isinstance(data, list) else "a single value"
        found = "the file is empty" if data is None else f"the file holds {what}"
        text = f"{found}: write log_store: with kind: and params: under it"
    problems = [*document.problems] if document else []
    problems.append(ConfigProblem((), text))
    raise LogStoreConfigError(document.located(problems) if document else problems)


def _filled_spec(section: object, path: Path, document: "YamlDocument | None") -> LogStoreSpec:
    """The spec at ``path`` with its environment variables filled in, checked to its depth."""
    from evsys_sdk._config.environment import filled_in

    unfilled: list[ConfigProblem] = []
    return _checked_spec(filled_in(section, path, unfilled), path, document, unfilled)


def _checked_spec(
    section: object,
    path: Path,
    document: "YamlDocument | None" = None,
    unfilled: Sequence[ConfigProblem] = (),
) -> LogStoreSpec:
    """The spec at ``path``, checked to its depth; or one error with every problem.

    The values that the ``unfilled`` problems name are not what they will be: no other problem of
    them, or of what contains them, is listed.
    """
    check = _DeepCheck()
    problems = [*document.problems, *unfilled] if document else [*unfilled]
    spec: LogStoreSpec | None = None
    try:
        spec = LogStoreSpec.model_validate(section, context=check)
    except ValidationError as error:
        from evsys_sdk._config.explaining import explain

        around = {each.path[:length] for each in unfilled for length in range(len(each.path) + 1)}
        found = explain(error, section, LogStoreSpec, path)
        problems += [problem for problem in found if problem.path not in around]
    else:
        from evsys_sdk._config.destinations import destination_problems

        problems += destination_problems(spec, path, document.line if document else lambda _: 0)
    if spec is None or problems:
        problems = document.located(problems) if document else problems
        if len(problems) == 1 and check.refusals and not unfilled:
            # The registry has raised the error already; only the place is missing.
            problem, refusal = problems[0], check.refusals[0]
            if isinstance(refusal, UnknownLogStoreError):
                raise _UnknownKindError(problem, refusal) from refusal
            raise refusal.with_message(str(problem)) from refusal
        raise LogStoreConfigError(problems)
    return spec


def _no_section_text(keys: list[str]) -> str:
    what = "there is no log_store section"
    if not {"kind", "params"}.isdisjoint(keys):
        return f"{what}: write kind and params under log_store:"
    guess = nearest("log_store", keys) or "."
    return f"{what}{guess} The sections are: {', '.join(keys[:20]) or 'none'}"


def _no_file_text(file: str) -> str:
    names: list[str] = []
    with suppress(OSError):
        names = os.listdir(os.path.dirname(os.path.expanduser(file)) or ".")
    guess = nearest(os.path.basename(file), names) or _yaml_hint(file)
    return f"No such configuration file{guess}"


def _yaml_hint(text: str) -> str:
    """Advice for somebody who gave YAML instead of a path."""
    if "\n" not in text:
        return ""
    return "; if this is YAML, parse it first: open_log_store(yaml.safe_load(text))"
