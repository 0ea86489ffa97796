"""
The public API as stubs, and the breaking changes since the last release, found by griffe.

``tests/contract/api`` has one stub for each public module as the last release had it: every name in ``__all__``, with
constructors, methods, attributes, members and defaults. ``python -m tests.contract.public_api`` compares the modules of
today with them and fails for a breaking change that CHANGELOG.md does not name in full (``venuekit.plugin.Venue.id``);
``--write`` writes them, which belongs to a release.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import attrs
import griffe

import venuekit

ROOT = Path(__file__).parents[2]
STUBS = Path(__file__).parent / "api"

#: what users, plugins and their tests import; other modules are core's own
_ROOMS = ("capabilities", "errors", "hooks", "parts", "plugin", "plugins", "simulator", "testing")


def public_modules() -> list[str]:
    """Return the names of the modules whose ``__all__`` is the public API."""
    names = [
        found.name
        for found in pkgutil.walk_packages(venuekit.__path__, "venuekit.")
        if found.name.split(".")[1] in _ROOMS
    ]
    return ["venuekit", *sorted(name for name in names if hasattr(importlib.import_module(name), "__all__"))]


def stub_of(name: str) -> str:
    """Return the stub of a module, without annotations: griffe does not compare them."""
    module = importlib.import_module(name)
    lines = (line for one in sorted(module.__all__) for line in _object_lines(one, getattr(module, one)))
    return "".join(f"{line}\n" for line in lines)


def _object_lines(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        yield from _class_lines(name, value)
    elif inspect.isfunction(value):
        yield _function_line(name, inspect.signature(value))
    else:
        yield f"{name} = ..."


def _class_lines(name: str, cls: type) -> Iterator[str]:
    bases = [base.__name__ for base in cls.__bases__ if base.__module__.startswith("venuekit")]
    yield f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"
    members = list(_member_lines(cls))
    yield from (f"    {line}" for line in members or ["..."])


def _member_lines(cls: type) -> Iterator[str]:
    """Yield the lines of a class's public members, those that it inherits from a class of ours included."""
    members: dict[str, object] = {}
    for one in reversed(cls.__mro__):
        if one.__module__.startswith("venuekit"):
            members |= vars(one)
    is_constructed = not issubclass(cls, enum.Enum) and not getattr(cls, "_is_protocol", False)
    if "__init__" in members and is_constructed:
        yield _function_line("__init__", inspect.signature(cls), first="self")
    # docs/conformance.md lists the tests of the conformance suite
    names = {name for name in members if not name.startswith(("_", "test_"))}
    names |= {field.name for field in attrs.fields(cls) if not field.name.startswith("_")} if attrs.has(cls) else set()
    for name in sorted(names):
        value = inspect.getattr_static(cls, name)
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if inspect.isfunction(function):
            yield _function_line(name, inspect.signature(function))
        elif isinstance(value, enum.Enum):
            yield f"{name} = {value.value!r}"
        else:
            yield f"{name} = ..."


def _function_line(name: str, signature: inspect.Signature, first: str = "") -> str:
    parameters = [
        one.replace(annotation=one.empty, default=one.default if one.default is one.empty else _Default(one.default))
        for one in signature.parameters.values()
    ]
    written = str(inspect.Signature(parameters))[1:-1]
    return f"def {name}({', '.join(filter(None, (first, written)))}): ..."


class _Default:
    """A default as it is written in a stub: dots for one that has no stable form."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        if isinstance(self._value, enum.Enum):
            return f"{type(self._value).__name__}.{self._value.name}"
        if isinstance(self._value, str | int | float | Decimal | None | tuple) and "object at" not in repr(self._value):
            return repr(self._value) if self._value != () else "()"
        return "..."


def find_breakages(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each breaking change between stubs by module: the full name, and what griffe says of it."""
    for name, text in old.items():
        if name not in new:
            yield f"{name}: the module was removed"
            continue
        # a dotted name would be a path of packages
        before, after = (_visit(code) for code in (text, new[name]))
        for breakage in griffe.find_breaking_changes(before, after):
            yield _line_of(name, breakage)


def _visit(code: str) -> griffe.Module:
    return griffe.visit("stub", filepath=Path("stub.py"), code=code)


def _line_of(module: str, breakage: griffe.Breakage) -> str:
    details = breakage.as_dict()
    path = str(details["object_path"]).partition(".")[2]
    name = ".".join(filter(None, (module, path)))
    parameter = getattr(breakage.old_value, "name", None) or getattr(breakage.new_value, "name", None)
    is_parameter = isinstance(breakage.old_value, griffe.Parameter) or isinstance(breakage.new_value, griffe.Parameter)
    return f"{name}{f'({parameter})' if is_parameter else ''}: {breakage.kind.value}"


def is_named(breakage: str, changelog: str) -> bool:
    """Say whether the unreleased part of the changelog names the object of a breaking change."""
    unreleased = changelog.partition("\n## [")[2].partition("\n## [")[0]
    return f"`{breakage.partition(':')[0].partition('(')[0]}" in unreleased


def _stored() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(STUBS.glob("*.txt"))}


def _write(stubs: Mapping[str, str]) -> None:
    for path in STUBS.glob("*.txt"):
        path.unlink()
    for name, text in stubs.items():
        (STUBS / f"{name}.txt").write_text(text, encoding="utf-8")


def find_unnamed() -> list[str]:
    """Return the breaking changes since the last release that the changelog does not name."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    new = {name: stub_of(name) for name in public_modules()}
    return [line for line in find_breakages(_stored(), new) if not is_named(line, changelog)]


def main(arguments: Iterable[str]) -> str | None:
    """Compare, or write the stubs of a release; return the words of a failure."""
    if "--write" in arguments:
        _write({name: stub_of(name) for name in public_modules()})
        return None
    unnamed = find_unnamed()
    mend = "take it back, or say in CHANGELOG.md, with its full name, what to write instead"
    return "\n".join(f"{line}; {mend}" for line in unnamed) or None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
