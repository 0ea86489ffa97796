"""Orders: the request, and the order with its results."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import OrderStatus, OrderType, PositionSide, TimeInForce
from venuekit.simulator.ledger.money import ZERO
from venuekit.simulator.ledger.refusal import LedgerRefusal

#: the times in force of a ledger's limit orders
LIMIT_TIMES = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY)


class Side(enum.StrEnum):
    """The direction of an order or fill."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1


class Book(enum.StrEnum):
    """The book of an order; CONDITIONAL ones wait for a trigger and bind no margin before it."""

    PLAIN = "plain"
    CONDITIONAL = "conditional"


class TradeKind(enum.StrEnum):
    """The cause of an execution."""

    TRADE = "trade"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    FUNDING = "funding"  #: no trade: a position's funding payment, recorded like one


@attrs.frozen(kw_only=True)
class LedgerOrderRequest:
    """
    A requested order; ``quantity`` in contracts, unsigned, 0 with ``close_position`` (the whole position at that time).

    ``time_in_force`` is GTC (until ``expires_at``, where given), IOC, FOK or POST_ONLY; any other is refused.
    ``trigger_rises`` means that the trigger is reached from below; None derives it from type and side.
    ``callback_rate`` is a fraction, ``callback_distance`` a distance in price; a trailing stop has one of them.
    A trigger ``watches_index`` price in place of the mark; a trailing stop always watches the mark.
    ``labels`` are a simulated venue's own values, kept with the order.

    An order ``of_position`` is a conditional one that protects a position: it ends with that, and counts in no maximum.
    ``attached`` are such orders, which come into being with each fill that opens something; one that closes the whole
    position takes the place of the one of its type, any other is about the quantity of that fill.
    """

    symbol: str
    side: Side
    type: OrderType = OrderType.LIMIT
    quantity: Decimal = ZERO
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    position_side: PositionSide = PositionSide.BOTH
    reduce_only: bool = False
    close_position: bool = False
    client_id: str | None = None
    trigger_price: Decimal | None = None
    trigger_rises: bool | None = None
    watches_index: bool = False
    activation_price: Decimal | None = None
    callback_rate: Decimal | None = None
    callback_distance: Decimal | None = None
    of_position: bool = False
    attached: tuple[LedgerOrderRequest, ...] = ()
    expires_at: datetime | None = None
    labels: Mapping[str, object] = attrs.field(factory=dict)

    @property
    def only_closes(self) -> bool:
        """Whether its trades can only close: reduce-only, or the closing side of a leg of hedge mode."""
        closing = {PositionSide.LONG: Side.SELL, PositionSide.SHORT: Side.BUY}.get(self.position_side)
        return self.reduce_only or self.close_position or self.side is closing

    @property
    def rises_to_trigger(self) -> bool:
        """Whether the trigger is reached from below."""
        if self.trigger_rises is not None:
            return self.trigger_rises
        takes_profit = self.type in {OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_MARKET}
        return (self.side is Side.BUY) is not takes_profit


@attrs.frozen(kw_only=True)
class LedgerOrder(LedgerOrderRequest):
    """
    An order with its results; a waiting conditional order is OPEN, and no read shows a PENDING one.

    ``filled`` in contracts; ``filled_value``, ``commission`` (paid < 0) and ``realized_pnl`` (before fees) in the
    settle asset; ``average_price`` None while nothing is filled. ``amendments`` counts its changes. A TRIGGERED order
    names its successor by ``triggered_order_id``, and the successor names it by ``triggered_by``. ``extreme`` is the
    best mark since a trailing stop became active, None before. ``leverage`` is the symbol's when the order was placed.
    Reads show the order from ``visible_at`` on.
    """

    id: str
    book: Book
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    leverage: Decimal
    filled: Decimal = ZERO
    average_price: Decimal | None = None
    filled_value: Decimal = ZERO
    commission: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    amendments: int = 0
    reject_reason: LedgerRefusal | None = None
    triggered_order_id: str | None = None
    triggered_by: str | None = None
    forced: TradeKind | None = None
    extreme: Decimal | None = None
    visible_at: datetime | None = None

    @property
    def remaining(self) -> Decimal:
        """The unfilled quantity, in contracts."""
        return self.quantity - self.filled

    @property
    def is_open(self) -> bool:
        """Whether it can still trade."""
        return not self.status.is_final

    @property
    def waits(self) -> bool:
        """Whether it waits in a book: open, and decided."""
        return self.status in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}
