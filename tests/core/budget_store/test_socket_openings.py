"""The opening of a connection to a WebSocket API is paid from the budget that processes share, as any request is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import attrs
import pytest
from tests.core.budget_store.servers import Server
from tests.core.pipeline.socket_form import API

from venuekit import Runtime, errors
from venuekit.endpoint import Priority
from venuekit.pipeline import redis_store
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.budget_store import BudgetStore, PoolReport
from venuekit.pipeline.shared_budget import SharedBudget
from venuekit.simulator import Simulation
from venuekit_toy_perp import TOY_PERP

#: a venue whose connections weigh more than any request
VENUE = attrs.evolve(TOY_PERP, socket_api=attrs.evolve(API, opening={"weight": 70}))
(WEIGHT,) = VENUE.limits


@attrs.frozen
class Program:
    """One of the programs that share a server: the link of an account to the WebSocket API, and its store."""

    link: Any
    shared: SharedBudget

    @property
    def store(self) -> BudgetStore:
        """The server."""
        return self.shared._store

    async def state(self) -> tuple[PoolName, int]:
        """Return the one pool that the server has, and how much of it is spent."""
        (state,) = await self.store.states()
        return state.name, state.used or 0

    async def fill(self, room: int) -> None:
        """Spend the pool as another program does, but for some room."""
        name, used = await self.state()
        due = [(name, WEIGHT.amount - used - room)]
        await self.store.pay(due, Priority.URGENT, waiter="another", operation="fill")


@asynccontextmanager
async def programs(server: Server, count: int = 1) -> AsyncIterator[list[Program]]:
    """Run so many programs that share a server."""
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(Simulation((VENUE,)))
        found = []
        for _ in range(count):
            runtime = await stack.enter_async_context(Runtime(journal=False, budget=f"{server.url}?start=open"))
            account = await runtime.open(VENUE, sim.credentials(VENUE.id), transport="websocket")
            wire: Any = account._session.wire
            shared = runtime._budgets.shared
            assert shared is not None
            found.append(Program(wire.link, shared))
        yield found


async def test_each_opening_is_counted_by_the_server(server: Server) -> None:
    """The count of one program is that of all, and so is its room."""
    async with programs(server, 2) as (one, other):
        _, before = await one.state()
        await one.link.pay()
        await other.link.pay()

        assert (await one.state())[1] == (await other.state())[1] == before + 140


async def test_an_opening_that_the_server_has_no_room_for_is_never_sent(server: Server) -> None:
    """It does not wait for longer than an order does: the request behind it is signed, and grows old."""
    async with programs(server, 2) as (one, other):
        await other.fill(room=69)
        name, _ = await one.state()

        with pytest.raises(errors.NeverSent, match=r"the shared budget has no room for a connection for \d\d\.\d s"):
            await one.link.pay()
        assert (await one.state())[1] == WEIGHT.amount - 69
        await asyncio.gather(*one.shared._tasks)
        (state,) = await one.store.states()
        assert (state.name, state.waiting) == (name, ())


async def test_an_opening_waits_for_a_pool_that_another_program_has_closed(server: Server) -> None:
    """It is paid when the pool opens, and this process knows that it was closed."""
    async with programs(server) as (one,):
        name, before = await one.state()
        await one.store.report([PoolReport(name, closed_for=0.3)])
        loop = asyncio.get_running_loop()
        began = loop.time()
        await one.link.pay()

        assert loop.time() - began >= 0.25
        assert (await one.state())[1] == before + 70


async def test_nothing_is_opened_while_the_server_is_lost(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As nothing is sent without it."""
    monkeypatch.setattr(redis_store, "_PAUSE", 0.02)
    async with programs(server) as (one,):
        server.ask("REPLICAOF", "127.0.0.1", "1")
        with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable):
            await one.link.pay()
        server.ask("REPLICAOF", "NO", "ONE")
        await asyncio.sleep(0.05)
        with pytest.warns(UserWarning, match="is back after"):
            await one.link.pay()


async def test_without_a_server_an_opening_is_counted_here_alone() -> None:
    """And waits for nothing."""
    async with Simulation((VENUE,)) as sim, Runtime(journal=False) as runtime:
        account = await runtime.open(VENUE, sim.credentials(VENUE.id), transport="websocket")
        wire: Any = account._session.wire
        before = runtime.pools()[0].used or 0
        await wire.link.pay()

        assert runtime.pools()[0].used == before + 70
