"""Aster: the same parts with other data; what it has in other versions, and what it does not have at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.binance.answers import answering, time_telling_transport
from tests.plugins.binance.exchange import open_exchange, shape

import venuekit
from venuekit.capabilities import (
    AssetMode,
    MarginType,
    PositionMode,
    PositionModeBehaviour,
    PositionSide,
)
from venuekit.endpoint import Effect
from venuekit.errors import InvalidArgument, InvalidRequest, NotExecuted, PayloadMismatch
from venuekit.faults import Fault
from venuekit.plugins import make_plugins
from venuekit.simulator import DropAfter, DropBefore
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.clocks import LoopClock
from venuekit.testing.recorded import find_recorded, load_recorded
from venuekit_binance_usdm.aster.endpoints import ASTER_V1
from venuekit_binance_usdm.aster.venue import VENUE_V1 as VENUE
from venuekit_binance_usdm.venue import VENUE as USDM

D = Decimal
RECORDED = load_recorded(find_recorded(VENUE))


@asynccontextmanager
async def simulated(scenario: str = "holding") -> AsyncIterator[tuple[Any, Any]]:
    """Open the simulated venue and an account of it, on a clock that leaps over waiting."""
    clock = LoopClock()
    async with (
        venuekit.simulate("aster_usdm_v1", scenario=scenario, clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect("aster_usdm_v1", sim.credentials("aster_usdm_v1"), runtime=runtime) as account,
    ):
        await asyncio.sleep(1)  # nothing of the account is as young as what happens now
        sim.requests.clear()
        yield sim, account


def test_venue_stands_on_its_own() -> None:
    """Its realm, hosts, pools and mode are shared with nobody."""
    assert make_plugins().venue("aster_usdm_v1") is VENUE
    assert VENUE.realm == "aster" != USDM.realm
    mine, theirs = ({host for it in venue.environments for host in it.hosts} for venue in (VENUE, USDM))
    assert mine == {"fapi.asterdex.com", "fstream.asterdex.com"}
    assert not mine & theirs
    assert VENUE.behaviour(PositionModeBehaviour).shared_with == ()
    assert [limit.amount for limit in VENUE.limits] == [2400, 1200]


def test_what_it_does_not_have() -> None:
    """No third version, no configuration reads, no conditional book; each mode has a read of its own."""
    paths = {endpoint.path for endpoint in VENUE.endpoints}

    assert not {path for path in paths if "/v3/" in path or "algo" in path.lower() or path.endswith("Config")}
    assert {"/fapi/v4/account", "/fapi/v2/balance", "/fapi/v2/positionRisk"} <= paths
    assert ASTER_V1.POSITION_MODE.cost({}) == ASTER_V1.ASSET_MODE.cost({}) == 30


def test_parts_keep_accounts_small() -> None:
    """No part of the account class adds a dictionary to each account."""
    assert all(vars(part).get("__slots__") == () for part in VENUE.account.__mro__ if "binance" in part.__module__)
    assert VENUE.account.__abstractmethods__ == frozenset()


@pytest.mark.parametrize("message", ["Service Unavailable.", "Internal error; unable to process your request.", "?"])
def test_overloaded_server_never_says_that_nothing_happened(message: str) -> None:
    """503 is always an unknown outcome, with or without a code."""
    for code in (None, -1001):
        assert VENUE.faults.classify(503, code, message) is Fault.UNKNOWN_OUTCOME
    assert USDM.faults.classify(503, None, "Service Unavailable.") is Fault.OVERLOADED
    assert VENUE.faults.classify(400, -1121, "Invalid symbol.") is Fault.INVALID


@pytest.mark.parametrize(
    ("endpoint", "case", "parameters"),
    [
        (ASTER_V1.BALANCE, "get_fapi_v2_balance", {}),
        (ASTER_V1.ACCOUNT, "get_fapi_v4_account", {}),
        (ASTER_V1.POSITION_RISK, "get_fapi_v2_positionRisk", {"symbol": "BTCUSDT"}),
    ],
    ids=str,
)
def test_answers_have_the_documented_shape(endpoint: Any, case: str, parameters: dict[str, Any]) -> None:
    """Every documented field is there, no other one is, and each has its JSON type."""
    exchange = open_exchange(VENUE, "holding")

    assert shape(exchange.fetch(endpoint, **parameters)) == shape(json.loads(RECORDED.case(case).body))


@pytest.mark.parametrize("path", ["/fapi/v3/account", "/fapi/v1/symbolConfig", "/fapi/v1/openAlgoOrders"])
def test_simulated_venue_does_not_have_what_the_venue_does_not_have(path: str) -> None:
    """The path is unknown."""
    status, code, _ = open_exchange(VENUE, "flat").refusal("GET", path)

    assert (status, code) == (404, -5000)


def test_limits_are_those_of_the_venue() -> None:
    """Orders are counted by the minute alone, and commission has two rates."""
    exchange = open_exchange(VENUE, "flat")
    told = exchange.fetch(ASTER_V1.EXCHANGE_INFO)

    assert [(limit["rateLimitType"], limit["limit"]) for limit in told["rateLimits"]] == [
        ("REQUEST_WEIGHT", 2400),
        ("ORDERS", 1200),
    ]


def test_recorded_answers_lie_apart() -> None:
    """A distribution with two venues keeps a directory for each."""
    assert RECORDED.directory == Path(__file__).parent / "recorded" / "aster_usdm_v1"


@pytest.mark.looptime
async def test_settings_at_once() -> None:
    """Both modes cost 30 each, and one read of 5 tells all symbols; one book of orders adds 40."""
    async with simulated() as (sim, account):
        ledger = sim.ledger
        ledger.rest_order("ETHUSDT", Side.BUY, D(1), D(1000))
        ledger.rest_order("ETHUSDT", Side.BUY, D(1), D(1000), book=Book.CONDITIONAL)
        snapshot = await account.get_settings(["ETHUSDT"], orders=True, brackets=True)
        paths = sorted(one.path for one in sim.requests)
        known = await account.get_settings(["ETHUSDT"])
        one = await account.get_settings(["ETHUSDT"], orders=["ETHUSDT"], known=known)
        with pytest.raises(InvalidRequest, match="-1121"):
            await account.get_settings(["NOPE"])

    assert (snapshot.position_mode, snapshot.asset_mode) == (PositionMode.ONE_WAY, AssetMode.SINGLE)
    rows = {row.symbol: row for row in snapshot.symbols}
    assert rows["ETHUSDT"].open_orders == snapshot.open_orders == 2
    assert rows["BTCUSDT"].margin_type is MarginType.ISOLATED
    assert (rows["BTCUSDT"].position, rows["ETHUSDT"].leverage_long) == (D("1.5"), D(20))
    assert (snapshot.open_positions, snapshot.weight) == (1, 65 + 40 + 5 + 1)
    assert paths.count("/fapi/v1/openOrders") == 1
    assert one.weight == 65 + 1
    assert one.symbol("ETHUSDT").open_orders == 2


@pytest.mark.looptime
async def test_hedge_mode() -> None:
    """Both legs are listed; the side must fit."""
    async with simulated("flat") as (sim, account):
        assert (await account.set_position_mode(PositionMode.HEDGE)).changed is True
        sim.ledger.fill("BTCUSDT", Side.SELL, D(1), D(88_000), PositionSide.SHORT)
        (position,) = await account.get_positions()
        listed = await account.get_positions(symbol="BTCUSDT", include_flat=True)
        info = await account.get_account()
        with pytest.raises(InvalidArgument, match="LONG or SHORT, not BOTH"):
            await account.get_position("BTCUSDT")
        assert (await account.get_position("BTCUSDT", side=PositionSide.SHORT)).quantity == -1

    assert (position.side, position.quantity, position.notional) == (PositionSide.SHORT, D(-1), D(88_000))
    assert [one.side for one in listed] == [PositionSide.LONG, PositionSide.SHORT]
    assert (info.position_mode, len(info.positions)) == (PositionMode.HEDGE, 1)


@pytest.mark.looptime
@pytest.mark.parametrize(("fate", "applied"), [(DropAfter(), True), (DropBefore(), False)])
async def test_lost_margin_is_found_out_about(fate: Any, applied: bool) -> None:
    """By the history and this venue's own read of positions."""
    async with simulated() as (sim, account):
        sim.disturb("aster_usdm_v1", ASTER_V1.POSITION_MARGIN, fate)
        if applied:
            assert (await account.add_margin("BTCUSDT", D(3))).amount == 3
        else:
            with pytest.raises(NotExecuted):
                await account.add_margin("BTCUSDT", D(3))
        assert sum(change.amount for change in sim.ledger.margin_changes()) == (3 if applied else 0)
        writes = [one for one in sim.requests if one.verb == "POST"]
    assert len(writes) == 1
    assert ASTER_V1.POSITION_MARGIN.effect is Effect.DELTA


@pytest.mark.parametrize("method", ["set_leverage", "set_margin_type", "set_asset_mode"])
@pytest.mark.looptime
async def test_lost_setting_is_read_back(method: str) -> None:
    """By what tells it here."""
    arguments: dict[str, Any] = {
        "set_leverage": {"symbol": "ETHUSDT", "leverage": 7},
        "set_margin_type": {"symbol": "ETHUSDT", "margin_type": MarginType.ISOLATED},
        "set_asset_mode": {"mode": AssetMode.MULTI},
    }
    endpoint = {
        "set_leverage": ASTER_V1.SET_LEVERAGE,
        "set_margin_type": ASTER_V1.SET_MARGIN_TYPE,
        "set_asset_mode": ASTER_V1.SET_ASSET_MODE,
    }[method]
    async with simulated("flat") as (sim, account):
        sim.disturb("aster_usdm_v1", endpoint, DropAfter())
        assert (await getattr(account, method)(**arguments[method])).changed is None
        assert [one.verb for one in sim.requests].count("POST") == 1


async def test_symbol_that_the_answer_leaves_out_is_a_mismatch() -> None:
    """The venue did not refuse it, and did not tell it either."""
    opened = answering(VENUE, RECORDED, time_telling_transport())
    async with opened("get_fapi_v2_positionRisk", "get_fapi_v1_exchangeInfo") as account:
        with pytest.raises(PayloadMismatch, match="has no row for ETHUSDT"):
            await account.get_leverage("ETHUSDT")
        with pytest.raises(InvalidRequest, match="lists no such symbol"):
            await account.get_position("ETHUSDT")
