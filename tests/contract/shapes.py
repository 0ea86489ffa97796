"""Shapes: the names and JSON types that answers are made of, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Self

import attrs

#: the name of every key of an object whose keys are values, such as symbols
ANY_KEY = "*"
_TYPES = {str: "string", int: "integer", float: "number", Decimal: "number", bool: "boolean"}


@attrs.frozen
class Shape:
    """
    What a JSON value is made of; that of several values has everything that one of them has.

    Attributes:
        types: The JSON types; none where nothing is known, as of null or of a list without rows.
        fields: The fields of objects.
        optional: Those of them that some object lacks.
        rows: What the rows of lists are made of, None without any row.
    """

    types: frozenset[str] = frozenset()
    fields: Mapping[str, Shape] = attrs.field(factory=dict)
    optional: frozenset[str] = frozenset()
    rows: Shape | None = None

    @classmethod
    def of_type(cls, name: str) -> Self:
        """Return the shape of a string, number or boolean."""
        return cls(frozenset({name}))

    @classmethod
    def of_object(cls, fields: Mapping[str, Shape]) -> Self:
        """Return the shape of an object."""
        return cls(frozenset({"object"}), fields)

    @classmethod
    def of_rows(cls, rows: Shape | None) -> Self:
        """Return the shape of a list."""
        return cls(frozenset({"list"}), rows=rows)

    @classmethod
    def of(cls, value: Any, keyed: frozenset[str] = frozenset(), name: str = "") -> Shape:
        """Return the shape of a JSON value; the keys of objects in the fields ``keyed`` are values themselves."""
        if value is None:
            return ANYTHING
        if isinstance(value, list):
            return cls.of_rows(cls.union([cls.of(one, keyed) for one in value]) if value else None)
        if isinstance(value, dict):
            fields = {key: cls.of(one, keyed, key) for key, one in value.items()}
            return cls.of_object(_under_one_key(fields) if name in keyed and fields else fields)
        return cls.of_type(_TYPES[type(value)])

    @classmethod
    def union(cls, shapes: Iterable[Shape]) -> Shape:
        """Return the shape that several values have together."""
        first, *others = shapes
        whole = first
        for other in others:
            whole = whole.join(other)
        return whole

    def join(self, other: Shape) -> Shape:
        """Return the shape of values of either shape."""
        fields = {
            name: Shape.union([one.fields[name] for one in (self, other) if name in one.fields])
            for name in (*self.fields, *(name for name in other.fields if name not in self.fields))
        }
        both = "object" in self.types and "object" in other.types
        lacking = self.fields.keys() ^ other.fields.keys() if both else frozenset()
        rows = [one.rows for one in (self, other) if one.rows is not None]
        return Shape(
            self.types | other.types,
            fields,
            frozenset(self.optional | other.optional | lacking),
            Shape.union(rows) if rows else None,
        )

    def with_keys(self, keyed: frozenset[str], name: str = "") -> Shape:
        """Return the same shape, of which objects in the fields ``keyed`` have one key that stands for all."""
        fields = {key: one.with_keys(keyed, key) for key, one in self.fields.items()}
        if name in keyed and fields:
            return attrs.evolve(self, fields=_under_one_key(fields), optional=frozenset())
        return attrs.evolve(self, fields=fields, rows=None if self.rows is None else self.rows.with_keys(keyed))


ANYTHING = Shape()


def _under_one_key(fields: Mapping[str, Shape]) -> dict[str, Shape]:
    return {ANY_KEY: Shape.union(fields.values())}


def differences(answered: Shape, documented: Shape, where: str = "") -> Iterator[str]:
    """
    Yield where an answer is not as documented, each as a word and a path.

    ``missing`` is documented and not answered, ``lacking`` is in some rows of the answer only although all documented
    ones have it, ``invented`` is answered and not documented, ``type`` has another JSON type.
    """
    if not documented.types or not answered.types:
        return
    if not all(_fits(name, documented.types) for name in answered.types):
        yield f"type {where or 'the answer'}: {_named(answered)} instead of {_named(documented)}"
        return
    if documented.rows is not None and "list" in answered.types:
        if answered.rows is None:
            yield f"missing {where}[]"
        else:
            yield from differences(answered.rows, documented.rows, f"{where}[]")
    if "object" not in answered.types:
        return
    prefix = f"{where}." if where else ""
    for name, field in documented.fields.items():
        if name not in answered.fields:
            if name not in documented.optional:
                yield f"missing {prefix}{name}"
            continue
        if name in answered.optional and name not in documented.optional:
            yield f"lacking {prefix}{name}"
        yield from differences(answered.fields[name], field, f"{prefix}{name}")
    for name in answered.fields.keys() - documented.fields.keys():
        yield f"invented {prefix}{name}"


def _fits(name: str, documented: frozenset[str]) -> bool:
    return name in documented or (name == "integer" and "number" in documented)


def _named(shape: Shape) -> str:
    return " or ".join(sorted(shape.types))
