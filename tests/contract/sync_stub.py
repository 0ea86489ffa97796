"""
The types of blocking capabilities, as a stub beside ``venuekit.sync.capabilities``, from the capabilities themselves.

``python -m tests.contract.sync_stub`` writes it; a test says so when it is out of date.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from venuekit import capabilities
from venuekit.capabilities import Capability
from venuekit.sync import capabilities as blocking
from venuekit.sync.blocking import BlockingCapability, methods_to_block

NAMES: list[str] = vars(blocking)["__all__"]
STUB = Path(str(blocking.__file__)).with_suffix(".pyi")
_HEAD = '''"""The types of blocking capabilities, written by ``python -m tests.contract.sync_stub``."""

from __future__ import annotations

'''


def stub() -> str:
    """Return the stub, formatted."""
    classes = {name: getattr(blocking, name) for name in NAMES}
    ordered = sorted(classes.values(), key=lambda cls: (len(cls.__mro__), cls.__name__))
    trees = [(cls.asynchronous, _class_of(cls)) for cls in ordered]
    imports = sorted({line for capability, tree in trees for line in _imports(capability, tree)})
    text = _HEAD + "\n".join(imports) + "\n\n" + "\n\n".join(ast.unparse(tree) for _, tree in trees) + "\n"
    for arguments in (("check", "--fix-only", "--select", "I"), ("format",)):
        command = [sys.executable, "-m", "ruff", *arguments, "-q", "--stdin-filename", str(STUB), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours
    return text


def _class_of(cls: type[BlockingCapability]) -> ast.ClassDef:
    """Return the class with its methods, which return their values themselves."""
    [tree] = ast.parse(inspect.getsource(cls.asynchronous)).body
    assert isinstance(tree, ast.ClassDef)
    wanted = methods_to_block(cls.asynchronous)
    methods = [
        _method_of(one)
        for one in tree.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name in wanted
    ]
    bases: list[ast.expr] = [ast.Name(base.__name__) for base in cls.__bases__]
    docstring = ast.Expr(ast.Constant(_first_line(tree)))
    return ast.ClassDef(cls.__name__, bases, [], [docstring, *methods], [])


def _method_of(method: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
    body: list[ast.stmt] = [ast.Expr(ast.Constant(_first_line(method)))]
    return ast.fix_missing_locations(ast.FunctionDef(method.name, method.args, body, [], method.returns))


def _first_line(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return (ast.get_docstring(node) or "").partition("\n")[0]


def _imports(capability: type[Capability], tree: ast.ClassDef) -> Iterator[str]:
    """Yield the imports of the names that the class uses."""
    for base in tree.bases:
        if isinstance(base, ast.Name) and base.id == BlockingCapability.__name__:
            yield "from venuekit.sync.blocking import BlockingCapability"
    homes = vars(sys.modules[capability.__module__])
    for name in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}:
        if name == "Pager":
            yield "from venuekit.sync.blocking import Pager"
        elif name in capabilities.__all__ and name not in NAMES:
            yield f"from venuekit.capabilities import {name}"
        elif name not in NAMES and name in homes:
            yield f"from {_home(homes[name])} import {name}"


def _home(value: Any) -> str:
    """Return the module that a name is imported from."""
    return str(value.__module__)


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
