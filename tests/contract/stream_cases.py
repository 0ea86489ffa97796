"""Socket cases of user streams and their listen keys; a stream waits in real time."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from tests.contract.socket_cases import case

from venuekit.capabilities import (
    ListenKeyControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    OrderUpdate,
    StreamPhase,
    UserStream,
)
from venuekit.clock import SystemClock
from venuekit.errors import NotFound
from venuekit.testing import Stage, on_stage


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
