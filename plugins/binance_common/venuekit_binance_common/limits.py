"""The realm of both products, the pools requests pay into, and the headers that say what the venue counted."""

from __future__ import annotations

from venuekit.plugin import Limit, LimitScope

__all__ = ["LIMITS", "ORDERS_1M", "ORDERS_10S", "REALM", "WEIGHT"]

#: what both products share: these pools, the position mode, the simulated account
REALM = "binance_futures"

WEIGHT = "weight"
ORDERS_10S = "orders_10s"
ORDERS_1M = "orders_1m"

#: one pool per address and one order pool per account, each shared by both futures products
LIMITS = (
    Limit(WEIGHT, amount=2400, seconds=60, used_header="X-MBX-USED-WEIGHT-1M"),
    Limit(ORDERS_1M, amount=1200, seconds=60, scope=LimitScope.ACCOUNT, used_header="X-MBX-ORDER-COUNT-1M"),
    Limit(ORDERS_10S, amount=300, seconds=10, scope=LimitScope.ACCOUNT, used_header="X-MBX-ORDER-COUNT-10S"),
)
