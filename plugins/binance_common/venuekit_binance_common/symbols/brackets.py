"""Brackets: how leverage and maintenance margin depend on the size of a position."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal

from venuekit.capabilities import Bracket, BracketReader, Unit
from venuekit.plugin import Account, Answer
from venuekit_binance_common.payloads import BracketRow, BracketsRow
from venuekit_binance_common.product import ProductEndpoints


class BinanceBrackets(Account, BracketReader):
    """The brackets of symbols; there are none of pairs."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]
    #: the unit of caps and floors
    BRACKET_UNIT: ClassVar[Unit]

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return one flat tuple, ordered by symbol, then tier."""
        if pair is not None:
            raise self.refuse("brackets belong to symbols here, not to pairs", subject=pair)
        return brackets_of(await self.answer_rows(self.endpoints.BRACKETS, symbol=symbol), "symbol", self.BRACKET_UNIT)


def brackets_of(
    answer: Answer[tuple[BracketsRow, ...]], named: Literal["symbol", "pair"], unit: Unit
) -> tuple[Bracket, ...]:
    """Return the tiers of an answer as one flat tuple; ``named`` gives the subject of its rows."""
    raws = _raw_tiers(answer.raw, named)
    brackets = [
        _bracket(row, tier, named, unit, None if raws is None else raws[(row.name, tier.bracket)])
        for row in answer.value
        for tier in row.brackets
    ]
    return tuple(sorted(brackets, key=lambda bracket: (bracket.symbol or bracket.pair or "", bracket.tier)))


def _bracket(
    row: BracketsRow, tier: BracketRow, named: Literal["symbol", "pair"], unit: Unit, raw: Mapping[str, Any] | None
) -> Bracket:
    return Bracket(
        symbol=row.name if named == "symbol" else None,
        pair=row.name if named == "pair" else None,
        tier=tier.bracket,
        floor=tier.floor,
        cap=tier.cap,
        unit=unit,
        max_leverage=Decimal(tier.initial_leverage),
        initial_margin_rate=1 / Decimal(tier.initial_leverage),
        maintenance_margin_rate=tier.maint_margin_ratio,
        deduction=tier.cum,
        coefficient=row.notional_coef,
        raw=raw,
    )


def _raw_tiers(raw: Any, named: str) -> Mapping[tuple[str, int], Mapping[str, Any]] | None:
    if raw is None:
        return None
    rows = [raw] if isinstance(raw, dict) else raw
    return {(row[named], tier["bracket"]): tier for row in rows for tier in row["brackets"]}
