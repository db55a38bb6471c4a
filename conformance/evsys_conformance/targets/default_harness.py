"""The harness of a store that is named without one."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from evsys_conformance.harness import StoreHarness
from evsys_conformance.targets.guessing import CannotGuess, Guess, filled, guess, parameters
from evsys_conformance.targets.importing import TargetError
from evsys_conformance.targets.template import harness_to_copy
from evsys_sdk.text import nearest


class DefaultHarness(StoreHarness):
    """The harness of a store that is named without one; read by the store's own ``read_run``."""

    def __init__(self, store: Any, template: dict[str, Any], directories: Iterable[str]) -> None:
        """Make a harness that fills ``template``, and creates the directories of some fields."""
        self.store = store
        self.template = template
        self._directories = list(directories)

    def params(self, directory: Path) -> dict[str, Any]:
        """The parameters with ``{dir}`` replaced."""
        params: dict[str, Any] = filled(self.template, directory)
        for name in self._directories:
            Path(params[name]).mkdir(parents=True, exist_ok=True)
        return params


def default_harness(name: str, store: type, params: dict[str, Any] | None) -> StoreHarness:
    """A harness for a store that is named without one, with given or guessed parameters.

    Raises:
        TargetError: The parameters can't be guessed, or ``Config`` refuses them.
    """
    if params is None:
        try:
            guessed = guess(store)
        except CannotGuess as error:
            raise TargetError(
                f"the parameters of {name} can't be guessed: {error}.\n\n{harness_to_copy(store)}"
            ) from None
    else:
        _require_fresh(store, params)
        guessed = Guess(params)
    harness = DefaultHarness(store, guessed.template, guessed.directories)
    require_accepted(name, harness, given=params is not None)
    return harness


def _require_fresh(store: type, params: dict[str, Any]) -> None:
    """A reader must be able to tell destinations apart."""
    places = [value for value in params.values() if not isinstance(value, bool | int | float)]
    if places and "{dir}" not in str(places) and hasattr(store, "read_run"):
        raise TargetError(
            f"--evsys-params names the same destination every time: {params!r}. Write {{dir}} "
            f'where a fresh directory belongs, as in {{"log_dir": "{{dir}}"}}; where that is not '
            f"enough, write a harness.\n\n{harness_to_copy(store)}"
        )


def require_accepted(name: str, harness: DefaultHarness, *, given: bool) -> None:
    """Refuse parameters that ``Config`` refuses, where that is not for a clause to say."""
    config = getattr(harness.store, "Config", None)
    if not (isinstance(config, type) and issubclass(config, BaseModel)):
        return
    with tempfile.TemporaryDirectory() as directory:
        try:
            config(**harness.params(Path(directory)))
        except ValidationError as error:
            # A guessed *name* that is refused breaks ID-3: that clause says it better.
            names = {"missing", "extra_forbidden"}
            if not given and {each["type"] for each in error.errors()} <= names:
                return
            raise TargetError(_refused(name, harness, error, given=given)) from None
        except Exception:  # noqa: BLE001 - a Config that raises anything else breaks ID-2
            return


def _refused(name: str, harness: DefaultHarness, error: ValidationError, *, given: bool) -> str:
    known = [each.name for each in parameters(harness.store)]
    lines: list[str] = []
    for each in error.errors(include_url=False):
        place = ".".join(map(str, each["loc"])) or "Config"
        if each["type"] == "extra_forbidden":
            hint = nearest(place, known) or f"; known: {', '.join(known) or 'none'}"
            lines.append(f"  - {place}: unknown parameter{hint}")
        else:
            lines.append(f"  - {place}: {each['msg']}")
    origin = "--evsys-params" if given else f"the guess {harness.template!r}"
    return (
        f"{name} refuses {origin}:\n" + "\n".join(lines) + f"\n\n{harness_to_copy(harness.store)}"
    )
