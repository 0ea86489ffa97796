"""
Client CPU of an event of a user stream, and the memory of a session that receives many.

    python bench/streams.py            prints JSON: microseconds per event, one number per round, for each client
    python bench/streams.py memory     prints JSON: the most MiB of the process after the first half of 200,000 events
                                       and after all of them

The bare client receives from aiohttp's WebSocket and parses by orjson; "session" does the same through a session whose
decoder parses by orjson, and "venuekit" makes the events of USD-M. Events come one by one, as those of an account do.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

import aiohttp
import attrs
import orjson
from measure import HERE, pin

from venuekit import Credentials, Runtime
from venuekit.capabilities import MarginCall, StreamEvent
from venuekit.parts.user_streams import StreamedEvents
from venuekit.plugin import (
    Account,
    Decoder,
    Effect,
    Endpoint,
    ListenKeySession,
    MessageArrival,
    Secret,
    Security,
    StreamDeclaration,
    Venue,
)
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.stream import MESSAGES
from venuekit_binance_usdm.venue import VENUE

EVENTS, ROUNDS, PAUSE = 1500, 5, 1.0
MANY, FIRST = 200_000, 100_000


class _BenchAccount(StreamedEvents):
    """An account that has a stream and opens without a request."""

    __slots__ = ()


def _read_key(body: bytes) -> Secret | None:
    return Secret(orjson.loads(body)["listenKey"])


def _parse(body: bytes, arrival: MessageArrival) -> tuple[StreamEvent, ...]:
    orjson.loads(body)
    return (MarginCall(received_at=arrival.received_at, message=arrival.number, positions=()),)


async def _make_parser(_account: Account) -> Decoder:
    return _parse


async def _make_decoder(_account: Account) -> Decoder:
    return BinanceDecoder(MESSAGES)


_START = Endpoint("POST", "/listenKey", decode=_read_key, effect=Effect.SESSION, security=Security.KEY)
_KEEP = Endpoint("PUT", "/listenKey", decode=_read_key, effect=Effect.SESSION, security=Security.KEY)
_VENUE = attrs.evolve(
    VENUE,
    account=_BenchAccount,
    endpoints=(_START, _KEEP),
    server_time=None,
    stream=StreamDeclaration(
        session=ListenKeySession(start=_START, keep_alive=_KEEP), make_decoder=_make_decoder, ping_every=600.0
    ),
)
_PARSED = attrs.evolve(_VENUE, stream=attrs.evolve(_VENUE.stream, make_decoder=_make_parser))


@contextmanager
def _serving(events: int, pause: float) -> Iterator[str]:
    """Start the server in a process of its own, and yield its address without a scheme."""
    command = [sys.executable, str(HERE / "stream_server.py"), str(events), str(pause)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own server
    assert server.stdout is not None
    pin(0)
    try:
        yield f"127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.communicate()


async def _measure_bare(address: str) -> float:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://{address}/ws") as socket:
        await socket.receive()
        began = time.process_time()
        for _ in range(EVENTS - 1):
            orjson.loads((await socket.receive()).data)
        return (time.process_time() - began) / (EVENTS - 1) * 1e6


async def _measure_ours(venue: Venue[_BenchAccount], address: str) -> float:
    async with Runtime(journal=False) as runtime:
        account = await runtime.open(venue, Credentials.sim(f"http://{address}/binance_usdm", "key", "secret"))
        async with account.events() as events:
            await events.read_message()
            began = time.process_time()
            for _ in range(EVENTS - 1):
                await events.read_message()
            return (time.process_time() - began) / (EVENTS - 1) * 1e6


async def _measure_all(address: str) -> dict[str, list[float]]:
    clients: dict[str, Callable[[str], Awaitable[float]]] = {
        "bare": _measure_bare,
        "session": partial(_measure_ours, _PARSED),
        "venuekit": partial(_measure_ours, _VENUE),
    }
    figures: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(ROUNDS):
        for name, measure in clients.items():
            figures[name].append(await measure(address))
    return figures


async def _measure_memory(address: str) -> dict[str, float]:
    async with Runtime(journal=False) as runtime:
        account = await runtime.open(_VENUE, Credentials.sim(f"http://{address}/binance_usdm", "key", "secret"))
        sizes = []
        async with account.events() as events:
            for count in (FIRST, MANY - FIRST):
                for _ in range(count):
                    await events.read_message()
                sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return {"first": sizes[0], "all": sizes[1]}


def main() -> None:
    """Measure CPU or memory."""
    if sys.argv[1:] == ["memory"]:
        with _serving(MANY, 0) as address:
            print(json.dumps(asyncio.run(_measure_memory(address))))
        return
    with _serving(EVENTS, PAUSE) as address:
        print(json.dumps(asyncio.run(_measure_all(address))))


if __name__ == "__main__":
    main()
