"""Observers see each attempt to open a connection of a stream that fails, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from venuekit.account import Account
from venuekit.capabilities import Gap, UserStream
from venuekit.credentials import Credentials
from venuekit.errors import AuthenticationFailed, OperationError, PluginError
from venuekit.pipeline import Event, EventKind
from venuekit.runtime import Runtime
from venuekit.simulator import Simulation, StreamRestart
from venuekit.stream_declaration import Decoder
from venuekit.testing import LoopClock, Watch, plugins_with
from venuekit_toy_perp import TOY_PERP

pytestmark = pytest.mark.looptime

SECRET = "another-secret-of-this-test"


@asynccontextmanager
async def opened(
    venue: Any = TOY_PERP, *, secret: str | None = None
) -> AsyncIterator[tuple[Simulation, Account, Watch]]:
    """Open an account of a simulated venue whose steps are watched."""
    clock, watch = LoopClock(), Watch()
    async with (
        Simulation((venue,), clock=clock) as sim,
        Runtime(clock=clock, journal=False, plugins=plugins_with(watch)) as runtime,
    ):
        credentials = sim.credentials("toy_perp")
        if secret is not None:
            credentials = Credentials.sim(str(credentials.rest), credentials.key, secret)
        yield sim, await runtime.open(venue, credentials), watch


def steps_of(watch: Watch) -> list[Event]:
    """Return the steps of the stream, without its messages."""
    kinds = {EventKind.STREAM_OPEN, EventKind.STREAM_FAULT, EventKind.STREAM_GAP}
    return [event for event in watch.events if event.kind in kinds]


async def test_each_failed_reopening_is_an_event() -> None:
    """It has its error and its duration, and the number of the connection that opens in the end."""
    async with opened() as (sim, account, watch), UserStream.of(account).events() as events:
        sim.disturb_streams("toy_perp", StreamRestart(seconds=60))
        assert isinstance(await anext(events), Gap)
        await events.wait_until_live()
        first, gap, *faults, last = steps_of(watch)
        assert [first.kind, gap.kind, last.kind] == [EventKind.STREAM_OPEN, EventKind.STREAM_GAP, EventKind.STREAM_OPEN]
        assert (first.attempt, gap.attempt, last.attempt) == (1, 1, 2)
        assert len(faults) > 3
        for fault in faults:
            assert (fault.kind, fault.attempt, fault.operation) == (EventKind.STREAM_FAULT, 2, "events")
            assert (fault.venue, fault.environment, fault.plugin) == ("toy_perp", "sim", None)
            assert isinstance(fault.error, OperationError)
            assert fault.seconds is not None


async def test_a_refused_session_is_an_event_with_the_venues_code() -> None:
    """Also where it is the first one; no secret is part of it."""
    async with opened(secret=SECRET) as (_sim, account, watch):
        with pytest.raises(AuthenticationFailed):
            await UserStream.of(account).events().__aenter__()
        (fault,) = steps_of(watch)
        assert (fault.kind, fault.attempt, fault.code, fault.status) == (EventKind.STREAM_FAULT, 1, 1002, None)
        assert isinstance(fault.error, AuthenticationFailed)
        assert SECRET not in repr(fault)


async def test_a_plugin_that_fails_is_named_by_its_line() -> None:
    """Its words may hold anything, and are not repeated."""

    async def make_decoder(_account: Account) -> Decoder:
        raise TypeError(SECRET)

    assert TOY_PERP.stream is not None
    venue = attrs.evolve(TOY_PERP, stream=attrs.evolve(TOY_PERP.stream, make_decoder=make_decoder))
    async with opened(venue) as (_sim, account, watch):
        with pytest.raises(PluginError):
            await UserStream.of(account).events().__aenter__()
        (fault,) = steps_of(watch)
        assert (fault.kind, fault.error) == (EventKind.STREAM_FAULT, None)
        assert fault.plugin is not None
        assert fault.plugin.startswith("TypeError (")
        assert "test_stream_faults.py:" in fault.plugin
        assert SECRET not in repr(fault)
