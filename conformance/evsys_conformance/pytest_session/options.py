"""The options of a session: checked all at once, before anything runs."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from evsys_conformance.certificate import SUFFIXES
from evsys_conformance.clauses import BY_ID
from evsys_conformance.targets.loading import Target, TargetError, load_all, load_target
from evsys_conformance.verdicts import Effort
from evsys_sdk.text import nearest

_DAY = 86400


@dataclass
class Options:
    """What a session certifies, and how."""

    targets: list[Target]
    clauses: list[str]
    """Clause ids to run; empty: all of them."""
    effort: Effort
    explaining: float
    """Seconds in which the causes of failed checks are looked for, for each target."""
    reports: list[Path]
    alone: bool
    """Whether the kit runs without the project's own tests."""
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    """Kinds that ``all`` leaves out, and why."""

    def wants(self, clause_id: str) -> bool:
        """Whether the checks of a clause run."""
        return not self.clauses or clause_id in self.clauses


def parse(config: pytest.Config) -> Options | None:
    """Parse the options; None where the session does not concern the kit.

    Raises:
        pytest.UsageError: An option makes no sense, or a target can't be certified.
    """
    option = config.option
    named = list(dict.fromkeys(option.evsys_conformance))
    asked = named or option.evsys_params or option.evsys_clause or option.evsys_report
    paths_named = config.args_source is pytest.Config.ArgsSource.ARGS
    if not named and (asked or not paths_named):
        # Like testpaths, the ini option says what runs where the command line says nothing.
        named_by_ini = cast("list[str]", config.getini("evsys_conformance"))
        alone, names = False, list(dict.fromkeys(named_by_ini))
    else:
        alone, names = not paths_named, named
    if not names and not asked:
        return None
    if not names:
        raise pytest.UsageError(
            "there is nothing to certify: name a log store, as in "
            "--evsys-conformance my_pkg.stores:MyStore"
        )
    clauses = _clauses(option.evsys_clause)
    effort = Effort(option.evsys_effort)
    explaining = (
        effort.explaining if option.evsys_explain is None else _seconds(option.evsys_explain)
    )
    reports = _reports(option.evsys_report, config.invocation_params.dir)
    try:
        targets, left_out = _targets(names, _params(option.evsys_params, names), config)
    except TargetError as error:
        raise pytest.UsageError(str(error)) from error
    return Options(targets, clauses, effort, explaining, reports, alone, left_out)


def _targets(
    names: list[str], params: dict[str, Any] | None, config: pytest.Config
) -> tuple[list[Target], dict[str, str]]:
    places = [config.invocation_params.dir, config.rootpath]
    targets: dict[str, Target] = {}
    left_out: dict[str, str] = {}
    for name in names:
        if name == "all":
            found, left_out = load_all()
            targets |= {target.name: target for target in found}
        else:
            targets[name] = load_target(name, params, places)
    return list(targets.values()), left_out


def _params(text: str | None, names: list[str]) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        params: Any = json.loads(text)
    except ValueError as error:
        raise pytest.UsageError(
            f"--evsys-params is not JSON ({error}): {text!r}. Write it in single quotes for the "
            f'shell: --evsys-params \'{{"log_dir": "{{dir}}"}}\''
        ) from None
    if not isinstance(params, dict):
        raise pytest.UsageError(
            f"--evsys-params must be a JSON object of parameter names and values, not {text!r}"
        )
    if len(names) > 1 or names == ["all"]:
        raise pytest.UsageError(
            f"--evsys-params is for one store, and {', '.join(names)} are to be certified: run "
            f"them one by one, or write a harness for each"
        )
    return cast("dict[str, Any]", params)


def _clauses(ids: list[str]) -> list[str]:
    unknown = [each for each in ids if each.upper() not in BY_ID]
    if unknown:
        hints = " ".join(
            f"--evsys-clause: {each} is not a clause{nearest(each.upper(), BY_ID) or '.'}"
            for each in unknown
        )
        raise pytest.UsageError(f"{hints} The clauses are {', '.join(BY_ID)}")
    return [each.upper() for each in ids]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= _DAY:
        raise pytest.UsageError(
            f"--evsys-explain must be a number of seconds from 1 to {_DAY} (a day), got {text!r}"
        )
    return seconds


def _reports(paths: list[str], start: Path) -> list[Path]:
    for path in paths:
        if Path(path).suffix.lower() not in SUFFIXES:
            raise pytest.UsageError(
                f"--evsys-report {path}: its suffix says what is written, one of "
                f"{', '.join(SUFFIXES)}"
            )
        if (start / path).is_dir():
            raise pytest.UsageError(f"--evsys-report {path} is a directory")
    return [Path(path) for path in paths]
