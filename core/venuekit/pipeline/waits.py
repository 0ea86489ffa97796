"""Waits of a write for earlier ones: for how long, and with which error."""

from __future__ import annotations

import math
from typing import Any

from venuekit import errors
from venuekit._util.times import from_milliseconds
from venuekit.endpoint import Effect
from venuekit.errors import OperationError
from venuekit.pipeline.arrival import expiry_of, measure
from venuekit.pipeline.events import notify_of
from venuekit.pipeline.observe import EventKind, WaitReason
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.write_scopes import Fence, Footprint, footprint_of
from venuekit.request_bounds import TOLERANCE, RequestExpiry


async def take_turn(operation: Operation[Any], footprint: Footprint) -> None:
    """
    Wait until no earlier write of the same thing is under way.

    Raises:
        Fenced: that lasts longer than may be waited.
    """
    write_scopes, clock = operation.session.owner.write_scopes, operation.session.clock
    patience, began = _patience(operation), clock.monotonic()
    operation.behind = f"its turn behind {', '.join(write_scopes.ahead(footprint))}"
    try:
        await write_scopes.enter(footprint, operation, lambda: clock.sleep(patience))
    except TimeoutError:
        words = f"it waited {patience:g} s for {operation.behind}"
        raise wait_error(operation, words, mend=_mend(operation, None)) from None
    seconds = clock.monotonic() - began
    _count(operation, seconds)
    operation.behind = None
    notify_of(operation, EventKind.WAIT, seconds=seconds, reason=WaitReason.TURN)


async def wait_for_fences(operation: Operation[Any]) -> None:
    """
    Wait until a lost earlier write can no longer arrive and win over this one.

    Raises:
        Fenced: at once, when that is later than may be waited.
    """
    owner, clock = operation.session.owner, operation.session.venue_session.clock
    footprint = footprint_of(operation.endpoint, operation.parameters)
    if clock.error > TOLERANCE:  # it was not measured for long, or set: no fence is believed to be over by such a clock
        await measure(operation)  # a failure leaves it as doubtful as it was
    nonces = operation.session.nonces
    overtaken = nonces.name if nonces is not None and expiry_of(operation) is RequestExpiry.NONCE else None
    while footprint is not None:  # another one may be lost meanwhile
        now = clock.milliseconds() - clock.error
        fence = owner.write_scopes.fence_before(footprint, operation.write, now, overtaken)
        if fence is None:
            break
        seconds = (fence.until - now + 1) / 1000
        operation.behind = _describe_fence(fence)
        if seconds > _patience(operation):
            words = f"{operation.behind}, {seconds:.1f} s from now"
            raise wait_error(operation, words, mend=_mend(operation, seconds), fence=fence)
        waited = operation.waited
        await operation.wait(seconds, WaitReason.FENCE)
        operation.waited = waited
        _count(operation, seconds)
    operation.behind = None


def wait_error(operation: Operation[Any], words: str, *, mend: str = "", fence: Fence | None = None) -> OperationError:
    """Return the error of a write that was held back for longer than it may wait."""
    error = operation.annotate(errors.Fenced(words, mend=mend))
    if fence is not None:
        error.fence, error.retry_at = from_milliseconds(fence.until), from_milliseconds(fence.until + 1)
    return error


def _patience(operation: Operation[Any]) -> float:
    """
    Return how much longer a call may wait for earlier writes, in seconds.

    The caller's ``max_wait`` and ``deadline`` bound it; else the policy.
    """
    if bounds := _bounds(operation):
        return min(bound - spent for bound, spent in bounds.values())
    endpoint = operation.endpoint
    reduces = endpoint.reduces is not None and endpoint.reduces(operation.parameters)
    opens = endpoint.effect is Effect.KEYED and not reduces
    policy = operation.session.venue_session.policy
    return (policy.max_wait_order if opens else policy.max_wait_set) - operation.held_back


def _bounds(operation: Operation[Any]) -> dict[str, tuple[float, float]]:
    """Return the options that the caller has set to bound its waits: the seconds of each, and those it has spent."""
    options, bounds = operation.options, {}
    if options.max_wait is not None:
        bounds["max_wait"] = options.max_wait, operation.waited
    if options.deadline is not None:
        bounds["deadline"] = options.deadline, operation.session.clock.monotonic() - operation.began
    return bounds


def _count(operation: Operation[Any], seconds: float) -> None:
    """Count a wait for an earlier write; only where the caller bounds all waits, it is one among the others."""
    operation.held_back += seconds
    if operation.options.max_wait is not None:
        operation.waited += seconds


def _describe_fence(fence: Fence) -> str:
    until = from_milliseconds(fence.until)
    return f"an earlier write may still arrive until {until:%H:%M:%S}.{fence.until % 1000:03} UTC ({fence.description})"


def _mend(operation: Operation[Any], seconds: float | None) -> str:
    """Return how the caller can have it wait longer; ``seconds`` is the wait it needs, None if unknown."""
    bounds = _bounds(operation) or {"max_wait": (0.0, operation.held_back)}
    if seconds is None:
        first = min(bounds, key=bounds.__getitem__)  # a call begins with its turn: as much of each is spent
        return f"with_options({first}=...) lets it wait longer"
    needed = {name: spent + seconds for name, (bound, spent) in bounds.items() if seconds > bound - spent}
    return f"with_options({', '.join(f'{name}={math.ceil(need + 0.5)}' for name, need in needed.items())}) waits for it"
