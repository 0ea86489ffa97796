"""The base of wire classes."""

from __future__ import annotations

from typing import Any

import attrs


class WireRow:
    """
    Equality and repr of a wire class, for ``@attrs.frozen(eq=False, repr=False)``.

    attrs would write both anew for each class and compile them when the module is imported; a venue has dozens of
    such classes, and a command that only lists what it declares waits for all of them.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash((type(self), *_values(self)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(_names(self), _values(self), strict=True))
        return f"{type(self).__qualname__}({shown})"


def _names(row: Any) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(type(row)))


def _values(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _names(row))
