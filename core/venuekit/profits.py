"""Profits: the movements of wallets that are profit or loss, summed exactly by day, symbol and asset."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.decimals import EXACT, total
from venuekit.capabilities import Income, IncomeKind

#: movements of money that make none
MOVED = frozenset({IncomeKind.TRANSFER, IncomeKind.CONVERSION})
#: the sum that a kind belongs to; all others are ``other``
_PARTS = {
    IncomeKind.REALIZED_PNL: "realized_pnl",
    IncomeKind.DELIVERY: "realized_pnl",
    IncomeKind.FUNDING: "funding",
    IncomeKind.COMMISSION: "commission",
}
_ZERO = Decimal(0)


@attrs.frozen(kw_only=True)
class Profit:
    """
    The profit of one day, symbol and asset; received > 0, paid < 0, in ``asset``.

    ``day`` is one of UTC. ``symbol`` is None for movements that name none. ``realized_pnl`` has deliveries, too;
    ``other`` has rebates, bonuses, interest, payments of the insurance fund and movements of any other kind. Where a
    venue books commissions within the profit (``HistoryBehaviour.income_parts``), ``commission`` is 0.
    """

    day: date
    symbol: str | None
    asset: str
    realized_pnl: Decimal = _ZERO
    funding: Decimal = _ZERO
    commission: Decimal = _ZERO
    other: Decimal = _ZERO

    @property
    def total(self) -> Decimal:
        """The sum of all parts."""
        return total((self.realized_pnl, self.funding, self.commission, self.other))

    def plus(self, other: Profit) -> Profit:
        """Return both together, under the day, symbol and asset of this one."""
        return attrs.evolve(
            self,
            realized_pnl=EXACT.add(self.realized_pnl, other.realized_pnl),
            funding=EXACT.add(self.funding, other.funding),
            commission=EXACT.add(self.commission, other.commission),
            other=EXACT.add(self.other, other.other),
        )


def profits_of(movements: Iterable[Income]) -> tuple[Profit, ...]:
    """
    Return the profits of movements by day, symbol and asset, in this order; transfers and conversions are none.

    The source of the formula is the wallet itself: the sum of all movements is its change.
    """
    each = (
        Profit(
            day=one.time.astimezone(UTC).date(),
            symbol=one.symbol,
            asset=one.asset,
            **{_PARTS.get(one.kind, "other"): one.amount},
        )
        for one in movements
        if one.kind not in MOVED
    )
    return sum_profits(each, lambda one: (one.day, one.symbol or "", one.asset))


def sum_profits(profits: Iterable[Profit], key: Callable[[Profit], tuple[Any, ...]]) -> tuple[Profit, ...]:
    """Return one profit for each key, in the order of the keys; its day, symbol and asset are those of the first."""
    sums: dict[tuple[Any, ...], Profit] = {}
    for one in profits:
        found = sums.get(key(one))
        sums[key(one)] = one if found is None else found.plus(one)
    return tuple(sums[one] for one in sorted(sums))
