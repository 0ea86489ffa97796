"""
The messages of the private stream, as declarations of the events that they become.

Their rows are complete, and alike those of the reads: a position names its entry price otherwise, and lacks the
account's margin type.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from venuekit.capabilities import (
    Balance,
    BalanceUpdate,
    Fill,
    FillUpdate,
    Order,
    OrderUpdate,
    OrderUpdateKind,
    Position,
    PositionUpdate,
)
from venuekit.parts.columns import Joined, derived, milliseconds, number, rename, text, whole
from venuekit.parts.messages import Message, Messages
from venuekit.parts.rows import Reads
from venuekit_bybit_inverse.endpoints.account import COIN
from venuekit_bybit_inverse.endpoints.positions import POSITIONS
from venuekit_bybit_inverse.order_rows import FILLS, ORDERS
from venuekit_bybit_inverse.wire import CATEGORY

_STEPS: Mapping[str | None, OrderUpdateKind] = {
    "New": OrderUpdateKind.NEW,
    "Untriggered": OrderUpdateKind.NEW,
    "PartiallyFilled": OrderUpdateKind.TRADE,
    "Filled": OrderUpdateKind.TRADE,
    "Cancelled": OrderUpdateKind.CANCELED,
    "PartiallyFilledCanceled": OrderUpdateKind.CANCELED,
    "Deactivated": OrderUpdateKind.CANCELED,
    "Rejected": OrderUpdateKind.REJECTED,
    "Triggered": OrderUpdateKind.TRIGGERED,
}


@attrs.frozen
class _Time:
    """When a message was made."""

    time: datetime | None = None


def _without(sources: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: source for name, source in sources.items() if name not in names}


def _asset(fee_currency: str | None, settle: str | None) -> str | None:
    return fee_currency or settle


def _step_of(status: str | None) -> OrderUpdateKind:
    return _STEPS.get(status) or OrderUpdateKind(status or "unknown")


_OF_MESSAGE = ("time", "message", "raw")
_HEADS = (Reads(_Time, is_single=True, time=milliseconds("creationTime", may_be_blank=True)),)
_IN_DATA: Mapping[str, Any] = {"within": ("data",), "given": _OF_MESSAGE}

#: by topic; positions and fills are joined with the settle coin of their symbol
MESSAGES = Messages(
    "topic",
    {
        f"position.{CATEGORY}": Message(
            Reads(
                PositionUpdate,
                **_IN_DATA,
                unread=("positionValue", "tradeMode"),
                position=Reads(Position, key="symbol", **rename(POSITIONS.sources, {"avgPrice": "entryPrice"})),
                sequence=POSITIONS.sources["sequence"],
            ),
            heads=_HEADS,
        ),
        f"order.{CATEGORY}": Message(
            Reads(
                OrderUpdate,
                **_IN_DATA,
                order=Reads(Order, **_without(ORDERS.sources, "terms", "stop_type")),
                # a row does not say why it was sent
                change=derived(_step_of, ORDERS.sources["venue_status"]),
            ),
            heads=_HEADS,
        ),
        f"execution.{CATEGORY}": Message(
            Reads(
                FillUpdate,
                **_IN_DATA,
                fill=Reads(
                    Fill,
                    key="symbol",
                    **_without(FILLS.sources, "order_type", "order_quantity", "commission_asset"),
                    commission_asset=derived(_asset, text("feeCurrency", may_be_blank=True), Joined()),
                    realized_pnl=number("execPnl", may_be_blank=True),
                ),
                sequence=whole("seq", may_be_blank=True),
            ),
            heads=_HEADS,
        ),
        "wallet": Message(
            Reads(BalanceUpdate, within=("data", ..., "coin"), given=_OF_MESSAGE, balance=Reads(Balance, **COIN)),
            heads=_HEADS,
        ),
    },
)
