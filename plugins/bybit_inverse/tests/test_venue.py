"""The declaration: hosts, limits, behaviours, reasons."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from venuekit.capabilities import (
    AssetModeControl,
    AssetModeReader,
    LeverageBehaviour,
    MarginTypeBehaviour,
    MarginTypeScope,
    PositionBehaviour,
    PositionModeControl,
)
from venuekit.endpoint import Effect, Security
from venuekit.venue import LimitScope
from venuekit_bybit_inverse import BYBIT_INVERSE
from venuekit_bybit_inverse.endpoints import ENDPOINTS, SWITCH_MODE


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
    """Each has a per-second limit of the account, public ones only that of the address."""
    limits = {limit.name: limit for limit in BYBIT_INVERSE.limits}
    assert (limits["address"].amount, limits["address"].seconds) == (600, 5.0)
    own: set[str] = set()
    for endpoint in ENDPOINTS:
        pools = set(endpoint.pools) - {"address"}
        assert "address" in endpoint.pools
        assert (len(pools) == 1) == (endpoint.security is Security.SIGNED)
        assert not own & pools
        own |= pools
        for pool in pools:
            assert limits[pool].scope is LimitScope.ACCOUNT
            assert (limits[pool].seconds, limits[pool].remaining_header) == (1.0, "X-Bapi-Limit-Status")
    assert {name: limits[name].amount for name in own} == {
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


def test_behaviours() -> None:
    """Leverage in hundredths up to 100, one margin type for the account, two filters of positions."""
    leverage = BYBIT_INVERSE.behaviour(LeverageBehaviour)
    assert (leverage.minimum, leverage.maximum, leverage.step) == (Decimal(1), Decimal(100), Decimal("0.01"))
    assert leverage.moves_margin
    margin_type = BYBIT_INVERSE.behaviour(MarginTypeBehaviour)
    assert margin_type.scope is MarginTypeScope.ACCOUNT
    assert margin_type.touches
    assert BYBIT_INVERSE.behaviour(PositionBehaviour).filters == {"symbol", "margin_asset"}


def test_what_is_unsupported_has_a_reason() -> None:
    """Hedge mode and asset modes, each with a sentence."""
    assert set(BYBIT_INVERSE.unsupported) == {PositionModeControl, AssetModeReader, AssetModeControl}
    assert all(len(reason) > 20 for reason in BYBIT_INVERSE.unsupported.values())


def test_position_mode_is_declared_and_serves_no_capability() -> None:
    """The raw endpoint knows its no-op code; what it would serve is unsupported."""
    assert SWITCH_MODE.serves == ()
    assert SWITCH_MODE.effect is Effect.SET
    assert SWITCH_MODE.no_change == frozenset({110025})
