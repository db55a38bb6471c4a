"""A section of a YAML file as plain data that still knows its lines.

The section may hold what ``yaml.safe_load`` accepts, less what can only be a mistake or an attack:
duplicate keys, aliases that contain themselves, aliases that multiply the file. Its composed nodes,
which carry the lines, are looked at before any value is made of them.

Other sections of the file must be YAML, and that is all: they belong to other programs, which may
give a meaning to tags. No value is made of them.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, cast

import yaml

from evsys_sdk._files import file_system_path, open_regular_file
from evsys_sdk._problems import ConfigProblem, Path
from evsys_sdk.errors import LogStoreConfigError
from evsys_sdk.text import path_text

_STR_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_MOST_VALUES = 10_000
"""Values that a file may grow to by its aliases; a few nested lines could ask for billions."""


class _Loader(Protocol):
    """What of ``yaml.SafeLoader`` is used here; its published types leave the nodes open."""

    yaml_constructors: ClassVar[dict[str | None, object]]

    def get_single_node(self) -> yaml.Node | None: ...
    def construct_object(self, node: yaml.Node) -> object: ...
    def construct_document(self, node: yaml.Node) -> object: ...


@dataclass
class YamlDocument:
    """The sections of one YAML file, of which one was read, and where each part of it is."""

    file: str
    """The path as the user gave it, printable."""
    value: object = None
    """A dict of the sections, each None but the one that was read; a list or a scalar where the
    file holds such a thing, and None where it holds nothing."""
    problems: list[ConfigProblem] = field(default_factory=list[ConfigProblem])
    """What is wrong with the file although its data could be read."""
    _section: "tuple[str, int, yaml.Node] | None" = None
    """Name, line and node of the section that was read."""

    def line(self, path: Path) -> int:
        """The line of the value at ``path``, or of what is closest around it."""
        if self._section is None or path[:1] != self._section[:1]:
            return 1
        _, line, node = self._section
        for part in path[1:]:
            # The last one counts: a key of the mapping itself follows those that are merged in.
            found = [child for child in _children(node) if str(child[0]) == str(part)]
            if not found:
                break
            _, line, node = found[-1]
        return line

    def located(self, problems: Iterable[ConfigProblem]) -> list[ConfigProblem]:
        """The problems with their file and lines, in the order of the file."""
        found = [
            problem._replace(file=self.file, line=problem.line or self.line(problem.path))
            for problem in problems
        ]
        # Stable: problems in one line stay in the order of the data.
        return sorted(found, key=lambda problem: problem.line)

    def read(self, loader: _Loader, root: yaml.Node, section: str) -> None:
        """Take the section from the root node, if it is there.

        Raises:
            LogStoreConfigError: It is not plain data.
        """
        check = _NodeCheck(loader)
        check.check_root(root)
        if isinstance(root, yaml.MappingNode):
            self.value = {key: None for key, _, _ in _children(root) if isinstance(key, str)}
            found = _section_node(root, section, set())
            if found:
                self._section = (section, *found)
                check.visit(found[1], (section,))
        self.problems = check.problems
        if not check.readable:
            raise LogStoreConfigError(self.located(check.problems))
        if isinstance(root, yaml.SequenceNode):
            self.value = []
        elif isinstance(root, yaml.ScalarNode):
            self.value = loader.construct_document(root)
        elif self._section:
            value = loader.construct_document(self._section[2])
            self.value = {**cast("dict[str, None]", self.value), section: value}


def read_yaml(path: str, section: str) -> YamlDocument:
    """The document in the file at ``path``, of which one section is read.

    Raises:
        LogStoreConfigError: The file is not YAML, or the section is not plain data. Every problem
            that can be found is listed with its line.
        ValueError: The path can't be one.
        OSError: The file can't be read, or is not a regular file.
    """
    document = YamlDocument(path_text(path))
    with open_regular_file(os.path.expanduser(file_system_path(path))) as file:
        text = _decoded(file.read(), document.file)
    try:
        loader = cast("_Loader", yaml.SafeLoader(text))
        root = loader.get_single_node()
        if root is not None:
            document.read(loader, root, section)
    except yaml.MarkedYAMLError as error:
        raise _unreadable(document.file, *_marked_text(error, text)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"not YAML: the character {chr(error.character)!r} is not allowed"
        raise _unreadable(document.file, line, what) from error
    except RecursionError as error:
        raise _unreadable(document.file, 0, "nested too deeply to be read") from error
    return document


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        raise _unreadable(path, line, what) from error


def _unreadable(path: str, line: int, what: str) -> LogStoreConfigError:
    return LogStoreConfigError([ConfigProblem((), what, line, path)])


def _marked_text(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line of an error in the text, and what is wrong there."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    what = " ".join(part for part in (error.context, error.problem) if part)
    if r"'\t'" in what:
        what += "; YAML is indented with spaces, never with tabs"
    if mark and text.startswith("${", mark.index - 1):
        what = 'inside { } and [ ], a string with ${…} needs quotes: "${OUT}/logs"'
    return line, f"not YAML: {what}"


def _children(node: yaml.Node | None) -> Iterator[tuple[str | int, int, yaml.Node]]:
    """Key or index, line and node of everything directly in ``node``."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, _line(key), value
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield index, _line(item), item


def _section_node(node: yaml.Node, name: str, seen: set[yaml.Node]) -> tuple[int, yaml.Node] | None:
    """Line and node of a section: the last one of that name, or one that is merged in."""
    if not isinstance(node, yaml.MappingNode) or node in seen:
        return None
    seen.add(node)
    named = [
        (_line(key), value) for key, value in node.value if (key.tag, key.value) == (_STR_TAG, name)
    ]
    if named:
        return named[-1]
    merged = [value for key, value in node.value if key.tag == _MERGE_TAG]
    for value in reversed(merged):
        for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            found = _section_node(each, name, seen)
            if found:
                return found
    return None


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


class _NodeCheck:
    """Looks at every node once, however many aliases lead to it."""

    def __init__(self, loader: _Loader) -> None:
        self.problems: list[ConfigProblem] = []
        self.readable = True
        """Whether values can be made of the nodes in spite of the problems."""
        self._loader = loader
        self._sizes: dict[yaml.Node, int] = {}
        self._around: set[yaml.Node] = set()

    def check_root(self, root: yaml.Node) -> None:
        """Look at the root itself: its own tag, and names of sections that are there twice."""
        self._check_tag(root, ())
        if isinstance(root, yaml.MappingNode):
            self._check_keys(root, ())

    def visit(self, node: yaml.Node, path: Path) -> int:
        """How many values ``node`` stands for, each alias counted as a copy."""
        if node in self._around:
            self._refuse(node, path, "an alias in it refers to the value that contains it")
            return 1
        if node in self._sizes:
            return self._sizes[node]
        self._around.add(node)
        self._check_tag(node, path)
        size = 1 + sum(self.visit(child, (*path, key)) for key, _, child in _children(node))
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node, path)
            size += sum(self.visit(key, path) for key, _ in node.value)
        self._around.discard(node)
        self._sizes[node] = size
        if size > _MOST_VALUES and size > 2 * len(self._sizes) and self.readable:
            self._refuse(node, path, f"its aliases expand it to {size} values or more")
        return size

    def _refuse(self, node: yaml.Node, path: Path, text: str) -> None:
        self.problems.append(ConfigProblem(path, text, _line(node)))
        self.readable = False

    def _check_tag(self, node: yaml.Node, path: Path) -> None:
        if node.tag == _MERGE_TAG:
            return
        if node.tag not in self._loader.yaml_constructors:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!", 1)
            self._refuse(node, path, f"the tag {tag:.60} is refused: only plain data is read")
        elif isinstance(node, yaml.ScalarNode):
            try:
                self._loader.construct_object(node)
            except Exception as error:  # noqa: BLE001 - PyYAML raises anything
                # A marked error repeats the file over several lines; its problem is one line.
                what = error.problem if isinstance(error, yaml.MarkedYAMLError) else error
                text = f"{node.value!r:.60} can't be read ({what}): put it in quotes"
                self._refuse(node, path, text)

    def _check_keys(self, node: yaml.MappingNode, path: Path) -> None:
        first: dict[tuple[str, str], yaml.Node] = {}
        for key, _ in node.value:
            # Several merges into one mapping do not repeat a key: each adds to the mapping.
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE_TAG:
                continue
            earlier = first.setdefault((key.tag, key.value), key)
            if earlier is not key:
                text = f"duplicate key, first given in line {_line(earlier)}"
                self.problems.append(ConfigProblem((*path, key.value), text, _line(key)))
