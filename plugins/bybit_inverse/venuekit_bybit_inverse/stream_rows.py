"""
The rows of messages of the private stream, as declarations of the values that they become.

They are complete rows, alike those of the reads: a position names its entry price otherwise, and lacks the account's
margin type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.capabilities import Balance, Fill, Order, Position
from venuekit.parts.columns import Joined, derived, number, rename, text, whole
from venuekit.parts.rows import Document, Reads
from venuekit_bybit_inverse.endpoints.account import COIN
from venuekit_bybit_inverse.endpoints.positions import POSITIONS
from venuekit_bybit_inverse.order_rows import FILLS, ORDERS

_ROWS = ("data",)


@attrs.frozen
class Numbered:
    """The number by which rows of a symbol are ordered."""

    sequence: int | None = None


def _without(sources: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: source for name, source in sources.items() if name not in names}


def _asset(fee_currency: str | None, settle: str | None) -> str | None:
    return fee_currency or settle


@attrs.frozen(kw_only=True, eq=False)
class MessageRows:
    """
    The declarations of messages, by topic; positions and fills are joined with the settle coin of their symbol.

    ``wallet`` is one account of a message about wallets.
    """

    position: Document[Any]
    order: Document[Any]
    execution: Document[Any]
    wallet: Document[Any]


ROWS = MessageRows(
    position=Document(
        tuple,
        positions=Reads(
            Position,
            within=_ROWS,
            key="symbol",
            unread=("positionValue", "tradeMode"),
            **rename(POSITIONS.sources, {"avgPrice": "entryPrice"}),
        ),
    ),
    order=Document(tuple, orders=Reads(Order, within=_ROWS, **_without(ORDERS.sources, "terms"))),
    execution=Document(
        tuple,
        fills=Reads(
            Fill,
            within=_ROWS,
            key="symbol",
            **_without(FILLS.sources, "order_type", "order_quantity", "commission_asset"),
            commission_asset=derived(_asset, text("feeCurrency", may_be_blank=True), Joined()),
            realized_pnl=number("execPnl", may_be_blank=True),
        ),
        numbers=Reads(Numbered, within=_ROWS, sequence=whole("seq", may_be_blank=True)),
    ),
    wallet=Document(tuple, coins=Reads(Balance, within=("coin",), **COIN)),
)
