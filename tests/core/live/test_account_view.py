"""The account view: filled by reads, kept by events, stale as long as it may differ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from tests.core.ledger.made_up import ASSETS, CONTRACTS, CUTTING
from tests.core.live.ledger_account import LedgerAccount

from venuekit._util.times import from_milliseconds
from venuekit.capabilities import FillUpdate
from venuekit.live import AccountView, StaleView, ViewPart, ViewPhase
from venuekit.simulator.ledger import Ledger, LedgerOrderRequest, Side
from venuekit.testing import LoopClock

pytestmark = pytest.mark.looptime
D = Decimal


def open_account() -> LedgerAccount:
    clock = LoopClock()
    ledger = Ledger(CUTTING, CONTRACTS.values(), ASSETS, now=lambda: from_milliseconds(clock.milliseconds()))
    ledger.deposit("USDT", D(100_000))
    ledger.deposit("ONE", D(100))
    return LedgerAccount(ledger, clock)


@asynccontextmanager
async def open_view() -> AsyncIterator[tuple[LedgerAccount, AccountView]]:
    account = open_account()
    async with AccountView(account) as view:
        yield account, view


def buy(account: LedgerAccount, quantity: int, symbol: str = "ONEUSDT") -> None:
    account.ledger.fill(symbol, Side.BUY if quantity > 0 else Side.SELL, D(abs(quantity)), D(1000))


async def test_a_view_is_filled_by_reads_and_kept_by_events() -> None:
    """It shows the ledger when it is entered, and after each event, which it also hands out."""
    async with open_view() as (account, view):
        wallet = view.balance("USDT")
        assert wallet is not None
        assert wallet.balance.wallet == 100_000
        assert view.status.phase is ViewPhase.LIVE
        assert view.positions() == ()
        async with view.changes() as changes:
            await asyncio.sleep(1)
            buy(account, 3)
            account.emit()
            account.stream.deliver()
            change = await anext(changes)
            position = view.fresh().position("ONEUSDT")
        assert position is not None
        assert position.position.quantity == 3
        assert position.held.source == "stream"
        assert change.event is not None
        with pytest.raises(StaleView, match="available may be out of date: something was ordered or moved"):
            view.fresh(parts=[ViewPart.AVAILABLE])
        await view.refresh()
        view.fresh(parts=list(ViewPart))
        position = view.position("ONEUSDT")
        assert position is not None
        assert position.position.mark_price == 1000
    assert account.closed == 1


async def test_a_lost_connection_makes_it_stale_until_it_has_been_read_again() -> None:
    """What was missed is read; its fills are delivered, marked, and before those that came since."""
    async with open_view() as (account, view):
        async with view.changes() as changes:
            account.stream.cut()
            await asyncio.sleep(0)
            with pytest.raises(StaleView, match="events may be missing: the connection was lost"):
                view.fresh()
            buy(account, 2)
            account.emit()
            account.stream.reconnect()
            await view.wait_fresh(10)
            position = view.position("ONEUSDT")
            assert position is not None
            assert position.position.quantity == 2
            buy(account, 1)
            account.emit()
            account.stream.deliver()
            await view.wait_fresh(60, parts=list(ViewPart)[:4])
            fills: list[tuple[Decimal, str]] = []
            while len(fills) < 2:
                event = (await anext(changes)).event
                if isinstance(event, FillUpdate):
                    fills.append((event.fill.quantity, str(event.origin)))
        assert fills == [(2, "recovered"), (1, "stream")]


async def test_an_order_ends_by_its_event_and_is_not_opened_again() -> None:
    """Also when an event of it comes late."""
    async with open_view() as (account, view):
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
