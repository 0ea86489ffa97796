"""The verdict: an answer, or what kind of trouble it is."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from venuekit import errors
from venuekit.clock import VenueClock, from_milliseconds
from venuekit.credentials.redactor import redact
from venuekit.endpoint import Endpoint
from venuekit.errors import OperationError
from venuekit.faults import Fault, error_of
from venuekit.message import HttpResponse
from venuekit.venue import Refusal, Venue

__all__ = ["Trouble", "TroubleKind", "first_bytes", "judge", "leaves_open", "retry_after"]

T = TypeVar("T")


class TroubleKind(enum.StrEnum):
    """The rows of the retry table."""

    NEVER_SENT = "never_sent"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    THROTTLED = "throttled"
    BANNED = "banned"
    BUSY = "busy"  #: overloaded or under maintenance, as a documented refusal
    LOST = "lost"  #: answer lost, unreadable, or the venue itself does not know
    DOUBTFUL = "doubtful"  #: a code that only a read can explain
    NO_CHANGE = "no_change"
    REFUSED = "refused"


class Trouble(Exception):
    """One attempt did not end in an answer; never leaves the pipeline, ``error`` does."""

    def __init__(self, kind: TroubleKind, error: OperationError, delay: float | None = None) -> None:
        super().__init__(kind, error)
        self.kind = kind
        self.error = error
        #: seconds the venue asks us to wait; None when it did not say
        self.delay = delay


_KINDS: Mapping[Fault, TroubleKind] = {
    Fault.CLOCK: TroubleKind.CLOCK,
    Fault.THROTTLED: TroubleKind.THROTTLED,
    Fault.BANNED: TroubleKind.BANNED,
    Fault.OVERLOADED: TroubleKind.BUSY,
    Fault.UNAVAILABLE: TroubleKind.BUSY,
    Fault.UNKNOWN_OUTCOME: TroubleKind.LOST,
}


def judge(venue: Venue[Any], endpoint: Endpoint[Any], response: HttpResponse, clock: VenueClock) -> Trouble | None:
    """
    Return what is wrong with an answer, None when it is a success.

    ``clock`` is the venue's; it is asked only when there is something to wait for.
    """
    try:
        refusal = venue.answers(response)
    except Exception:  # noqa: BLE001 - a reader that fails has not read: the answer is as good as lost
        return Trouble(TroubleKind.LOST, errors.AnswerLost(first_bytes(response), status=response.status))
    if refusal is None:
        return None
    code, message = refusal.code, refusal.message
    fault = endpoint.faults.get(code) if code is not None else None
    if fault is None:
        fault = venue.faults.classify(response.status, code, message)
    now = clock.milliseconds()
    delay = retry_after(refusal, response.headers, now)
    words = redact(message) if message else first_bytes(response)
    details: dict[str, Any] = {"code": code, "status": response.status, "outcome": errors.Outcome.NOT_APPLIED}
    if fault is Fault.BANNED:
        details["retry_at"] = _moment(now, delay)
    error = error_of(fault)(words, **details)
    if code in endpoint.no_change:
        return Trouble(TroubleKind.NO_CHANGE, error)
    if code in endpoint.doubtful or code in endpoint.doubtful_after_loss:
        return Trouble(TroubleKind.DOUBTFUL, error)
    return Trouble(_KINDS.get(fault, TroubleKind.REFUSED), error, delay)


def leaves_open(venue: Venue[Any], endpoint: Endpoint[T], value: T) -> bool:
    """Say whether a batch was answered, and the venue does not know what became of one of its items."""
    if endpoint.item_refusals is None:
        return False
    faults = [venue.faults.classify(200, code, words) for code, words in endpoint.item_refusals(value)]
    return any(_KINDS.get(fault) is TroubleKind.LOST for fault in faults)


def retry_after(refusal: Refusal, headers: Mapping[str, str], now: int) -> float | None:
    """Return for how many seconds the venue asks to wait; None when it does not say."""
    if refusal.retry_at is not None:
        return max(0.0, (refusal.retry_at - from_milliseconds(now)).total_seconds())
    if refusal.retry_after is not None:
        return refusal.retry_after
    header = headers.get("Retry-After")
    return float(header) if header is not None and header.isdecimal() else None


def first_bytes(response: HttpResponse) -> str:
    """Describe an answer nobody can read: its status and how it begins, redacted."""
    begin = redact(response.body[:120].decode("utf-8", "replace"))
    return f"HTTP {response.status} with a body that is not the venue's format: {begin!r}"


def _moment(now: int, delay: float | None) -> datetime | None:
    return None if delay is None else from_milliseconds(now + round(delay * 1000))
