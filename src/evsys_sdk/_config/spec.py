"""A ``log_store`` section as data, and the check of the kind and the parameters that it names.

A field of a ``Config`` may be a :class:`LogStoreSpec`, or hold some. The check continues in these,
at any depth, so that one error lists everything that is wrong.
"""

from typing import Any

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from evsys_sdk._problems import OUR_WORDS
from evsys_sdk._registry.class_checks import config_model
from evsys_sdk.errors import LogStoreError
from evsys_sdk.protocols import LogStore
from evsys_sdk.registry import get_log_store

__all__ = ["DeepCheck", "LogStoreSpec"]

_MOST_STORES = 1000
_DEEPEST_STORE = 30


class DeepCheck:
    """Pydantic's context that makes the validation of a spec check its kind and its parameters."""

    store_class: type[LogStore]
    """The class of the kind, once the validation has succeeded."""
    config: BaseModel
    """The parameters as a ``Config`` of this class, once the validation has succeeded."""

    def __init__(self) -> None:
        self.refusals: list[LogStoreError] = []
        """Why a kind has no class, as the registry said it."""
        self._classes: dict[str, type[LogStore]] = {}
        self._stores = 0
        self._depth = 0

    def check_kind(self, kind: str) -> None:
        """Look for the class of the kind."""
        try:
            self._classes[kind] = get_log_store(kind)
        except LogStoreError as error:
            self.refusals.append(error)
            raise _problem(str(error)) from error

    def check_params(self, kind: str, params: dict[str, Any]) -> None:
        """Check the parameters, and the stores in them, with the class that was found."""
        self._stores += 1
        if self._depth == _DEEPEST_STORE or self._stores > _MOST_STORES:
            # Data from Python, or aliases in YAML, may contain themselves or multiply.
            raise _problem(
                f"too many log stores: at most {_MOST_STORES}, nested {_DEEPEST_STORE} deep; "
                f"does one contain itself?"
            )
        store_class = self._classes[kind]
        self._depth += 1
        try:
            # The problems that this raises take their place among those around it.
            config = config_model(store_class).model_validate(params, context=self)
        except ValidationError:
            raise
        except Exception as error:
            # A validator may fail instead of finding fault; whose it is would be hard to tell.
            error.add_note(f"while checking the parameters of the log store {kind!r}")
            raise
        finally:
            self._depth -= 1
        # The stores in the parameters have been checked before: the outermost is the last.
        self.store_class, self.config = store_class, config


def _problem(text: str) -> PydanticCustomError:
    return PydanticCustomError(OUR_WORDS, "{text}", {"text": text})


# Instances are looked at again: the deep check must get into those that were made earlier.
class LogStoreSpec(BaseModel, extra="forbid", revalidate_instances="always"):
    """Which log store, with which parameters: a ``log_store`` section as data.

    Making one checks its form only. Whether there is such a kind and whether it takes these
    parameters is checked by :func:`~evsys_sdk.load_log_store_spec`,
    :func:`~evsys_sdk.build_log_store` and :func:`~evsys_sdk.open_log_store`.
    """

    kind: str
    """The kind of the store, as :func:`~evsys_sdk.list_log_stores` lists it."""
    params: dict[str, Any] = Field(default_factory=dict, validate_default=True)
    """The fields of the store's ``Config``; null in YAML is an empty mapping."""

    @field_validator("params", mode="before")
    @classmethod
    def _null_is_none(cls, params: object) -> object:
        return {} if params is None else params

    @field_validator("kind")
    @classmethod
    def _kind_exists(cls, kind: str, info: ValidationInfo) -> str:
        if isinstance(info.context, DeepCheck):
            info.context.check_kind(kind)
        return kind

    @field_validator("params")
    @classmethod
    def _params_fit(cls, params: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        # A kind that was refused is not in data: what it takes can't be known.
        if isinstance(info.context, DeepCheck) and "kind" in info.data:
            info.context.check_params(info.data["kind"], params)
        return params
