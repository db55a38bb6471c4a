"""From a ``log_store`` section to a spec that is checked to its depth, or to one error."""

from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from evsys_sdk._config.destinations import destination_problems
from evsys_sdk._config.sections import Section
from evsys_sdk._config.spec import DeepCheck, LogStoreSpec
from evsys_sdk._problems import ConfigProblem
from evsys_sdk.errors import LogStoreConfigError, LogStoreError, UnknownLogStoreError
from evsys_sdk.protocols import LogStore

__all__ = ["CheckedSpec", "checked"]


class CheckedSpec(NamedTuple):
    """A spec without fault, with all that is needed to build its store."""

    spec: LogStoreSpec
    store_class: type[LogStore]
    config: BaseModel
    """The parameters, as the ``Config`` of the class holds them."""


class _UnknownKindError(LogStoreConfigError, UnknownLogStoreError):
    """The only problem of a configuration is an unknown kind."""

    def __init__(self, problem: ConfigProblem, refusal: UnknownLogStoreError) -> None:
        self.kind, self.known, self.failures = refusal.kind, refusal.known, refusal.failures
        LogStoreConfigError.__init__(self, [problem])


def checked(section: Section) -> CheckedSpec:
    """Check the section and the stores in it; an error lists every problem.

    The values whose variables can't be filled in are not what they will be: no other problem of
    them, or of what contains them, is listed.

    Raises:
        LogStoreError: As ``load_log_store_spec``.
    """
    check = DeepCheck()
    problems = section.problems()
    spec: LogStoreSpec | None = None
    try:
        spec = LogStoreSpec.model_validate(section.value, context=check)
    except ValidationError as error:
        from evsys_sdk._config.explaining import explain

        unfilled = [problem.path for problem in section.unfilled]
        around = {path[:length] for path in unfilled for length in range(len(path) + 1)}
        found = explain(error, section.value, section.path)
        problems += [problem for problem in found if problem.path not in around]
    else:
        problems += destination_problems(spec, check.config, section.path, section.line)
    if spec is None or problems:
        raise _error(section, section.located(problems), check.refusals)
    return CheckedSpec(spec, check.store_class, check.config)


def _error(
    section: Section, problems: list[ConfigProblem], refusals: list[LogStoreError]
) -> LogStoreError:
    if len(problems) > 1 or not refusals or section.unfilled:
        return LogStoreConfigError(problems)
    # The registry has raised the error already; only the place is missing.
    [problem], refusal = problems, refusals[0]
    error: LogStoreError
    if isinstance(refusal, UnknownLogStoreError):
        error = _UnknownKindError(problem, refusal)
    else:
        error = refusal.with_message(str(problem))
    error.__cause__ = refusal
    return error
