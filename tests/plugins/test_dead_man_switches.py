"""Dead man's switches at our own venues, over their simulated streams and requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

import venuekit
from venuekit.account import Account
from venuekit.capabilities import CountdownScope, DeadManBehaviour, DeadManControl, DeadManKind, SwitchPhase
from venuekit.errors import GuardRefused, InvalidArgument, UnsupportedCapability
from venuekit.live import AccountView, ViewPhase
from venuekit.pipeline import Guard
from venuekit.plugin import Area
from venuekit.simulator import CannedAnswer, Simulation, StreamCut, StreamRestart
from venuekit.simulator.ledger import Book, Side
from venuekit.testing import LoopClock

pytestmark = pytest.mark.looptime

BYBIT, USDM = "bybit_inverse", "binance_usdm"
SYMBOLS = {BYBIT: "ETHUSD", USDM: "ETHUSDT"}


@asynccontextmanager
async def opened(
    venue: str, *, guard: Guard | None = None, sub: bool = False
) -> AsyncIterator[tuple[Simulation, Account]]:
    """Open an account with a plain order and a conditional one."""
    clock = LoopClock()
    async with (
        venuekit.simulate(venue, clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
    ):
        symbol, ledger = SYMBOLS[venue], sim.ledger
        tick, mark = ledger.contract(symbol).price_tick, ledger.mark(symbol)
        for book, price in ((Book.PLAIN, mark / 2), (Book.CONDITIONAL, mark * 2)):
            ledger.rest_order(symbol, Side.BUY, Decimal(10), price // tick * tick, book=book)
        account = await runtime.open(sim.venue(venue), sim.credentials(venue, sub_account=sub), guard=guard)
        yield sim, account


def books(sim: Simulation) -> list[Book]:
    """Return the books of the orders that are open."""
    return [order.book for order in sim.ledger.open_orders()]


KEPT = [Book.PLAIN, Book.CONDITIONAL]


@pytest.mark.parametrize(("venue", "kind"), [(BYBIT, DeadManKind.DISCONNECT), (USDM, DeadManKind.COUNTDOWN)])
async def test_the_kinds_are_told_apart(venue: str, kind: DeadManKind) -> None:
    """By the declaration, before anything is sent; each venue keeps orders in its block and after it."""
    async with opened(venue) as (sim, account):
        declared = account.behaviour(DeadManBehaviour)
        assert declared.kind is kind
        symbols = (SYMBOLS[venue],) if declared.scope is CountdownScope.SYMBOL else ()
        async with DeadManControl.of(account).dead_man_switch(30, symbols=symbols) as switch:
            await asyncio.sleep(300)
            assert switch.state.phase is SwitchPhase.ARMED
            assert bool(sim.streams.connections) is (kind is DeadManKind.DISCONNECT)
        await asyncio.sleep(300)
        assert books(sim) == KEPT


async def test_a_cut_stream_that_does_not_return_cancels_plain_orders() -> None:
    """On Bybit, those of all contracts once the window is over; conditional ones are left."""
    async with opened(BYBIT) as (sim, account), DeadManControl.of(account).dead_man_switch(30) as switch:
        sim.disturb_streams(BYBIT, StreamCut())
        await switch.wait_until_at_risk()
        await asyncio.sleep(60)
        assert (switch.state.phase, books(sim)) == (SwitchPhase.ARMED, KEPT)
        sim.disturb_streams(BYBIT, StreamRestart(seconds=45))
        state = await switch.wait_until_at_risk()
        await asyncio.sleep(25)
        assert books(sim) == KEPT
        await asyncio.sleep(10)
        assert (switch.state.phase, switch.state.fires_at) == (SwitchPhase.RUN_OUT, state.fires_at)
        assert books(sim) == [Book.CONDITIONAL]
        await asyncio.sleep(90)
        assert (switch.state.phase, switch.state.ran_out_at) == (SwitchPhase.ARMED, state.fires_at)


async def test_an_account_that_bybit_has_not_configured_is_unsupported() -> None:
    """The error says whom to ask; nothing was changed and no stream was opened."""
    async with opened(BYBIT, sub=True) as (sim, account):
        with pytest.raises(UnsupportedCapability, match="ask your account manager"):
            await DeadManControl.of(account).dead_man_switch(30).__aenter__()
        assert sim.streams.connections == ()
        assert [one.path for one in sim.requests if one.verb == "POST"] == []


async def test_a_guard_that_forbids_orders_forbids_the_switch() -> None:
    """It ends orders; the window is not set."""
    async with opened(BYBIT, guard=Guard(allow={Area.SETTINGS})) as (sim, account):
        with pytest.raises(GuardRefused):
            await DeadManControl.of(account).dead_man_switch(30).__aenter__()
        assert sim.streams.connections == ()


async def test_a_halted_account_may_protect_itself() -> None:
    """The window opens nothing."""
    async with opened(BYBIT) as (_sim, account):
        account.halt()
        async with DeadManControl.of(account).dead_man_switch(30) as switch:
            assert switch.state.phase is SwitchPhase.ARMED


async def test_a_countdown_is_of_symbols() -> None:
    """Without one nothing is sent; several are armed, and each cancels its own orders."""
    async with opened(USDM) as (sim, account):
        sim.requests.clear()
        with pytest.raises(InvalidArgument, match="name those whose orders it cancels"):
            await DeadManControl.of(account).dead_man_switch(30).__aenter__()
        assert sim.requests == []
        with pytest.raises(LookupError):
            async with DeadManControl.of(account).dead_man_switch(30, symbols=("ETHUSDT", "BTCUSDT")):
                raise LookupError
        assert None not in {sim.ledger.deadline(symbol) for symbol in ("ETHUSDT", "BTCUSDT")}
        await asyncio.sleep(31)
        assert books(sim) == [Book.CONDITIONAL]


async def test_a_view_that_loses_its_stream_lets_a_countdown_fire() -> None:
    """Requests still arrive, and no beat is sent while the view is not live."""
    async with opened(USDM) as (sim, account), AccountView(account) as view:

        def is_live() -> bool:
            return view.status.phase is ViewPhase.LIVE

        switching = DeadManControl.of(account).dead_man_switch(30, symbols=("ETHUSDT",), alive=is_live)
        async with switching as switch:
            await asyncio.sleep(100)
            assert (switch.state.phase, books(sim)) == (SwitchPhase.ARMED, KEPT)
            sim.disturb(USDM, ("POST", "/fapi/v1/listenKey"), CannedAnswer(503, b"{}"), times=1000)
            sim.disturb_streams(USDM, StreamCut())
            state = await switch.wait_until_at_risk()
            assert (state.phase, state.reason) == (SwitchPhase.AT_RISK, "its owner says that it is not alive")
            await asyncio.sleep(31)
            assert books(sim) == [Book.CONDITIONAL]
