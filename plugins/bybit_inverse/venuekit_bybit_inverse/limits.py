"""Bybit's limits: a rolling second per endpoint and account, and five seconds per address over everything."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.venue import Limit, LimitScope

__all__ = ["ADDRESS", "LIMITS", "paid"]

#: calls per second and account; what is not listed has no published limit of its own
_PER_SECOND = {
    "account_info": 50,
    "wallet_balance": 50,
    "collateral_info": 50,
    "set_margin_mode": 5,
    "position_list": 50,
    "symbol_info": 2,
    "set_leverage": 10,
    "switch_mode": 10,
    "order_realtime": 50,
}

ADDRESS = Limit("address", amount=600, seconds=5.0)

LIMITS = (
    ADDRESS,
    *(
        Limit(name, amount=amount, seconds=1.0, scope=LimitScope.ACCOUNT, remaining_header="X-Bapi-Limit-Status")
        for name, amount in _PER_SECOND.items()
    ),
)


def paid(pool: str | None = None) -> Mapping[str, int | None]:
    """Return what one call pays into: the address pool, and the endpoint's own when it has one."""
    return {ADDRESS.name: 1} if pool is None else {ADDRESS.name: 1, pool: 1}
