"""Changes of Python code that cosmic-ray does not make.

A statement is removed, a call gives its first argument, one side of ``or`` and ``|`` is left out,
and a default is another one.
"""

import ast
from collections.abc import Iterator


def changes(source: str) -> Iterator[tuple[str, str]]:
    """Every changed source, each after the name of its function."""
    for place, node in enumerate(_nodes(ast.parse(source))):
        for number in range(len(_replacements(node[1]))):
            tree = ast.parse(source)
            function, old = _nodes(tree)[place]
            changed = _Replaced(old, _replacements(old)[number]).visit(tree)
            yield function, ast.unparse(ast.fix_missing_locations(changed))


def _nodes(tree: ast.AST) -> list[tuple[str, ast.AST]]:
    """The nodes of all functions, without annotations and what is raised."""
    return [
        (function.name, node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for part in (*function.args.kw_defaults, *function.body)
        if part is not None
        for node in _walk(part)
    ]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.Raise):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _replacements(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.Pass():
            return []
        case ast.stmt():
            return [ast.Pass()]
        case ast.Call(args=[first, *_]):
            return [first]
        case ast.BoolOp(values=values):
            return list(values)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return [left, right]
        case ast.Constant(value=str()):
            return [ast.Constant("other")]
        case _:
            return []


class _Replaced(ast.NodeTransformer):
    """A tree with one node in place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)
