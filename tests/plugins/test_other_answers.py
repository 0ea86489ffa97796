"""One response nobody asked for, between a request and its answer, on every venue: it is taken for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import PRICE, VENUES, venues

import venuekit
from venuekit.capabilities import OrderRequest, OrderSide, OrderType
from venuekit.credentials import Credentials
from venuekit.errors import PayloadMismatch
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import make_plugins
from venuekit.testing.staged import fake_stage

D = Decimal
#: the paths on which a venue places an order and sets a leverage
PATHS = {
    "binance_usdm": ("/fapi/v1/order", "/fapi/v1/leverage"),
    "binance_coinm": ("/dapi/v1/order", "/dapi/v1/leverage"),
    "aster_usdm_v1": ("/fapi/v1/order", "/fapi/v1/leverage"),
    "bybit_inverse": ("/v5/order/create", "/v5/position/set-leverage"),
}


@attrs.define
class Proxy:
    """Passes whole messages on; before the answer to a POST of ``path`` it sends the one that was given last time."""

    upstream: int
    path: str = ""
    last: bytes = b""
    strays: int = 0
    arrivals: list[str] = attrs.field(factory=list)
    connections: set[asyncio.Task[None]] = attrs.field(factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        serving = asyncio.current_task()
        assert serving is not None
        self.connections.add(serving)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._answer(head + await reader.readexactly(_length(head)), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    async def _answer(self, message: bytes, writer: asyncio.StreamWriter) -> None:
        verb, target, _ = message.split(b" ", 2)
        is_watched = verb == b"POST" and self.path.encode() + b"?" in target + b"?" and bool(self.path)
        answer = await self._pass_on(message)
        if is_watched:
            self.arrivals.append(target.decode())
            if self.last:
                self.strays += 1
                writer.write(self.last)
                await writer.drain()
                await asyncio.sleep(0.05)  # so that it is read before the true one is there
        if is_watched:
            self.last = answer
        writer.write(answer)
        await writer.drain()

    async def _pass_on(self, message: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        writer.close()
        return head + body


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def _tell_the_time(account: Any) -> None:
    """Measure the venue's clock, which is ours, until no slow answer has moved it: orders are told apart by moments."""
    for _ in range(50):
        if abs(account.venue_clock.now() - account.now()) <= timedelta(milliseconds=2):
            return
        await account.sync_clock()
    pytest.fail("the venue's clock cannot be measured here")


@asynccontextmanager
async def through_a_proxy(venue: str) -> AsyncIterator[tuple[Any, Any, Proxy]]:
    """Give a simulation, an account of it, and what stands between them."""
    async with venuekit.simulate(venue) as sim:
        proxy = Proxy(sim.port)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        credentials = Credentials.sim(f"http://127.0.0.1:{port}/{venue}", sim.key, sim.secret)
        try:
            async with venuekit.connect(venue, credentials) as account:
                await _tell_the_time(account)
                yield sim, account, proxy
        finally:
            server.close()
            await asyncio.gather(*proxy.connections, return_exceptions=True)  # their client has gone


@venues
async def test_answer_to_an_earlier_order_is_not_that_of_the_next(venue: str) -> None:
    """The second order is told as itself, and was sent once."""
    (symbol, quantity), (path, _) = VENUES[venue], PATHS[venue]
    async with through_a_proxy(venue) as (sim, account, proxy):

        async def place(name: str, at: Decimal) -> Any:
            limit, buy = OrderType.LIMIT, OrderSide.BUY
            request = OrderRequest(
                symbol=symbol, side=buy, type=limit, quantity=quantity, price=at, client_id=f"{name}-{venue[:4]}"
            )
            return await account.place_order(request)

        proxy.path = path
        first, second = await place("one", PRICE), await place("two", PRICE + 1)
        held = {order.client_id: order.id for order in sim.ledger_of(venue).open_orders(symbol)}

    assert (proxy.strays, len(proxy.arrivals)) == (1, 2)
    assert first.id != second.id
    assert held[second.client_id] == second.id
    assert held[first.client_id] == first.id


@venues
async def test_answer_to_an_earlier_setting_is_not_that_of_the_next(venue: str) -> None:
    """The second leverage is the one that holds, and is told."""
    (symbol, _), (_, path) = VENUES[venue], PATHS[venue]
    async with through_a_proxy(venue) as (sim, account, proxy):
        proxy.path = path
        await account.set_leverage(symbol, 7)
        await asyncio.sleep(0.3)  # so that the first answer is older than the clock may be wrong
        setting = await account.set_leverage(symbol, 5)
        holds = sim.ledger_of(venue).leverage(symbol)

    assert (proxy.strays, len(proxy.arrivals)) == (1, 2)
    assert (setting.long, holds) == (5, 5)


@pytest.mark.parametrize("venue", ["binance_coinm", "aster_usdm_v1", "bybit_inverse"])
async def test_rows_of_another_contract_tell_nobody_that_one_is_flat(venue: str) -> None:
    """Where the venue lists flat contracts, too, an answer without the one asked for belongs to another question."""
    made = make_plugins().venue(venue)
    async with fake_stage(made, "holding") as stage:
        assert made.simulated is not None
        scenario = {one.name: one for one in made.simulated().scenarios}["holding"]
        account: Any = stage.account
        tell: Any = stage.transport.reply
        first: list[HttpResponse] = []
        earlier: list[HttpResponse] = []
        is_over = False

        def reply(request: HttpRequest) -> HttpResponse:
            if request.verb != "GET" or not {"positionRisk", "list"} & set(request.url.split("?")[0].split("/")):
                return tell(request)  # type: ignore[no-any-return]
            if is_over and earlier:
                return earlier.pop()
            answer: HttpResponse = tell(request)
            if not is_over:
                first.append(answer)
            return answer

        stage.transport.reply = reply
        flat = await account.get_position(scenario.flat)
        is_over = True
        for call in (account.get_position(scenario.held), account.get_positions(symbol=scenario.held)):
            earlier = list(first)
            try:
                held = await call
            except PayloadMismatch as refused:
                assert refused.message.startswith("it answers another request")  # noqa: PT017  (or it is read again)
            else:
                (position,) = held if isinstance(held, tuple) else (held,)
                assert position.quantity != 0
            assert earlier == []

    assert flat.quantity == 0
