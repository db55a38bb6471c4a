"""The background store takes arrays of JAX without waiting for their computation."""

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk import LogDeliveryError
from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from integrations.libraries import need

need("jax")

jax: Any = importlib.import_module("jax")
jnp: Any = importlib.import_module("jax.numpy")

ATTEMPTS = 20


@pytest.fixture
def store(tmp_path: Path) -> BackgroundLogStore:
    return BackgroundLogStore(child={"kind": "jsonl", "params": {"log_dir": str(tmp_path)}})


@pytest.fixture
def slow() -> Callable[[], Any]:
    """A function that starts a computation of the number 0.5, which takes a while."""

    def multiply(_: Any, matrix: Any) -> Any:
        return jnp.sin(matrix @ matrix)

    def compute(matrix: Any) -> Any:
        return 0 * jax.lax.fori_loop(0, 200, multiply, matrix)[0, 0] + 0.5

    matrix = jnp.ones((256, 256))
    compiled = jax.jit(compute).lower(matrix).compile()
    return lambda: compiled(matrix)


class Gate:
    """A number that is read when the gate is opened; the thread waits there."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __copy__(self) -> "Gate":
        return self

    def __float__(self) -> float:
        assert self.opened.wait(60)
        return 1.0


def plus_one(value: Any) -> Any:
    return value + 1


def square(value: Any) -> Any:
    return jnp.sum(value**2)


def donate(array: Any) -> None:
    jax.jit(plus_one, donate_argnums=0)(array)


def recorded(log_dir: Path) -> list[dict[str, float]]:
    return [row.metrics for row in JSONLLogStore.read_run(log_dir=log_dir).metrics]


def test_numbers_of_every_type_are_recorded(store: BackgroundLogStore, tmp_path: Path) -> None:
    arrays = {
        "float32": jnp.float32(0.1),
        "bfloat16": jnp.bfloat16(0.1),
        "float16": jnp.float16(0.1),
        "int32": jnp.int32(3),
        "bool": jnp.array(True),
        "(1,)": jnp.ones(1),
        "(1, 1)": jnp.full((1, 1), -2.0),
        "infinite": jnp.float32("inf"),
        "jit": jax.jit(square)(jnp.arange(4.0)),
        "grad": jax.grad(square)(3.0),
        "python": 0.5,
    }
    store.log_metrics(arrays, 0)
    for step, (key, value) in enumerate(arrays.items(), 1):
        store.log_scalar(key, value, step)
    store.close()
    together, *alone = recorded(tmp_path)
    assert together == {
        "float32": 0.10000000149011612,
        "bfloat16": 0.10009765625,
        "float16": 0.0999755859375,
        "int32": 3.0,
        "bool": 1.0,
        "(1,)": 1.0,
        "(1, 1)": -2.0,
        "infinite": float("inf"),
        "jit": 14.0,
        "grad": 6.0,
        "python": 0.5,
    }
    assert alone == [{key: value} for key, value in together.items()]


def test_a_call_returns_before_the_computation_has_ended(
    store: BackgroundLogStore, slow: Callable[[], Any], tmp_path: Path
) -> None:
    for step in range(ATTEMPTS):  # one can fail, if this process gets no processor for so long
        loss = slow()
        if step % 2:
            store.log_metrics({"loss": loss, "accuracy": 0.25}, step)
        else:
            store.log_scalar("loss", loss, step)
        if not loss.is_ready():
            break
    else:
        pytest.fail("each call has waited for the computation")
    store.close()
    assert recorded(tmp_path)[-1]["loss"] == 0.5
    assert loss.is_ready()


@pytest.mark.parametrize(
    "array",
    [jnp.ones(2), jnp.ones(0), jnp.complex64(1j), jax.random.key(0)],
    ids=["two", "none", "complex", "key"],
)
def test_an_array_that_is_not_one_number_is_refused_in_the_call(
    array: Any, store: BackgroundLogStore
) -> None:
    with pytest.raises(TypeError, match=r'metrics\["loss"\] must be (one|a) number, got '):
        store.log_metrics({"loss": array}, 0)
    assert store.stats().accepted == 0
    store.close()


def test_a_value_that_is_traced_is_refused_in_the_call(store: BackgroundLogStore) -> None:
    def step(value: Any) -> Any:
        store.log_metrics({"loss": value}, 0)
        return value

    with pytest.raises(TypeError, match=r'metrics\["loss"\] must be one number, got .*Tracer'):
        jax.jit(step)(1.0)
    assert store.stats().accepted == 0
    store.close()


def test_an_array_that_is_donated_before_it_is_read_is_a_failed_call(
    store: BackgroundLogStore, tmp_path: Path
) -> None:
    gate, loss = Gate(), jax.jit(plus_one)(1.0)
    metrics: Any = {"gate": gate}
    store.log_metrics(metrics, 0)
    store.log_metrics({"loss": loss}, 1)
    store.log_metrics({"loss": loss.copy()}, 2)
    donate(loss)
    assert loss.is_deleted()
    gate.opened.set()
    reason = r"log_metrics\(\) at step 1: TypeError: .* JAX deleted the array: it was donated"
    with pytest.raises(LogDeliveryError, match=reason):
        store.close()
    assert store.stats() == (3, 2, 0, 1, 0)
    assert recorded(tmp_path) == [{"gate": 1.0}, {"loss": 2.0}]


def test_an_array_that_was_read_may_be_donated(store: BackgroundLogStore, tmp_path: Path) -> None:
    loss = jnp.float32(0.5) * 1
    store.log_metrics({"loss": loss}, 0)
    assert store.flush()
    donate(loss)
    with pytest.raises(TypeError, match=r"JAX deleted the array: .* Log value\.copy\(\) instead"):
        store.log_metrics({"loss": loss}, 1)
    store.close()
    assert recorded(tmp_path) == [{"loss": 0.5}]


def test_a_step_may_be_an_array(store: BackgroundLogStore, tmp_path: Path) -> None:
    store.log_metrics({"loss": 0.5}, jnp.int32(7))
    store.close()
    [row] = JSONLLogStore.read_run(log_dir=tmp_path).metrics
    assert row.step == 7
