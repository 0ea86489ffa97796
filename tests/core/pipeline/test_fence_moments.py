"""Fences to the millisecond: when a write leaves that waited for a lost one, and what is counted of its wait."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from venuekit import errors
from venuekit.pipeline.observe import EventKind
from venuekit.request_bounds import TOLERANCE
from venuekit.simulator import Delay
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime
LEVERAGE = ("PUT", "/v1/leverage")


async def set_leverage(stage: Any, value: int, **options: Any) -> Any:
    account = stage.account.with_options(**options)
    return await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=value)


async def lose(stage: Any) -> errors.OutcomeUnknown:
    """Lose a setting at its deadline: it may arrive until its fence."""
    stage.sim.disturb("toy_perp", LEVERAGE, Delay(before=20))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await set_leverage(stage, 7, deadline=0.5)
    return caught.value


async def test_a_clock_of_too_large_an_error_is_measured_before_a_fence_is_believed_over(stage: Any) -> None:
    """Up to the tolerance it is believed; beyond it the venue is asked."""
    clock = stage.account._session.venue_session.clock
    read = []
    for error in (TOLERANCE, TOLERANCE + 1):
        await lose(stage)
        await asyncio.sleep(10)
        clock._at, clock._wall, clock._error = clock.clock.monotonic(), clock.clock.milliseconds(), error
        before = len(stage.arrivals("GET", "/v1/time"))
        await set_leverage(stage, 9)
        read.append(len(stage.arrivals("GET", "/v1/time")) > before)

    assert read == [False, True]


async def test_the_same_setting_does_not_wait_for_its_own_lost_copy(stage: Any) -> None:
    """A second copy of a setting sets the same, whichever arrives last."""
    await lose(stage)
    began = stage.clock.monotonic()

    await set_leverage(stage, 7)

    assert stage.clock.monotonic() - began < 0.1


async def test_waits_for_a_turn_and_for_a_fence_are_one_patience(stage: Any) -> None:
    """A setting that waited five seconds for its turn does not wait six more for the fence of the one ahead."""
    stage.sim.disturb("toy_perp", LEVERAGE, Delay(before=20))
    first = asyncio.create_task(set_leverage(stage, 7, deadline=5.2))
    await asyncio.sleep(0)
    began = stage.clock.monotonic()

    with pytest.raises(errors.Fenced, match="may still arrive") as caught:
        await set_leverage(stage, 9, max_wait=6)

    assert stage.clock.monotonic() - began < 5.3
    assert caught.value.mend.startswith("with_options(max_wait=")
    with pytest.raises(errors.OutcomeUnknown):
        await first


async def test_observers_are_told_what_was_waited_for_and_how_long(stage: Any) -> None:
    """A turn and a fence are two reasons, each with its seconds."""
    stage.sim.disturb("toy_perp", LEVERAGE, Delay(before=2))
    first = asyncio.create_task(set_leverage(stage, 5))
    await asyncio.sleep(0)
    await set_leverage(stage, 6)
    await first
    await lose(stage)
    await set_leverage(stage, 9)

    waits = [(str(event.reason), event.seconds) for event in stage.events if event.kind is EventKind.WAIT]
    assert [reason for reason, _ in waits] == ["turn", "fence"]
    assert waits[0][1] == pytest.approx(2, abs=0.1)
    assert waits[1][1] == pytest.approx(5.5, abs=0.2)
