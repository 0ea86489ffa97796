"""The declaration: hosts, limits, behaviours, reasons."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from venuekit.capabilities import (
    AssetModeControl,
    AssetModeReader,
    CountdownControl,
    LeverageBehaviour,
    ListenKeyControl,
    MarginChangeReader,
    MarginTypeBehaviour,
    MarginTypeScope,
    OrderBehaviour,
    OrderTestControl,
    OrderType,
    PositionBehaviour,
    PositionModeControl,
    RiskLimitControl,
    SupportState,
    TimeInForce,
)
from venuekit.endpoint import Area, Effect, Priority, Security
from venuekit.venue import LimitScope, venue_support
from venuekit_bybit_inverse import BYBIT_INVERSE
from venuekit_bybit_inverse.endpoints import BYBIT


@pytest.mark.parametrize(
    ("name", "host"),
    [("live", "api.bybit.com"), ("testnet", "api-testnet.bybit.com"), ("demo", "api-demo.bybit.com")],
)
def test_environments_lead_to_their_own_hosts(name: str, host: str) -> None:
    """Every URL of an environment is on its own list of hosts, and encrypted."""
    environment = BYBIT_INVERSE.environment(name)
    assert urlsplit(environment.rest).hostname == host
    for url in filter(None, (environment.rest, environment.stream, environment.websocket_api)):
        assert urlsplit(url).hostname in environment.hosts
        assert urlsplit(url).scheme in {"https", "wss"}


def test_hosts_are_not_shared_between_environments() -> None:
    """A key of one environment can never travel to another one's hosts."""
    lists = [environment.hosts for environment in BYBIT_INVERSE.environments]
    assert len(frozenset().union(*lists)) == sum(map(len, lists))


def test_private_endpoints_pay_into_a_pool_of_their_own_and_the_addresss() -> None:
    """Each has the limit that is published of it, of the account; public ones only that of the address."""
    limits = {limit.name: limit for limit in BYBIT_INVERSE.limits}
    assert (limits["address"].amount, limits["address"].seconds) == (600, 5.0)
    unpublished = {BYBIT.SET_TPSL_MODE, BYBIT.SET_RISK_LIMIT, BYBIT.OLD_CLOSED_PNL, BYBIT.SET_PROTECTION}
    own: set[str] = set()
    for endpoint in BYBIT:
        if endpoint is BYBIT.ADD_PARTIAL_STOP:  # the same request, with the limit of the same
            assert endpoint.pools == BYBIT.SET_TRADING_STOP.pools
            continue
        pools = set(endpoint.pools) - {"address"}
        assert "address" in endpoint.pools
        assert (len(pools) == 1) == (endpoint.security is Security.SIGNED and endpoint not in unpublished)
        assert not own & pools
        own |= pools
        for pool in pools:
            assert limits[pool].scope is LimitScope.ACCOUNT
            assert limits[pool].remaining_header == "X-Bapi-Limit-Status"
    assert {name: (limits[name].amount, limits[name].seconds) for name in own if (limits[name].seconds or 0) > 1} == {
        "withdrawals": (300, 60.0),
        "exchange_records": (600, 60.0),
    }
    assert {name: limits[name].amount for name in own if limits[name].seconds == 1} == {
        "order_create_batch": 10,
        "order_amend_batch": 10,
        "order_cancel_batch": 10,
        "trading_stop": 10,
        "account_info": 50,
        "dcp_info": 5,
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
        "add_margin": 10,
        "fee_rate": 5,
        "query_api": 10,
        "transaction_log": 25,
        "closed_pnl": 50,
        "convert_history": 50,
    }


def test_behaviours() -> None:
    """Leverage in hundredths up to 100, one margin type for the account, two filters of positions."""
    leverage = BYBIT_INVERSE.behaviour(LeverageBehaviour)
    assert (leverage.minimum, leverage.maximum, leverage.step) == (Decimal(1), Decimal(100), Decimal("0.01"))
    assert leverage.moves_margin
    margin_type = BYBIT_INVERSE.behaviour(MarginTypeBehaviour)
    assert margin_type.scope is MarginTypeScope.ACCOUNT
    assert margin_type.touches
    assert BYBIT_INVERSE.behaviour(PositionBehaviour).filters == {"symbol", "margin_asset"}


def test_demo_lacks_one_read_that_balances_do_without() -> None:
    """The published list of the demo service does not have the withdrawable amounts, and the reason says so."""
    reason = BYBIT_INVERSE.environment("demo").lacks[BYBIT.TRANSFERABLE]
    assert "demo service" in reason
    assert not BYBIT_INVERSE.environment("live").lacks
    assert not BYBIT_INVERSE.environment("testnet").lacks


def test_what_is_unsupported_has_a_reason() -> None:
    """Hedge mode, asset modes, risk limits, margin history, tests, countdowns and listen keys, each with a sentence."""
    assert set(BYBIT_INVERSE.unsupported) == {
        *(PositionModeControl, AssetModeReader, AssetModeControl, RiskLimitControl, MarginChangeReader),
        *(OrderTestControl, CountdownControl, ListenKeyControl),
    }
    assert all(len(reason) > 20 for reason in BYBIT_INVERSE.unsupported.values())


def test_position_mode_is_declared_and_serves_no_capability() -> None:
    """The raw endpoint knows its no-op code; what it would serve is unsupported."""
    assert BYBIT.SWITCH_MODE.serves == ()
    assert BYBIT.SWITCH_MODE.effect is Effect.SET
    assert BYBIT.SWITCH_MODE.no_change == frozenset({110025})


def test_what_orders_the_venue_takes() -> None:
    """No trailing stops and no end dates, batches of twenty, and a decision that comes later."""
    orders = BYBIT_INVERSE.behaviour(OrderBehaviour)
    assert OrderType.TRAILING_STOP_MARKET not in orders.types
    assert TimeInForce.GTD not in orders.times_in_force
    assert (orders.place_batch, orders.amend_batch, orders.cancel_batch, orders.decides_later) == (20, 20, 20, True)


def test_writes_about_orders_are_filed_as_orders() -> None:
    """So that a guard that forbids orders forbids all of them, and one that halts lets cancels through."""
    writes = [one for one in BYBIT if one.path.startswith("/v5/order/") and one.effect is not Effect.READ]
    assert len(writes) == 8
    assert {one.area for one in writes} == {Area.ORDERS}
    cancels = [one for one in writes if "cancel" in one.path]
    assert len(cancels) == 4
    assert all(one.reduces is not None and one.reduces({}) for one in cancels)


def test_what_adds_up_or_repeats_can_be_found_out() -> None:
    """Placing and margin are never sent twice on a guess: each can be looked for, and its absence proven."""
    once = [one for one in BYBIT if one.effect in {Effect.KEYED, Effect.DELTA}]
    assert {one.path for one in once} == {
        *("/v5/order/create", "/v5/order/create-batch", "/v5/position/add-margin", "/v5/position/trading-stop"),
    }
    assert all(one.resolve is not None and one.absence_proof is not None for one in once)


def test_batches_pay_for_each_of_their_orders() -> None:
    """One for each into a pool of their own, at most the whole pool: what is too many is refused item by item."""
    for endpoint in (BYBIT.CREATE_BATCH, BYBIT.AMEND_BATCH, BYBIT.CANCEL_BATCH):
        assert callable(endpoint.weight)
        assert [endpoint.weight({"request": [{}] * count}) for count in (1, 7, 10, 20)] == [1, 7, 10, 10]
        assert endpoint.weight_most == 10
        assert [cost for pool, cost in endpoint.pools.items() if pool != "address"] == [None]


def test_looking_at_open_orders_is_no_history() -> None:
    """Cancelling waits for them, so they go before the pages of a walk, though walks over orders ask them too."""
    assert BYBIT.OPEN_ORDERS.priority is Priority.READ
    assert BYBIT.ORDER_HISTORY.priority is Priority.READ
    assert BYBIT.EXECUTIONS.priority is Priority.HISTORY


def test_what_the_demo_service_lacks() -> None:
    """Each missing capability has a reason."""
    demo = BYBIT_INVERSE.environment("demo")
    names = {capability.__name__ for capability in demo.unsupported}
    assert names == {
        "ApiKeyReader", "CommissionReader", "ConversionReader", "DeadManControl", "OrderBatchControl",
        "TpSlModeControl",
        "WithdrawalReader",
    }  # fmt: skip
    for capability in demo.unsupported:
        support = venue_support(BYBIT_INVERSE, capability, demo)
        assert (support.state, support.source) == (SupportState.UNSUPPORTED, "environment")
        assert "demo service" in (support.reason or "")
