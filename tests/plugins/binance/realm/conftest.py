"""Two venues of one realm over real sockets, on a clock on which waiting takes no time; one key for both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.clock import Clock
from venuekit.runtime import Runtime
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Ledger
from venuekit.testing import InstantClock, LoopClock


@attrs.frozen(eq=False)
class Realm:
    """One account behind two simulated venues, and an account object for each."""

    sim: Simulation
    runtime: Runtime
    coinm: Any
    usdm: Any

    @property
    def ledger(self) -> Ledger:
        """What really holds, on both."""
        return self.sim.ledger

    @property
    def accounts(self) -> dict[str, Any]:
        """Both accounts, under the names that targets use."""
        return {"coin": self.coinm, "dollar": self.usdm}

    def of(self, venue_id: str) -> Any:
        """Return the account at a venue."""
        return {"binance_coinm": self.coinm, "binance_usdm": self.usdm}[venue_id]

    def writes(self) -> list[tuple[str, str]]:
        """Return venue and path of every write that arrived."""
        return [(one.venue, one.path) for one in self.sim.requests if one.verb != "GET"]


async def _open(stack: AsyncExitStack, scenario: str, clock: Clock | None = None) -> Realm:
    clock = clock or InstantClock()
    sim = await stack.enter_async_context(
        venuekit.simulate("binance_coinm", "binance_usdm", scenario=scenario, clock=clock)
    )
    runtime = await stack.enter_async_context(Runtime(clock=clock, journal=False))
    opened = [
        await runtime.open(runtime.plugins.venue(venue_id), sim.credentials(venue_id)) for venue_id in sim.venue_ids
    ]
    return Realm(sim, runtime, *opened)


@pytest.fixture
async def flat() -> AsyncIterator[Realm]:
    """No position anywhere."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, "flat")


@pytest.fixture
async def flat_in_time() -> AsyncIterator[Realm]:
    """No position anywhere, on the clock of the loop: for tests in which several writes wait at once."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, "flat", LoopClock())


@pytest.fixture
async def holding() -> AsyncIterator[Realm]:
    """An isolated position on either venue."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, "holding")


@pytest.fixture(scope="session")
def opened() -> Callable[[], AbstractAsyncContextManager[Realm]]:
    """Open a realm of its own, without a position, for every example of a property."""

    @asynccontextmanager
    async def open_flat() -> AsyncIterator[Realm]:
        async with AsyncExitStack() as stack:
            yield await _open(stack, "flat")

    return open_flat
