"""Every way in which people spell the name of their store."""

from typing import ClassVar

from parts import Methods

from evsys_sdk import LogStore, register_log_store


@register_log_store("class-variable")
class ClassVariable(Methods):
    name: ClassVar[str] = "class-variable"


_class_variable: type[LogStore] = ClassVariable


@register_log_store("un-annotated")
class UnAnnotated(Methods):
    name = "un-annotated"


@register_log_store("annotated")
class Annotated(Methods):
    name: str = "annotated"


@register_log_store("set-when-built")
class SetWhenBuilt(Methods):
    def __init__(self, *, name: str = "set-when-built") -> None:
        self.name = name


@register_log_store("property")
class Property(Methods):
    @property
    def name(self) -> str:
        return "property"


@register_log_store("inherited-un-annotated")
class InheritedUnAnnotated(Methods, LogStore):
    name = "inherited-un-annotated"


_inherited_un_annotated: type[LogStore] = InheritedUnAnnotated
