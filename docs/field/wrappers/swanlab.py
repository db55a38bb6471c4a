"""SwanLab, offline, with its monitors of the system and the console off."""

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from evsys_sdk import Capability, MetricRow, RunLog
from field.wrappers.base import Wrapper, only_metrics

swanlab: Any = import_module("swanlab")
_QUIET = swanlab.Settings(
    probe=swanlab.Settings.Probe(hardware=False, runtime=False, requirements=False, monitor=False),
    terminal=swanlab.Settings.Terminal(proxy_type="none"),
)


class Swanlab(Wrapper):
    """``Run.log``."""

    name: ClassVar[str] = "swanlab"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"float64"})

    def open(self) -> Any:
        return swanlab.init(
            project="field",
            log_dir=str(self.directory / "swanlog"),
            mode="offline",
            reinit=True,
            settings=_QUIET,
        )

    def log_metrics(self, metrics: dict[str, float], step: int, *, split: str = "train") -> None:
        self.logger.log(metrics, step=step)

    def finish(self) -> None:
        self.logger.finish()

    @classmethod
    def read(cls, directory: Path) -> RunLog:
        reader = import_module("swanlab.sdk.internal.core_python.store").DataStoreReader
        record_type = import_module("swanlab.proto.swanlab.record.v1.record_pb2").Record
        rows: list[MetricRow] = []
        for path in sorted(directory.rglob("*.swanlab")):
            store = reader()
            store.open(path)
            for data in store:
                record = record_type()
                record.ParseFromString(data)
                if record.HasField("scalar"):
                    scalar = record.scalar
                    values = {scalar.key: scalar.value.number}
                    rows.append(MetricRow(step=scalar.step, split=None, metrics=values))
            store.close()
        return only_metrics(rows)
