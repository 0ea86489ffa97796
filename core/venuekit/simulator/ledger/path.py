"""The path of a price: every price that a symbol had, with its time."""

from __future__ import annotations

import itertools
from datetime import datetime
from decimal import Decimal
from typing import Self

import attrs

#: points that are copied when one is added, and the chunks of so many points that are kept
_CHUNK = 256
_CHUNKS_KEPT = 400


@attrs.frozen
class PricePoint:
    """One price from its time on; ``number`` is 1 for the first one of its path, and rises by 1."""

    number: int
    time: datetime
    price: Decimal


@attrs.frozen
class PricePath:
    """
    The prices of one symbol, oldest first; at most about 100,000, then the oldest are forgotten.

    A value: :meth:`with_price` returns a longer one, which shares almost everything with the shorter one.
    """

    _older: tuple[tuple[PricePoint, ...], ...]
    _newest: tuple[PricePoint, ...]

    @classmethod
    def start(cls, time: datetime, price: Decimal) -> Self:
        """Return the path of a price that has not moved yet."""
        return cls((), (PricePoint(1, time, price),))

    @property
    def last(self) -> PricePoint:
        """The present price."""
        return self._newest[-1]

    @property
    def points(self) -> tuple[PricePoint, ...]:
        """All points, oldest first; never empty, and their times never fall."""
        return (*itertools.chain.from_iterable(self._older), *self._newest)

    def with_price(self, time: datetime, price: Decimal) -> PricePath:
        """Return the path with one more price; a clock that was set back does not turn it round."""
        point = PricePoint(self.last.number + 1, max(time, self.last.time), price)
        if len(self._newest) < _CHUNK:
            return PricePath(self._older, (*self._newest, point))
        return PricePath((*self._older, self._newest)[-_CHUNKS_KEPT:], (point,))
