"""Line numbers in TOML: the line of each key, which the standard parser does not give."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

#: the keys that lead to a value, outermost first
KeyPath: TypeAlias = tuple[str, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SYNTAX = re.compile(r"(.*) \(at line (\d+), column \d+\)")
#: texts and comments, which may hold line ends and brackets without a meaning, and those that have one
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[\]{}\n]''', re.DOTALL
)
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")
_TYPES = {bool: "a boolean", int: "an integer", Decimal: "a number", str: "a text", list: "an array", dict: "a table"}


class _Lines(Mapping[KeyPath, int]):
    """The lines of a text's keys, found on demand: a text without a mistake is never searched."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _found(self) -> Mapping[KeyPath, int]:
        return _find_lines(self._text)

    def __getitem__(self, path: KeyPath) -> int:
        return self._found[path]

    def __iter__(self) -> Iterator[KeyPath]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line (from 1) on which each key of a valid TOML text is first named; it is read when it is asked."""
    return _Lines(text)


def _find_lines(text: str) -> Mapping[KeyPath, int]:
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, statement in _statements(text):
        tables = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _only_path(tables)
            paths = [table]
        else:
            paths = [table + path for path in _paths(tables)]
        for path in paths:
            for depth in range(1, len(path) + 1):
                found.setdefault(path[:depth], number)
    return found


def named_lines(text: str) -> dict[str, int]:
    """
    Return the line on which each table and key of a valid TOML text begins, by its name with dots.

    The tables of an array have their number behind the name, from 1: ``order[2].price``.
    """
    found: dict[str, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, statement in _statements(text):
        tables = tomllib.loads(statement)
        header = statement.lstrip()
        if header.startswith("["):
            table = _only_path(tables)
            if header.startswith("[["):
                counts[table] = counts.get(table, 0) + 1
            paths = [table]
        else:
            paths = [table + path for path in _paths(tables)]
        for path in paths:
            for depth in range(1, len(path) + 1):
                found.setdefault(_numbered(path[:depth], counts), number)
    return found


def _numbered(path: KeyPath, counts: Mapping[KeyPath, int]) -> str:
    parts = [(key_text(path[depth - 1 : depth]), counts.get(path[:depth])) for depth in range(1, len(path) + 1)]
    return ".".join(name if count is None else f"{name}[{count}]" for name, count in parts)


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a key, else of the nearest table around it."""
    return next((lines[path[:depth]] for depth in range(len(path), 0, -1) if path[:depth] in lines), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Cut a valid text into its statements, each with its first line; a line's end within brackets does not end one."""
    line = started = 1
    start = depth = 0
    for token in _TOKEN.finditer(f"{text}\n"):
        mark = token[0]
        if mark == "\n":
            line += 1
            if depth:
                continue
            if (statement := text[start : token.start()]).strip():
                yield started, f"{statement}\n"
            start, started = token.end(), line
        elif mark in _OPENING:
            depth += 1
        elif mark in _CLOSING:
            depth -= 1
        else:
            line += mark.count("\n")


def _only_path(tables: Mapping[str, Any]) -> KeyPath:
    """Return the one path that a table header names."""
    path: KeyPath = ()
    inner: Any = tables
    while inner:
        if isinstance(inner, list):
            inner = inner[0]
            continue
        [(key, inner)] = inner.items()
        path = (*path, key)
    return path


def _paths(tables: Mapping[str, Any]) -> Iterator[KeyPath]:
    for key, value in tables.items():
        if isinstance(value, dict) and value:
            yield from ((key, *rest) for rest in _paths(value))
        else:
            yield (key,)


def key_text(path: KeyPath) -> str:
    """Return a key as it would be written with dots."""
    return ".".join(key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in path)


def syntax_error(error: ValueError) -> tuple[int | None, str]:
    """Return line and text of an error of ``tomllib``; the line is None where it has none."""
    found = _SYNTAX.fullmatch(str(error))
    return (int(found[2]), found[1]) if found else (None, str(error))


def toml_type(value: object) -> str:
    """Return how the type of a value is called in TOML."""
    return _TYPES.get(type(value), "a date or time")
