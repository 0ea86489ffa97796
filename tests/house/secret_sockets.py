"""Accounts over a WebSocket API, with each way of signing its messages, for the tests of secrets."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import OrderRequest, OrderSide, OrderType
from venuekit.plugin import KeyKind
from venuekit.simulator.access import SimKey

#: a signature in each request, a logon by a key pair, and one by HMAC whose message has no id
SOCKETS = (
    ("binance_usdm", KeyKind.HMAC),
    ("binance_usdm", KeyKind.RSA),
    ("binance_usdm", KeyKind.ED25519),
    ("bybit_inverse", KeyKind.HMAC),
)
_TRADED = {"binance_usdm": ("ETHUSDT", Decimal("0.1")), "bybit_inverse": ("ETHUSD", Decimal(100))}


def bid(venue_id: str) -> OrderRequest:
    """Return an order that rests, by a symbol that has no position."""
    symbol, quantity = _TRADED[venue_id]
    return OrderRequest(symbol=symbol, side=OrderSide.BUY, type=OrderType.LIMIT, price=Decimal(2000), quantity=quantity)


def planted_key(name: str, key: SimKey) -> dict[str, str]:
    """Return the texts of a key that nobody may see: of a PEM, each line of the key."""
    lines = [line for line in key.secret.splitlines() if "-----" not in line and len(line) > 16]
    return {f"{name}: key": key.key} | {f"{name}: secret, line {at}": one for at, one in enumerate(lines)}
