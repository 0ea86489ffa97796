"""Resting orders: what waits in the two books, and binds margin or forbids a change of settings."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import PositionSide

__all__ = ["Book", "RestingOrder", "Side"]


class Side(enum.StrEnum):
    """Which way an order or fill goes."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1


class Book(enum.StrEnum):
    """Where an order waits; CONDITIONAL ones wait for a trigger and bind no margin before it."""

    PLAIN = "plain"
    CONDITIONAL = "conditional"


@attrs.frozen
class RestingOrder:
    """An order that waits: ``quantity`` in contracts, unsigned, of which nothing is filled yet."""

    id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    book: Book
    position_side: PositionSide
    reduce_only: bool
    client_id: str | None
    created_at: datetime
