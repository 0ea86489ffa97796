"""Closed profit and loss, also what was closed before the account was upgraded."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest
from plugins.bybit_inverse.tests.bybit_histories import DAY, a_year, around, moment, plain, sim_now

from venuekit.capabilities import (
    ClosedPnl,
    HistoryBehaviour,
    OrderSide,
)
from venuekit.errors import OperationError
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Side
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


async def test_recorded_closed_pnl(account: BybitInverseAccount, replay: Replay, late: Callable[[int], None]) -> None:
    """Every field of a closed position; its profit is net of both fees."""
    late(1790381001000)
    await account.sync_clock()
    replay("get_v5_position_closed_pnl")
    (closed,) = await account.iter_closed_pnl(**around(1790381000100)).all()
    assert plain(closed) == ClosedPnl(
        symbol="BTCUSD",
        order_id="7f0f1b3e-0f4d-4a67-9a43-0e4a6b6d7c11",
        quantity=D(10000),
        entry_price=D(80000),
        exit_price=D(82000),
        pnl_net=D("0.00291296"),
        fees=D("-0.00013582"),
        closed_at=moment(1790381000120),
        kind="Trade",
        side=OrderSide.SELL,
    )


async def test_documented_closed_pnl(
    account: BybitInverseAccount, replay: Replay, late: Callable[[int], None], last_page: Callable[[str], None]
) -> None:
    """The printed example has no fees: they are not made up."""
    late(1672284129153)
    await account.sync_clock()
    replay("get_v5_position_closed_pnl_documented")
    last_page("/v5/position/closed-pnl")
    (closed,) = await account.iter_closed_pnl(**around(1672214887231)).all()
    assert (closed.symbol, closed.fees, closed.pnl_net) == ("ETHPERP", None, D("-47.4065323"))


async def test_recorded_old_closed_pnl(
    account: BybitInverseAccount, replay: Replay, late: Callable[[int], None], sim: Simulation
) -> None:
    """With a symbol, what was closed before the account was a unified one comes too, in its place."""
    late(1682580912259)
    await account.sync_clock()
    replay("get_v5_pre_upgrade_position_closed_pnl", BTCUSDT="BTCUSD")
    newer = {"symbol": "BTCUSD", "orderId": "1", "closedSize": "1", "avgEntryPrice": "1", "avgExitPrice": "1"}
    newer |= {"closedPnl": "0", "createdTime": "1682487465733", "updatedTime": "1682487465733"}
    page = CannedAnswer.json(200, {"retCode": 0, "result": {"list": [newer]}})
    sim.disturb(VENUE, ("GET", "/v5/position/closed-pnl"), page)
    old, new = await account.iter_closed_pnl(symbol="BTCUSD", **around(1682487465732)).all()
    assert plain(old) == ClosedPnl(
        symbol="BTCUSD",
        order_id="67836246-460e-4c52-a009-af0c3e1d12bc",
        quantity=D("0.200"),
        entry_price=D("27944.40"),
        exit_price=D("28632.13"),
        pnl_net=D("204.25510011"),
        fees=None,
        closed_at=moment(1682487465732),
        kind="Trade",
        side=OrderSide.SELL,
    )
    assert new.order_id == "1"


async def test_closed_pnl_of_the_simulated_venue(account: BybitInverseAccount, sim: Simulation) -> None:
    """What each closing order gained, its fees in it; other kinds and symbols are left out."""
    a_year(sim)
    sim.ledger.fill("ETHUSD", Side.BUY, D(100), D(3000))
    sim.ledger.fill("ETHUSD", Side.SELL, D(100), D(3100))
    start = sim_now(sim) - DAY
    found = await account.iter_closed_pnl(start=start).all()
    held = sim.ledger.closed_pnls()
    assert [(one.order_id, one.quantity, one.pnl_net) for one in found] == [
        (one.order_id, one.quantity, one.pnl) for one in held
    ]
    assert [one.fees for one in found] == [one.open_fee + one.close_fee for one in held]
    assert [one.symbol for one in await account.iter_closed_pnl(symbol="ETHUSD", start=start).all()] == ["ETHUSD"]
    assert await account.iter_closed_pnl(kind="BustTrade", start=start).all() == ()
    for index, one in enumerate(found):
        assert await account.iter_closed_pnl(start=start, after=one).all() == found[index + 1 :]


async def test_a_walk_continues_behind_a_row_of_a_file_without_sides(
    account: BybitInverseAccount, sim: Simulation
) -> None:
    """The file of an earlier version says nothing about the side, and is continued without a row twice."""
    a_year(sim)
    sim.ledger.fill("ETHUSD", Side.BUY, D(100), D(3000))
    sim.ledger.fill("ETHUSD", Side.SELL, D(40), D(3100))
    sim.ledger.fill("ETHUSD", Side.SELL, D(60), D(3100))
    start = sim_now(sim) - DAY
    first, *others = await account.iter_closed_pnl(symbol="ETHUSD", start=start).all()
    assert {first.side, *(one.side for one in others)} == {OrderSide.SELL}
    older = attrs.evolve(first, side=None)
    assert await account.iter_closed_pnl(symbol="ETHUSD", start=start, after=older).all() == tuple(others)


async def test_closed_pnl_continues_behind_what_took_weeks_to_close(
    account: BybitInverseAccount, sim: Simulation
) -> None:
    """Rows are listed by when closing began: what began later and ended sooner comes behind it, and is not lost."""
    slow = sim.ledger.rest_order("BTCUSD", Side.SELL, D(2000), D(90_000))
    sim.ledger.fill_order(slow, D(1000))
    sim.skew(3 * 86_400)
    sim.ledger.fill("BTCUSD", Side.SELL, D(3000), D(82_000))
    sim.skew(11 * 86_400)
    sim.ledger.fill_order(slow, D(1000))
    await account.sync_clock()
    first, second = await account.iter_closed_pnl(start=sim_now(sim) - 30 * DAY).all()
    assert (first.quantity, second.quantity) == (D(2000), D(3000))
    assert await account.iter_closed_pnl(after=first).all() == (second,)
    assert await account.iter_closed_pnl(after=second).all() == ()


async def test_old_closed_pnl_is_asked_with_a_symbol_only(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """Without one the venue does not answer there."""
    start = sim_now(sim) - DAY
    await account.iter_closed_pnl(start=start).all()
    assert arrivals(BYBIT.OLD_CLOSED_PNL.path) == []
    await account.iter_closed_pnl(symbol="BTCUSD", start=start).all()
    assert len(arrivals(BYBIT.OLD_CLOSED_PNL.path)) == 1
    assert "only with a symbol" in (BYBIT_INVERSE.behaviour(HistoryBehaviour).closed_pnl or "")


async def test_an_old_history_that_is_refused_is_told(account: BybitInverseAccount, sim: Simulation) -> None:
    """What is kept apart may be refused: the other history comes to its end, and a warning says what is missing."""
    a_year(sim)
    start = sim_now(sim) - DAY
    found = await account.iter_closed_pnl(start=start).all()
    assert found
    sim.disturb(
        VENUE, BYBIT.OLD_CLOSED_PNL, CannedAnswer.json(200, {"retCode": 10001, "retMsg": "not supported", "result": {}})
    )
    with pytest.warns(UserWarning, match=r"before the account became a unified one is missing: .*not supported"):
        assert await account.iter_closed_pnl(symbol="BTCUSD", start=start).all() == found


async def test_an_old_history_that_fails_for_now_is_an_error(account: BybitInverseAccount, sim: Simulation) -> None:
    """What may be better the next time is not passed over."""
    a_year(sim)
    sim.disturb(
        VENUE, BYBIT.OLD_CLOSED_PNL, CannedAnswer.json(200, {"retCode": 10016, "retMsg": "busy", "result": {}}), times=9
    )
    with pytest.raises(OperationError):
        await account.with_options(max_wait=0.1).iter_closed_pnl(symbol="BTCUSD", start=sim_now(sim) - DAY).all()
