"""A write that has not left is told so: of a closed account, of a halted one, and of a signer that fails or is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.plugins.journalled_stage import Stage, staged
from tests.plugins.stages import BINANCE, venues

import venuekit
from venuekit.errors import (
    AccountClosed,
    GuardRefused,
    NeverSent,
    Outcome,
)
from venuekit.testing.clocks import LoopClock

pytestmark = pytest.mark.looptime
D = Decimal
binance = pytest.mark.parametrize("venue", BINANCE)


@venues
async def test_account_after_its_block_sends_nothing(venue: str, tmp_path: Path) -> None:
    """Reads and writes raise an error of their own; nothing arrives, and the journal has no line of it."""
    clock = LoopClock()
    async with venuekit.simulate(venue, clock=clock) as sim, venuekit.Runtime(clock=clock, journal=tmp_path) as runtime:
        async with venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account:
            other: Any = account
        stage = Stage(sim, other)
        sim.requests.clear()
        calls: list[Callable[[], Any]] = [
            other.get_positions,
            lambda: other.set_leverage(stage.symbol, 5),
            lambda: other.call(stage.writing("cancel_all_orders"), **stage.every_order),
        ]
        for call in calls:
            with pytest.raises(AccountClosed, match="after its `async with` has ended") as caught:
                await call()
            assert caught.value.outcome is Outcome.NOT_SENT
        assert sim.requests == []
        assert other.unresolved == ()


@venues
async def test_account_of_a_closed_runtime_sends_nothing(venue: str) -> None:
    """Also where nobody closed the account itself."""
    clock = LoopClock()
    async with venuekit.simulate(venue, clock=clock) as sim:
        plugins = venuekit.Runtime(clock=clock, journal=False)
        async with plugins as runtime:
            declared = await runtime.plugins.load(venue)
            account: Any = await runtime.open(declared, sim.credentials(venue))
        with pytest.raises(AccountClosed):
            await account.get_positions()


class SlowSigner:
    """Takes its time, and does ``meanwhile`` before it signs."""

    def __init__(self, signer: Any, meanwhile: Callable[[], None]) -> None:
        self._signer = signer
        self._meanwhile = meanwhile

    async def sign(self, payload: bytes) -> bytes:
        await asyncio.sleep(0.3)
        self._meanwhile()
        return bytes(await self._signer.sign(payload))


@venues
async def test_halt_while_a_request_is_signed_stops_it(venue: str, tmp_path: Path) -> None:
    """Halting is asked about last: an order that was waiting for its signature does not leave."""
    async with staged(venue, tmp_path) as stage:
        session = stage.account._session
        session.wire = attrs.evolve(session.wire, signer=SlowSigner(session.wire.signer, stage.account.halt))
        with pytest.raises(GuardRefused) as caught:
            await stage.account.place_order(stage.market("w1"))
        assert caught.value.outcome is Outcome.NOT_SENT
        assert stage.arrivals(stage.writing("place_order")) == []
        assert stage.account.unresolved == ()


@venues
async def test_signer_that_fails_has_sent_nothing(venue: str, tmp_path: Path) -> None:
    """The error says so, after the attempts of what was never sent, and the journal has nothing open."""

    def fail() -> None:
        raise OSError("the vault does not answer")

    async with staged(venue, tmp_path) as stage:
        session = stage.account._session
        session.wire = attrs.evolve(session.wire, signer=SlowSigner(session.wire.signer, fail))
        with pytest.raises(NeverSent, match="could not be signed: OSError: the vault does not answer") as caught:
            await stage.account.place_order(stage.market("w1"))
        assert caught.value.outcome is Outcome.NOT_SENT
        assert stage.arrivals(stage.writing("place_order")) == []
        assert stage.account.unresolved == ()


@venues
async def test_deadline_that_passes_while_a_request_is_signed_has_sent_nothing(venue: str, tmp_path: Path) -> None:
    """It is NOT_SENT: the signature came too late."""
    async with staged(venue, tmp_path) as stage:
        session = stage.account._session
        session.wire = attrs.evolve(session.wire, signer=SlowSigner(session.wire.signer, lambda: None))
        with pytest.raises(NeverSent) as caught:
            await stage.account.with_options(deadline=0.1).call(stage.writing("cancel_all_orders"), **stage.every_order)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert stage.arrivals(stage.writing("cancel_all_orders")) == []


@binance
async def test_halted_account_arms_the_countdown_and_does_not_disarm_it(venue: str, tmp_path: Path) -> None:
    """A dead man's switch that is armed ends orders; disarming it would keep them."""
    async with staged(venue, tmp_path) as stage:
        stage.account.halt()
        await stage.account.set_countdown(stage.symbol, 60)
        with pytest.raises(GuardRefused):
            await stage.account.set_countdown(stage.symbol, None)
