"""Both venues over real sockets, and the two lines every test here begins with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

import venuekit
from venuekit.settings import Target, parse_target

Open = Callable[..., Awaitable[Any]]


@pytest.fixture
async def holding() -> AsyncIterator[Any]:
    """A simulator whose accounts hold an isolated BTC position."""
    async with venuekit.simulate(scenario="holding") as sim:
        yield sim


@pytest.fixture
async def flat() -> AsyncIterator[Any]:
    """A simulator whose accounts hold no position."""
    async with venuekit.simulate(scenario="flat") as sim:
        yield sim


@pytest.fixture
async def simulated() -> AsyncIterator[Open]:
    """Start simulators that are stopped when the test ends, with the scenario named."""
    async with AsyncExitStack() as stack:

        async def start(scenario: str) -> Any:
            return await stack.enter_async_context(venuekit.simulate(scenario=scenario))

        yield start


@pytest.fixture
async def connected() -> AsyncIterator[Open]:
    """Open accounts, by simulator and venue id, that are closed when the test ends."""
    async with AsyncExitStack() as stack:

        async def open_account(sim: Any, venue_id: str, *, read_only: bool = False) -> Any:
            credentials = sim.credentials(venue_id, read_only=read_only)
            return await stack.enter_async_context(venuekit.connect(venue_id, credentials))

        yield open_account


@pytest.fixture(scope="session")
def checked() -> Callable[..., Target]:
    """Read the body of ``[accounts.main]`` as a file would be, checked against the account's venue."""

    def check(account: Any, body: str) -> Target:
        return parse_target(f"[accounts.main]\n{body}\n").check({"main": account.venue})

    return check
