"""Configs of unusual kinds."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from evsys_sdk import RunLog
from zoo.backends.jsonl import Jsonl, JsonlHarness, read_lines
from zoo.backends.memory import MemoryBack, MemoryHarness
from zoo.correct.plain import PlainConfig
from zoo.front import Forbidding, Front, is_dict
from zoo.stores import correct


class Configured(MemoryBack, Front):
    name: ClassVar[str] = "zoo_configured"


class Aliased(Configured):
    """Its field has an alias, by which it must be configured."""

    class Config(Forbidding):
        destination: str = Field(alias="to")


@correct("has a field that is configured by an alias")
class AliasedHarness(MemoryHarness):
    store = Aliased

    def params(self, directory: Path) -> dict[str, Any]:
        return {"to": str(directory)}

    def read(self, params: dict[str, Any]) -> RunLog:
        return super().read({"destination": params["to"]})


class Defaulted(Configured):
    """Has a default factory, and a list and a dict as defaults."""

    class Config(Forbidding):
        destination: str
        tags: list[str] = Field(default_factory=list)
        labels: dict[str, str] = {}
        retries: int = 3

    def __init__(
        self,
        *,
        destination: str,
        tags: list[str] | None = None,
        labels: dict[str, str] | None = None,
        retries: int = 3,
    ) -> None:
        super().__init__(destination=destination)
        self.tags, self.labels, self.retries = tags or [], labels or {}, retries


@correct("has defaults from a factory")
class DefaultedHarness(MemoryHarness):
    store = Defaulted


def as_path(value: str) -> Path:
    return Path(value)


def inside(path: Path) -> Path:
    return path / "run"


class Lines(Jsonl):
    """Jsonl with a Config that is yet to come."""

    Config: ClassVar[Any]


class Converting(Lines):
    """Its Config turns a string into its own path type; the constructor takes both."""

    class Config(Forbidding):
        directory: Annotated[Path, BeforeValidator(as_path), AfterValidator(inside)]


@correct("has validators that turn a str into another path")
class ConvertingHarness(JsonlHarness):
    store = Converting

    def params(self, directory: Path) -> dict[str, Any]:
        return {"directory": str(directory)}

    def read(self, params: dict[str, Any]) -> RunLog:
        return read_lines(Path(params["directory"]) / "run" / "log.jsonl")


class Limits(NamedTuple):
    rows: int
    bytes: int


FEW = Limits(10, 20)


class Retry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    times: int = 3
    pause: timedelta = timedelta(seconds=0.1)


class NestedModels(Configured):
    """Its fields are models and a named tuple."""

    class Config(Forbidding):
        destination: str
        retry: Retry = Retry()
        limits: Limits = FEW
        others: list[Retry] = []

    def __init__(
        self,
        *,
        destination: str,
        retry: Retry | None = None,
        limits: Limits = FEW,
        others: list[Retry] | None = None,
    ) -> None:
        super().__init__(destination=destination)
        self.retries = (retry or Retry()).times + sum(each.times for each in others or [])
        self.rows = limits.rows


@correct("has nested models and a named tuple in its Config")
class NestedModelsHarness(MemoryHarness):
    store = NestedModels

    def params(self, directory: Path) -> dict[str, Any]:
        return {
            "destination": str(directory),
            "retry": {"times": 2},
            "others": [{"times": 1}],
            "limits": [1, 2],
        }


class TakesKeywords(Configured):
    """Its constructor names nothing."""

    class Config(Forbidding):
        destination: str
        note: str = ""

    def __init__(self, **params: Any) -> None:
        self.note = params.pop("note", "")
        super().__init__(**params)


@correct("has a constructor that takes any keyword")
class TakesKeywordsHarness(MemoryHarness):
    store = TakesKeywords


class OtherTypes(Configured):
    """Its constructor has defaults of other types that mean the same."""

    class Config(Forbidding):
        destination: str
        folder: Path = Path("logs")
        every: timedelta = timedelta(seconds=30)

    def __init__(self, *, destination: str, folder: Any = "logs", every: Any = 30.0) -> None:
        super().__init__(destination=destination)
        self.folder = Path(folder)
        self.every = every


@correct("has defaults of other types in the constructor than in Config")
class OtherTypesHarness(MemoryHarness):
    store = OtherTypes


class Elsewhere(Configured):
    """Its Config is elsewhere: a class argument names it."""

    class Config(BaseModel, extra="forbid", frozen=True, strict=True):
        destination: str
        _cache: dict[str, int] = {}

    def __init__(self, destination: str) -> None:
        super().__init__(destination=destination)


@correct("has a frozen, strict Config with class arguments, and a constructor by position too")
class ElsewhereHarness(MemoryHarness):
    store = Elsewhere


class Renamed(Configured):
    """Understands an old name of its field."""

    class Config(Forbidding):
        destination: str

        @model_validator(mode="before")
        @classmethod
        def old_name(cls, data: Any) -> Any:
            if is_dict(data) and "target" in data:
                return {
                    **{k: v for k, v in data.items() if k != "target"},
                    "destination": data["target"],
                }
            return data


@correct("has a validator that understands an old parameter name")
class RenamedHarness(MemoryHarness):
    store = Renamed

    def params(self, directory: Path) -> dict[str, Any]:
        return {"target": str(directory)}

    def read(self, params: dict[str, Any]) -> RunLog:
        return super().read({"destination": params["target"]})


class Secretive(Configured):
    """Needs a secret."""

    class Config(PlainConfig):
        token: SecretStr

    def __init__(self, *, destination: str, token: SecretStr, transport: Any = None) -> None:
        super().__init__(destination=destination)
        self.token = token.get_secret_value()
        self.transport = transport


@correct("needs a secret, and takes an optional argument that Config lacks")
class SecretiveHarness(MemoryHarness):
    store = Secretive

    def params(self, directory: Path) -> dict[str, Any]:
        return {"destination": str(directory), "token": "secret"}
