"""All settings at once: open orders and brackets are read alike on every product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.parts.concurrency import gather_all
from venuekit.parts.settings.draft import SettingsDraft
from venuekit.parts.settings.reader import LeverageTier, SettingsSource
from venuekit.plugin import Endpoint
from venuekit_binance_common.payloads import BracketRow
from venuekit_binance_common.product import ProductEndpoints


class BinanceSettings(SettingsSource):
    """Open orders of every route add a weight of 1 for each symbol, or 40 for the account, whichever is less."""

    most_order_reads = 40
    endpoints: ClassVar[ProductEndpoints]

    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders by symbol, plain and conditional."""
        orders = self.endpoints.ORDERS
        reads: list[Endpoint[Any]] = [orders.open_orders]
        if orders.algo is not None:
            reads.append(orders.algo.open_orders)
        counts: Counter[str] = Counter()
        for which in [{}] if symbols is None else [{"symbol": symbol} for symbol in symbols]:
            for rows in await gather_all(draft.read_rows(read, **which) for read in reads):
                counts.update(row.symbol for row in rows)
        return counts

    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return the brackets of symbols; beyond all caps the leverage of the last one is allowed."""
        which = {"symbol": next(iter(symbols))} if len(symbols) == 1 else {}
        rows = await draft.read_rows(self.endpoints.BRACKETS, of=symbols, **which)
        return {row.name: _tiers(row.brackets) for row in rows if row.name in symbols}


def _tiers(brackets: Sequence[BracketRow]) -> Sequence[LeverageTier]:
    tiers = [LeverageTier(row.cap, Decimal(row.initial_leverage)) for row in brackets]
    return [*tiers, LeverageTier(Decimal("Infinity"), min(tier.leverage for tier in tiers))] if tiers else tiers
