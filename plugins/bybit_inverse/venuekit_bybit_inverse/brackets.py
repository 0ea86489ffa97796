"""Brackets: the venue's risk limits, counted in the settle coin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from venuekit.capabilities import Bracket, BracketReader, Unit
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.market_payloads import RiskLimitRow
from venuekit_bybit_inverse.reading import read_rows

#: the identity of a row of risk limits
TIER: Callable[[RiskLimitRow], tuple[object, ...]] = attrgetter("symbol", "id")


class BybitBrackets(Account, BracketReader):
    """Read risk limits; needs no key."""

    __slots__ = ()

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return the tiers of one symbol, or of all; each begins where the one before it ends."""
        if pair is not None:
            raise self.refuse("this venue has no filter by pair", subject=pair)
        found = await read_rows(self, BYBIT.RISK_LIMITS, TIER, category=CATEGORY, symbol=symbol)
        tiers = sorted(zip(found.rows, found.raw, strict=True), key=lambda tier: (tier[0].symbol, tier[0].id))
        return tuple(
            bracket for _, of_symbol in groupby(tiers, lambda tier: tier[0].symbol) for bracket in _brackets(of_symbol)
        )


def _brackets(tiers: Iterable[tuple[RiskLimitRow, Mapping[str, Any] | None]]) -> Iterable[Bracket]:
    """Give the brackets of one symbol, lowest tier first."""
    floor = Decimal(0)
    for row, raw in tiers:
        deduction = row.mm_deduction
        yield Bracket(
            symbol=row.symbol,
            pair=None,
            tier=row.id,
            floor=floor,
            cap=row.risk_limit_value,
            unit=Unit.SETTLE,
            max_leverage=row.max_leverage,
            initial_margin_rate=row.initial_margin,
            maintenance_margin_rate=row.maintenance_margin,
            # Printed empty on the first tier, where nothing can be deducted.
            deduction=Decimal(0) if deduction is None and not floor else deduction,
            raw=raw,
        )
        floor = row.risk_limit_value
