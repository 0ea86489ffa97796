"""Decoders: bytes of an answer to values of a declared shape, and the base of wire classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, get_args, get_origin

import attrs

from venuekit.errors import PayloadMismatch
from venuekit.payloads.json_text import json_reader, not_read
from venuekit.payloads.mismatch import MISFITS, Path, Unfit, payload_mismatch
from venuekit.payloads.odd_rows import KeptList, KeptTuple

T = TypeVar("T")


def payload_decoder(
    shape: type[T],
    *,
    renames: Mapping[type, Mapping[str, str]] = {},
    within: tuple[str | int, ...] = (),
    drop: Callable[[Any], bool] | None = None,
) -> Callable[[bytes], T]:
    """
    Return a function from the bytes of an answer to a value; it is built when it is first called.

    A Decimal comes from text or a JSON number, exactly as written; an int also from digits, a str also from an int,
    a bool also from ``"true"``, ``"false"``, 1 and 0, a datetime from milliseconds or a text in ISO 8601 with its
    offset, an enum by its value. Where None is allowed, ``""``, null and an absent field are None, for a datetime 0 and
    -1 too. Fields that the shape does not have are ignored; an absent one takes its attribute's default.

    Args:
        shape: An attrs class, or ``list[X]`` or ``tuple[X, ...]`` of one. Its modules must import what its
            annotations name when they run, not only for the type checker.
        renames: For a class, a generic one without its parameters, which JSON name an attribute has where it is not
            its own.
        within: JSON names and list indexes to step into first.
        drop: Says of a row of the outermost list, as plain JSON, whether to leave it out before it is structured.
            :func:`~venuekit.payloads.count_left_out` returns how many were: a page is full by all its rows.

    Raises (the returned function):
        ValueError: the bytes are not JSON.
        PayloadMismatch: they are, but of another shape; the message names the first field by the venue's own names.
    """
    for cls, names in renames.items():
        if unknown := names.keys() - {field.name for field in attrs.fields(cls)}:
            raise TypeError(f"{cls.__name__} has no attribute {', '.join(sorted(unknown))}")
    if drop is not None and get_origin(shape) not in {list, tuple}:
        raise TypeError("only rows of a list can be dropped")
    return _Decoder(shape, renames, within, drop)


@attrs.define(eq=False, repr=False)
class _Decoder(Generic[T]):
    """A decoder; ``_read`` and ``_structure`` are there from its first use on."""

    _shape: type[T]
    _renames: Mapping[type, Mapping[str, str]]
    _within: Path
    _drop: Callable[[Any], bool] | None
    _read: Callable[[bytes], Any] = attrs.field(init=False)
    _structure: Callable[[Any, Any], T] | None = attrs.field(init=False, default=None)

    def __repr__(self) -> str:
        return f"<payload decoder of {getattr(self._shape, '__name__', self._shape)}>"

    def __call__(self, body: bytes) -> T:
        structure = self._structure or self._build()
        try:
            payload = self._read(body)
        except (RecursionError, ValueError) as error:
            raise not_read(error) from None
        try:
            document = payload
            for step in self._within:
                document = document[step]
            if self._drop is not None and type(document) is list:
                drop = self._drop
                kept = [row for row in document if not drop(row)]
                rows: Any = structure(kept, self._shape)
                rows = KeptList(rows) if isinstance(rows, list) else KeptTuple(rows)
                rows.left_out = len(document) - len(kept)
                found: T = rows
                return found
            return structure(document, self._shape)
        except MISFITS as error:
            # outside of the handler, so that no traceback drags the values of the answer along
            misfit = error
        raise self._explain(payload, misfit) from None

    def _build(self) -> Callable[[Any, Any], T]:
        from venuekit.payloads.converter import make_converter

        converter = make_converter(self._renames, detailed=False)
        self._read = json_reader()
        self._structure = converter.get_structure_hook(self._shape)
        return self._structure

    def _explain(self, payload: Any, misfit: Exception) -> Exception:
        """Do it again slowly and return the error that names the field."""
        document: Any = payload
        kind: Any
        for depth, step in enumerate(self._within):
            kind, words = (list, "a list") if isinstance(step, int) else (dict, "an object")
            if type(document) is not kind:
                return payload_mismatch(self._within[:depth], Unfit(words, document))
            try:
                document = document[step]
            except LookupError as missing:
                return payload_mismatch(self._within[: depth + 1], missing)
        if self._drop is not None and type(document) is list:
            found = self._explain_rows(document, self._drop)
        else:
            found = self._explainer(self._shape)(self._within, document)
        # None: the answer has the declared shape, so the fault is in the code that declared it, and stays visible
        return found or misfit

    def _explain_rows(self, rows: list[Any], drop: Callable[[Any], bool]) -> PayloadMismatch | None:
        explain = self._explainer(get_args(self._shape)[0])
        for index, row in enumerate(rows):
            path = (*self._within, index)
            undecided: Exception | None = None
            try:
                if drop(row):
                    continue
            except MISFITS as error:
                undecided = error
            if found := explain(path, row):
                return found
            if undecided is not None:
                below = map(str, undecided.args) if isinstance(undecided, KeyError) else ()
                return payload_mismatch((*path, *below), undecided)
        return None

    def _explainer(self, shape: Any) -> Callable[[Path, Any], PayloadMismatch | None]:
        """Return a function that says why a part of the payload does not have a shape, None when it does."""
        from venuekit.payloads.converter import locate, make_converter

        structure = make_converter(self._renames, detailed=True).get_structure_hook(shape)

        def explain(path: Path, part: Any) -> PayloadMismatch | None:
            try:
                structure(part, shape)
            except Exception as error:  # noqa: BLE001  (an exception group of whatever the fields raised)
                below, cause = locate(error, self._renames)
                return payload_mismatch((*path, *below), cause)
            return None

        return explain


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
