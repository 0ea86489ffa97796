"""All settings at once, by the venue's cheapest reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

import attrs

from venuekit.parts.columns import number, text
from venuekit.parts.rows import Reads
from venuekit.parts.settings.snapshot import SettingsDraft
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.position_rows import POSITIONS, mode_of
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.market import unknown_symbol_error
from venuekit_binance_common.settings import BinanceSettings, state_of_position

_NOTHING = Decimal(0)


@attrs.frozen
class _Exposure:
    """The margin of a position and of the orders that make it larger, in the base asset, and its leverage."""

    symbol: str
    initial_margin: Decimal
    leverage: Decimal


_EXPOSURES = Reads(
    _Exposure,
    within=("positions",),
    symbol=text("symbol"),
    initial_margin=number("initialMargin"),
    leverage=number("leverage"),
)


class CoinmSettings(BinanceSettings):
    """
    One read of weight 1 shows the mode, margin types, leverages and positions of every trading symbol.

    Brackets add 6 for one symbol, 7 for several: theirs, and the account read that shows how large positions can grow.
    """

    endpoints = COINM

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Read positionRisk, and the mode where no row shows it."""
        answer = await draft.answer_rows(COINM.POSITION_RISK)
        mode = mode_of(answer.value)
        if mode is None:
            mode = position_mode_of((await draft.read(COINM.POSITION_MODE)).dual_side_position)
        positions = draft.values(COINM.POSITION_RISK, answer, answer.value, POSITIONS)
        unread = draft.missing(symbols, {position.symbol for position in positions})
        if unread and None not in draft.odd:
            raise unknown_symbol_error(draft.account, COINM.POSITION_RISK, unread[0])
        draft.set(position_mode=mode, open_positions=sum(1 for position in positions if position.quantity))
        draft.add(map(state_of_position, positions), symbols)

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return initial margin x leverage, base: positionRisk does not show the share of open orders."""
        exposures: dict[str, Decimal | None] = {}
        answer = await draft.answer_rows(COINM.ACCOUNT, of=symbols)
        for row in draft.values(COINM.ACCOUNT, answer, answer.value.positions, _EXPOSURES, of=symbols):
            exposures[row.symbol] = max(row.initial_margin * row.leverage, exposures.get(row.symbol) or _NOTHING)
        return exposures
