"""What is public is what ``__all__`` says, has a docstring, and costs nothing to import."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pytest
from tests.offenders import each

import venuekit
from venuekit import errors

MODULES = sorted(
    {
        "venuekit",
        *(
            found.name
            for found in pkgutil.walk_packages(venuekit.__path__, "venuekit.")
            if not found.name.endswith("__main__")
        ),
    }
)
#: packages that put the names of their own modules together
PACKAGES = [
    "venuekit",
    "venuekit.capabilities",
    "venuekit.credentials",
    "venuekit.exports",
    "venuekit.live",
    "venuekit.parts.closing",
    "venuekit.parts.histories",
    "venuekit.parts.orders",
    "venuekit.parts.settings",
    "venuekit.payloads",
    "venuekit.pipeline",
    "venuekit.settings",
    "venuekit.simulator",
    "venuekit.simulator.commands",
    "venuekit.simulator.control",
    "venuekit.simulator.disturbances",
    "venuekit.simulator.ledger",
    "venuekit.simulator.streams",
    "venuekit.sync",
    "venuekit.testing",
]
#: what strategies, plugins and tests import from; every other module is the business of its package
PUBLIC = [
    *PACKAGES,
    "venuekit.cli",
    "venuekit.errors",
    "venuekit.hooks",
    "venuekit.parts",
    "venuekit.parts.candles",
    "venuekit.parts.checks",
    "venuekit.parts.columns",
    "venuekit.parts.concurrency",
    "venuekit.parts.dead_man",
    "venuekit.parts.endpoint_book",
    "venuekit.new_plugin",
    "venuekit.parts.listing",
    "venuekit.parts.messages",
    "venuekit.parts.prices",
    "venuekit.parts.readers",
    "venuekit.parts.rows",
    "venuekit.parts.user_streams",
    "venuekit.parts.values",
    "venuekit.plugin",
    "venuekit.plugins",
    "venuekit.simulator.quotes",
    "venuekit.sync.capabilities",
    "venuekit.testing.conformance",
]
#: what only a session that connects, or a simulator, may pay for
HEAVY = ("aiohttp", "cattrs", "tenacity", "msgspec", "cryptography", "rich", "click")


def _own(module: ModuleType) -> dict[str, Any]:
    """Return the public classes and functions that a module itself defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
        and not isinstance(value, TypeVar)
    }


@each(MODULES)
def test_only_public_modules_list_their_names(name: str) -> None:
    """``__all__`` means public: the modules that others import from have it, and no other does."""
    assert hasattr(importlib.import_module(name), "__all__") == (name in PUBLIC)


@each(PUBLIC)
def test_all_is_what_is_importable(name: str) -> None:
    """Every name in ``__all__`` is there, in order and once, and nothing public that a module defines is left out."""
    module = importlib.import_module(name)

    exported = list(module.__all__)

    assert exported == sorted(set(exported), key=_by_kind)
    assert [one for one in exported if not hasattr(module, one)] == []
    assert [one for one in exported if one not in dir(module)] == []
    assert sorted(_own(module).keys() - set(exported)) == []


def _by_kind(name: str) -> tuple[int, str]:
    """Order as the linter does: constants, classes, the rest."""
    if name.isupper():
        return (0, name)
    return (1 if name[0].isupper() else 2, name)


@each(PACKAGES)
def test_a_package_exports_what_it_takes_from_its_own_modules(name: str) -> None:
    """A package's ``__all__`` is exactly what its ``__init__`` imports from its own modules or defines."""
    package = importlib.import_module(name)
    tree = ast.parse(Path(str(package.__file__)).read_text(encoding="utf-8"))

    taken = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{name}.")
        for alias in node.names
    }
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    defined |= {ast.unparse(node.target) for node in tree.body if isinstance(node, ast.AnnAssign)}

    assert sorted(one for one in taken | defined if not one.startswith("_")) == sorted(package.__all__)


@each(MODULES)
def test_everything_public_says_what_it_is(name: str) -> None:
    """Every module, public class, function and method has a docstring."""
    module = importlib.import_module(name)
    own = _own(module)

    silent = [one for one, value in own.items() if not value.__doc__]
    for one, value in own.items():
        if inspect.isclass(value):
            silent += [
                f"{one}.{member}"
                for member, function in vars(value).items()
                if not member.startswith("_")
                and (inspect.isfunction(function) or isinstance(function, property))
                and not inspect.getdoc(function)
            ]

    assert module.__doc__
    assert silent == []


@pytest.mark.parametrize(
    "module", ["venuekit", "venuekit.errors", "venuekit.capabilities", "venuekit.plugin", "venuekit.settings"]
)
def test_importing_is_cheap(module: str) -> None:
    """Importing what users import loads no HTTP library, no decoder, no command line and no plugin."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - our own words

    loaded = {one.partition(".")[0] for one in done.stdout.split()}

    assert loaded.isdisjoint(HEAVY)
    assert [one for one in loaded if one.startswith("venuekit_")] == []


_MARKS = {"*": 0, "+": 1, "-": 2, ".": 3, "~": 4}
_LINE = re.compile(r"^ *(?P<mark>[*+.~-] )?(?P<names>[A-Z]\w+(?:, [A-Z]\w+)*,?)(?:  .*)?$")


def _drawn_tree() -> dict[str, str | None]:
    """Read the tree in the docstring of errors: class to the class above it."""
    drawn: dict[str, str | None] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = _LINE.match(line)
        if found is None or (found["mark"] is None and "," not in found["names"] and len(above) < 4):
            continue
        names = [name for name in found["names"].split(", ") if name]
        names = [name.rstrip(",") for name in names]
        level = _MARKS[found["mark"].strip()] if found["mark"] else 3
        del above[level:]
        drawn |= dict.fromkeys(names, above[level - 1] if level else None)
        above.append(names[0])
    return drawn


def test_the_error_tree_is_as_drawn() -> None:
    """Every error class stands in the tree of the docstring, below the class it really extends, and no other does."""
    real = {
        name: None if value is errors.VenuekitError else value.__bases__[0].__name__
        for name, value in _own(errors).items()
        if issubclass(value, errors.VenuekitError)
    }

    assert real == _drawn_tree()


def test_every_public_name_costs_no_simulator() -> None:
    """A strategy that imports all names of the package loads neither the simulator nor a server."""
    code = "import sys; from venuekit import *; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - our own words

    loaded = {one for one in done.stdout.split() if one.startswith(("venuekit.simulator", "aiohttp.web"))}

    assert loaded == set()
