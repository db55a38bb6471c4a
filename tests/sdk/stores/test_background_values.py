"""The background store: numbers of a device are copied in the call and read in the thread."""

import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evsys_sdk import LogDeliveryError, LogStoreClosedError
from evsys_sdk.log_stores.background import BackgroundLogStore
from evsys_sdk.log_stores.jsonl import JSONLLogStore


class Blocking:
    """A number like a tensor on a GPU: to read it waits until somebody sets ``done``."""

    shape: tuple[int, ...] = ()
    dtype = "float32"

    def __init__(self, value: float, done: threading.Event) -> None:
        self.value = value
        self.done = done

    def __float__(self) -> float:
        assert self.done.wait(60)
        return self.value


class Tensor(Blocking):
    """Like ``torch.Tensor``: what it holds can be changed in place, and is copied by ``clone``."""

    def __init__(self, value: float, done: threading.Event) -> None:
        super().__init__(value, done)
        self.data = [value]
        self.device = SimpleNamespace(type="cuda")

    def __float__(self) -> float:
        assert self.done.wait(60)
        return self.data[0]

    def detach(self) -> "Tensor":
        alias = Tensor(0.0, self.done)
        alias.data = self.data
        return alias

    def clone(self) -> "Tensor":
        return Tensor(self.data[0], self.done)

    def fill_(self, value: float) -> None:
        self.data[0] = value


@pytest.fixture
def store(tmp_path: Path) -> BackgroundLogStore:
    return BackgroundLogStore(child={"kind": "jsonl", "params": {"log_dir": str(tmp_path)}})


def recorded(tmp_path: Path) -> list[dict[str, float]]:
    return [row.metrics for row in JSONLLogStore.read_run(log_dir=tmp_path).metrics]


@pytest.mark.parametrize("kind", [Blocking, Tensor])
def test_a_number_whose_reading_blocks_does_not_block_the_call(
    kind: type[Any], store: BackgroundLogStore, tmp_path: Path
) -> None:
    done = threading.Event()
    metrics = {"before": 1.0, "loss": kind(0.5, done), "after": 2}
    store.log_metrics(metrics, 0)  # would wait for ever
    store.log_scalar("loss", kind(0.25, done), 1)
    assert store.stats().pending == 2
    done.set()
    store.close()
    assert recorded(tmp_path) == [{"before": 1.0, "loss": 0.5, "after": 2.0}, {"loss": 0.25}]


def test_a_number_that_is_changed_after_the_call_is_recorded_as_it_was(
    store: BackgroundLogStore, tmp_path: Path
) -> None:
    done = threading.Event()
    blocking: Any = Blocking(0.5, done)
    tensor: Any = Tensor(0.25, done)
    store.log_metrics({"blocking": blocking, "tensor": tensor}, 0)
    store.log_scalar("tensor", tensor, 1)
    blocking.value = 9.0
    tensor.fill_(9.0)
    done.set()
    store.close()
    assert recorded(tmp_path) == [{"blocking": 0.5, "tensor": 0.25}, {"tensor": 0.25}]


@pytest.mark.parametrize(
    ("attribute", "value"), [("shape", (2,)), ("dtype", "complex64"), ("device", "cpu")]
)
def test_what_may_not_be_a_number_and_what_is_in_memory_is_read_in_the_call(
    attribute: str, value: Any, store: BackgroundLogStore
) -> None:
    def refuse(_: object) -> float:
        raise ValueError("only one element can be converted")

    array: Any = type("Array", (Blocking,), {"__float__": refuse})(0.5, threading.Event())
    setattr(array, attribute, SimpleNamespace(type=value) if attribute == "device" else value)
    with pytest.raises(TypeError, match=r'metrics\["loss"\] must be a number'):
        store.log_metrics({"loss": array}, 0)
    assert store.stats().accepted == 0
    store.close()


def test_a_bad_key_beside_such_a_number_raises_in_the_call(store: BackgroundLogStore) -> None:
    metrics: Any = {"loss": Blocking(0.5, threading.Event()), 1: 0.5}
    with pytest.raises(TypeError, match="a metric key must be a string"):
        store.log_metrics(metrics, 0)
    store.close()


def test_a_number_that_turns_out_to_be_none_is_a_lost_call(store: BackgroundLogStore) -> None:
    class Donated(Blocking):
        def __float__(self) -> float:
            assert self.done.wait(60)
            raise RuntimeError("the array has been deleted")

    deleted = threading.Event()
    metrics: Any = {"loss": Donated(0.5, deleted)}
    store.log_metrics(metrics, 4)
    deleted.set()  # only now, or the call itself may raise the error
    with pytest.raises(LogDeliveryError, match=r"log_metrics\(\) at step 4: TypeError"):
        store.close()


def array_of_jax(value: float, done: threading.Event, **members: Any) -> Any:
    """Like an array of JAX, whose class has another package than its base class."""
    base = type("Array", (Blocking,), {"__module__": "jax"})
    return type("ArrayImpl", (base,), {"__module__": "jaxlib._jax", **members})(value, done)


def test_an_array_of_jax_is_not_copied(store: BackgroundLogStore, tmp_path: Path) -> None:
    """It can't be changed; a copy would be one more operation of the device."""

    def refuse(_: object) -> None:
        raise AssertionError("it was copied")

    done = threading.Event()
    array = array_of_jax(0.5, done, __copy__=refuse, detach=refuse)
    store.log_metrics({"loss": array}, 0)  # would wait for ever
    done.set()
    store.close()
    assert recorded(tmp_path) == [{"loss": 0.5}]


def test_an_array_of_jax_that_is_deleted_before_the_call_raises_in_it(
    store: BackgroundLogStore,
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("Array has been deleted")

    def yes(_: object) -> bool:
        return True

    members: dict[str, Any] = {"device": property(refuse), "item": refuse, "is_deleted": yes}
    array = array_of_jax(0.5, threading.Event(), **members)
    advice = r"JAX deleted the array: it was donated to a computation. Log value\.copy\(\) instead"
    with pytest.raises(TypeError, match=rf'metrics\["loss"\] must be one number, .* {advice}'):
        store.log_metrics({"loss": array}, 0)
    assert store.stats().accepted == 0
    store.close()


def test_a_copy_on_another_stream_is_waited_for(
    store: BackgroundLogStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is recorded after the copy, in the caller's stream, and awaited in the thread."""
    happened: list[str] = []

    class Event:
        def record(self, stream: str) -> None:
            happened.append(f"recorded in {stream}")

        def synchronize(self) -> None:
            happened.append(f"awaited in {threading.current_thread().name}")

    def current_stream(device: Any) -> str:
        return f"the stream of {device.type}"

    cuda = SimpleNamespace(Event=Event, current_stream=current_stream)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(Tensor=Tensor, cuda=cuda))
    done = threading.Event()
    done.set()
    metrics: Any = {"loss": Tensor(0.5, done)}
    store.log_metrics(metrics, 0)
    store.close()
    assert happened == ["recorded in the stream of cuda", "awaited in evsys-background"]
    assert recorded(tmp_path) == [{"loss": 0.5}]


def test_tensors_of_torch_on_the_cpu(store: BackgroundLogStore, tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch")
    weight = torch.tensor(0.5, requires_grad=True)
    count = torch.tensor(3)
    store.log_metrics({"weight": weight, "count": count}, 0)
    with torch.no_grad():
        weight.fill_(9.0)
        count.fill_(9)
    store.close()
    assert recorded(tmp_path) == [{"weight": 0.5, "count": 3.0}]


def test_torch_is_not_imported_for_a_number(store: BackgroundLogStore) -> None:
    if "torch" in sys.modules:
        pytest.skip("torch was imported by another test")
    metrics: Any = {"loss": Blocking(0.5, _set())}
    store.log_metrics(metrics, 0)
    store.close()
    assert "torch" not in sys.modules


def _set() -> threading.Event:
    done = threading.Event()
    done.set()
    return done


def test_such_a_call_after_close_is_refused(store: BackgroundLogStore) -> None:
    store.close()
    metrics: Any = {"loss": Blocking(0.5, threading.Event())}
    with pytest.raises(LogStoreClosedError):
        store.log_metrics(metrics, 0)
