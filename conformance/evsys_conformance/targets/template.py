"""A harness to copy, with the real names of a store: what errors end with."""

from typing import Any

from evsys_conformance.targets.guessing import Parameter, parameters

_READ = '''
    def read(self, params: dict[str, Any]) -> RunLog:
        """Read what is recorded there, without any instance of the store."""
        return RunLog(
            metrics=[MetricRow(step=0, split="train", metrics={"loss": 0.5})],  # in order
            hyperparams={"lr": 0.1},
            artifacts=[ArtifactPointer(name="model", path="model.pt", kind="file")],
        )
'''


def harness_to_copy(store: Any, name: str = "") -> str:
    """The source of a harness for ``store``, and the command that runs it."""
    own = str(getattr(store, "__qualname__", type(store).__qualname__))
    module = str(getattr(store, "__module__", "my_pkg"))
    name = name or f"{own.rpartition('.')[2]}Harness"
    reads = hasattr(store, "read_run")
    containers = "RunLog" if reads else "ArtifactPointer, MetricRow, RunLog"
    read = "" if reads else _READ
    imported = "" if reads else f"from evsys_sdk import {containers}\n"
    params = "\n".join(f"            {_line(each)}" for each in parameters(store) if each.required)
    return f'''A harness to copy into conformance.py:

from pathlib import Path
from typing import Any

from evsys_conformance import StoreHarness
{imported}from {module} import {own.partition(".")[0]}


class {name}(StoreHarness):
    store = {own}

    def params(self, directory: Path) -> dict[str, Any]:
        """Parameters of a store that writes to a fresh destination inside `directory`."""
        return {{
{params or "            # what makes this destination another than the last one"}
        }}
{read}
Then run: pytest --evsys-conformance conformance:{name}
Or give the parameters on the command line: --evsys-params '{_as_json(store)}'
'''


def _line(parameter: Parameter) -> str:
    value = "..." if parameter.place is None else "directory"
    if parameter.place == "file":
        value = f'directory / "{parameter.name}"'
    if parameter.place and not parameter.takes_path:
        value = f"str({value})"
    return f'"{parameter.name}": {value},  # {parameter.shown_type}'


def _as_json(store: Any) -> str:
    items = [
        f'"{each.name}": "{"..." if each.place is None else "{dir}/" + each.name}"'
        for each in parameters(store)
        if each.required
    ]
    return "{" + ", ".join(items) + "}"
