"""Checks of user streams: changes of the account arrive as events, and a lost connection is a gap and opened again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from venuekit.capabilities import (
    BalanceUpdate,
    EventReader,
    Gap,
    GapReason,
    PositionReader,
    PositionUpdate,
    StreamEvent,
    StreamPhase,
    UserStream,
)
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock
from venuekit.testing.conformance.examples import half_price, small_quantity
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

E = TypeVar("E", bound=StreamEvent)

#: seconds of real time until an event must be there; it takes milliseconds
_PATIENCE = 10.0


def stream_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the venue has no user stream."""
    has_one = UserStream in inventory.capabilities
    return {"user_stream": {UserStream.__name__: UserStream} if has_one else {}}


class StreamChecks(Checks):
    """A user stream brings the changes of the account, and reports where some may be missing."""

    tier = Tier.GOLD

    async def test_stream_brings_the_values_of_reads(self, user_stream: type[UserStream]) -> None:
        """After a fill, events have the position as a read returns it, and the wallet as the ledger has it."""
        async with (
            on_stage(self.inventory.venue, "flat", clock=LoopClock()) as stage,
            user_stream.of(stage.account).events() as events,
        ):
            symbol = stage.scenario.flat
            _fill(stage, symbol)
            found = await _read_until(events, PositionUpdate, lambda one: one.position.symbol == symbol)
            read = await PositionReader.of(stage.account).get_position(symbol)
            position = found.position
            assert position.quantity == read.quantity, (
                f"the event has {position.quantity} contracts, a read {read.quantity}"
            )
            for name in ("side", "contract_size", "contract_unit", "entry_price", "margin_type"):
                value, expected = getattr(position, name), getattr(read, name)
                assert value in {None, expected}, f"{name} is {value} in the event, and {expected} in a read"
            assert found.message > 0
            assert found.time is not None, "the event has no time of the venue"

    async def test_stream_brings_the_wallet(self, user_stream: type[UserStream]) -> None:
        """After a fill, an event has the wallet as the ledger has it: its fee was paid."""
        async with (
            on_stage(self.inventory.venue, "flat", clock=LoopClock()) as stage,
            user_stream.of(stage.account).events() as events,
        ):
            symbol = stage.scenario.flat
            contract = stage.ledger.contracts[symbol]
            _fill(stage, symbol)
            found = await _read_until(events, BalanceUpdate, lambda one: one.balance.asset == contract.settle)
            wallet = stage.ledger.balance(contract.settle, purse=contract.purse).wallet
            assert found.balance.wallet == wallet, f"the event has a wallet of {found.balance.wallet}, not {wallet}"

    async def test_lost_stream_is_opened_again(self, user_stream: type[UserStream]) -> None:
        """A connection that the venue closes is a gap, and events arrive on the next one."""
        async with (
            on_stage(self.inventory.venue, "flat", clock=LoopClock()) as stage,
            user_stream.of(stage.account).events() as events,
        ):
            for connection in stage.simulation.streams.connections:
                connection.close(1001)
            gap = await _read_until(events, Gap)
            assert gap.reason is GapReason.CONNECTION_LOST, f"the gap is {gap.reason}: {gap.words}"
            async with asyncio.timeout(_PATIENCE):
                await events.wait_until_live()
            assert events.state.phase is StreamPhase.LIVE
            assert events.state.connections > 1
            _fill(stage, stage.scenario.flat)
            await _read_until(events, PositionUpdate)


def _fill(stage: Stage, symbol: str) -> None:
    """Let another client of the account buy."""
    quantity = small_quantity(stage, symbol, half_price(stage, symbol))
    stage.ledger.fill(symbol, Side.BUY, 2 * quantity, stage.ledger.mark(symbol))


async def _read_until(events: EventReader, kind: type[E], fits: Callable[[E], bool] = lambda _: True) -> E:
    """Return the next event of a kind; AssertionError where none comes."""
    others: list[str] = []
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                event = await anext(events)
                if isinstance(event, kind) and fits(event):
                    return event
                others.append(type(event).__name__)
    except TimeoutError:
        raise AssertionError(f"no {kind.__name__} came within {_PATIENCE:g} s, but {others or 'nothing'}") from None
