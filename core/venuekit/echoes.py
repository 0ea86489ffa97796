"""Echoes: the parts of a request that its answer repeats; they show an answer to another request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter, itemgetter
from typing import Any, Self

import attrs

from venuekit._util.times import read_iso, to_milliseconds

#: takes a decoded answer and the parameters of its question; says whether anything could be compared
Check = Callable[[Any, Mapping[str, Any]], bool]


class OtherAnswer(ValueError):
    """An answer repeats another request; the text names the field and both values."""


@attrs.frozen(kw_only=True)
class Echoes:
    """
    The parts of a request that its answer repeats: parameter (or field of an item) to attribute of the repeating row.

    A value that was not sent, or that the answer leaves out (None or an empty text), is not compared. Numbers are
    compared as numbers, whatever their form, also as those that JSON rounds; ids exactly, all other words whatever
    their case.
    """

    fields: Mapping[str, str] = attrs.field(kw_only=False)
    #: whether the answer has many rows, all of which repeat it, and the attribute that holds them, None for the answer
    many: bool = False
    rows: str | None = None
    #: the parameter whose items have one row each, in their order, and the attribute of the row that holds the result
    items: str | None = None
    told: str | None = None

    @classmethod
    def each(cls, fields: Mapping[str, str], rows: str | None = None) -> Self:
        """Return the echoes of every row of an answer; ``rows`` is the attribute that holds them."""
        return cls(fields, many=True, rows=rows)

    @classmethod
    def of_items(cls, items: str, fields: Mapping[str, str], *, told: str) -> Self:
        """
        Return the echoes of a batch's answer, row by row, of the items of a list.

        ``told`` is the attribute of a row that holds the result of an item, None where it was refused.
        """
        return cls(fields, items=items, told=told)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that must be declared for it."""
        return tuple(self.fields) if self.items is None else (self.items,)

    def check(self, *, within: str | None, ids: Callable[[Mapping[str, Any]], Iterable[str]]) -> Check:
        """
        Return a function that compares an answer with its request, and raises :class:`OtherAnswer`.

        ``within`` is the attribute of a decoded answer that holds the venue's value; ``ids`` returns the client ids of
        a question.
        """
        if self.items is not None:
            return _Items(self.items, self.told or "", _row(self.fields, ids), _getter(within))
        if self.many:
            held = ".".join(name for name in (within, self.rows) if name)
            return _many(self.fields, _row(self.fields, ids), _getter(held or None))
        check, open_ = _row(self.fields, ids), _getter(within)
        return check if within is None else lambda value, question: check(open_(value), question)


def check_of(
    echoes: Sequence[Echoes], *, within: str | None, ids: Callable[[Mapping[str, Any]], Iterable[str]]
) -> Check | None:
    """Return one check for several :class:`Echoes`, None for none."""
    checks = [each.check(within=within, ids=ids) for each in echoes]
    if len(checks) < 2:
        return checks[0] if checks else None

    def check(value: Any, question: Mapping[str, Any]) -> bool:
        return True in [one(value, question) for one in checks]

    return check


def _getter(path: str | None) -> Callable[[Any], Any]:
    return attrgetter(path) if path else lambda value: value


def _row(fields: Mapping[str, str], ids: Callable[[Mapping[str, Any]], Iterable[str]]) -> Check:
    names = tuple(fields)
    one, asked_of = attrgetter(*fields.values()), itemgetter(*names)
    tell: Callable[[Any], tuple[Any, ...]] = one if len(names) > 1 else lambda row: (one(row),)

    def check(row: Any, question: Mapping[str, Any]) -> bool:
        try:
            if one(row) == asked_of(question):
                return True  # the same to the letter, as nearly every answer is
        except KeyError:
            pass  # not everything that could be repeated was asked for
        is_told = False
        for name, told in zip(names, tell(row), strict=True):
            asked = question.get(name)
            if asked is None:
                continue
            if asked != told:
                if told is None or told == "":
                    continue
                if not _same(asked, told, question, ids):
                    raise OtherAnswer(f"it answers another request: {name} is {told}, and {asked} was sent")
            is_told = True
        return is_told

    return check


def _many(fields: Mapping[str, str], check: Check, rows: Callable[[Any], Iterable[Any]]) -> Check:
    names = frozenset(fields)

    def check_all(value: Any, question: Mapping[str, Any]) -> bool:
        if names.isdisjoint(question):
            return False
        found = [check(row, question) for row in rows(value)]
        return True in found

    return check_all


@attrs.frozen
class _Items:
    items: str
    told: str
    check: Check
    rows: Callable[[Any], Sequence[Any]]

    def __call__(self, value: Any, question: Mapping[str, Any]) -> bool:
        rows, items = self.rows(value), question.get(self.items)
        if items is None:
            return False
        if len(rows) != len(items):
            raise OtherAnswer(f"it answers another request: {len(rows)} items, and {len(items)} were sent")
        is_told = False
        for row, item in zip(rows, items, strict=True):
            told = getattr(row, self.told)
            if told is not None and self.check(told, item if isinstance(item, Mapping) else {"": item}):
                is_told = True
        return is_told


def _is_time(asked: datetime, told: Any) -> bool:
    """Say whether an answer repeats a time, as ISO 8601, or in milliseconds, which cut off a finer one."""
    if isinstance(told, datetime):
        return asked == told
    text = str(told)
    try:
        return text == str(to_milliseconds(asked)) or asked == read_iso(text)
    except ValueError:
        return False


def _same(
    asked: Any, told: Any, question: Mapping[str, Any], ids: Callable[[Mapping[str, Any]], Iterable[str]]
) -> bool:
    """Say whether two values that are not equal mean the same."""
    if isinstance(asked, bool) or isinstance(told, bool):
        return str(asked).lower() == str(told).lower()
    if isinstance(asked, datetime):
        return _is_time(asked, told)
    if isinstance(told, int | Decimal) or isinstance(asked, int | Decimal):
        try:
            one, other = Decimal(str(asked)), Decimal(str(told))
        except InvalidOperation:
            return False
        # a JSON number may have passed through a double
        return one == other or float(one) == float(other)
    one_text, other_text = str(asked), str(told)
    return one_text.casefold() == other_text.casefold() and asked not in ids(question)
