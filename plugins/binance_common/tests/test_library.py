"""The shared library is one: it registers no venue and knows no plugin."""

from __future__ import annotations

import ast
from importlib.metadata import distribution
from pathlib import Path

import pytest

import venuekit_binance_common

MODULES = sorted(Path(venuekit_binance_common.__file__ or "").parent.rglob("*.py"))


def imported_by(module: Path) -> set[str]:
    """Return the modules that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_modules_are_found() -> None:
    """The next test looks at something."""
    assert len(MODULES) > 20


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_no_module_imports_a_plugin(module: Path) -> None:
    """What both products share depends on neither of them."""
    ours = {name for name in imported_by(module) if name.partition(".")[0].startswith("venuekit_")}

    assert {name.partition(".")[0] for name in ours} <= {"venuekit_binance_common"}


def test_distribution_has_no_entry_point() -> None:
    """Installing it alone adds no venue."""
    assert list(distribution("venuekit-binance-common").entry_points) == []
