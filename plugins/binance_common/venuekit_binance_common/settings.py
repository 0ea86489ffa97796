"""Leverage, margin type and position mode: their behaviour, their lenses, and all settings of an account at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import (
    LeverageBehaviour,
    LeverageScope,
    MarginTypeBehaviour,
    MarginTypeScope,
    Position,
    PositionMode,
    PositionModeBehaviour,
    PositionModeScope,
    Setting,
    Unit,
)
from venuekit.parts.concurrency import gather_all
from venuekit.parts.settings.lens import AccountLens, RowSettings, SymbolLens
from venuekit.parts.settings.snapshot import LeverageTier, SettingsDraft, SettingsSource
from venuekit.plugin import BlockedBy, Blocker, BlockerScope, Call, Endpoint
from venuekit_binance_common.enums import MARGIN_TYPE_WORDS, margin_type_of, position_mode_of
from venuekit_binance_common.payloads import BracketRow, LeverageRow

if TYPE_CHECKING:
    from venuekit_binance_common.endpoints import BinanceEndpoints

#: brackets, region and account may allow less
LEVERAGE_MOST = Decimal(125)

_ORDERS = "cannot be changed if there exists open orders."
_POSITION = "cannot be changed if there exists position."


def setting_behaviours(*mode_shared_with: str, leverage_most: Decimal | None = LEVERAGE_MOST) -> tuple[object, ...]:
    """
    Return how leverage, margin type and position mode behave; the mode is also that of other venues.

    ``leverage_most`` is None where brackets alone limit the leverage.
    """
    return (
        LeverageBehaviour(
            scope=frozenset({LeverageScope.SYMBOL}), minimum=Decimal(1), maximum=leverage_most, step=Decimal(1)
        ),
        MarginTypeBehaviour(scope=MarginTypeScope.SYMBOL),
        PositionModeBehaviour(scope=PositionModeScope.ACCOUNT, shared_with=mode_shared_with),
    )


def blockers(*, lower_leverage: int) -> tuple[Blocker, ...]:
    """Return the refusals of both products; the code for lowering a leverage while isolated differs."""
    words = f"{lower_leverage} Leverage reduction is not supported in Isolated Margin Mode with open positions."
    orders, position, symbol, realm = BlockedBy.ORDERS, BlockedBy.POSITION, BlockerScope.SYMBOL, BlockerScope.REALM
    return (
        Blocker(Setting.MARGIN_TYPE, orders, symbol, f"-4047 Margin type {_ORDERS}"),
        Blocker(Setting.MARGIN_TYPE, position, symbol, f"-4048 Margin type {_POSITION}"),
        Blocker(Setting.POSITION_MODE, orders, realm, f"-4067 Position side {_ORDERS}"),
        Blocker(Setting.POSITION_MODE, position, realm, f"-4068 Position side {_POSITION}"),
        Blocker(Setting.LEVERAGE, BlockedBy.LOWER_LEVERAGE, symbol, words),
    )


def position_mode_lens(endpoint: Endpoint[Any]) -> AccountLens[Any, PositionMode]:
    """Return the lens of the mode over the cheapest read that shows ``dual_side_position``, perhaps among others."""
    return AccountLens(
        endpoint,
        lambda answer: position_mode_of(answer.dual_side_position),
        "dualSidePosition",
        {PositionMode.ONE_WAY: False, PositionMode.HEDGE: True},
    )


@attrs.frozen
class HeldSettings:
    """
    Margin type and leverage of a symbol, and the largest position that the venue allows at that leverage.

    ``margin_word`` is the venue's own; ``listed_leverage`` is None where a row lacks it.
    """

    symbol: str
    margin_word: str | None = None
    listed_leverage: Decimal | None = None
    largest: Decimal | None = None
    auto_add_margin: bool | None = None


def state_of(row: HeldSettings) -> RowSettings:
    """Return the settings that a row shows: all that reading, setting and reading back need."""
    margin_type = margin_type_of(row.margin_word)
    return RowSettings(
        row.symbol, margin_type, row.listed_leverage, max_position=row.largest, margin_word=row.margin_word
    )


def state_of_position(position: Position) -> RowSettings:
    """Return the settings that a row of positions shows where it lists flat symbols, too."""
    return RowSettings(position.symbol, position.margin_type, position.leverage, position=abs(position.quantity))


def symbol_lens(find_row: Callable[[Call, str], Awaitable[HeldSettings]], unit: Unit) -> SymbolLens[HeldSettings]:
    """Return the lens of a product; ``unit`` is that of the largest position."""
    return SymbolLens(
        find_row=find_row,
        state=state_of,
        margin_words=MARGIN_TYPE_WORDS,
        max_position_unit=unit,
        answered=_answer_of,
    )


def _answer_of(row: LeverageRow) -> RowSettings:
    return RowSettings(row.symbol, leverage=Decimal(row.leverage), max_position=row.largest)


def leverage_answer(state: RowSettings) -> LeverageRow:
    """Return the answer to a write of the leverage that a state has."""
    return LeverageRow(state.symbol, int(state.leverage or 0), state.max_position)


class BinanceSettings(SettingsSource):
    """Open orders of every route add a weight of 1 for each symbol, or 40 for the account, whichever is less."""

    most_order_reads = 40
    endpoints: ClassVar[BinanceEndpoints]

    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders by symbol, plain and conditional."""
        orders = self.endpoints.ORDERS
        reads: list[Endpoint[Any]] = [orders.open_orders]
        if orders.algo is not None:
            reads.append(orders.algo.open_orders)
        counts: Counter[str] = Counter()
        for which in [{}] if symbols is None else [{"symbol": symbol} for symbol in symbols]:
            for answer in await gather_all(draft.answer_rows(read, **which) for read in reads):
                counts.update(row.symbol for row in answer.value)
        return counts

    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return the brackets of symbols; beyond all caps the leverage of the last one is allowed."""
        which = {"symbol": next(iter(symbols))} if len(symbols) == 1 else {}
        answer = await draft.answer_rows(self.endpoints.BRACKETS, of=symbols, **which)
        return {row.name: _tiers(row.brackets) for row in answer.value if row.name in symbols}


def _tiers(brackets: Sequence[BracketRow]) -> Sequence[LeverageTier]:
    tiers = [LeverageTier(row.cap, Decimal(row.initial_leverage)) for row in brackets]
    return [*tiers, LeverageTier(Decimal("Infinity"), min(tier.leverage for tier in tiers))] if tiers else tiers
