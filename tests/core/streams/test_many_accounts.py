"""Many accounts in one process: each has its own session, events and gaps, and nothing is left of any."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import attrs
import pytest
from tests.core.streams.keyed_venue import KEYED, STREAM, FakeSocket, FakeSockets, KeyServer, StreamedToy

from venuekit.capabilities import Gap, UnknownEvent
from venuekit.credentials import Credentials
from venuekit.message import HttpRequest, HttpResponse
from venuekit.runtime import Runtime
from venuekit.testing import FakeTransport, LoopClock, plugins_with
from venuekit.testing.fake import Watch

ACCOUNTS, MINUTES = 200, 60
#: pings are the same for one account and for many
QUIET = attrs.evolve(KEYED, stream=attrs.evolve(STREAM, ping_every=900.0))


class _Servers:
    """A server for each key, and the connections by key."""

    def __init__(self, clock: LoopClock, sockets: FakeSockets) -> None:
        self._clock, self._sockets = clock, sockets
        self.by_key: dict[str, KeyServer] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("X-Toy-Key", "nobody")
        if key not in self.by_key:
            self.by_key[key] = KeyServer(self._clock, prefix=f"{key}-")
        return self.by_key[key](request)

    def socket_of(self, key: str) -> FakeSocket | None:
        """Return the open connection of a key."""
        own = (one for one in self._sockets.alive if f"listenKey={key}-" in one.url)
        return next(own, None)


async def _read(account: StreamedToy, seen: list[str]) -> None:
    async with account.events() as events:
        async for event in events:
            assert isinstance(event, Gap | UnknownEvent)
            seen.append(event.reason if isinstance(event, Gap) else str(event.kind))


@pytest.mark.looptime
async def test_two_hundred_accounts_for_an_hour() -> None:
    """Each event of an account comes once to that account, or a gap is near; keys are prolonged; no task is left."""
    clock, sockets, chance = LoopClock(), FakeSockets(), random.Random(7)  # noqa: S311 - a scenario, no secret
    servers = _Servers(clock, sockets)
    keys = [f"key{number:03}" for number in range(ACCOUNTS)]
    seen: dict[str, list[str]] = {key: [] for key in keys}
    sent: dict[str, list[str]] = {key: [] for key in keys}
    cut: set[str] = set()
    plugins = plugins_with(Watch(FakeTransport(servers)))
    before = asyncio.all_tasks()
    async with Runtime(plugins=plugins, clock=clock, journal=False) as runtime:
        tasks: list[asyncio.Task[Any]] = []
        for key in keys:
            account = await runtime.open(
                QUIET, Credentials.sim("http://127.0.0.1:9/keyed_toy", key, "the-secret-of-nobody")
            )
            streams = account._session.venue_session.streams
            assert streams is not None
            streams.sockets, streams.chance = sockets, chance
            tasks.append(asyncio.create_task(_read(account, seen[key])))
        await sockets.reach(ACCOUNTS)
        for minute in range(MINUTES):
            await asyncio.sleep(60)
            for key in chance.sample(keys, 20):
                socket = servers.socket_of(key)
                if socket is None:
                    continue
                socket.say(f"{key}at{minute}")
                sent[key].append(f"{key}at{minute}")
                if chance.random() < 0.2:
                    socket.cut()
                    cut.add(key)
        await asyncio.sleep(60)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert sockets.alive == []

    assert sum(map(len, sent.values())) > 1000
    for key in keys:
        assert [one for one in seen[key] if one.startswith("key")] == sent[key]
        assert ("connection_lost" in seen[key]) == (key in cut)
        assert servers.by_key[key].keys == 1
        assert len(servers.by_key[key].requests) >= 2  # it was prolonged, by itself or with another connection
    assert asyncio.all_tasks() == before
