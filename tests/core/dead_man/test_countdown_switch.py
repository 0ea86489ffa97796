"""The dead man's switch of a venue with a countdown: its state, and the owner who vouches for the block."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import attrs
import pytest
from tests.core.parts.test_countdown import COUNTDOWN, SYMBOL, VENUE
from tests.core.parts.toy_orders import ToyOrderAccount

from venuekit.capabilities import CountdownScope, DeadManBehaviour, DeadManControl, DeadManKind, SwitchPhase
from venuekit.errors import InvalidArgument
from venuekit.parts.dead_man import CountdownSwitchPart
from venuekit.parts.orders import CountdownRoute
from venuekit.simulator import CannedAnswer
from venuekit.simulator.ledger import Side
from venuekit.testing import LoopClock, Stage, on_stage

pytestmark = pytest.mark.looptime

BEHAVIOUR = DeadManBehaviour(
    kind=DeadManKind.COUNTDOWN,
    scope=CountdownScope.ACCOUNT,
    cancels="every order",
    concerns="the account",
    shortest=1,
)


class _Account(ToyOrderAccount, CountdownSwitchPart):
    __slots__ = ()

    COUNTDOWN = CountdownRoute(COUNTDOWN, time="timeOut", unit=1000)


SWITCHED = attrs.evolve(VENUE, account=_Account, behaviours=(*VENUE.behaviours, BEHAVIOUR))


@asynccontextmanager
async def opened() -> AsyncIterator[Stage]:
    """Open the venue with one order, which the switch would cancel."""
    async with on_stage(SWITCHED, "flat", clock=LoopClock()) as stage:
        stage.ledger.rest_order(
            SYMBOL, Side.BUY, stage.ledger.contract(SYMBOL).min_quantity, stage.ledger.mark(SYMBOL) / 2
        )
        yield stage


def is_kept(stage: Stage) -> bool:
    """Return whether the order is open."""
    return bool(stage.ledger.open_orders())


async def test_the_countdown_is_renewed_and_disarmed() -> None:
    """The state says when it would end; nothing is cancelled in the block or after it."""
    async with opened() as stage:
        async with DeadManControl.of(stage.account).dead_man_switch(30) as switch:
            assert (switch.behaviour, switch.symbols, switch.seconds) == (BEHAVIOUR, (), 30.0)
            await asyncio.sleep(100)
            state = switch.state
            assert (state.phase, state.reason, state.ran_out_at) == (SwitchPhase.ARMED, None, None)
            assert state.fires_at is not None
            assert timedelta(0) < state.fires_at - stage.account.now() <= timedelta(seconds=30)
        assert switch.state.phase is SwitchPhase.CLOSED
        await asyncio.sleep(100)
        assert is_kept(stage)
        assert stage.ledger.deadline() is None


async def test_an_exception_lets_it_fire() -> None:
    """The countdown stays armed."""
    async with opened() as stage:
        with pytest.raises(LookupError):
            async with stage.account.dead_man_switch(30):
                raise LookupError
        await asyncio.sleep(31)
        assert not is_kept(stage)


async def test_an_owner_that_is_not_alive_gets_no_beat() -> None:
    """It fires though the block runs; once the owner is alive again it is armed, and says that it had run out."""
    alive = True
    async with opened() as stage, stage.account.dead_man_switch(30, alive=lambda: alive) as switch:
        await asyncio.sleep(100)
        alive = False
        state = await switch.wait_until_at_risk()
        assert (state.phase, state.reason) == (SwitchPhase.AT_RISK, "its owner says that it is not alive")
        assert is_kept(stage)
        await asyncio.sleep(31)
        assert not is_kept(stage)
        late = switch.state
        assert (late.phase, late.ran_out_at) == (SwitchPhase.RUN_OUT, state.fires_at)
        alive = True
        await asyncio.sleep(11)
        assert (switch.state.phase, switch.state.ran_out_at) == (SwitchPhase.ARMED, state.fires_at)


async def test_another_block_that_is_alive_keeps_it() -> None:
    """Blocks of one countdown keep each other alive."""
    async with opened() as stage, stage.account.dead_man_switch(30), stage.account.dead_man_switch(9, alive=bool):
        await asyncio.sleep(100)
        assert is_kept(stage)


async def test_an_owner_that_cannot_say_is_not_alive(caplog: pytest.LogCaptureFixture) -> None:
    """Its error is logged, and the block goes on."""

    def fail() -> bool:
        raise LookupError("where am I?")

    async with opened() as stage, stage.account.dead_man_switch(30, alive=fail):
        await asyncio.sleep(41)
        assert not is_kept(stage)
    messages = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert any("where am I?" in one for one in messages)
    assert any("the venue may have cancelled" in one for one in messages)


async def test_beats_that_fail_put_it_at_risk() -> None:
    """The reason is the error; the next beat that succeeds arms it."""
    async with opened() as stage, stage.account.dead_man_switch(30) as switch:
        stage.disturb(COUNTDOWN, CannedAnswer(503, b"busy"), times=1)
        state = await switch.wait_until_at_risk()
        assert state.phase is SwitchPhase.AT_RISK
        assert "503" in (state.reason or "") or "busy" in (state.reason or "")
        await asyncio.sleep(11)
        assert (switch.state.phase, switch.state.ran_out_at) == (SwitchPhase.ARMED, None)
        assert is_kept(stage)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seconds": 0.5}, "takes 1 s at least, not 0.5"),
        ({"seconds": 1.5}, "whole multiples"),
        ({"seconds": 5, "symbols": (SYMBOL, SYMBOL)}, f"name no symbols, not {SYMBOL}$"),
    ],
)
async def test_arguments_are_refused_before_anything_is_sent(arguments: dict[str, Any], words: str) -> None:
    """Seconds outside the bounds or between the venue's own, and symbols of an account's countdown."""
    async with opened() as stage:
        with pytest.raises(InvalidArgument, match=words):
            await stage.account.dead_man_switch(**arguments).__aenter__()
        assert stage.simulation.requests == []
