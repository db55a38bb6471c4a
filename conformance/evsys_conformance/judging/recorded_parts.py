"""Calls cut short by a kill: the first read shows how much of them is kept, and that must stay."""

from collections.abc import Sequence
from typing import Any

from evsys_conformance.judging.comparison import recorded_points
from evsys_conformance.judging.expected import Record, expected_points
from evsys_conformance.judging.json_values import json_difference
from evsys_conformance.judging.precision import Precision, same_step
from evsys_conformance.programs.calls import Call
from evsys_sdk.run_log import RunLog


def with_recorded_parts(
    records: Sequence[Record], run_log: RunLog, precision: Precision
) -> list[Record]:
    """The records, with each optional one replaced by the part of it that is recorded.

    Args:
        records: What calls left at a destination, in their order.
        run_log: What is read there.
        precision: How values and splits are judged.
    """
    if not any(record.optional for record in records):
        return list(records)
    kept: list[Record] = []
    for record in records:
        if not record.optional:
            kept.append(record)
        else:
            kept += [
                Record(call, record.step, judged=record.judged, chain=record.chain)
                for call in _recorded_part(record, kept, run_log, precision)
            ]
    return kept


def _recorded_part(
    record: Record, before: Sequence[Record], run_log: RunLog, precision: Precision
) -> list[Call]:
    given = record.arguments()
    match record.call.method:
        case "log_hyperparams":
            recorded: Any = run_log.hyperparams
            recorded_items = {
                key: value
                for key, value in given["params"].items()
                if key in recorded and json_difference(value, recorded[key]) is None
            }
            return [Call("log_hyperparams", (recorded_items,))] if recorded_items else []
        case "log_artifact":
            wanted = (given["name"], given["path"], given.get("kind", "file"))
            pointers = [(each.name, each.path, each.kind) for each in run_log.artifacts]
            known = sum(each.call.method == "log_artifact" for each in before)
            return [record.call] if pointers[known : known + 1] == [wanted] else []
        case _:
            return _recorded_part_of_points(record, before, run_log, precision)


def _recorded_part_of_points(
    record: Record, before: Sequence[Record], run_log: RunLog, precision: Precision
) -> list[Call]:
    known = expected_points(before, split=precision.split)
    found = recorded_points(run_log.metrics, split=precision.split)
    calls: list[Call] = []
    for series, points in expected_points([record], split=precision.split).items():
        key, split = series
        point, place = points[0], len(known.get(series, []))
        for step, value in found.get(series, [])[place : place + 1]:
            if same_step(point.step, step) and precision.same_value(point.value, value):
                keywords = {} if split in (None, "train") else {"split": split}
                calls.append(Call("log_metrics", ({key: point.value}, point.step), keywords))
    return calls
