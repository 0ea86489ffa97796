"""What tests of orders ask for, and how they read what arrived."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    OrderRequest,
    OrderSide,
    OrderType,
)

D = Decimal


def order(**details: Any) -> OrderRequest:
    """Return an order that rests far from the market."""
    plain: dict[str, Any] = {"type": OrderType.LIMIT, "quantity": D(100), "price": D(2000)}
    return OrderRequest(**({"symbol": "ETHUSD", "side": OrderSide.BUY} | plain | details))


def market(**details: Any) -> OrderRequest:
    """Return an order that is filled at once."""
    return order(**({"type": OrderType.MARKET, "price": None} | details))


def body(arrived: list[str]) -> dict[str, Any]:
    """Return the body of the last request."""
    found: dict[str, Any] = json.loads(arrived[-1])
    return found
