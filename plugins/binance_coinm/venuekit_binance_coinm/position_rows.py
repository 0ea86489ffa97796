"""
The rows of positionRisk and of the account read: quantities are contracts, each a fixed amount of the quote asset.

``notional`` is quantity x contract size, face value without a price in it, None of a contract that is not listed;
``value`` is the venue's, else notional over mark; the isolated wallet is the venue's, else the isolated margin less
the unrealised profit.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

import attrs

from venuekit.capabilities import MarginType, Position, PositionSide, Unit
from venuekit.parts.columns import (
    Constant,
    Joined,
    Same,
    beside,
    derived,
    flag,
    milliseconds,
    number,
    only_when,
    price,
    text,
    words,
)
from venuekit.parts.rows import Reads, Rows
from venuekit.plugin import Call, Endpoint, InvalidRequest, Outcome, Unfit
from venuekit_binance_common.enums import POSITION_SIDES, margin_type_of
from venuekit_binance_common.positions.lost_margin import legs_read
from venuekit_binance_common.settings import HeldSettings

_EXACT = Context(prec=34)
_OF_FLAG = {True: MarginType.ISOLATED, False: MarginType.CROSS}


def _notional(quantity: Decimal, size: Decimal | None) -> Decimal | None:
    return None if size is None else abs(quantity) * size


def _value(value: Decimal | None, notional: Decimal | None, mark: Decimal | None) -> Decimal | None:
    if value is not None:
        return abs(value)
    if not notional:
        return notional
    return None if mark is None else _EXACT.divide(notional, mark)


def _wallet_of_isolated(wallet: Decimal | None, margin: Decimal | None, pnl: Decimal | None) -> Decimal | None:
    if wallet is not None:
        return wallet
    return None if margin is None or pnl is None else margin - pnl


#: the sources that both reads have, the margin type and profit before them
_BOTH: Mapping[str, Any] = {
    "symbol": text("symbol"),
    "side": words("positionSide", POSITION_SIDES, unknown=PositionSide),
    "quantity": number("positionAmt"),
    "contract_size": Joined("contract_size"),
    "contract_unit": Constant(Unit.QUOTE),
    "settle": Joined("margin_asset"),
    "entry_price": price("entryPrice"),
    "break_even_price": price("breakEvenPrice", may_be_blank=True),
    "mark_price": price("markPrice", may_be_blank=True),
    "notional": derived(_notional, Same("quantity"), Same("contract_size")),
    "value": derived(_value, number("notionalValue", may_be_blank=True), Same("notional"), Same("mark_price")),
    "leverage": number("leverage"),
    "isolated_margin": only_when(number("isolatedMargin", may_be_blank=True), "margin_type", MarginType.ISOLATED),
    "isolated_wallet": only_when(
        derived(
            _wallet_of_isolated,
            number("isolatedWallet", may_be_blank=True),
            Same("isolated_margin"),
            Same("unrealized_pnl"),
        ),
        "margin_type",
        MarginType.ISOLATED,
    ),
    "max_position": number("maxQty", may_be_blank=True),
    "max_position_unit": beside("max_position", Unit.BASE),
    "updated_at": milliseconds("updateTime"),
}

POSITIONS = Reads(
    Position,
    key="symbol",
    flat="quantity",
    # few words, many rows
    margin_type=derived(lru_cache(maxsize=16)(margin_type_of), text("marginType")),
    unrealized_pnl=number("unRealizedProfit"),
    liquidation_price=price("liquidationPrice"),
    auto_add_margin=flag("isAutoAddMargin"),
    **_BOTH,
)

#: without mark and liquidation price
POSITIONS_OF_ACCOUNT = Reads(
    Position,
    within=("positions",),
    key="symbol",
    flat="quantity",
    margin_type=derived(_OF_FLAG.get, flag("isolated")),
    unrealized_pnl=number("unrealizedProfit"),
    position_initial_margin=number("positionInitialMargin"),
    open_order_initial_margin=number("openOrderInitialMargin"),
    initial_margin=number("initialMargin"),
    maintenance_margin=number("maintMargin"),
    **_BOTH,
)


_SETTINGS = Reads(
    HeldSettings,
    key="symbol",
    symbol=text("symbol"),
    margin_word=text("marginType"),
    listed_leverage=number("leverage"),
    largest=number("maxQty", may_be_blank=True),
)


@attrs.frozen
class PositionRiskReader:
    """Picks the settings of one symbol out of positionRisk, which lists all of them; weight 1."""

    endpoint: Endpoint[Rows[Position]]
    venue: str

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return the settings of the symbol; all its rows agree."""
        for settings in (await call(self.endpoint)).read_by(_SETTINGS).of({symbol}).values():
            return settings
        raise InvalidRequest(
            f"{self.endpoint.path} lists no such symbol",
            venue=self.venue,
            operation=str(self.endpoint),
            subject=symbol,
            outcome=Outcome.NOT_APPLIED,
        )


def _wallet(margin_word: str | None, margin: Decimal | None, pnl: Decimal | None) -> Decimal:
    """Return the isolated margin less the unrealised profit; 0 in cross margin."""
    if margin_type_of(margin_word) is not MarginType.ISOLATED:
        return Decimal(0)
    if margin is None or pnl is None:
        raise Unfit("an isolated margin and a profit", margin)
    return margin - pnl


#: the isolated wallet is the isolated margin less the unrealised profit, each cut off after eight decimals
LEGS = legs_read(derived(_wallet, text("marginType"), number("isolatedMargin"), number("unRealizedProfit")))
BLUR = Decimal("0.00000002")
