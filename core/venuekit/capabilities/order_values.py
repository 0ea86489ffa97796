"""Orders and fills as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.decimals import EXACT
from venuekit._util.quick_init import quick_init
from venuekit.capabilities.enums import (
    FillKind,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    Unit,
    WorkingPrice,
)
from venuekit.capabilities.modes import MarginType


@quick_init
@attrs.frozen(kw_only=True)
class OrderRequest:
    """
    An order as its caller wants it.

    ``quantity`` is contracts, > 0, and None only with ``close_position``; prices are quote per base and must lie on
    the instrument's steps: nothing is ever rounded silently. ``callback_rate`` is percent: 1 is 1 %. ``client_id`` is
    generated when it is None. ``position_side`` is needed in hedge mode. ``margin_type`` is given where the venue
    has it for each order (``OrderBehaviour.margin_types``), and refused elsewhere.
    """

    symbol: str
    side: OrderSide
    type: OrderType
    quantity: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    position_side: PositionSide | None = None
    time_in_force: TimeInForce | None = None
    reduce_only: bool = False
    close_position: bool = False
    client_id: str | None = None
    working_price: WorkingPrice | None = None
    price_protect: bool | None = None
    activation_price: Decimal | None = None
    callback_rate: Decimal | None = None
    expires_at: datetime | None = None
    stp_mode: str | None = None
    price_match: str | None = None
    margin_type: MarginType | None = None


@attrs.frozen(kw_only=True)
class Amendment:
    """New quantity and price (contracts; quote per base) of an open order named by its order id or client id."""

    symbol: str
    side: OrderSide
    order_id: str | None = None
    client_id: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None


@quick_init
@attrs.frozen(kw_only=True)
class Order:
    """
    One order; None means that the venue did not say.

    Quantities are contracts, unsigned, each ``contract_size`` ``contract_unit``; prices are quote per base;
    ``filled_value`` is the settle asset; ``commission`` is its effect on the account, so paid < 0. ``callback_rate``
    is percent. ``take_profit`` and ``stop_loss`` are the trigger prices that are attached to the order, and guard the
    position that it opens; None where none is. ``triggered_order_id`` is the order that a conditional one became;
    ``triggered_filled`` (contracts) and ``triggered_price`` (mean price) say how far that one was filled: they are its
    figures, and not to be added to it. ``margin_type`` is None where it is the symbol's or the account's.
    """

    id: str
    client_id: str | None
    symbol: str
    kind: OrderKind
    side: OrderSide
    type: OrderType
    status: OrderStatus
    position_side: PositionSide | None = None
    margin_type: MarginType | None = None
    time_in_force: TimeInForce | None = None
    quantity: Decimal | None = None
    filled: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    average_price: Decimal | None = None
    filled_value: Decimal | None = None
    commission: Decimal | None = None
    contract_size: Decimal | None = None
    contract_unit: Unit | None = None
    reduce_only: bool | None = None
    close_position: bool | None = None
    working_price: WorkingPrice | None = None
    price_protect: bool | None = None
    stp_mode: str | None = None
    price_match: str | None = None
    expires_at: datetime | None = None
    activation_price: Decimal | None = None
    callback_rate: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    triggered_order_id: str | None = None
    triggered_filled: Decimal | None = None
    triggered_price: Decimal | None = None
    reject_reason: str | None = None
    venue_status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    received_at: datetime | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def key(self) -> tuple[str, OrderKind, str]:
        """The order's identity: no other of the account has it."""
        return (self.symbol, self.kind, self.id)

    @property
    def is_open(self) -> bool:
        """Whether it can still be filled, triggered or cancelled: its status is not final."""
        return not self.status.is_final

    @property
    def remaining(self) -> Decimal | None:
        """The quantity that is not filled, contracts, also of an ended order; None where the venue gave no figure."""
        return None if self.quantity is None or self.filled is None else EXACT.subtract(self.quantity, self.filled)


@quick_init
@attrs.frozen(kw_only=True)
class Fill:
    """
    One fill; units as in :class:`Order`.

    ``value`` and ``realized_pnl`` (before fees) are the settle asset, ``commission`` is ``commission_asset`` and paid
    < 0. ``fee_rate`` is the part of the value that was charged: 0.0004 is 4 basis points, a rebate is below 0.
    """

    id: str
    order_id: str
    symbol: str
    side: OrderSide
    price: Decimal
    quantity: Decimal
    time: datetime
    client_id: str | None = None
    position_side: PositionSide | None = None
    value: Decimal | None = None
    realized_pnl: Decimal | None = None
    commission: Decimal | None = None
    commission_asset: str | None = None
    fee_rate: Decimal | None = None
    kind: FillKind = FillKind.TRADE
    is_maker: bool | None = None
    contract_size: Decimal | None = None
    contract_unit: Unit | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def key(self) -> tuple[str, str]:
        """The fill's identity: no other of the account has it."""
        return (self.symbol, self.id)


@attrs.frozen(kw_only=True)
class OrderBehaviour:
    """
    The orders a venue takes.

    ``client_id_pattern`` is a regular expression for the whole id. ``place_batch``, ``cancel_batch`` and
    ``amend_batch`` are the most items of one batch, 0 where there is none. ``decides_later`` says that an accepted
    order may still be rejected. ``client_id_reuse`` says in one sentence when an id may appear twice. ``margin_types``
    are those that an order may ask for, empty where the margin type is not the order's. ``tells_creation`` is False
    where a row has the time of its order's last change alone: ``Order.created_at`` is None, and a walk of orders goes
    by ``updated_at``. ``max_conditional_orders`` is how many may wait over all symbols, None for no such limit;
    ``Instrument`` has those of a symbol. ``needs_collateral`` says that in cross and portfolio margin an order is
    refused that opens a position whose settle asset is no collateral.
    """

    types: frozenset[OrderType]
    times_in_force: frozenset[TimeInForce]
    client_id_pattern: str
    place_batch: int
    cancel_batch: int
    amend_batch: int
    decides_later: bool
    client_id_reuse: str
    countdown: str | None = None
    margin_types: frozenset[MarginType] = frozenset()
    tells_creation: bool = True
    max_conditional_orders: int | None = None
    needs_collateral: bool = False
