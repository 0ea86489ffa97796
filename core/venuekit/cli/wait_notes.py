"""Notes on standard error of waits that are long: a command that waits for a venue never looks like one that hangs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from venuekit.cli.output import note
from venuekit.clock import SystemClock
from venuekit.hooks import hookimpl

if TYPE_CHECKING:
    from venuekit.pipeline import Event, Observer
    from venuekit.venue import Venue

#: a wait of fewer seconds is not worth a line
_SHORTEST = 2.0
#: of waits that are shorter than this, which a download has with each page, one is noted in so many seconds
_LONG, _QUIET = 10.0, 30.0


class WaitNotes:
    """
    Observes the venues of one call of the command line, and notes each wait of two seconds or more.

    Operations that wait together, for the same limit, are noted once; where one of them waits more than twice as long,
    that is noted, too.

    Args:
        as_json: Whether notes are objects of JSON.
        now: Returns the monotonic time in seconds; by default that of this machine.
    """

    def __init__(self, *, as_json: bool, now: Callable[[], float] | None = None) -> None:
        #: set by a command with a screen of its own
        self.is_silent = False
        self._as_json = as_json
        self._now = now or SystemClock().monotonic
        #: the end and the length of the last wait that was noted, by what is waited for
        self._noted: dict[tuple[object, ...], tuple[float, float]] = {}

    @hookimpl(trylast=True)
    def venuekit_observe(self, venue: Venue[Any]) -> Observer:  # noqa: ARG002 - the hook's own name
        """Observe a venue."""
        return self._observe

    def _observe(self, event: Event) -> None:
        seconds = event.seconds or 0.0
        if self.is_silent or seconds < _SHORTEST:
            return
        words = _words(event)
        if words is None or self._is_known(event, seconds):
            return
        begin, end = words
        whole = math.ceil(seconds)
        details: dict[str, Any] = {
            "account": event.account,
            "venue": event.venue,
            "seconds": whole,
            "reason": event.reason or "retry",
        }
        note(f"{begin} {whole} s {end}", as_json=self._as_json, **details)

    def _is_known(self, event: Event, seconds: float) -> bool:
        """Say whether a wait is part of one that was noted; remember it if not."""
        subject = event.operation, event.serial
        key = (event.venue, event.environment, event.reason, *(subject if event.pool is None else (event.pool,)))
        now = self._now()
        until, length = self._noted.get(key, (-math.inf, 0.0))
        if (now < until and now + seconds <= until + length) or (seconds < _LONG and now < until + _QUIET):
            return True
        self._noted[key] = now + seconds, seconds
        return False


def _words(event: Event) -> tuple[str, str] | None:
    """Return the words before and behind the seconds of an event; None where it is no wait, or one that is over."""
    from venuekit.pipeline import EventKind, WaitReason

    if event.kind is EventKind.RETRY:
        from venuekit.credentials.redactor import redact

        return "waits", f"to try again: {redact(str(event.error))}"
    if event.kind is not EventKind.WAIT:
        return None
    who = f"{event.account or event.venue}: {' '.join(filter(None, (event.operation, event.subject)))} waits"
    match event.reason:
        case WaitReason.BUDGET:
            limits = "rate limits" if event.pool is None else f"rate limit {event.pool}"
            return "waits", f"for the {limits} of {event.venue}"
        case WaitReason.FENCE:
            return who, "until an earlier write cannot arrive any more"
        case WaitReason.OUTCOME:
            return who, "to find out whether the request that was lost was carried out"
    return None  # a turn is noted when it is over, a retry above
