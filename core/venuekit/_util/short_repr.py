"""Representations without defaults: a value of 36 fields has mostly those, and they say nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs

V = TypeVar("V", bound=attrs.AttrsInstance)


def short_repr(value: type[V]) -> type[V]:
    """
    Give an ``attrs`` class a ``__repr__`` without the fields that have their defaults.

    It still makes an equal value when it is evaluated. Fields that attrs would not show, or show in another way, are
    hidden or shown so here; a class with a representation of its own, and its subclasses, keep theirs.
    """
    fields: list[tuple[str, Callable[[Any], str], Any]] = [
        (field.name, field.repr if callable(field.repr) else repr, field.default)
        for field in attrs.fields(value)
        if field.repr
    ]

    def __repr__(self: Any) -> str:  # noqa: N807 - becomes the method of this name
        parts = []
        for name, show, default in fields:
            content = getattr(self, name)
            if content is not default and (content is None or default is None or content != default):
                parts.append(f"{name}={show(content)}")
        return f"{type(self).__qualname__}({', '.join(parts)})"

    value.__repr__ = __repr__  # type: ignore[method-assign]
    return value
