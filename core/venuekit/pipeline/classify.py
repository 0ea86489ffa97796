"""Classification: whether a response is an answer, and the kind of failure otherwise."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from venuekit import errors
from venuekit.clock import VenueClock, from_milliseconds
from venuekit.credentials.redactor import redact, redact_start
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import OperationError
from venuekit.faults import Fault, error_of
from venuekit.message import HttpResponse
from venuekit.venue import Refusal, Venue

T = TypeVar("T")


class FailureKind(enum.StrEnum):
    """The rows of the retry table."""

    NEVER_SENT = "never_sent"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    THROTTLED = "throttled"
    BANNED = "banned"
    SHUT_OUT = "shut_out"  #: throttled or banned by a firewall, which does not speak for the venue
    BUSY = "busy"  #: overloaded or under maintenance, as a documented refusal
    OVERLOADED = "overloaded"  #: documented as refused; not believed where a second execution would do harm
    LOST = "lost"  #: answer lost, unreadable, or the venue itself does not know
    DOUBTFUL = "doubtful"  #: a code that only a read can explain
    SUSPECT = "suspect"  #: a refusal that may be that of another request
    NO_CHANGE = "no_change"
    UNSUPPORTED = "unsupported"  #: refused, as everything that only this endpoint serves will be
    REFUSED = "refused"


#: after these a write may have been executed
LEAVING_OPEN = frozenset({FailureKind.LOST, FailureKind.SHUT_OUT, FailureKind.OVERLOADED})


class Failure(Exception):
    """One attempt did not end in an answer; never leaves the pipeline, ``error`` does."""

    def __init__(
        self,
        kind: FailureKind,
        error: OperationError,
        delay: float | None = None,
        *,
        is_account_limit: bool = False,
    ) -> None:
        super().__init__(kind, error)
        self.kind = kind
        self.error = error
        #: seconds the venue asks us to wait; None when it did not say
        self.delay = delay
        #: a limit of the account, whatever the status says
        self.is_account_limit = is_account_limit
        #: when a refusal was given, by the venue's clock in milliseconds; None when it did not say
        self.given_at: int | None = None


_KINDS: Mapping[Fault, FailureKind] = {
    Fault.CLOCK: FailureKind.CLOCK,
    Fault.THROTTLED: FailureKind.THROTTLED,
    Fault.BANNED: FailureKind.BANNED,
    Fault.OVERLOADED: FailureKind.BUSY,
    Fault.OVERLOADED_UNKNOWN: FailureKind.OVERLOADED,
    Fault.UNAVAILABLE: FailureKind.BUSY,
    Fault.UNKNOWN_OUTCOME: FailureKind.LOST,
    Fault.UNSUPPORTED: FailureKind.UNSUPPORTED,
}
#: statuses of a gateway: a refusal to a read; they say nothing of a write
_BELIEVED = frozenset({Fault.AUTHENTICATION, Fault.PERMISSION, Fault.OVERLOADED, Fault.UNAVAILABLE})
#: no venue asks for more than a year, in seconds; a number beyond it is none
_LONGEST = 366 * 86_400.0


def classify(venue: Venue[Any], endpoint: Endpoint[Any], response: HttpResponse, clock: VenueClock) -> Failure | None:
    """
    Return the failure of a response, None for a success.

    ``clock`` is the venue's; it is asked only when there is something to wait for.
    """
    try:
        refusal = venue.answers(response)
    except Exception:  # noqa: BLE001 - a reader that fails has not read: the answer is as good as lost
        return Failure(FailureKind.LOST, errors.AnswerLost(first_bytes(response), status=response.status))
    if refusal is None:
        return None
    code, message = refusal.code, refusal.message
    fault = endpoint.faults.get(code) if code is not None else None
    if fault is None:
        fault = refusal.fault or venue.faults.classify(response.status, code, message)
    row = venue.faults.row(response.status, code, message)
    now = clock.milliseconds()
    delay = retry_after(refusal, response.headers, now)
    error = error_of(fault)(
        _words(refusal, response),
        code=code,
        status=response.status,
        outcome=errors.Outcome.NOT_APPLIED,
        retry_at=_moment(now, delay),
        mend="" if row is None else row.mend,
    )
    if refusal.is_foreign:
        return Failure(_foreign_kind(fault, endpoint), error, delay)
    if code in endpoint.no_change:
        return Failure(FailureKind.NO_CHANGE, error)
    if code in endpoint.doubtful or code in endpoint.doubtful_after_loss:
        return Failure(FailureKind.DOUBTFUL, error)
    is_account_limit = row is not None and row.is_account_limit
    return Failure(_KINDS.get(fault, FailureKind.REFUSED), error, delay, is_account_limit=is_account_limit)


def leaves_open(venue: Venue[Any], endpoint: Endpoint[T], value: T) -> bool:
    """Say whether a batch was answered while the outcome of one of its items is unknown to the venue."""
    if endpoint.item_refusals is None:
        return False
    return any(venue.faults.classify(200, code, words).leaves_open for code, words in endpoint.item_refusals(value))


def _words(refusal: Refusal, response: HttpResponse) -> str:
    if not refusal.message:
        return first_bytes(response)
    words = redact(refusal.message)
    return f"HTTP {response.status}, not from the venue itself: {words}" if refusal.is_foreign else words


def _foreign_kind(fault: Fault, endpoint: Endpoint[Any]) -> FailureKind:
    """Return the kind of an answer that the venue's application did not give: the outcome of a write stays unknown."""
    if fault in {Fault.THROTTLED, Fault.BANNED}:
        return FailureKind.SHUT_OUT
    if endpoint.effect is Effect.READ and fault in _BELIEVED:
        return _KINDS.get(fault, FailureKind.REFUSED)
    return FailureKind.LOST


def retry_after(refusal: Refusal, headers: Mapping[str, str], now: int) -> float | None:
    """Return for how many seconds the venue asks to wait, 0 when that is over; None when it does not say."""
    until = refusal.retry_at
    if until is None:
        if refusal.retry_after is not None:
            return min(max(0.0, refusal.retry_after), _LONGEST)
        header = headers.get("Retry-After", "").strip()
        if header.isascii() and header.isdecimal():
            return min(float(header), _LONGEST)
        until = _http_date(header)
    return None if until is None else min(max(0.0, (until - from_milliseconds(now)).total_seconds()), _LONGEST)


def _http_date(text: str) -> datetime | None:
    """Return the instant that a header names as a date, None for any other text."""
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


#: bytes of an unreadable answer that are looked at
_MOST_READ = 8192


def first_bytes(response: HttpResponse) -> str:
    """Describe an unreadable answer: its status and its first bytes, redacted."""
    begin = redact_start(response.body[:_MOST_READ].decode("utf-8", "replace"), 120)
    return f"HTTP {response.status} with a body that is not the venue's format: {begin!r}"


def _moment(now: int, delay: float | None) -> datetime | None:
    return from_milliseconds(now + round(delay * 1000)) if delay else None
