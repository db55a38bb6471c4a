"""The checks of the kit, a module per group of clauses."""

import importlib

from evsys_conformance.clauses import BY_ID
from evsys_conformance.running.check import CHECKS, Check

__all__ = ["all_checks"]

_MODULES = (
    "shape",
    "signatures",
    "metrics",
    "bad_metrics",
    "volume",
    "hyperparams",
    "isolation",
    "artifacts",
    "surrogates",
    "independence",
    "closing",
    "leaks",
    "composition",
    "resume",
    "crash",
    "threads",
    "processes",
    "fork",
)


def all_checks() -> list[Check]:
    """Every check of the kit, in the order of the clauses."""
    for module in _MODULES:
        importlib.import_module(f"evsys_conformance.checks.{module}")
    order = {clause_id: place for place, clause_id in enumerate(BY_ID)}
    return sorted(CHECKS, key=lambda each: order[each.clause.id])
