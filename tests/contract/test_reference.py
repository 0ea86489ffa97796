"""What a plugin may import is one list: the module, its documentation, the guide and the reference page agree on it."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module

from tests.contract.reference import GUIDE, TARGET, examples, modules_of_parts, render, subjects

from venuekit import hooks, plugin
from venuekit.errors import VenuekitError

#: the modules that the guide may import from
FOR_PLUGINS = re.compile(r"venuekit\.(plugin|capabilities|parts(\.\w+)?|testing|simulator(\.ledger)?|plugins)")


def test_page_is_up_to_date() -> None:
    """docs/plugin_reference.md is what the modules say; else run ``python -m tests.contract.reference``."""
    assert TARGET.read_text(encoding="utf-8") == render()


def test_documentation_lists_every_name_by_subject() -> None:
    """Each name of the module is in its documentation once, but for the errors, which are drawn as a tree."""
    listed = [name for names in subjects().values() for name in names]
    errors = [name for name in plugin.__all__ if _is_error(getattr(plugin, name))]

    assert sorted(listed) == sorted(set(listed))
    assert {*listed} == {*plugin.__all__} - {*errors}


def test_every_name_is_explained_and_shown() -> None:
    """No row of the page lacks its sentence, and no hook, declaration or part lacks an example that runs."""
    cells = [row.split(" | ") for row in render().splitlines() if row.startswith("| `")]
    shown = examples()
    names = [name for name in plugin.__all__ if not _is_error(getattr(plugin, name))]
    names += [name for module in modules_of_parts() for name in module.__all__]
    names += [name for name in hooks.__all__ if name.startswith("venuekit_")]

    assert len(cells) > 200
    assert [row[0] for row in cells if not row[1].strip(" |")] == []
    assert sorted({*names} - {*shown}) == []


def test_the_guide_imports_what_a_plugin_may() -> None:
    """Its blocks import from the modules for plugins alone, and names that those list."""
    imports = [
        (node.module or "", alias.name)
        for block in re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "venuekit"
        for alias in node.names
    ]

    assert len(imports) > 50
    assert sorted({module for module, _ in imports if not FOR_PLUGINS.fullmatch(module)} - {"venuekit"}) == []
    assert [(module, name) for module, name in imports if name not in import_module(module).__all__] == []


def _is_error(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, VenuekitError | Warning)
