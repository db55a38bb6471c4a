"""The advice what to pass instead of a value that has no JSON form.

A value is recognised by the names of its classes or by an attribute of its class, so that no
library is imported.
"""

from collections.abc import Mapping

# A mark with a dot is the name of a class, any other mark an attribute. The first match counts.
_FOR_A_DICT = {
    "model_dump": '{}.model_dump(mode="json")',  # pydantic
    "to_dict": "{}.to_dict()",  # transformers, ml_collections
    "__dataclass_fields__": "dataclasses.asdict({})",
    "__attrs_attrs__": "attrs.asdict({})",
    "argparse.Namespace": "vars({})",
    "types.SimpleNamespace": "vars({})",
}
_FOR_A_VALUE = _FOR_A_DICT | {
    "omegaconf.basecontainer.BaseContainer": "OmegaConf.to_container({}, resolve=True)",
    "builtins.type": "{}.__qualname__",
    "builtins.function": "{}.__qualname__",
    "builtins.builtin_function_or_method": "{}.__qualname__",
    "__members__": "{}.value",  # a member of an Enum
    "decimal.Decimal": "float({}), or str({}) to keep every digit",
    "fractions.Fraction": "float({}), or str({}) to keep it exact",
    "builtins.complex": "str({})",
    "numpy.complexfloating": "str({})",
    "numpy.datetime64": "str({})",
    "numpy.timedelta64": "str({})",
    "torch.device": "str({})",
    "torch.dtype": "str({})",
    "uuid.UUID": "str({})",
    "datetime.timedelta": "{}.total_seconds()",
    "isoformat": "{}.isoformat()",  # dates and times
    "tolist": "{}.tolist()",  # arrays and tensors
    "decode": "{}.decode()",  # bytes
    "builtins.set": "sorted({})",
    "builtins.frozenset": "sorted({})",
    "builtins.range": "list({})",
    "builtins.generator": "list({})",
    "builtins.dict_keys": "list({})",
    "builtins.dict_values": "list({})",
    "collections.deque": "list({})",
}


def dict_remedy(value: object) -> str | None:
    """The expression for a dict of what ``value`` holds, with {} for ``value``; or None."""
    return _remedy(value, _FOR_A_DICT)


def json_remedy(value: object) -> str | None:
    """The expression for a JSON value instead of ``value``, with {} for ``value``; or None."""
    return _remedy(value, _FOR_A_VALUE)


def _remedy(value: object, remedies: Mapping[str, str]) -> str | None:
    # The class is asked and not the value, because some values have every attribute, like mocks.
    kind = type(value)
    classes = {f"{each.__module__}.{each.__qualname__}" for each in kind.__mro__}
    for mark, remedy in remedies.items():
        if mark in classes if "." in mark else hasattr(kind, mark):
            return remedy
    return None
