"""The endpoints that each product of the family has, as the parts of accounts and simulated venues need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.capabilities import Balance, Income, PositionMode
    from venuekit.parts.rows import Rows
    from venuekit.parts.settings.lens import AccountLens, SymbolLens
    from venuekit.plugin import Change, Endpoint
    from venuekit_binance_common.market import AdlRow, CommissionRow, MarkPriceRow
    from venuekit_binance_common.orders.endpoints import OrderEndpoints
    from venuekit_binance_common.payloads import (
        Acknowledgement,
        BracketsRow,
        InstrumentRow,
        LeverageRow,
        PositionModeRow,
    )
    from venuekit_binance_common.positions.margin import MarginChangeRow, MovedMargin
    from venuekit_binance_common.settings import HeldSettings


class ProductEndpoints(Protocol):
    """The part of a product's book that parts of several products read."""

    SERVER_TIME: Endpoint[datetime]
    EXCHANGE_INFO: Endpoint[tuple[InstrumentRow, ...]]
    BALANCE: Endpoint[Rows[Balance]]
    BRACKETS: Endpoint[tuple[BracketsRow, ...]]
    ORDERS: OrderEndpoints
    POSITION_MODE: Endpoint[PositionModeRow]
    SYMBOL_LENS: SymbolLens[HeldSettings]
    POSITION_MODE_LENS: AccountLens[Any, PositionMode]
    SET_LEVERAGE: Endpoint[Change[LeverageRow]]
    SET_MARGIN_TYPE: Endpoint[Change[Acknowledgement]]
    SET_POSITION_MODE: Endpoint[Change[Acknowledgement]]
    MARK_PRICE: Endpoint[tuple[MarkPriceRow, ...]]
    COMMISSION: Endpoint[CommissionRow]
    ADL: Endpoint[tuple[AdlRow, ...]]
    INCOME: Endpoint[tuple[Income, ...]]
    MARGIN_HISTORY: Endpoint[tuple[MarginChangeRow, ...]]
    POSITION_MARGIN: Endpoint[MovedMargin]
