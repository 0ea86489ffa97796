"""Turns: how long a write waits for earlier ones, and its error when that is too long."""

from __future__ import annotations

import math
from typing import Any

from venuekit import errors
from venuekit.clock import from_milliseconds
from venuekit.endpoint import Effect
from venuekit.errors import OperationError
from venuekit.pipeline.measuring import measure_if_doubtful
from venuekit.pipeline.operation_record import OperationRecord
from venuekit.pipeline.write_scopes import Fence, Footprint, footprint_of


async def take_turn(record: OperationRecord[Any], footprint: Footprint) -> None:
    """
    Wait until no earlier write of the same thing is under way.

    Raises:
        Fenced: that lasts longer than may be waited.
    """
    write_scopes, clock = record.session.write_scopes, record.session.clock
    patience, began = _patience(record), clock.monotonic()
    record.behind = f"its turn behind {', '.join(write_scopes.ahead(footprint))}"

    async def timer() -> None:
        await clock.sleep(patience)

    try:
        await write_scopes.enter(footprint, record, timer=timer)
    except TimeoutError:
        words = f"it waited {patience:g} s for {record.behind}"
        raise too_long(record, words, mend=_mend(record, None)) from None
    _count(record, clock.monotonic() - began)
    record.behind = None


async def wait_for_fences(record: OperationRecord[Any]) -> None:
    """
    Wait until a lost earlier write can no longer arrive and win over this one.

    Raises:
        Fenced: at once, when that is later than may be waited.
    """
    write_scopes, clock = record.session.write_scopes, record.session.venue_session.clock
    footprint = footprint_of(record.endpoint, record.parameters)
    await measure_if_doubtful(record)
    while footprint is not None:  # another one may be lost meanwhile
        now = clock.milliseconds() - clock.error
        fence = write_scopes.fence_before(footprint, record.write, now)
        if fence is None:
            break
        seconds = (fence.until - now + 1) / 1000
        record.behind = _describe_fence(fence)
        if seconds > _patience(record):
            words = f"{record.behind}, {seconds:.1f} s from now"
            raise too_long(record, words, mend=_mend(record, seconds), fence=fence)
        waited = record.waited
        await record.wait(seconds)
        record.waited = waited
        _count(record, seconds)
    record.behind = None


def too_long(record: OperationRecord[Any], words: str, *, mend: str = "", fence: Fence | None = None) -> OperationError:
    """Return the error of a write that was held back for longer than it may wait."""
    error = record.annotate(errors.Fenced(words, mend=mend))
    if fence is not None:
        error.fence, error.retry_at = from_milliseconds(fence.until), from_milliseconds(fence.until + 1)
    return error


def _patience(record: OperationRecord[Any]) -> float:
    """
    Return how much longer a call may wait for earlier writes, in seconds.

    The caller's ``max_wait`` and ``deadline`` bound it; else the policy.
    """
    options, endpoint = record.options, record.endpoint
    bounds = []
    if options.max_wait is not None:
        bounds.append(options.max_wait - record.waited)
    if options.deadline is not None:
        bounds.append(options.deadline - (record.session.clock.monotonic() - record.began))
    if bounds:
        return min(bounds)
    reduces = endpoint.reduces is not None and endpoint.reduces(record.parameters)
    opens = endpoint.effect is Effect.KEYED and not reduces
    return record.session.venue_session.policy.max_wait_behind(opens=opens) - record.held_back


def _count(record: OperationRecord[Any], seconds: float) -> None:
    """Count a wait for an earlier write; only where the caller bounds all waits, it is one among the others."""
    record.held_back += seconds
    if record.options.max_wait is not None:
        record.waited += seconds


def _describe_fence(fence: Fence) -> str:
    until = from_milliseconds(fence.until)
    return f"an earlier write may still arrive until {until:%H:%M:%S}.{fence.until % 1000:03} UTC ({fence.description})"


def _mend(record: OperationRecord[Any], seconds: float | None) -> str:
    """Return how the caller can have it wait longer; ``seconds`` is the wait it needs, None if unknown."""
    options = record.options
    bound = "deadline" if options.max_wait is None and options.deadline is not None else "max_wait"
    if seconds is None:
        return f"with_options({bound}=...) lets it wait longer"
    return f"with_options({bound}={math.ceil(record.held_back + seconds + 0.5)}) waits for it"
