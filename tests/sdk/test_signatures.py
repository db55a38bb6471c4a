"""The methods and parameters of the contract come from the protocol."""

import pytest

from evsys_sdk.signatures import (
    METHODS,
    WRITE_METHODS,
    keyword_only_parameters,
    positional_parameters,
    shown_signature,
)

CONTRACT: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "log_scalar": (("key", "value", "step"), {}),
    "log_metrics": (("metrics", "step"), {"split": "train"}),
    "log_hyperparams": (("params",), {}),
    "log_artifact": (("name", "path"), {"kind": "file"}),
    "close": ((), {}),
}


def test_the_methods_are_those_of_the_contract_in_its_order() -> None:
    assert [*METHODS] == [*CONTRACT]
    assert [*WRITE_METHODS] == [*CONTRACT][:-1]


@pytest.mark.parametrize("method", CONTRACT)
def test_the_parameters_are_those_of_the_contract(method: str) -> None:
    assert (positional_parameters(method), keyword_only_parameters(method)) == CONTRACT[method]


def test_a_signature_is_shown_as_an_author_writes_it() -> None:
    assert shown_signature("log_metrics") == 'log_metrics(self, metrics, step, *, split="train")'
    assert shown_signature("close") == "close(self)"
