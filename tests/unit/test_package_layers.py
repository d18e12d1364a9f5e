"""The package has layers: a module imports from its own room or from rooms below it, and no modules import each other in a circle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from labour_market.settings import INCLUDE

PACKAGE = INCLUDE / "labour_market"
MOST_ROOMS = 25

# From the bottom up. Rooms of one layer do not import each other.
LAYERS = [
    {"errors"},
    {"logs"},
    {"settings"},
    {"contracts"},
    {"normalise", "database"},
    {"batches"},
    {"gateway", "reading", "quality"},
    {"occupations", "persons"},
    {"ingestion", "codegen", "transform"},
    {"figures", "alerts"},
    {"site"},
    {"local_stack"},
    {"cli"},
]


def _module(path: Path) -> str:
    parts = path.relative_to(INCLUDE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _imports(module: str) -> set[str]:
    """The modules of the package that a module imports, also within functions."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module}: a relative import"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= submodules or {node.module}
    return (found & MODULES.keys()) - {module}


def _room(module: str) -> str:
    return [*module.split("."), ""][1]


def _layer(module: str) -> int:
    return next(level for level, rooms in enumerate(LAYERS) if _room(module) in rooms)


def test_every_room_is_in_one_layer():
    rooms = {_room(module) for module in MODULES} - {""}
    assert rooms == set().union(*LAYERS)
    assert sum(map(len, LAYERS)) == len(rooms) <= MOST_ROOMS


def test_no_modules_import_each_other_in_a_circle():
    try:
        TopologicalSorter({module: _imports(module) for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"labour_market"}))
def test_a_module_imports_from_its_own_room_or_from_below(module: str):
    upward = [other for other in _imports(module) if _room(other) != _room(module) and _layer(other) >= _layer(module)]
    assert not upward


def test_the_gateway_imports_no_parser():
    assert not {_room(other) for module in MODULES if _room(module) == "gateway" for other in _imports(module)} & {"reading", "normalise"}
