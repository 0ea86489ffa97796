"""Socket cases of user streams and their listen keys; a stream waits in real time."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from tests.contract.socket_cases import case

from venuekit.capabilities import (
    CountdownScope,
    DeadManBehaviour,
    DeadManControl,
    ListenKeyControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    OrderUpdate,
    StreamPhase,
    SwitchPhase,
    UserStream,
)
from venuekit.clock import SystemClock
from venuekit.errors import NotFound
from venuekit.simulator.ledger import Side
from venuekit.testing import Stage, on_stage
from venuekit.testing.conformance.examples import half_price


@case("UserStream.events", "flat")
async def events_of_an_order_arrive(stage: Stage) -> None:
    """An own order is reported, and the ledger has the reported one."""
    async with (
        on_stage(stage.venue, "flat", clock=SystemClock()) as own,
        UserStream.of(own.account).events() as events,
        asyncio.timeout(30),
    ):
        assert events.state.phase is StreamPhase.LIVE
        request = OrderRequest(
            symbol=own.scenario.flat, side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal(10), client_id="ours"
        )
        await OrderControl.of(own.account).place_order(request)
        while True:
            update = await anext(events)
            if isinstance(update, OrderUpdate):
                break
        assert (update.order.client_id, update.order.symbol) == ("ours", own.scenario.flat)
        assert update.order.id in {order.id for order in own.simulation.ledger_of(own.venue.id).orders()}


@case("ListenKeyControl.start_listen_key", "flat")
async def a_listen_key_is_started_once(stage: Stage) -> None:
    """Starting again prolongs the one that is alive."""
    control = ListenKeyControl.of(stage.account)
    first = await control.start_listen_key()
    assert (await control.start_listen_key()).key == first.key
    assert first.key.reveal() not in repr(first)


@case("ListenKeyControl.keep_listen_key_alive", "flat")
async def a_listen_key_is_kept_alive(stage: Stage) -> None:
    """It is the same one afterwards."""
    control = ListenKeyControl.of(stage.account)
    before = await control.start_listen_key()
    await control.keep_listen_key_alive()
    assert (await control.start_listen_key()).key == before.key


@case("ListenKeyControl.stop_listen_key", "flat")
async def a_listen_key_is_stopped(stage: Stage) -> None:
    """There is none to be kept alive afterwards."""
    control = ListenKeyControl.of(stage.account)
    await control.start_listen_key()
    await control.stop_listen_key()
    with pytest.raises(NotFound) as refused:
        await control.keep_listen_key_alive()
    assert refused.value.code == -1125


@case("DeadManControl.dead_man_switch", "flat")
async def a_switch_keeps_orders_while_its_block_runs(stage: Stage) -> None:
    """It is armed within the block, disarmed by a clean end, and fires after an exception."""
    declared = stage.venue.behaviour(DeadManBehaviour)
    symbols = (stage.scenario.flat,) if declared.scope is CountdownScope.SYMBOL else ()
    async with (
        on_stage(stage.venue, "flat", clock=SystemClock()) as own,
        asyncio.timeout(60),
    ):
        ledger, symbol = own.ledger, own.scenario.flat
        ledger.rest_order(symbol, Side.BUY, Decimal(10), half_price(own, symbol))
        control = DeadManControl.of(own.account)
        async with control.dead_man_switch(3, symbols=symbols) as switch:
            assert (switch.behaviour, switch.symbols, switch.state.phase) == (declared, symbols, SwitchPhase.ARMED)
        assert switch.state.phase is SwitchPhase.CLOSED
        while own.simulation.streams.connections:  # noqa: ASYNC110 - the server tells nobody that one has ended
            await asyncio.sleep(0.01)
        assert ledger.deadline(next(iter(symbols), None)) is None
        with pytest.raises(LookupError):
            async with control.dead_man_switch(3, symbols=symbols):
                raise LookupError(symbol)
        while ledger.open_orders():  # noqa: ASYNC110 - a read moves the ledger on
            await asyncio.sleep(0.05)
