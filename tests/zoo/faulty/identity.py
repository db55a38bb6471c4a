"""Faults of the class itself: name (ID-1) and Config (ID-2)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator

from zoo.backends.memory import MemoryBack, MemoryHarness
from zoo.front import Forbidding, Front
from zoo.stores import fault


class Destination(Forbidding):
    destination: str


class Unnamed(MemoryBack, Front):
    """Everything but a name."""

    Config: ClassVar[Any] = Destination


class Unconfigured(MemoryBack, Front):
    """Everything but a Config."""

    name: ClassVar[str] = "zoo_unconfigured"


@fault("ID-1", "has no name", habitat=MemoryHarness, message=r"\.name is")
class Nameless(Unnamed):
    pass


@fault("ID-1", "has an empty name", habitat=MemoryHarness, message=r"\.name is")
class EmptyName(Unnamed):
    name: ClassVar[str] = ""


@fault("ID-1", "has a number as its name", habitat=MemoryHarness, message=r"\.name is")
class NumberedName(Unnamed):
    name: ClassVar[int] = 7


@fault("ID-1", "declares its name without a value", habitat=MemoryHarness, message=r"\.name is")
class DeclaredName(Unnamed):
    name: ClassVar[str]


@fault("ID-1", "has None as its name", habitat=MemoryHarness, message=r"\.name is")
class NoneAsName(Unnamed):
    name: ClassVar[None] = None


@fault("ID-1", "has a name on its instances only", habitat=MemoryHarness, message=r"\.name is")
class NamedByInstance(Unnamed):
    def __init__(self, *, destination: str) -> None:
        super().__init__(destination=destination)
        self.name = "zoo_named_by_instance"


@fault("ID-1", "computes its name by a property", habitat=MemoryHarness, message=r"\.name is")
class NameProperty(Unnamed):
    @property
    def name(self) -> str:
        return "zoo_property"


@fault(
    "ID-2", "has no Config", habitat=MemoryHarness, message=r"\.Config is|Config (accepts|refuses)"
)
class NoConfig(Unconfigured):
    pass


@fault(
    "ID-2",
    "has a Config that ignores what it doesn't know",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class ConfigIgnores(Unconfigured):
    class Config(BaseModel):
        destination: str


@fault(
    "ID-2",
    "has a Config that takes anything",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class ConfigAllows(Unconfigured):
    class Config(BaseModel):
        model_config = ConfigDict(extra="allow")
        destination: str


@fault(
    "ID-2",
    "inherits a strict Config and loosens it",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class ConfigLoosened(Unconfigured):
    class Config(Destination):
        model_config = ConfigDict(extra="ignore")


@fault(
    "ID-2",
    "drops unknown parameters before they are refused",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class ConfigDropsUnknown(Unconfigured):
    class Config(Destination):
        @model_validator(mode="before")
        @classmethod
        def known_ones(cls, data: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in data.items() if key in cls.model_fields}


@fault(
    "ID-2",
    "refuses unknown parameters without naming them",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class ConfigMumbles(Unconfigured):
    class Config(Destination):
        @model_validator(mode="before")
        @classmethod
        def refuse_in_general(cls, data: dict[str, Any]) -> dict[str, Any]:
            if not set(data) <= set(cls.model_fields):
                raise ValueError("this configuration is not right")
            return data


@fault(
    "ID-2",
    "has a dataclass as its Config",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class DataclassConfig(Unconfigured):
    @dataclass
    class Config:
        destination: str


@fault(
    "ID-2",
    "has a function as its Config",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class FunctionConfig(Unconfigured):
    @staticmethod
    def Config(**params: Any) -> Destination:
        return Destination(**params)


@fault(
    "ID-2",
    "has a Config on its instances only",
    habitat=MemoryHarness,
    message=r"\.Config is|Config (accepts|refuses)",
)
class ConfigOfInstance(Unconfigured):
    def __init__(self, *, destination: str) -> None:
        super().__init__(destination=destination)
        self.Config = Destination
