"""A short soak, on a clock that leaps: disturbed calls leave neither a task nor a socket behind."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.plugins.stages import VENUES
from tests.proof.load import Load, open_sockets

import venuekit
from venuekit.simulator import RandomDisturbances
from venuekit.testing.clocks import LoopClock


@pytest.mark.looptime
async def test_disturbed_calls_leave_nothing_behind(tmp_path: Path) -> None:
    """Of 16 calls in flight for some seconds, many are lost, late, cancelled or out of time: no task, no socket."""
    before, tasks = open_sockets(), asyncio.all_tasks()
    clock = LoopClock()
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(venuekit.simulate(*VENUES, clock=clock, scenario="flat"))
        runtime = await stack.enter_async_context(venuekit.Runtime(clock=clock, journal=tmp_path))
        accounts = []
        for venue in VENUES:
            connection = venuekit.connect(venue, sim.credentials(venue), runtime=runtime)
            accounts.append(await stack.enter_async_context(connection))
        sim.disturb_randomly(RandomDisturbances(seed=7, rate=0.2))
        load = Load(accounts, seed=7)

        await load.run(16, 4, look=lambda: None, times=1)

    await asyncio.sleep(20)  # the venues carry out late what they have read
    assert load.ends["done"] > 50
    assert load.ends["cancelled"] > 0
    assert asyncio.all_tasks() == tasks
    assert set(open_sockets()) <= set(before)
