"""Where a store and the kit come from: installed distributions and their versions."""

import functools
import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

KIT_DISTRIBUTION = "evsys-sdk"


def kit_version() -> str:
    """Version of the distribution that holds the kit; empty if it is not installed."""
    try:
        return metadata.version(KIT_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return ""


@functools.cache
def distribution_of(module: str) -> tuple[str, str]:
    """Name and version of the distribution that a module belongs to; both empty if none does."""
    package = module.partition(".")[0]
    names = metadata.packages_distributions().get(package, [])
    for name in [*dict.fromkeys(names), *_editable_distributions(package)]:
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "", ""


def _editable_distributions(package: str) -> list[str]:
    """Distributions installed in place whose project holds the package: they list no files."""
    file = getattr(sys.modules.get(package), "__file__", None)
    if file is None:
        return []
    names: list[str] = []
    for distribution in metadata.distributions():
        try:
            origin: Any = json.loads(distribution.read_text("direct_url.json") or "{}")
            project = Path(unquote(urlsplit(str(origin["url"])).path))
        except (ValueError, KeyError, OSError):
            continue
        if origin.get("dir_info", {}).get("editable") and Path(file).is_relative_to(project):
            names.append(distribution.metadata["Name"])
    return names
