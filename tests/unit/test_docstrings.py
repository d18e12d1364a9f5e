"""The docstring of a public function names each error of ours that the function itself raises.

Errors of functions that it calls are not searched. The docstring of a command of `lmw` is its help text, which names no class.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from labour_market.settings import INCLUDE

PACKAGE = INCLUDE / "labour_market"
COMMAND = re.compile(r"\.(command|callback)\(")
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
ERRORS = {node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name.endswith("Error")}


def public_functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """Functions and methods with public names, but commands."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not is_command(node):
            yield node


def is_command(function: ast.FunctionDef) -> bool:
    return any(COMMAND.search(ast.unparse(decorator)) for decorator in function.decorator_list)


def raised_errors(function: ast.FunctionDef) -> set[str]:
    """The errors of ours in the `raise` statements of a function, without those of functions within it."""
    found, todo = set(), list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found.add(ast.unparse(error).rpartition(".")[2])
        todo += ast.iter_child_nodes(node)
    return found & ERRORS


def undocumented_errors(function: ast.FunctionDef) -> set[str]:
    """The errors that a function raises and that its section Raises does not name."""
    section = (ast.get_docstring(function) or "").partition("Raises:\n")[2]
    return {error for error in raised_errors(function) if f"    {error}: " not in section}


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_docstring_names_the_errors_that_the_function_raises(path: Path):
    missing = {function.name: errors for function in public_functions(TREES[path].body) if (errors := undocumented_errors(function))}
    assert not missing


@pytest.mark.parametrize(
    ("source", "errors"),
    [
        ("def load():\n    raise UsageError('no')", {"UsageError"}),
        ("def load():\n    '''Load.\n\n    Raises:\n        UsageError: No.\n    '''\n    raise UsageError('no')", set()),
        ("def load():\n    if x:\n        raise errors.UsageError from None", {"UsageError"}),
        ("def load():\n    raise ValueError('no')", set()),
        ("def load():\n    def stop():\n        raise UsageError('no')", set()),
        ("class Feed:\n    def load(self):\n        raise UsageError('no')", {"UsageError"}),
        ("def _load():\n    raise UsageError('no')", set()),
        ("@app.command()\ndef load():\n    raise UsageError('no')", set()),
    ],
)
def test_undocumented_errors_are_found(source: str, errors: set[str]):
    assert {error for function in public_functions(ast.parse(source).body) for error in undocumented_errors(function)} == errors
