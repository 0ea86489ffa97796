"""Row A03: ``recv_window`` and ``deadline`` per call, on every capability method that sends signed requests."""

from __future__ import annotations

import inspect
import re
import warnings
from typing import Any

import pytest
from tests.contract.contract_registry import ROWS

from venuekit.capabilities import Pager
from venuekit.endpoint import Effect, Security
from venuekit.errors import AnswerLost, InvalidArgument, NeverSent, OperationError, Outcome
from venuekit.plugins import make_plugins
from venuekit.simulator import Arrival, Delay
from venuekit.testing import LoopClock, Stage, find_recorded, load_recorded, on_stage
from venuekit.testing.conformance.examples import arguments_for
from venuekit.testing.conformance.inventory import Inventory
from venuekit.venue import Venue

VENUES = sorted({row.venue for row in ROWS if row.id == "A03"})
WINDOW = 4321


def methods() -> list[Any]:
    """Return every capability method of every venue."""
    found = []
    for venue_id in VENUES:
        venue = make_plugins().venue(venue_id)
        inventory = Inventory(venue, load_recorded(find_recorded(venue)))
        for method in inventory.methods:
            if not (inspect.iscoroutinefunction(method) or method.__name__.startswith("iter_")):
                continue  # a stream, which lives longer than a call
            sets = any(setter.method is method for setter in inventory.setters)
            found.append(pytest.param(venue, method, "flat" if sets else "holding", id=f"{venue_id}-{method.__name__}"))
    return found


def signed(stage: Stage) -> list[Arrival]:
    """Return what arrived signed."""
    routes = {(one.verb, one.path) for one in stage.venue.endpoints if one.security is Security.SIGNED}
    return [one for one in stage.simulation.requests if (one.verb, one.path) in routes]


@pytest.mark.parametrize(("venue", "method", "scenario"), methods())
async def test_window_of_one_call(venue: Venue[Any], method: Any, scenario: str) -> None:
    """Every signed request of a call carries the window of that call, and of no other."""
    async with on_stage(venue, scenario) as stage:
        arguments = await arguments_for(method, stage)
        stage.simulation.requests.clear()
        with_window = stage.account.with_options(recv_window=WINDOW)
        await _called(getattr(with_window, method.__name__), arguments)
        arrived = signed(stage)
        assert all(_has_window(one) for one in arrived)
        stage.simulation.requests.clear()
        await stage.account.get_balances()
        assert not any(_has_window(one) for one in signed(stage))


async def _called(method: Any, arguments: Any) -> Any:
    """Call a method, and walk what is walked to its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = method(**arguments)
        if isinstance(found, Pager):
            return await found.all()
        return await found if inspect.isawaitable(found) else found


def _has_window(arrival: Arrival) -> bool:
    """Say whether the window stands by itself in a request: as a piece of a signature or a time it is none."""
    told = (arrival.request.query, arrival.request.body.decode(), *arrival.request.headers.values())
    return any(re.search(rf"\b{WINDOW}\b", one) for one in told)


@pytest.mark.parametrize("window", [0, -1, 60_001])
@pytest.mark.parametrize("venue_id", VENUES)
async def test_window_out_of_range(venue_id: str, window: int) -> None:
    """A window that no venue takes is refused before anything is sent."""
    async with on_stage(make_plugins().venue(venue_id)) as stage:
        with pytest.raises(InvalidArgument) as caught:
            await stage.account.with_options(recv_window=window).get_balances()
        assert caught.value.outcome is Outcome.NOT_SENT
        assert not stage.simulation.requests


@pytest.mark.looptime
@pytest.mark.parametrize(("venue", "method", "scenario"), methods())
async def test_deadline_of_one_call(venue: Venue[Any], method: Any, scenario: str) -> None:
    """A call whose answer takes longer than its deadline ends at the deadline, and its outcome is told."""
    async with on_stage(venue, scenario, clock=LoopClock()) as stage:
        arguments = await arguments_for(method, stage)
        stage.simulation.requests.clear()
        for endpoint in venue.endpoints:
            stage.disturb(endpoint, Delay(after=30))
        started = stage.clock.monotonic()
        limited = getattr(stage.account.with_options(deadline=2), method.__name__)
        serving = [one for one in venue.endpoints if method in one.serves]
        if not serving:
            await _called(limited, arguments)  # it asks nobody
            assert not stage.simulation.requests
            return
        with pytest.raises(OperationError) as caught:
            await _called(limited, arguments)
        assert stage.clock.monotonic() - started == pytest.approx(2, abs=0.1)
        writes = any(one.effect is Effect.SET for one in serving)
        routes = {(one.verb, one.path) for one in venue.endpoints if one.effect is not Effect.READ}
        written = [one for one in stage.simulation.requests if (one.verb, one.path) in routes]
        assert stage.simulation.requests
        # a setter that reads first may be lost there, and has then written nothing
        assert not writes or bool(written) is not isinstance(caught.value, AnswerLost | NeverSent)
        nothing = Outcome.NOT_SENT if isinstance(caught.value, NeverSent) else Outcome.NOT_APPLIED
        assert caught.value.outcome is (Outcome.UNKNOWN if written else nothing)
