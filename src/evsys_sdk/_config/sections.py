"""From what the user names to a ``log_store`` section that is ready to be checked.

The section may be in a YAML file, in a mapping, or a :class:`LogStoreSpec` already. The environment
variables in the strings of the first two are filled in.
"""

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from evsys_sdk._config.environment import filled_in
from evsys_sdk._config.spec import LogStoreSpec
from evsys_sdk._problems import ConfigProblem, Path
from evsys_sdk.errors import LogStoreConfigError
from evsys_sdk.text import nearest

if TYPE_CHECKING:
    from evsys_sdk._config.yaml_source import YamlDocument

__all__ = ["Section", "section_from", "section_of_file"]


@dataclass
class Section:
    """A ``log_store`` section as plain data, and where it came from."""

    value: object
    path: Path = ()
    """Where it is in the configuration."""
    document: "YamlDocument | None" = None
    """The file that it is in, if it is in one."""
    unfilled: list[ConfigProblem] = field(default_factory=list[ConfigProblem])
    """The variables that can't be filled in."""

    def problems(self) -> list[ConfigProblem]:
        """What is known to be wrong before the values are looked at."""
        return [*(self.document.problems if self.document else ()), *self.unfilled]

    def line(self, path: Path) -> int:
        """The line of the value at ``path`` in the file; 0 if it is in none."""
        return self.document.line(path) if self.document else 0

    def located(self, problems: list[ConfigProblem]) -> list[ConfigProblem]:
        """The problems with their file and lines, in the order of the file."""
        return self.document.located(problems) if self.document else problems


def section_from(source: object) -> Section:
    """The section that ``open_log_store(source)`` names; raises what it raises."""
    if isinstance(source, LogStoreSpec):
        return Section(source)
    if isinstance(source, str | os.PathLike):
        return section_of_file(cast("str | os.PathLike[str]", source))
    if not isinstance(source, Mapping):
        raise TypeError(
            f"open_log_store takes the path of a YAML file, a mapping or a LogStoreSpec, "
            f"not {source!r:.60}"
        )
    mapping = cast("Mapping[str, object]", source)
    if "log_store" not in mapping and not {"kind", "params"}.isdisjoint(mapping):
        return _filled(Section(mapping))
    return _section_in(mapping, None)


def section_of_file(path: str | os.PathLike[str]) -> Section:
    """The section of a YAML file; raises as ``load_log_store_spec``."""
    from evsys_sdk._config.yaml_source import read_yaml

    file = os.fspath(path)
    if not file:
        raise LogStoreConfigError("the path of the configuration file is empty")
    try:
        document = read_yaml(file, "log_store")
    except LogStoreConfigError:
        raise
    except ValueError as error:
        raise LogStoreConfigError(f"{error}{_yaml_hint(file)}") from error
    except OSError as error:
        if error.errno == errno.ENOENT or (error.errno == errno.ENAMETOOLONG and "\n" in file):
            raise FileNotFoundError(errno.ENOENT, _no_file_text(file), file) from error
        raise
    return _section_in(document.value, document)


def _section_in(data: object, document: "YamlDocument | None") -> Section:
    """The section among the others of a run file or mapping."""
    if isinstance(data, Mapping):
        sections = cast("Mapping[object, object]", data)
        if "log_store" in sections:
            return _filled(Section(sections["log_store"], ("log_store",), document))
        text = _no_section_text([str(key) for key in sections])
    else:
        what = "a list" if isinstance(data, list) else "a single value"
        found = "the file is empty" if data is None else f"the file holds {what}"
        text = f"{found}: write log_store: with kind: and params: under it"
    nothing = Section(None, document=document)
    raise LogStoreConfigError(nothing.located([*nothing.problems(), ConfigProblem((), text)]))


def _filled(section: Section) -> Section:
    section.value = filled_in(section.value, section.path, section.unfilled)
    return section


def _no_section_text(keys: list[str]) -> str:
    what = "no log_store section"
    if not {"kind", "params"}.isdisjoint(keys):
        return f"{what}: write kind and params under log_store:"
    guess = nearest("log_store", keys) or "."
    return f"{what}{guess} The sections are: {', '.join(keys[:20]) or 'none'}"


def _no_file_text(file: str) -> str:
    names: list[str] = []
    with suppress(OSError):
        names = os.listdir(os.path.dirname(os.path.expanduser(file)) or ".")
    guess = nearest(os.path.basename(file), names) or _yaml_hint(file)
    return f"No such configuration file{guess}"


def _yaml_hint(text: str) -> str:
    """Advice for somebody who gave YAML instead of a path."""
    if "\n" not in text:
        return ""
    return "; if this is YAML, parse it first: open_log_store(yaml.safe_load(text))"
