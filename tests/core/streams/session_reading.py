"""Reading the stream of an account whose connections a test plays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.core.streams.keyed_venue import (
    FakeSockets,
    KeyServer,
    StreamedToy,
    stream_account,
)

from venuekit.capabilities import (
    EventReader,
    Gap,
    SessionExpiry,
    StreamEvent,
    UnknownEvent,
)
from venuekit.testing import LoopClock


@asynccontextmanager
async def reading(seed: int = 0) -> AsyncIterator[tuple[EventReader, FakeSockets, KeyServer, StreamedToy]]:
    """Read the stream of an account, on a clock that leaps."""
    async with stream_account(LoopClock(), seed=seed) as (account, sockets, server), account.events() as events:
        yield events, sockets, server, account


def words(*events: StreamEvent) -> list[str | None]:
    """Return the kinds of unknown events, and the reasons of gaps."""
    kinds: list[str | None] = []
    for event in events:
        if isinstance(event, Gap):
            kinds.append(event.reason)
        elif isinstance(event, SessionExpiry):
            kinds.append("expiry")
        else:
            assert isinstance(event, UnknownEvent)
            kinds.append(event.kind)
    return kinds


async def take(events: EventReader, count: int) -> list[str | None]:
    """Return the next events by name."""
    return words(*[await anext(events) for _ in range(count)])
