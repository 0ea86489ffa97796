"""Brackets: how leverage and maintenance margin depend on the notional of a position."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.account import Account
from venuekit.capabilities import Bracket, BracketReader, Unit
from venuekit.endpoint import Endpoint
from venuekit_binance_usdm.payloads import BracketRow, SymbolBracketsRow

__all__ = ["BinanceBrackets", "highest_leverage"]


class BinanceBrackets(Account, BracketReader):
    """Caps and floors are quote notionals, of symbols; there are no brackets of pairs."""

    __slots__ = ()

    BRACKETS: ClassVar[Endpoint[tuple[SymbolBracketsRow, ...]]]

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return one flat tuple, ordered by symbol, then tier; weight 1."""
        if pair is not None:
            raise self.refuse("brackets belong to symbols here, not to pairs", operation="get_brackets", subject=pair)
        answer = await self.answer(self.BRACKETS, symbol=symbol)
        raws = _raw_brackets(answer.raw)
        brackets = [
            _bracket(row, tier, None if raws is None else raws[(row.symbol, tier.bracket)])
            for row in answer.value
            for tier in row.brackets
        ]
        return tuple(sorted(brackets, key=lambda bracket: (bracket.symbol or "", bracket.tier)))


def highest_leverage(row: SymbolBracketsRow, notional: Decimal) -> Decimal:
    """Return the highest leverage allowed at a notional (quote, >= 0); that of the last tier beyond all caps."""
    allowed = [tier.initial_leverage for tier in row.brackets if notional <= tier.notional_cap]
    return Decimal(max(allowed, default=min(tier.initial_leverage for tier in row.brackets)))


def _bracket(row: SymbolBracketsRow, tier: BracketRow, raw: Mapping[str, Any] | None) -> Bracket:
    return Bracket(
        symbol=row.symbol,
        pair=None,
        tier=tier.bracket,
        floor=tier.notional_floor,
        cap=tier.notional_cap,
        unit=Unit.QUOTE,
        max_leverage=Decimal(tier.initial_leverage),
        initial_margin_rate=1 / Decimal(tier.initial_leverage),
        maintenance_margin_rate=tier.maint_margin_ratio,
        deduction=tier.cum,
        coefficient=row.notional_coef,
        raw=raw,
    )


def _raw_brackets(raw: Any) -> Mapping[tuple[str, int], Mapping[str, Any]] | None:
    if raw is None:
        return None
    rows = [raw] if isinstance(raw, dict) else raw
    return {(row["symbol"], tier["bracket"]): tier for row in rows for tier in row["brackets"]}
