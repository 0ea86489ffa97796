"""The public modules show every name of theirs to those who look: dir(), help(), tab completion and pydoc."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import subprocess
import sys

import pytest

#: what a strategy and a plugin import; those that are there
PUBLIC = [
    name
    for name in ("venuekit", "venuekit.capabilities", "venuekit.errors", "venuekit.parts", "venuekit.plugin")
    if importlib.util.find_spec(name) is not None
]

_SHOWN = {
    "dir": "shown = dir(module)",
    "help": "import pydoc; shown = pydoc.render_doc(module, renderer=pydoc.plaintext).split()",
    "completion": "import rlcompleter; names = {name.split('.')[0]: __import__(name)}; "
    "complete = rlcompleter.Completer(names).complete; "
    "found = (complete(f'{name}.', number) for number in range(10**6)); "
    "shown = [one.removeprefix(f'{name}.').rstrip('()') for one in iter(lambda: next(found), None)]",
    "inspection": "import inspect; shown = [one for one, _ in inspect.getmembers(module)]",
}


def _printed(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout  # noqa: S603 - our own words


@pytest.mark.parametrize("module", PUBLIC)
@pytest.mark.parametrize("way", _SHOWN)
def test_a_fresh_interpreter_shows_every_public_name(module: str, way: str) -> None:
    """Before anything has been asked for, nothing of ``__all__`` is missing."""
    code = f"import importlib; name = {module!r}; module = importlib.import_module(name); {_SHOWN[way]}; print(*shown)"
    words = set(re.findall(r"\w+", _printed(code)))

    assert [one for one in importlib.import_module(module).__all__ if one not in words] == []


@pytest.mark.parametrize("module", PUBLIC)
def test_the_pydoc_page_describes_every_public_class_and_function(module: str) -> None:
    """Written as HTML, each has a section of its own, which links lead to."""
    page = _printed(f"import pydoc, {module}; print(pydoc.HTMLDoc().docmodule({module}))")
    sections = {name.removeprefix("-") for name in re.findall(r'name="([^"]+)"', page)}
    home = importlib.import_module(module)
    described = [
        one for one in home.__all__ if inspect.isroutine(getattr(home, one)) or inspect.isclass(getattr(home, one))
    ]

    assert [one for one in described if one not in sections] == []
