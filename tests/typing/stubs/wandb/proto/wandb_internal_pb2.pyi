from collections.abc import Sequence
from typing import Literal, Self

class Timestamp:
    seconds: int
    nanos: int

class RunRecord:
    run_id: str
    project: str
    start_time: Timestamp

class ConfigItem:
    key: str
    value_json: str

class ConfigRecord:
    update: Sequence[ConfigItem]

class HistoryItem:
    key: str
    nested_key: Sequence[str]
    value_json: str

class HistoryRecord:
    item: Sequence[HistoryItem]

class MetricRecord:
    name: str
    glob_name: str
    step_metric: str

class Record:
    run: RunRecord
    config: ConfigRecord
    history: HistoryRecord
    metric: MetricRecord
    @classmethod
    def FromString(cls, s: bytes) -> Self: ...
    def SerializeToString(self) -> bytes: ...
    def HasField(self, name: Literal["run", "config", "history", "metric", "exit"]) -> bool: ...
