"""The account view: filled by reads, kept by events, stale as long as it may differ."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from tests.core.ledger.made_up import D
from tests.core.live.opened import Opened, in_view, quantity_of, trade

from venuekit.capabilities import FillUpdate, PositionMode
from venuekit.live import StaleView, ViewPart, ViewPhase
from venuekit.simulator.ledger import LedgerOrderRequest, Side

pytestmark = pytest.mark.looptime


@in_view
async def test_a_view_is_filled_by_reads_and_kept_by_events(opened: Opened) -> None:
    """It shows the ledger when it is entered, and after each event, which it also hands out."""
    account, view = opened
    wallet = view.balance("USDT")
    assert wallet is not None
    assert wallet.balance.wallet == 100_000
    assert (view.status.phase, view.positions()) == (ViewPhase.LIVE, ())
    assert view.position_mode is not None
    assert view.position_mode[0] is PositionMode.ONE_WAY
    async with view.changes() as changes:
        trade(account)
        account.stream.deliver()
        change = await anext(changes)
    position = view.fresh().position("ONEUSDT")
    assert position is not None
    assert (position.position.quantity, position.held.source) == (3, "stream")
    assert change.event is not None
    with pytest.raises(StaleView, match="available may be out of date: something was ordered or moved"):
        view.fresh(parts=[ViewPart.AVAILABLE])
    with pytest.raises(StaleView, match="figures may be out of date: a position or wallet moved since"):
        view.fresh(parts=[ViewPart.FIGURES])
    await view.refresh()
    view.fresh(parts=list(ViewPart))
    (position,) = view.positions()
    assert position.position.mark_price == 1000
    account.ledger.set_leverage("ONEUSDT", D(7))
    account.emit()
    account.stream.deliver()
    await asyncio.sleep(0.1)
    (position,) = view.positions()
    assert position.position.leverage == 7


@in_view
async def test_a_lost_connection_makes_it_stale_until_it_has_been_read_again(opened: Opened) -> None:
    """What was missed is read; its fills are delivered, marked, and before those that came since."""
    account, view = opened
    async with view.changes() as changes:
        account.stream.cut()
        await asyncio.sleep(0)
        with pytest.raises(StaleView, match="events may be missing: the connection was lost"):
            view.fresh()
        assert view.status.phase is ViewPhase.STALE
        trade(account, 2)
        account.stream.reconnect()
        await view.wait_fresh(10)
        assert quantity_of(view) == 2
        trade(account, 1)
        account.stream.deliver()
        await view.wait_fresh(60, parts=list(ViewPart)[:4])
        fills: list[tuple[Decimal, str]] = []
        while len(fills) < 2:
            event = (await anext(changes)).event
            if isinstance(event, FillUpdate):
                fills.append((event.fill.quantity, str(event.origin)))
    assert fills == [(2, "recovered"), (1, "stream")]


@in_view
async def test_fills_are_looked_for_until_they_explain_the_positions(opened: Opened) -> None:
    """Their histories may lag; a trade that came and went in the gap is found by the income."""
    account, view = opened
    await asyncio.sleep(30)
    origins: list[tuple[Decimal, str]] = []
    view.subscribe(
        lambda change: (
            origins.append((change.event.fill.quantity, str(change.event.origin)))
            if isinstance(change.event, FillUpdate)
            else None
        )
    )
    account.stream.cut()
    account.hidden_until = asyncio.get_running_loop().time() + 5
    trade(account, 2)
    trade(account, -2)
    trade(account, 4)
    account.stream.reconnect()
    await asyncio.sleep(0)
    await view.wait_fresh(2)
    with pytest.raises(StaleView, match="fills may be out of date"):
        view.fresh(parts=[ViewPart.FILLS])
    await view.wait_fresh(60, parts=[ViewPart.FILLS])
    assert origins == [(2, "recovered"), (2, "recovered"), (4, "recovered")]


@in_view
async def test_an_order_ends_by_its_event_and_is_not_opened_again(opened: Opened) -> None:
    """Also when an event of it comes late."""
    account, view = opened
    order = account.ledger.place(LedgerOrderRequest(symbol="ONEUSDT", side=Side.BUY, quantity=D(1), price=D(900)))
    account.emit()
    late = account.stream.outbox[0]
    account.stream.deliver()
    await view.wait_for(lambda view: len(view.open_orders()) == 1, 1)
    account.ledger.cancel_order(order.id)
    account.emit()
    account.stream.deliver()
    await view.wait_for(lambda view: view.open_orders() == (), 1)
    account.stream.put(*late)
    await asyncio.sleep(1)
    assert view.fresh().open_orders() == ()
