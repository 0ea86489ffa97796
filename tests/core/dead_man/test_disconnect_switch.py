"""The dead man's switch of a venue that watches connections, against its simulated venue over real sockets."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest
from tests.core.dead_man.guarded_venue import BEHAVIOUR, USUAL, guarded

from venuekit.capabilities import DeadManControl, SwitchPhase, SwitchState, UserStream
from venuekit.errors import InvalidArgument, OutcomeUnknown, UnsupportedCapability, VenueError
from venuekit.simulator import StreamCut, StreamRestart

pytestmark = pytest.mark.looptime


async def test_orders_are_kept_and_the_switch_is_disarmed() -> None:
    """The window is that of the block, then that of before; neither the block nor its end cancels anything."""
    async with guarded() as venue:
        async with DeadManControl.of(venue.account).dead_man_switch(5) as switch:
            assert (switch.behaviour, switch.symbols, switch.seconds) == (BEHAVIOUR, (), 5.0)
            assert switch.state == SwitchState(SwitchPhase.ARMED)
            assert (venue.watch.window, len(venue.watch.peers)) == (5, 1)
            await asyncio.sleep(300)
            assert "disconnect 5 s, armed" in repr(switch)
        assert switch.state == SwitchState(SwitchPhase.CLOSED, reason="the block has ended")
        assert (await switch.wait_until_at_risk()).phase is SwitchPhase.CLOSED
        assert (venue.watch.window, venue.watch.peers) == (USUAL, set())
        await asyncio.sleep(300)
        assert venue.is_kept()
        assert venue.windows == ["5", str(USUAL)]


async def test_a_connection_that_does_not_return_fires() -> None:
    """The switch says when, and that its time is over; after its return that it ran out."""
    async with guarded() as venue, venue.account.dead_man_switch(5) as switch:
        lost_at = venue.account.now()
        venue.stage.simulation.disturb_streams("guarded_toy", StreamRestart(seconds=60))
        state = await switch.wait_until_at_risk()
        assert (state.phase, state.ran_out_at) == (SwitchPhase.AT_RISK, None)
        assert state.fires_at is not None
        assert timedelta(seconds=4) < state.fires_at - lost_at < timedelta(seconds=6)
        assert state.reason is not None
        assert venue.is_kept()
        await asyncio.sleep(7)
        late = switch.state
        assert (late.phase, late.fires_at, late.ran_out_at) == (SwitchPhase.RUN_OUT, state.fires_at, state.fires_at)
        assert not venue.is_kept()
        await asyncio.sleep(120)
        assert (switch.state.phase, switch.state.ran_out_at) == (SwitchPhase.ARMED, state.fires_at)


async def test_a_connection_that_returns_in_time_keeps_orders(caplog: pytest.LogCaptureFixture) -> None:
    """Its loss is logged, with the time that is left."""
    async with guarded() as venue, venue.account.dead_man_switch(60) as switch:
        venue.stage.simulation.disturb_streams("guarded_toy", StreamCut())
        assert (await switch.wait_until_at_risk()).phase is SwitchPhase.AT_RISK
        await asyncio.sleep(50)
        assert (switch.state.phase, switch.state.ran_out_at) == (SwitchPhase.ARMED, None)
        await asyncio.sleep(60)
        assert venue.is_kept()
    (record,) = [one for one in caplog.records if one.name == "venuekit.dead_man"]
    assert record.levelno == logging.WARNING
    assert "the venue cancels them in 60 s" in record.getMessage()


async def test_an_exception_lets_it_fire() -> None:
    """The connection ends as it is, and the window stays; the next block finds that window."""
    async with guarded() as venue:
        with pytest.raises(LookupError):
            async with venue.account.dead_man_switch(5):
                raise LookupError
        assert venue.windows == ["5"]
        await asyncio.sleep(4)
        assert venue.is_kept()
        await asyncio.sleep(2)
        assert not venue.is_kept()
        async with venue.account.dead_man_switch(5):
            assert venue.windows == ["5", "5"]


async def test_cancelling_lets_it_fire_and_leaves_nothing() -> None:
    """No task and no connection."""
    async with guarded() as venue:
        before = asyncio.all_tasks()

        async def hold() -> None:
            async with venue.account.dead_man_switch(5):
                await asyncio.Event().wait()

        task = asyncio.create_task(hold())
        while not venue.watch.peers:  # noqa: ASYNC110 - the simulated venue has no event for it
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(6)
        assert not venue.is_kept()
        assert {one for one in asyncio.all_tasks() - before if "venuekit/simulator" not in repr(one)} == set()
        assert venue.stage.simulation.streams.connections == ()


async def test_blocks_share_the_shortest_window() -> None:
    """One connection serves them; the window follows the blocks that are left, and the last one disarms it."""
    async with guarded() as venue:
        async with venue.account.dead_man_switch(30):
            async with venue.account.dead_man_switch(5), venue.account.dead_man_switch(10):
                assert (venue.watch.window, len(venue.stage.simulation.streams.connections)) == (5, 1)
            assert (venue.watch.window, len(venue.watch.peers)) == (30, 1)
        assert (venue.watch.window, venue.watch.peers) == (USUAL, set())
        await asyncio.sleep(60)
        assert venue.is_kept()


async def test_one_failed_block_lets_the_last_one_fire() -> None:
    """It does so when the last block ends, and not before."""
    async with guarded() as venue:
        async with venue.account.dead_man_switch(30):
            with pytest.raises(LookupError):
                async with venue.account.dead_man_switch(5):
                    raise LookupError
            await asyncio.sleep(60)
            assert venue.is_kept()
        await asyncio.sleep(31)
        assert not venue.is_kept()


async def test_readers_of_events_have_a_connection_of_their_own() -> None:
    """The last one that stops to read cancels nothing."""
    async with guarded() as venue, venue.account.dead_man_switch(5):
        async with UserStream.of(venue.account).events():
            assert len(venue.stage.simulation.streams.connections) == 2
        await asyncio.sleep(30)
        assert venue.is_kept()


async def test_a_connection_is_replaced_without_a_moment_alone() -> None:
    """The new one is watched before the old one goes, and both are released when the block ends meanwhile."""
    async with guarded(is_lasting=False) as venue:
        async with venue.account.dead_man_switch(5) as switch:
            while len(venue.watch.peers) < 2:  # noqa: ASYNC110 - the simulated venue has no event for it
                await asyncio.sleep(1)
            assert switch.state.phase is SwitchPhase.ARMED
        await asyncio.sleep(60)
        assert venue.is_kept()


BAD: list[tuple[dict[str, Any], str]] = [
    *(({"seconds": one}, "takes 2 s at least and 100 s at most, not") for one in (1.9, 101, True, "5", float("nan"))),
    ({"seconds": 2.5}, "whole seconds here, not 2.5"),
    ({"seconds": 5, "symbols": ("GEMUSD",)}, "name no symbols, not GEMUSD"),
    ({"seconds": 5, "alive": lambda: True}, "watches the connection alone"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD)
async def test_arguments_are_refused_before_anything_is_sent(arguments: dict[str, Any], words: str) -> None:
    """Seconds outside the bounds, symbols, and a function that vouches for the owner."""
    async with guarded() as venue:
        with pytest.raises(InvalidArgument, match=words):
            await venue.account.dead_man_switch(**arguments).__aenter__()
        assert venue.stage.simulation.requests == []


async def test_a_venue_without_a_watch_is_unsupported() -> None:
    """Nothing is sent."""
    async with guarded(has_watch=False) as venue:
        with pytest.raises(UnsupportedCapability, match="declares no watch"):
            await venue.account.dead_man_switch(5).__aenter__()
        assert venue.stage.simulation.requests == []


async def test_an_account_without_a_grant_is_unsupported() -> None:
    """The error has the remedy, and nothing was changed."""
    async with guarded() as venue:
        venue.watch.window = None
        with pytest.raises(UnsupportedCapability, match="grants it to friends alone"):
            await venue.account.dead_man_switch(5).__aenter__()
        assert (venue.windows, venue.watch.peers) == ([], set())


async def test_a_window_is_looked_for_until_the_venue_shows_it() -> None:
    """One that is never shown is an error; the window of before is set again, and no connection was opened."""
    async with guarded() as venue:
        venue.watch.lag = 3
        async with venue.account.dead_man_switch(5):
            assert venue.watch.shown == 5
        venue.watch.shown, venue.watch.lag = USUAL, 100
        with pytest.raises(OutcomeUnknown, match="a window of 5 s was accepted, and 11 s later the venue shows 20 s"):
            await venue.account.dead_man_switch(5).__aenter__()
        assert (venue.watch.window, venue.stage.simulation.streams.connections) == (USUAL, ())


async def test_a_connection_that_is_refused_leaves_the_window_of_before() -> None:
    """The error is the venue's."""
    async with guarded() as venue:
        venue.watch.refuses = True
        with pytest.raises(VenueError, match="no watch today"):
            await venue.account.dead_man_switch(5).__aenter__()
        assert (venue.watch.window, venue.watch.peers) == (USUAL, set())
        venue.watch.refuses = False
        async with venue.account.dead_man_switch(5):
            assert len(venue.watch.peers) == 1


@pytest.mark.parametrize("seconds", [30, 5])
async def test_a_block_that_ends_while_the_connection_is_lost_waits_for_it(seconds: int) -> None:
    """It releases the one that returns; where none does in time, the error says that orders may be cancelled."""
    async with guarded() as venue:
        block = venue.account.dead_man_switch(seconds)
        switch = await block.__aenter__()
        venue.stage.simulation.disturb_streams("guarded_toy", StreamRestart(seconds=10))
        await switch.wait_until_at_risk()
        if seconds == 30:
            await block.__aexit__(None, None, None)
            assert venue.watch.window == USUAL
        else:
            with pytest.raises(OutcomeUnknown, match=r"could not be released within 5 s.*read the open orders"):
                await block.__aexit__(None, None, None)
        await asyncio.sleep(60)
        assert venue.is_kept() is (seconds == 30)


async def test_a_release_without_an_answer_is_told() -> None:
    """The venue may still watch the connection, and its end may cancel orders."""
    async with guarded() as venue:
        venue.watch.is_deaf = True
        with pytest.raises(OutcomeUnknown, match="could not be released within 5 s"):
            async with venue.account.dead_man_switch(5):
                pass
        await asyncio.sleep(6)
        assert not venue.is_kept()
