"""A contract that is listed after a stream was connected is known to its events soon after the first of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import EventReader, Gap, OrderType, Position, PositionUpdate, UserStream
from venuekit.simulator import CannedAnswer, Rewrite, Simulation, StreamCut
from venuekit.simulator.disturbances import ArrivalInPlay, Disturbance, Proceed, Reply, Step
from venuekit.simulator.ledger import LedgerOrderRequest, Side

VENUES = {
    "binance_coinm": ("ETHUSD_PERP", ("GET", "/dapi/v1/exchangeInfo"), ("symbols",), Decimal(10)),
    "bybit_inverse": ("ETHUSD", ("GET", "/v5/market/instruments-info"), ("result", "list"), Decimal(1)),
}


@attrs.frozen(eq=False)
class Gate(Disturbance):
    """An answer that comes once the gate is open."""

    is_reached: asyncio.Event = attrs.field(factory=asyncio.Event)
    is_open: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Wait, and carry out."""
        self.is_reached.set()
        await self.is_open.wait()
        return await proceed()


@attrs.frozen
class Stage:
    """A stream of an account whose venue did not list a contract when it was connected."""

    simulation: Simulation
    venue: str
    events: EventReader

    @property
    def symbol(self) -> str:
        """The contract that is listed from now on."""
        return VENUES[self.venue][0]

    @property
    def size(self) -> Decimal:
        """The size of its contracts."""
        return VENUES[self.venue][3]

    @property
    def reads(self) -> int:
        """How often the contracts were read."""
        verb, path = VENUES[self.venue][1]
        return sum((one.verb, one.path) == (verb, path) for one in self.simulation.requests)

    def disturb(self, *steps: Step) -> None:
        """Disturb the next reads of the contracts."""
        self.simulation.disturb(self.venue, VENUES[self.venue][1], *steps)

    async def trade(self) -> Position:
        """Have the account trade, and return the position of the event."""
        self.simulation.ledger_of(self.venue).place(
            LedgerOrderRequest(symbol=self.symbol, side=Side.BUY, type=OrderType.MARKET, quantity=Decimal(10))
        )
        while True:
            for event in await self.events.read_message():
                assert not isinstance(event, Gap)
                if isinstance(event, PositionUpdate) and event.position.symbol == self.symbol:
                    return event.position

    async def trade_until_known(self) -> Position:
        """Trade until an event knows the contract."""
        async with asyncio.timeout(30):
            while (position := await self.trade()).settle is None:
                pass
        return position


@asynccontextmanager
async def opened(venue: str) -> AsyncIterator[Stage]:
    """Open a stream at a venue that does not list the contract yet."""
    symbol, _, (*outer, last), _ = VENUES[venue]

    def without(body: Any) -> Any:
        within = body
        for name in outer:
            within = within[name]
        within[last] = [row for row in within[last] if row["symbol"] != symbol]
        return body

    async with (
        venuekit.simulate(venue, scenario="flat") as simulation,
        venuekit.connect(venue, simulation.credentials(venue)) as account,
    ):
        simulation.disturb(venue, VENUES[venue][1], Rewrite.json(without))
        async with UserStream.of(account).events() as events:
            yield Stage(simulation, venue, events)


@pytest.mark.parametrize("venue", VENUES)
async def test_a_contract_that_is_listed_later_is_known_after_one_read(venue: str) -> None:
    """Events that come while it is read lack it, and are neither held up nor put into another order."""
    async with opened(venue) as stage:
        gate = Gate()
        stage.disturb(gate)
        unknown = [await stage.trade() for _ in range(3)]
        await gate.is_reached.wait()
        assert [(position.quantity, position.settle) for position in unknown] == [(10, None), (20, None), (30, None)]
        gate.is_open.set()
        position = await stage.trade_until_known()
        assert (position.settle, position.contract_size) == ("ETH", stage.size)
        assert stage.reads == 2


@pytest.mark.parametrize("venue", VENUES)
async def test_a_read_of_contracts_that_fails_ends_nothing(venue: str) -> None:
    """The events go on without it, and it is not made for each of them."""
    async with opened(venue) as stage:
        gate = Gate()
        gate.is_open.set()
        stage.disturb((gate, CannedAnswer.html(403)))
        assert (await stage.trade()).settle is None
        await gate.is_reached.wait()
        positions = [await stage.trade() for _ in range(5)]
        assert [position.settle for position in positions] == [None] * 5
        assert stage.reads == 2


@pytest.mark.parametrize("venue", VENUES)
async def test_a_read_of_contracts_that_a_lost_connection_ends_is_made_again(venue: str) -> None:
    """By the first event of the next connection."""
    async with opened(venue) as stage:
        gate = Gate()
        stage.disturb(gate)
        assert (await stage.trade()).settle is None
        await gate.is_reached.wait()
        stage.simulation.disturb_streams(venue, StreamCut())
        while not isinstance((await stage.events.read_message())[0], Gap):
            pass
        await stage.events.wait_until_live()
        gate.is_open.set()
        assert (await stage.trade_until_known()).settle == "ETH"
