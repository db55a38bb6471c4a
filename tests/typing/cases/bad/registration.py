"""The decorator is used in a wrong way, or what it keeps or inherits is."""

from typing import ClassVar

from parts import Methods

from evsys_sdk import LogStore, register_log_store


@register_log_store(3)  # error: mypy pyright ty pyrefly
class NumberedKind(Methods):
    name: ClassVar[str] = "numbered"


@register_log_store()  # error: mypy pyright ty pyrefly
class KindForgotten(Methods):
    name: ClassVar[str] = "kind-forgotten"


@register_log_store  # error: mypy pyright ty
class ParenthesesForgotten(Methods):
    name: ClassVar[str] = "parentheses-forgotten"


@register_log_store("function")  # error: mypy pyright ty pyrefly
def function(log_dir: str) -> None: ...


class Bare:
    name: ClassVar[str] = "bare"


register_log_store("bare")(Bare)  # error: mypy pyright ty pyrefly


@register_log_store("decorated")
class Decorated(Methods):
    name: ClassVar[str] = "decorated"

    def __init__(self, *, log_dir: str) -> None:
        self.log_dir = log_dir


Decorated()  # error: mypy pyright ty pyrefly
Decorated(log_dir=3)  # error: mypy pyright ty pyrefly
Decorated("logs")  # error: mypy pyright ty pyrefly
print(Decorated(log_dir="logs").nothing_of_that_name)  # error: mypy pyright ty pyrefly


class Unfinished(LogStore):
    """Says that it is a store and leaves out close()."""

    name: ClassVar[str] = "unfinished"

    def log_scalar(self, key: str, value: float, step: int) -> None: ...


Unfinished()  # error: mypy pyright ty pyrefly


class OtherSignature(LogStore):
    name: ClassVar[str] = "other-signature"

    def close(self, code: int) -> None: ...  # error: mypy pyright ty pyrefly
