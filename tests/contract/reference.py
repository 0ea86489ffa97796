"""
The page of every name that a plugin may import; ``python -m tests.contract.reference`` writes it.

Each name comes with the first sentence of its documentation and with a module that uses it and runs in the tests.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from venuekit import hooks, parts, plugin

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "plugin_reference.md"
GUIDE = ROOT / "docs" / "plugins.md"
#: files that show how a name is used, the plainest first; all of them run in the tests
SHOWN_IN = (
    "examples/**/*.py",
    "tests/core/toy_*/venuekit_*/**/*.py",
    "tests/core/parts/*.py",
    "plugins/*/venuekit_*/**/*.py",
    "tests/core/**/*.py",
    "core/venuekit/parts/**/*.py",
)
_GUIDE = "[guide](plugins.md)"
_SYMBOLS = "tests/core/toy_venue/venuekit_toy_perp/endpoints.py"
_ACCOUNTS = "plugins/binance_common/venuekit_binance_common/settings.py"
_READERS = "tests/core/parts/test_readers.py"
_SOCKETS = "plugins/binance_common/venuekit_binance_common/socket_api.py"
_MARGIN = "plugins/bybit_inverse/venuekit_bybit_inverse/endpoints/settings.py"
#: protocols and types that are met without importing them
MET_BY = {
    **dict.fromkeys(
        ("Answers", "Budget", "BudgetStore", "Call", "Observer", "PoolName", "Readback", "Resolution", "Resolve"),
        _GUIDE,
    ),
    **dict.fromkeys(("Signer", "SigningScheme", "Transport"), _GUIDE),
    **dict.fromkeys(("LeverageEndpoints", "SymbolEndpoints"), f"[endpoints.py](../{_SYMBOLS})"),
    **dict.fromkeys(("AssetModeEndpoints", "PositionModeEndpoints"), f"[settings.py](../{_ACCOUNTS})"),
    **dict.fromkeys(
        ("BalanceEndpoints", "InstrumentEndpoints", "PositionEndpoints"), f"[test_readers.py](../{_READERS})"
    ),
    "SocketForm": f"[socket_api.py](../{_SOCKETS})",
    "AccountMarginTypeEndpoints": f"[settings.py](../{_MARGIN})",
}
#: plain values, which have no documentation of their own
VALUES = {
    "MANY": "An answer that is a list of order rows.",
    "Source": "A column, or anything else that a field of a value is made of.",
    "CheckedValue": "The value of a parameter as it goes into a request.",
    "CancelScope": "Symbol and parameters of a cancel-all.",
    "Readback": "Reads whether a lost setting holds: ``async (call, lost) -> Reading``.",
    "Resolution": "The result of a look for a lost write: applied, absent or unclear.",
    "Resolve": "Looks for a lost write: ``async (call, lost) -> Resolution``.",
    "SocketMessage": "A message of a WebSocket API before it is written: names and values of JSON.",
    "hookimpl": "Marks a function of a plugin as a hook.",
}
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SUBJECT = re.compile(r"\*\*(?P<title>[^*]+)\*\*(?: \((?P<about>[^)]*)\))?")
_NAME = re.compile(r":(?:class|func|data):`(?P<name>\w+)`")
_HEAD = """\
# Names for plugins

Everything that a plugin may import, by module and subject; made by `python -m tests.contract.reference`.
`VENUEKIT_API = 1` stands for these names: one that goes or changes its meaning raises the number.
Each has an example that runs in the tests. [plugins.md](plugins.md) shows how they fit together.
"""


def subjects() -> Mapping[str, list[str]]:
    """Return the subjects of ``venuekit.plugin`` with their names, in the order of its documentation."""
    found: dict[str, list[str]] = {}
    for paragraph in (plugin.__doc__ or "").split("\n\n"):
        if head := _SUBJECT.match(paragraph):
            title = f"{head['title']}: {head['about']}" if head["about"] else head["title"]
            found[title] = _NAME.findall(paragraph)
    return found


def modules_of_parts() -> Iterator[ModuleType]:
    """Yield the modules of ready-made parts."""
    for name in parts.__all__:
        yield import_module(f"venuekit.parts.{name}")


def documentation(module: ModuleType, name: str) -> str:
    """Return the first sentence about a name."""
    if name in VALUES:
        return VALUES[name]
    value = getattr(module, name)
    text = inspect.getdoc(value) if inspect.isclass(value) or inspect.isfunction(value) else None
    return " ".join((text or "").split("\n\n")[0].split())


def examples() -> Mapping[str, str]:
    """Return where each name that a plugin may import is used: a link for each, the plainest place first."""
    found = dict(MET_BY)
    for block in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        for name in _imported(block):
            found.setdefault(name, _GUIDE)
    for pattern in SHOWN_IN:
        for path in sorted(ROOT.glob(pattern)):
            for name in _imported(path.read_text(encoding="utf-8")):
                where = path.relative_to(ROOT)
                found.setdefault(name, f"[{where.name}](../{where})")
    return found


def _imported(source: str) -> Iterator[str]:
    """Yield the names that a module imports from venuekit."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "venuekit":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("venuekit_"):
            yield node.name


def _table(module: ModuleType, names: list[str], used_in: Mapping[str, str]) -> list[str]:
    rows = [
        f"| `{name}` | {documentation(module, name).replace('|', chr(92) + '|')} | {used_in.get(name, '')} |"
        for name in names
    ]
    return ["| name | for | example |", "|---|---|---|", *rows, ""]


def render() -> str:
    """Return the page."""
    used_in = examples()
    lines = [_HEAD, "## `venuekit.plugin`", ""]
    listed: set[str] = set()
    for title, names in subjects().items():
        lines += [f"### {title}", "", *_table(plugin, names, used_in)]
        listed.update(names)
    errors = [name for name in plugin.__all__ if name not in listed]
    lines += ["### Errors", "", "`venuekit.errors` draws them as a tree.", "", "| name | for |", "|---|---|"]
    lines += [*(f"| `{name}` | {documentation(plugin, name)} |" for name in errors), ""]
    lines += ["## `venuekit.hooks`", ""]
    lines += _table(hooks, [name for name in hooks.__all__ if name.startswith("venuekit_")], used_in)
    for module in modules_of_parts():
        lines += [f"## `{module.__name__}`", "", *_table(module, sorted(module.__all__, key=str.lower), used_in)]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
