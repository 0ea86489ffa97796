"""Brackets: the venue's risk limits, counted in the settle coin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

import attrs

from venuekit.capabilities import Bracket, BracketReader
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.reading import read_rows

#: the identity of a row of risk limits
TIER: Callable[[Bracket], tuple[object, ...]] = attrgetter("symbol", "tier")


class BybitBrackets(Account, BracketReader):
    """Read risk limits; needs no key."""

    __slots__ = ()

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return the tiers of one symbol, or of all; each begins where the one before it ends."""
        if pair is not None:
            raise self.refuse("this venue has no filter by pair", subject=pair)
        found = await read_rows(self, BYBIT.RISK_LIMITS, TIER, category=CATEGORY, symbol=symbol)
        tiers = sorted(zip(found.rows, found.raw, strict=True), key=lambda tier: (tier[0].symbol, tier[0].tier))
        return tuple(
            bracket for _, of_symbol in groupby(tiers, lambda tier: tier[0].symbol) for bracket in _brackets(of_symbol)
        )


def _brackets(tiers: Iterable[tuple[Bracket, Mapping[str, Any] | None]]) -> Iterable[Bracket]:
    """Give the brackets of one symbol, lowest tier first."""
    floor = Decimal(0)
    for tier, raw in tiers:
        # Printed empty on the first tier, where nothing can be deducted.
        deduction = Decimal(0) if tier.deduction is None and not floor else tier.deduction
        yield attrs.evolve(tier, floor=floor, deduction=deduction, raw=raw)
        floor = tier.cap
