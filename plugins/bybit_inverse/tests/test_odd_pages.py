"""Pages that repeat rows or themselves: each row comes once, and an error instead of a loop loses nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_histories import DAY, sim_now

from venuekit.capabilities import FillKind, OrderKind, OrderStatus
from venuekit.errors import PayloadMismatch
from venuekit.simulator import CannedAnswer, Simulation
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

VENUE = "bybit_inverse"
Arrivals = Callable[[str], list[str]]
Row = Mapping[str, Any]


def page(rows: Sequence[Row], cursor: str = "") -> CannedAnswer:
    """Return a page of a list."""
    return CannedAnswer.json(200, {"retCode": 0, "retMsg": "OK", "result": {"list": rows, "nextPageCursor": cursor}})


def position(symbol: str = "BTCUSD", **more: Any) -> Row:
    """Return a row of a short position."""
    return {"symbol": symbol, "positionIdx": 0, "side": "Sell", "size": "300", "adlRankIndicator": 2, **more}


def order(sim: Simulation, **more: Any) -> Row:
    """Return a row of an order that has ended."""
    at = str(sim.milliseconds() - 60_000)
    told = {
        "orderId": "fd43",
        "orderLinkId": "mine-1",
        "symbol": "BTCUSD",
        "price": "60000",
        "qty": "100",
        "side": "Buy",
    }
    return {**told, "orderStatus": "Cancelled", "orderType": "Limit", "createdTime": at, "updatedTime": at, **more}


async def test_an_order_is_found_though_the_cursor_of_its_page_leads_to_it(
    account: BybitInverseAccount, sim: Simulation
) -> None:
    """Of one name no second page is needed; cancelling what has ended gives it."""
    sim.disturb(VENUE, BYBIT.ORDER_HISTORY, page([order(sim)], "fd43%3A1"), times=9)
    found = await account.get_order("BTCUSD", client_id="mine-1")
    assert (found.id, found.status) == ("fd43", OrderStatus.CANCELED)
    sim.disturb(VENUE, BYBIT.CANCEL_ORDER, CannedAnswer.json(200, {"retCode": 0, "result": {"orderId": "fd43"}}))
    assert (await account.cancel_order("BTCUSD", client_id="mine-1")).status is OrderStatus.CANCELED


@pytest.mark.filterwarnings("ignore:the venue keeps orders that ended without a fill:UserWarning")
async def test_a_walk_hands_on_what_was_found_before_the_error(account: BybitInverseAccount, sim: Simulation) -> None:
    """The order is there, and the error says that what lies behind it is not known."""
    sim.disturb(VENUE, BYBIT.ORDER_HISTORY, page([order(sim)], "fd43%3A1"), times=200)
    walk = account.iter_orders(symbol="BTCUSD", start=sim_now(sim) - DAY / 12)
    assert (await anext(walk)).id == "fd43"
    with pytest.raises(PayloadMismatch, match="repeats a cursor"):
        await anext(walk)


@pytest.mark.parametrize("more", [{}, {"side": "", "size": "0"}], ids=["open", "flat"])
async def test_a_position_of_two_pages_comes_once(account: BybitInverseAccount, sim: Simulation, more: Any) -> None:
    """The later page tells what holds."""
    for read in ("positions", "ranks", "account"):
        pages = [page([position(**more), position("ETHUSD")], "next"), page([position(**more, leverage="7")])]
        for one in pages:
            sim.disturb(VENUE, BYBIT.POSITION_LIST, one)
        if read == "ranks":
            assert [one.symbol for one in await account.get_adl_quantiles()] == ["BTCUSD", "ETHUSD"]
            continue
        if read == "positions":
            found = await account.get_positions(include_flat=True)
        else:
            found = (await account.get_account(include_flat=True)).positions
        assert [(one.symbol, one.leverage) for one in found] == [("BTCUSD", 7), ("ETHUSD", None)]


async def test_an_open_order_of_two_pages_comes_once(account: BybitInverseAccount, sim: Simulation) -> None:
    """Orders move from page to page while they are read."""
    row = order(sim, orderStatus="New")
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, page([row, {**row, "orderId": "other"}], "next"))
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, page([{**row, "orderStatus": "PartiallyFilled"}]))
    found = {one.id: one.status for one in await account.get_open_orders(symbol="BTCUSD")}
    assert found == {"fd43": OrderStatus.PARTIALLY_FILLED, "other": OrderStatus.OPEN}


async def test_pages_without_an_end_are_an_error(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """Ever new cursors that lead to the same rows are not followed."""
    for number in range(5):
        sim.disturb(VENUE, BYBIT.POSITION_LIST, page([position()], f"c{number}"))
    with pytest.raises(PayloadMismatch, match="a page holds nothing new, so what is behind 1 rows cannot be asked for"):
        await account.get_positions()
    assert len(arrivals(BYBIT.POSITION_LIST.path)) == 2


async def test_an_empty_page_is_the_last(account: BybitInverseAccount, sim: Simulation) -> None:
    """Whatever cursor it has."""
    sim.disturb(VENUE, BYBIT.POSITION_LIST, page([], "x%3A1"))
    assert await account.get_positions() == ()


async def test_an_order_that_has_just_triggered_is_open(account: BybitInverseAccount, sim: Simulation) -> None:
    """It goes on under its id: every read says so, and cancelling it is not answered by looking."""
    row = order(sim, orderStatus="Triggered", stopOrderType="Stop", triggerPrice="61000", triggerDirection=1)
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, page([row]), times=3)
    for found in (
        await account.get_order("BTCUSD", client_id="mine-1"),
        await account.get_open_order("BTCUSD", client_id="mine-1"),
        *await account.get_open_orders(symbol="BTCUSD"),
    ):
        assert (found.status, found.venue_status, found.kind) == (OrderStatus.OPEN, "Triggered", OrderKind.CONDITIONAL)
        assert not found.status.is_final


async def test_positions_of_a_delivered_contract_stay_in_a_filter(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """The venue filters by the coin; that the contract is listed no more does not drop what it returned."""
    sim.disturb(VENUE, BYBIT.POSITION_LIST, page([position("BTCUSDZ25"), position("BTCUSD")]))
    found = await account.get_positions(margin_asset="BTC")
    assert {one.symbol: one.settle for one in found} == {"BTCUSDZ25": None, "BTCUSD": "BTC"}
    assert "settleCoin=BTC" in arrivals(BYBIT.POSITION_LIST.path)[0]


async def test_new_kinds_of_fills(account: BybitInverseAccount, sim: Simulation) -> None:
    """Contracts that are counted anew, and dividends, are no trades and are told as what they are."""
    fill = {"symbol": "BTCUSD", "side": "Buy", "execPrice": "1", "execQty": "1", "execTime": str(sim.milliseconds())}
    words = ("ForwardSplitSettle", "ReverseSplitSettle", "Dividend", "BrandNew")
    rows = [{**fill, "execId": str(number), "orderId": "1", "execType": word} for number, word in enumerate(words)]
    sim.disturb(VENUE, BYBIT.EXECUTIONS, page(rows))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = await account.iter_fills("BTCUSD", start=sim_now(sim) - DAY).all()
    assert [one.kind for one in found] == [FillKind("BrandNew"), FillKind.DIVIDEND, FillKind.SPLIT, FillKind.SPLIT]
