"""Bybit's limits: a rolling second per endpoint and account, and five seconds per address over everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.plugin import Limit, LimitScope

#: calls per second and account; an endpoint that is not listed has no published limit of its own
_PER_SECOND = {
    "account_info": 50,
    "wallet_balance": 50,
    "transferable": 50,
    "collateral_info": 50,
    "set_margin_mode": 5,
    "position_list": 50,
    "symbol_info": 2,
    "set_leverage": 10,
    "switch_mode": 10,
    "order_realtime": 50,
    "order_history": 50,
    "executions": 50,
    "order_create": 10,
    "order_amend": 10,
    "order_cancel": 10,
    "order_cancel_all": 10,
    "order_create_batch": 10,
    "order_amend_batch": 10,
    "order_cancel_batch": 10,
    "add_margin": 10,
    "trading_stop": 10,
    "fee_rate": 5,
    "query_api": 10,
    "dcp_info": 5,
    "transaction_log": 25,
    "closed_pnl": 50,
    "convert_history": 50,
}
#: calls per minute and account
_PER_MINUTE = {"withdrawals": 300, "exchange_records": 600}

#: the most a batch pays: behind a full pool the venue refuses the items that are too many, and takes the others
BATCH_WEIGHT_MOST = _PER_SECOND["order_create_batch"]

ADDRESS = Limit("address", amount=600, seconds=5.0)

LIMITS = (
    ADDRESS,
    *(
        Limit(name, amount=amount, seconds=seconds, scope=LimitScope.ACCOUNT, remaining_header="X-Bapi-Limit-Status")
        for table, seconds in ((_PER_SECOND, 1.0), (_PER_MINUTE, 60.0))
        for name, amount in table.items()
    ),
)


def cost(pool: str | None = None) -> Mapping[str, int | None]:
    """Return the pools of one call: the address pool, and the endpoint's own when it has one."""
    return {ADDRESS.name: 1} if pool is None else {ADDRESS.name: 1, pool: 1}


def batch_weight(parameters: Mapping[str, Any]) -> int:
    """Return the payment of a batch into its own pool: one for each of its orders, as far as the pool holds so many."""
    return min(max(len(parameters.get("request", ())), 1), BATCH_WEIGHT_MOST)


def cost_by_item(pool: str) -> Mapping[str, int | None]:
    """Return the pools of one batch: the address pool as one call, and its own pool by its weight."""
    return {ADDRESS.name: 1, pool: None}
