"""No object of venuekit shows a secret: whatever prints it, pickles it, copies it or takes it apart."""

from __future__ import annotations

import copy
import importlib
import inspect
import logging
import pickle
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
from tests.house.secret_world import World, planted_world

import venuekit
from venuekit.credentials.redactor import hidden_name
from venuekit.testing.conformance.secrets import find_leaks

#: whose business it is to hold the secrets of a simulation, which open nothing else, or to collect signatures in tests
HOLDERS = ("venuekit.simulator", "venuekit.testing")


def _copied(value: Any) -> Any:
    """Return a copy of a value; a copy of anything else would be a second connection or runtime."""
    is_value = isinstance(value, tuple | BaseException | msgspec.Struct) or attrs.has(type(value))
    return copy.copy(value) if is_value else None


PRINTERS: dict[str, Callable[[Any], object]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "pickle": lambda value: pickle.dumps(value).decode("latin-1"),
    "copy": lambda value: repr(_copied(value)),
    "asdict": lambda value: repr(attrs.asdict(value)) if attrs.has(type(value)) else "",
    "astuple": lambda value: repr(attrs.astuple(value)) if attrs.has(type(value)) else "",
    "struct": lambda value: repr(msgspec.structs.asdict(value)) if isinstance(value, msgspec.Struct) else "",
}
#: of what holds secrets for others, these alone are asked
SHOWING = ("repr", "str", "format")


def _is_holder(kind: type) -> bool:
    """Say whether a class is one of a simulation: core's, or a plugin's own simulated venue."""
    return kind.__module__.startswith(HOLDERS) or ".simulated." in f"{kind.__module__}."


def _text(printer: Callable[[Any], object], value: Any) -> str:
    try:
        return str(printer(value))
    except Exception as error:  # noqa: BLE001 - a refusal, in any words
        return f"{error} {error!r}"


async def test_no_object_shows_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every object that comes of accounts with every kind of key, their values, errors, events and messages."""
    caplog.set_level(logging.DEBUG)
    async with planted_world(tmp_path, monkeypatch) as world:
        texts: dict[str, set[str]] = defaultdict(set)
        seen: set[type] = set()
        for value in world.objects():
            kind = type(value)
            seen.add(kind)
            names = SHOWING if _is_holder(kind) else PRINTERS
            for name in names:
                texts[_text(PRINTERS[name], value)].add(f"{kind.__module__}.{kind.__qualname__}: {name}")
        for path in (tmp_path / "events.jsonl", *(tmp_path / "journal").iterdir()):
            texts[path.read_text()].add(path.name)
        spans, metrics = world.telemetry()
        texts[spans].add("spans")
        texts[metrics].add("metrics")
        texts[caplog.text].add("the log")
        texts["".join(repr(vars(record)) for record in caplog.records)].add("the log's records")
        found = {name for leak in find_leaks(texts, world.secrets().values()) for name in texts[leak]}
        unseen = {one.__qualname__ for one in _carriers()} - {one.__qualname__ for one in seen}
        _check_that_it_finds(world)

    assert found == set()
    assert len(seen) > 60
    assert "set_leverage" in spans
    assert "set_leverage" in metrics
    assert unseen == set()


def _check_that_it_finds(world: World) -> None:
    """See that secrets were planted, that they are in use, and that a leak would be found."""
    secrets = world.secrets()
    assert len(secrets) > 30
    signing = [one for one in secrets if one.startswith("signature")]
    assert len(signing) > 8
    for name, secret in secrets.items():
        assert find_leaks([f"Credentials(secret='{secret}')"], [secret]), name


@cache
def _classes() -> tuple[type, ...]:
    """Return every class of core, public or not, without the command line and the template of plugins."""
    found: dict[str, type] = {}
    for module in pkgutil.walk_packages(venuekit.__path__, "venuekit."):
        if module.name.endswith("__main__") or module.name.startswith(("venuekit.cli", "venuekit.new_plugin.")):
            continue
        for one in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(one) and one.__module__.startswith("venuekit"):
                found[f"{one.__module__}.{one.__qualname__}"] = one
    return tuple(found[name] for name in sorted(found))


def _fields(kind: type) -> dict[str, str]:
    """Return the fields of a class of values with their types as they are written."""
    if attrs.has(kind):
        return {field.name: str(field.type) for field in attrs.fields(kind)}
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return {name: str(kind.__annotations__.get(name)) for name in kind._fields}
    return {}


def _carriers() -> Iterator[type]:
    """Yield the classes of core that have a field for a secret, by its type or its name."""
    for kind in _classes():
        if not kind.__module__.startswith(HOLDERS) and any(_is_secret(*one) for one in _fields(kind).items()):
            yield kind


def _is_secret(name: str, written: str) -> bool:
    return "Secret" in written or (hidden_name(name) and written in {"str", "str | None"})
