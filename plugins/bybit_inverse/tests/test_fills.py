"""Fills, and the orders that the venue forced."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import attrs
from plugins.bybit_inverse.tests.bybit_orders import market

from venuekit.capabilities import (
    Fill,
    FillKind,
    OrderSide,
    OrderStatus,
    Unit,
)
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Side
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


async def test_recorded_fills(account: BybitInverseAccount, replay: Replay, sim: Simulation) -> None:
    """Every field of a fill; an empty fee currency is the settle coin."""
    sim.skew((1672283754510 - sim.milliseconds()) / 1000)
    await account.sync_clock()
    replay("get_v5_execution_list", ETHPERP="ETHUSD")
    sim.disturb(VENUE, BYBIT.EXECUTIONS, CannedAnswer.json(200, {"retCode": 0, "result": {"list": []}}))
    when = from_milliseconds(1672282722429)
    (fill,) = await account.iter_fills("ETHUSD", start=when, end=when + timedelta(days=1)).all()
    assert attrs.evolve(fill, raw=None) == Fill(
        id="e0cbe81d-0f18-5866-9415-cf319b5dab3b",
        order_id="8c065341-7b52-4ca9-ac2c-37e31ac55c94",
        symbol="ETHUSD",
        side=OrderSide.BUY,
        price=D("1190.15"),
        quantity=D("0.1"),
        time=when,
        value=D("119.015"),
        commission=D("-0.071409"),
        commission_asset="ETH",
        fee_rate=D("0.0006"),
        kind=FillKind.TRADE,
        is_maker=False,
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
    )


async def test_walk_of_fills(account: BybitInverseAccount, sim: Simulation) -> None:
    """Fills of a symbol, oldest first, without funding, and from any one on."""
    for _ in range(3):
        await account.place_order(market(client_id=None))
    await account.place_order(market(side=OrderSide.SELL, quantity=D(300)))
    sim.ledger.fill("ETHUSD", Side.BUY, D(10), D(3000))
    sim.ledger.fund("ETHUSD", D("0.0001"))
    start = from_milliseconds(sim.milliseconds()) - timedelta(days=1)
    found = await account.iter_fills("ETHUSD", start=start).all()
    held = sim.ledger.fills("ETHUSD")
    assert [(one.id, one.order_id, one.quantity, one.commission) for one in found] == [
        (one.trade_id, one.order_id, one.quantity, one.commission) for one in held
    ]
    for index, one in enumerate(found):
        assert await account.iter_fills("ETHUSD", start=start, after=one).all() == found[index + 1 :]


async def test_fills_of_a_contract_that_is_listed_no_more(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation
) -> None:
    """They are read as ever; what it settled in nobody tells."""
    body = json.loads(recorded.case("get_v5_execution_list").body)
    time = str(sim.milliseconds() - 1000)
    row = body["result"]["list"][0] | {"symbol": "BTCUSDU26", "feeCurrency": "", "execTime": time}
    sim.disturb(
        VENUE, BYBIT.EXECUTIONS, CannedAnswer.json(200, {**body, "result": {"list": [row], "nextPageCursor": ""}})
    )
    start = from_milliseconds(sim.milliseconds()) - timedelta(hours=1)
    (fill,) = await account.iter_fills("BTCUSDU26", start=start).all()
    assert (fill.symbol, fill.id, fill.commission_asset) == ("BTCUSDU26", row["execId"], None)


async def test_forced_orders(account: BybitInverseAccount, sim: Simulation) -> None:
    """Liquidation and deleveraging, each once; one that the history has forgotten is told by its fill."""
    ledger = sim.ledger
    ledger.deleverage("BTCUSD", quantity=D(1_000_000))
    sim.skew(0.5)
    ledger.set_mark("BTCUSD", D(60_000))
    start = from_milliseconds(sim.milliseconds()) - timedelta(days=1)
    found = await account.iter_forced_orders(start=start).all()
    assert [one.id for one in found] == [one.id for one in ledger.forced_orders()]
    assert [(one.quantity, one.side, one.client_id) for one in found] == [
        (D(1_000_000), OrderSide.SELL, None),
        (D(15_000_000), OrderSide.SELL, None),
    ]
    nothing = CannedAnswer.json(200, {"retCode": 0, "result": {"list": []}})
    sim.disturb(VENUE, BYBIT.ORDER_HISTORY, nothing, nothing)
    told = await account.iter_forced_orders(symbol="BTCUSD", start=start).all()
    assert [(one.id, one.status, one.quantity) for one in told] == [
        (one.id, OrderStatus.FILLED, one.quantity) for one in found
    ]
    kinds = {fill.kind for fill in await account.iter_fills("BTCUSD", start=start).all()}
    assert kinds == {FillKind.TRADE, FillKind.LIQUIDATION, FillKind.ADL}


async def test_forced_orders_alone_are_asked_for(account: BybitInverseAccount, arrivals: Arrivals) -> None:
    """Of a million fills of our own not one is read: the venue is asked for liquidations and deleveraging."""
    assert await account.iter_forced_orders(start=await account.get_server_time() - timedelta(days=1)).all() == ()
    kinds = {kind for one in arrivals(BYBIT.EXECUTIONS.path) for kind in re.findall("execType=([A-Za-z]+)", one)}
    assert kinds == {"BustTrade", "AdlTrade"}


async def test_forced_orders_continue_behind_any_one(account: BybitInverseAccount, sim: Simulation) -> None:
    """Also where the order itself is forgotten, and where it is not among the fills any more."""
    for seconds in range(1, 4):
        sim.ledger.deleverage("BTCUSD", quantity=D(1_000_000))
        sim.skew(seconds)
    sim.ledger.set_mark("BTCUSD", D(60_000))
    start = await account.get_server_time() - timedelta(days=1)
    found = await account.iter_forced_orders(start=start).all()
    assert len(found) == 4
    for index, one in enumerate(found):
        for item in (one, attrs.evolve(one, created_at=None)):
            rest = await account.iter_forced_orders(start=start, after=item).all()
            assert [other.id for other in rest] == [other.id for other in found[index + 1 :]]
    gone = attrs.evolve(found[1], id="gone")
    assert [one.id for one in await account.iter_forced_orders(after=gone).all()] == [one.id for one in found[1:]]
