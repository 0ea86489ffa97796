"""Margin type and leverage of a symbol, and the lens over their row; the read of the row is the product's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

import attrs

from venuekit.capabilities import Position, Unit
from venuekit.parts.settings.lens import RowSettings, SymbolLens
from venuekit.plugin import Call
from venuekit_binance_common.enums import MARGIN_TYPE_WORDS, margin_type_of
from venuekit_binance_common.payloads import LeverageRow


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
