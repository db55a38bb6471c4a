"""Which module imports which: no cycles, nothing private from elsewhere, no kit in the SDK."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "src" / "evsys_sdk", ROOT / "conformance" / "evsys_conformance"]


def modules_in(folder: Path) -> dict[str, Path]:
    """The modules of the package in this folder, by name."""
    paths = folder.rglob("*.py")
    return {
        ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in paths
    }


MODULES = {name: path for folder in SOURCES for name, path in modules_in(folder).items()}


def statements(body: list[ast.stmt], *, everywhere: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports in these statements; those in functions only if asked for ``everywhere``.

    Imports for type checkers count: a reader of the code follows them.
    """
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif everywhere or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for name in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, name, []), everywhere=everywhere)
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body, everywhere=everywhere)


def imported(module: str, modules: dict[str, Path], *, everywhere: bool = False) -> Iterator[str]:
    """The full name of each module, class or function of ours that the module imports."""
    tree = ast.parse(modules[module].read_text(encoding="utf-8"))
    for node in statements(tree.body, everywhere=everywhere):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        else:
            assert node.level == 0, f"{module} has a relative import"
            names = [f"{node.module}.{each.name}" for each in node.names]
        yield from (name for name in names if name.startswith(("evsys_", "zoo_")))


def module_of(name: str, modules: dict[str, Path]) -> str:
    """The module that holds the name, which may be the module itself."""
    return name if name in modules else name.rpartition(".")[0]


def cycle_in(modules: dict[str, Path]) -> list[str]:
    """Modules that import each other in a circle, if there are some."""
    graph = {
        name: {module_of(each, modules) for each in imported(name, modules, everywhere=True)}
        for name in modules
    }
    return cycle_of(graph)


def cycle_beside(modules: dict[str, Path]) -> list[str]:
    """Modules and folders of one folder that import each other in a circle, if there are some."""
    graph: dict[str, set[str]] = {}
    for name in modules:
        for each in imported(name, modules, everywhere=True):
            ours, theirs = name.split("."), module_of(each, modules).split(".")
            for depth, (our, their) in enumerate(zip(ours, theirs, strict=False), 1):
                if our != their:
                    other = ".".join(theirs[:depth])
                    graph.setdefault(".".join(ours[:depth]), set()).add(other)
                    break
    return cycle_of(graph)


def cycle_of(graph: dict[str, set[str]]) -> list[str]:
    """Nodes that lead to each other in a circle, if there are some."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def test_no_modules_import_each_other() -> None:
    assert cycle_in(MODULES) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_folders_import_each_other(source: Path) -> None:
    assert cycle_beside(modules_in(source)) == []


@pytest.mark.parametrize(
    "place", ["", "if TYPE_CHECKING:\n    ", "try:\n    ", "def late():\n    "]
)
def test_a_cycle_is_found(tmp_path: Path, place: str) -> None:
    end = "\nexcept ImportError:\n    pass\n" if place.startswith("try") else "\n"
    (tmp_path / "zoo_layers").mkdir()
    (tmp_path / "zoo_layers" / "__init__.py").touch()
    (tmp_path / "zoo_layers" / "a.py").write_text(f"{place}from zoo_layers.b import x{end}")
    (tmp_path / "zoo_layers" / "b.py").write_text(f"{place}from zoo_layers import a{end}")
    cycle = cycle_in(modules_in(tmp_path / "zoo_layers"))
    assert {*cycle} == {"zoo_layers.a", "zoo_layers.b"}


def test_a_cycle_of_a_folder_and_a_module_beside_it_is_found(tmp_path: Path) -> None:
    imports = {
        "parts/__init__.py": "",
        "parts/a.py": "from zoo_layers.whole import x\n",
        "parts/b.py": "import zoo_layers.parts.a\n",
        "whole.py": "def late():\n    from zoo_layers.parts.b import y\n",
    }
    for name, text in imports.items():
        path = tmp_path / "zoo_layers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    modules = modules_in(tmp_path / "zoo_layers")
    del imports["whole.py"]
    assert {*cycle_beside(modules)} == {"zoo_layers.parts", "zoo_layers.whole"}


def test_the_sdk_loads_no_module_of_the_kit() -> None:
    found = [
        (name, each)
        for name in MODULES
        if name.startswith("evsys_sdk")
        for each in imported(name, MODULES)
        if each.startswith("evsys_conformance")
    ]
    assert found == []


def is_private_to_others(name: str, importer: str) -> bool:
    """Whether the name has a private part that is not of a package around the importer."""
    parts = name.split(".")
    for place, part in enumerate(parts):
        if part.startswith("_") and not part.startswith("__"):
            return not f"{importer}.".startswith(".".join(parts[:place]) + ".")
    return False


def test_nothing_private_is_imported_from_another_package() -> None:
    found = [
        (name, each)
        for name in MODULES
        for each in imported(name, MODULES, everywhere=True)
        if is_private_to_others(each, name)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "importer", "expected"),
    [
        ("evsys_sdk._files.open_regular", "evsys_sdk.command.paths", False),
        ("evsys_sdk.log_stores._jsonl.row", "evsys_sdk.log_stores.jsonl", False),
        ("evsys_sdk.log_stores._jsonl.row", "evsys_sdk.command.show", True),
        ("evsys_sdk._files", "evsys_conformance.plugin", True),
        ("evsys_sdk.config._problem", "evsys_sdk.command.check", True),
        ("evsys_sdk.config.__all__", "evsys_sdk.command.check", False),
    ],
)
def test_what_counts_as_private(name: str, importer: str, expected: bool) -> None:
    assert is_private_to_others(name, importer) is expected


def test_no_folder_of_the_sdk_has_more_modules_than_one_takes_in() -> None:
    folders = [SOURCES[0], *filter(Path.is_dir, SOURCES[0].rglob("*"))]
    assert [str(each) for each in folders if len([*each.glob("*.py")]) > 15] == []


def test_the_page_for_contributors_shows_the_layout_as_it_is() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    layout = page.partition("## Where things are")[2].split("```")[1]
    shown: set[Path] = set()
    folders = [ROOT]
    for line in layout.splitlines()[1:]:
        entry = line.lstrip()
        depth = (len(line) - len(entry)) // 4
        names = re.findall(r"^[\w./]+|(?<=, )[\w/]+\.py", entry)
        folders[depth + 1 :] = [folders[depth] / names[0]]
        shown.update(folders[depth] / name for name in names)
    assert [str(path) for path in sorted(shown) if not path.exists()] == []

    there = {
        path
        for source in [*SOURCES, ROOT / "tests"]
        for path in source.glob("[!_.]*")
        if path.is_dir() or (path.suffix == ".py" and source in SOURCES)
    }
    assert sorted(str(path) for path in there - shown) == []
