"""Movements: prices that move by themselves with time, and payments of funding at fixed times."""

from __future__ import annotations

import csv
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count, pairwise
from pathlib import Path
from typing import Self, TypeAlias

import attrs

from venuekit._util.times import read_iso, to_milliseconds
from venuekit.simulator.fields import Field, FieldError, FieldKind, Number

#: a base asset, whose index price moves at every venue, or a venue's id and a symbol, whose mark moves alone
Subject: TypeAlias = str | tuple[str, str]

_MILLISECOND = timedelta(milliseconds=1)
_PRICE = Field("price", FieldKind.NUMBER, "The price.")
_SECONDS = Field("time", FieldKind.NUMBER, "Seconds.")
_SHARE = Field("largest", FieldKind.NUMBER, "The largest move.")
_RATE = Field("rate", FieldKind.NUMBER, "The rate.", minimum=-1, maximum=1)
#: parts of the largest move of a random walk
_PARTS = 1000


@attrs.frozen
class Move:
    """
    One move at a time, in milliseconds since 1970 on the clock of the simulation.

    It has one of three: a new ``price`` of the subject, a ``factor`` that its price is multiplied by, or the ``rate``
    of a funding of the subject, of every perpetual contract where the subject is None.
    """

    at: int
    subject: Subject | None
    price: Decimal | None = None
    factor: Decimal | None = None
    rate: Decimal | None = None


class Movement(ABC):
    """A source of moves, for ``Simulation.play``."""

    @property
    @abstractmethod
    def subjects(self) -> tuple[Subject, ...]:
        """The subjects that it moves or funds; empty for every perpetual contract."""

    @abstractmethod
    def moves(self, start: int, seed: int) -> Iterator[Move]:
        """Return the moves from ``start`` on, in milliseconds since 1970, in the order of their times."""


def _check_interval(every: timedelta) -> int:
    """Return an interval in milliseconds; refuses one below a millisecond."""
    if every < _MILLISECOND:
        raise FieldError(f"expected an interval of a millisecond or more, not {every}", "every")
    return every // _MILLISECOND


def _read_share(value: Number) -> Decimal:
    share: Decimal = _SHARE.read(value)
    return share


def _read_rate(value: Number) -> Decimal:
    rate: Decimal = _RATE.read(value)
    return rate


@attrs.frozen
class RandomWalk(Movement):
    """
    A price that moves by chance, the same way for the same seed.

    Each move is a share of the price, evenly spread between ``-largest`` and ``largest``. Without a ``seed`` it has
    that of the simulation.

    Raises:
        FieldError: the interval is below a millisecond, or ``largest`` is not between 0 and 1.
    """

    subject: Subject
    every: timedelta = attrs.field(default=timedelta(seconds=1), kw_only=True)
    largest: Decimal = attrs.field(default=Decimal("0.001"), converter=_read_share, kw_only=True)
    seed: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_interval(self.every)
        if not 0 < self.largest < 1:
            raise FieldError(f"expected a share between 0 and 1, not {self.largest}", "largest")

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The subject that it moves."""
        return (self.subject,)

    def moves(self, start: int, seed: int) -> Iterator[Move]:
        """Return a move for each interval, without end."""
        dice = random.Random(f"venuekit walk {seed if self.seed is None else self.seed} {self.subject}")  # noqa: S311
        for at in count(start + _check_interval(self.every), _check_interval(self.every)):
            yield Move(at, self.subject, factor=1 + self.largest * dice.randint(-_PARTS, _PARTS) / _PARTS)


@attrs.frozen
class PathPoint:
    """One price of a recorded path, ``seconds`` after its beginning."""

    seconds: Decimal
    price: Decimal


@attrs.frozen
class RecordedPath(Movement):
    """
    Prices that were recorded: the first one is played at once, each other one as long after it as it was recorded.

    The price stays at the last one. :meth:`read` reads a file, :meth:`of` takes pairs of seconds and price.
    """

    subject: Subject
    points: tuple[PathPoint, ...]

    @classmethod
    def of(cls, subject: Subject, pairs: Iterable[tuple[Number, Number]]) -> Self:
        """Return a path of pairs of seconds and price; FieldError for one as :meth:`read` refuses it."""
        rows = [(number, [str(time), str(price)]) for number, (time, price) in enumerate(pairs, start=1)]
        return cls(subject, tuple(_read_rows("pairs", rows)))

    @classmethod
    def read(cls, file: Path | str, subject: Subject) -> Self:
        """
        Read a CSV file of two columns, time and price, with or without a header.

        Times are seconds from any beginning, or ISO 8601 with its offset from UTC (``2026-11-29T10:00:00Z``); each is
        later than the one before.

        Raises:
            FieldError: the file cannot be read, or a line is no time and price; names file, line and column.
        """
        path = Path(file)
        try:
            with path.open(encoding="utf-8", newline="") as opened:
                rows = [(number, row) for number, row in enumerate(csv.reader(opened), start=1) if any(row)]
        except (OSError, ValueError, csv.Error) as error:
            raise FieldError(f"expected a CSV file of time and price; {error}", str(path)) from error
        if rows and [cell.strip().lower() for cell in rows[0][1]] == ["time", "price"]:
            rows = rows[1:]
        return cls(subject, tuple(_read_rows(str(path), rows)))

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The subject that it moves."""
        return (self.subject,)

    def moves(self, start: int, seed: int) -> Iterator[Move]:  # noqa: ARG002  - nothing here is random
        """Return a move for each recorded price."""
        for point in self.points:
            yield Move(start + int(point.seconds * 1000), self.subject, price=point.price)


def _read_rows(path: str, rows: Sequence[tuple[int, list[str]]]) -> Iterator[PathPoint]:
    """Yield the points of a file, the first one at 0 seconds."""
    if not rows:
        raise FieldError("expected a line of time and price; there is none", path)
    read = [(number, *_read_row(f"{path}, line {number}", row)) for number, row in rows]
    for (_, before, _), (number, time, _) in pairwise(read):
        if time <= before:
            raise FieldError("expected a time after that of the line before", f"{path}, line {number}, time")
    first = read[0][1]
    yield from (PathPoint(time - first, price) for _, time, price in read)


def _read_row(where: str, row: list[str]) -> tuple[Decimal, Decimal]:
    """Return time, in seconds, and price of a line."""
    if len(row) != len(("time", "price")):
        raise FieldError(f"expected time and price, not {len(row)} columns", where)
    time, text = (cell.strip() for cell in row)
    try:
        price: Decimal = _PRICE.read(text)
    except FieldError:
        price = Decimal(0)
    if price <= 0:
        raise FieldError(f"expected a price above 0, not {text!r}", f"{where}, price")
    return _read_time(time, f"{where}, time"), price


def _read_time(text: str, where: str) -> Decimal:
    try:
        return Decimal(to_milliseconds(read_iso(text))) / 1000
    except ValueError:
        pass
    try:
        seconds: Decimal = _SECONDS.read(text)
    except FieldError:
        raise FieldError(f"expected seconds, or ISO 8601 with its offset from UTC, not {text!r}", where) from None
    return seconds


@attrs.frozen
class FundingSchedule(Movement):
    """
    Payments of funding at every multiple of an interval since 1970, so at 00:00, 08:00 and 16:00 UTC.

    At a positive ``rate`` longs pay. ``only`` are the venues' ids and symbols that pay; empty for every perpetual
    contract of every venue.

    Raises:
        FieldError: the interval is below a millisecond, or the rate is no number from -1 to 1.
    """

    rate: Decimal = attrs.field(converter=_read_rate)
    every: timedelta = attrs.field(default=timedelta(hours=8), kw_only=True)
    only: tuple[tuple[str, str], ...] = attrs.field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_interval(self.every)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The contracts that pay."""
        return self.only

    def moves(self, start: int, seed: int) -> Iterator[Move]:  # noqa: ARG002  - nothing here is random
        """Return the payments, without end."""
        interval = _check_interval(self.every)
        paying: Iterable[Subject | None] = self.only or (None,)
        for at in count((start // interval + 1) * interval, interval):
            yield from (Move(at, subject, rate=self.rate) for subject in paying)
