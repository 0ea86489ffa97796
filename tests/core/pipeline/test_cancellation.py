from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from venuekit import errors
from venuekit.endpoint import Endpoint
from venuekit.pipeline.observe import EventKind
from venuekit.simulator import Delay, DropBefore
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

WRITES: dict[str, tuple[Endpoint[Any], dict[str, Any]]] = {
    "set": (TOY.SET_LEVERAGE, {"contract": "GEMUSD", "leverage": 7}),
    "delta": (TOY.ADD_COLLATERAL, {"contract": "TOYUSD", "amount": Decimal(5)}),
}


async def cancelled_after(turns: int, account: Any, endpoint: Any, parameters: dict[str, Any]) -> BaseException | None:
    """Start a write, let the loop turn so many times, cancel; return the CancelledError, None when it had ended."""
    task = asyncio.create_task(account.call(endpoint, **parameters))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError as error:
        return error
    return None


@pytest.mark.parametrize("turns", [*range(40)])
@pytest.mark.parametrize("kind", WRITES)
async def test_a_cancelled_write_arrives_at_most_once_and_is_reported(stage: Any, kind: str, turns: int) -> None:
    """Whenever a write is cancelled, nothing is sent after it, and what may have left is said to be unknown."""
    endpoint, parameters = WRITES[kind]
    stage.sim.disturb("toy_perp", endpoint, Delay(before=1))

    cancelled = await cancelled_after(turns, stage.account, endpoint, parameters)
    await stage.clock.sleep(30)

    arrived = len(stage.arrivals(endpoint.verb, endpoint.path))
    assert arrived <= 1
    notes = getattr(cancelled, "__notes__", [])
    unknown = [event for event in stage.events if event.kind is EventKind.UNKNOWN_OUTCOME]
    if arrived and cancelled is not None:
        assert any("unknown outcome" in note for note in notes)
        assert 1 == len(unknown)


@pytest.mark.parametrize("kind", WRITES)
async def test_a_write_cancelled_while_it_is_being_resolved_sends_nothing_more(stage: Any, kind: str) -> None:
    """Cancelled during the reads after a loss, it is neither read nor sent again, and its outcome stays unknown."""
    endpoint, parameters = WRITES[kind]
    stage.sim.disturb("toy_perp", endpoint, DropBefore(), DropBefore())
    for read in (("GET", "/v1/settings"), ("GET", "/v1/collateral/history")):
        stage.sim.disturb("toy_perp", read, Delay(before=1))
    task = asyncio.create_task(stage.account.call(endpoint, **parameters))
    await stage.clock.sleep(0.5)

    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    await stage.clock.sleep(30)

    assert 1 == len(stage.arrivals(endpoint.verb, endpoint.path))
    assert any("unknown outcome" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("deadline", [0.001, 0.5, 0.999, 1.5])
@pytest.mark.parametrize("kind", WRITES)
async def test_a_write_past_its_deadline_is_reported_and_not_repeated(stage: Any, kind: str, deadline: float) -> None:
    """A deadline ends a write like a cancellation: one arrival at most, an error that says what is known."""
    endpoint, parameters = WRITES[kind]
    stage.sim.disturb("toy_perp", endpoint, Delay(before=1))

    call = stage.account.with_options(deadline=deadline).call(endpoint, **parameters)
    if deadline < 1:
        with pytest.raises(errors.OperationError) as caught:
            await call
        assert caught.value.outcome in {errors.Outcome.UNKNOWN, errors.Outcome.NOT_SENT}
    else:
        await call
    await stage.clock.sleep(30)

    assert len(stage.arrivals(endpoint.verb, endpoint.path)) <= 1
