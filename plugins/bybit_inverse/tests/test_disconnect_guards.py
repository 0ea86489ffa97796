"""The simulated disconnection protection: a private stream with its topic that is gone for too long cancels orders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from plugins.bybit_inverse.tests.bybit_asking import make_asker
from plugins.bybit_inverse.tests.bybit_sockets import VENUE, listen

import venuekit
from venuekit.simulator import Simulation, StreamCut, StreamHalfOpen
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.clocks import LoopClock
from venuekit_bybit_inverse import BybitInverseAccount

pytestmark = pytest.mark.looptime

TOPIC = "dcp.future"
#: the window of an account for which nothing was set, in seconds
USUAL = 10


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """Bybit on the time of the loop, with plain orders of two contracts and a conditional one."""
    async with venuekit.simulate(VENUE, clock=LoopClock()) as simulation:
        for symbol, book in (("BTCUSD", Book.PLAIN), ("ETHUSD", Book.PLAIN), ("ETHUSD", Book.CONDITIONAL)):
            price = Decimal(1000) if book is Book.PLAIN else Decimal(9000)
            simulation.ledger.rest_order(symbol, Side.BUY, Decimal(10), price, book=book)
        yield simulation


def books(sim: Simulation) -> list[Book]:
    """Return the books of the orders that are open."""
    return [order.book for order in sim.ledger.open_orders()]


ALL = [Book.PLAIN, Book.PLAIN, Book.CONDITIONAL]


async def test_the_end_of_the_last_stream_with_the_topic_cancels_orders(sim: Simulation) -> None:
    """The plain orders of all contracts, once the window has passed, and conditional ones are left."""
    async with listen(sim, "order"), listen(sim, TOPIC), listen(sim, TOPIC, "wallet"):
        pass
    await asyncio.sleep(USUAL - 1)
    assert books(sim) == ALL
    await asyncio.sleep(2)
    assert books(sim) == [Book.CONDITIONAL]


@pytest.mark.parametrize("topics", [(TOPIC,), ("order", TOPIC)])
async def test_a_stream_that_is_left_keeps_them(sim: Simulation, topics: tuple[str, ...]) -> None:
    """Another stream of the account with the topic is enough, and one without it is not."""
    async with listen(sim, *topics), listen(sim, "wallet"):
        async with listen(sim, TOPIC):
            pass
        await asyncio.sleep(2 * USUAL)
        assert books(sim) == ALL


async def test_a_stream_that_returns_in_time_stops_the_clock(sim: Simulation) -> None:
    """A connection without the topic does not; after the window nothing brings orders back."""
    async with listen(sim, TOPIC):
        sim.disturb_streams(VENUE, StreamCut())
    await asyncio.sleep(USUAL - 1)
    async with listen(sim, TOPIC):
        await asyncio.sleep(2 * USUAL)
        assert books(sim) == ALL
    async with listen(sim, "order"):
        await asyncio.sleep(USUAL + 1)
        assert books(sim) == [Book.CONDITIONAL]


async def test_unsubscribing_starts_no_time(sim: Simulation) -> None:
    """Neither does the end of a stream that was never subscribed."""
    async with listen(sim, TOPIC) as socket:
        assert (await socket.ask({"op": "unsubscribe", "args": [TOPIC]}))["success"]
    async with listen(sim, "order", "dcp.spot", "dcp.option"):
        pass
    await asyncio.sleep(2 * USUAL)
    assert books(sim) == ALL


async def test_a_half_open_stream_ends_when_it_is_idle(sim: Simulation) -> None:
    """The venue notices it after ten minutes without a message of the client."""
    async with listen(sim, TOPIC):
        sim.disturb_streams(VENUE, StreamHalfOpen())
        await asyncio.sleep(600 + USUAL - 1)
        assert books(sim) == ALL
        await asyncio.sleep(2)
        assert books(sim) == [Book.CONDITIONAL]


async def test_the_window_that_was_set_counts(sim: Simulation) -> None:
    """That of futures; a sub-account has none, whatever is set, and its streams cancel nothing of its own."""
    window = {"product": "DERIVATIVES", "timeWindow": 40}
    for is_sub_account in (False, True):
        async with venuekit.connect(VENUE, sim.credentials(VENUE, sub_account=is_sub_account)) as account:
            assert isinstance(account, BybitInverseAccount)
            ask = make_asker(account)
            await ask("POST", "/v5/order/disconnected-cancel-all", window)
            await ask("POST", "/v5/order/disconnected-cancel-all", {"product": "SPOT", "timeWindow": 3})
            infos = (await ask("GET", "/v5/account/query-dcp-info", {}))["result"]["dcpInfos"]
            expected = [] if is_sub_account else [("DERIVATIVES", "40"), ("SPOT", "3")]
            assert [(info["product"], info["timeWindow"]) for info in infos] == expected
    key = sim.key_of(VENUE, sub_account=True)
    other = sim.ledger_of(VENUE, account=key.account)
    other.rest_order("BTCUSD", Side.BUY, Decimal(10), Decimal(1000))
    async with listen(sim, TOPIC, key=key), listen(sim, TOPIC):
        pass
    await asyncio.sleep(39)
    assert books(sim) == ALL
    await asyncio.sleep(2)
    assert books(sim) == [Book.CONDITIONAL]
    assert len(other.open_orders()) == 1
