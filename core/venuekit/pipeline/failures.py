"""Failures: why a response is no answer, or that to another request, by its own words and its time."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from venuekit import errors
from venuekit._util.times import from_milliseconds
from venuekit.clock import VenueClock, clock_error
from venuekit.credentials.redactor import redact, redact_start
from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.errors import OperationError
from venuekit.faults import Fault, error_of, is_listed
from venuekit.message import HttpResponse
from venuekit.venue import Refusal, Venue

if TYPE_CHECKING:
    from venuekit.pipeline.operation import Operation

T = TypeVar("T")


class FailureKind(enum.StrEnum):
    """The rows of the retry table."""

    NEVER_SENT = "never_sent"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    #: the session token has ended, as a documented refusal
    TOKEN = "token"  # noqa: S105 - the name of a kind
    NONCE = "nonce"  #: our number was overtaken, as a documented refusal
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


#: a refusal that says these about a setting is no reason to read it back: it is sent again, or will be by the caller
_UNDOUBTED = frozenset(
    {
        FailureKind.CLOCK,
        FailureKind.TOKEN,
        FailureKind.NONCE,
        FailureKind.THROTTLED,
        FailureKind.BANNED,
        FailureKind.BUSY,
    }
)
#: failures that are resolved anyway
_OPEN = frozenset({FailureKind.LOST, FailureKind.SHUT_OUT, FailureKind.OVERLOADED, FailureKind.DOUBTFUL})
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
        #: whether another attempt may follow, as the retry table and the state of the operation say
        self.allows_another = False
        #: when a refusal was given, by the venue's clock in milliseconds; None when it did not say
        self.given_at: int | None = None


_KINDS: Mapping[Fault, FailureKind] = {
    Fault.CLOCK: FailureKind.CLOCK,
    Fault.TOKEN_EXPIRED: FailureKind.TOKEN,
    Fault.NONCE: FailureKind.NONCE,
    Fault.THROTTLED: FailureKind.THROTTLED,
    Fault.BANNED: FailureKind.BANNED,
    Fault.OVERLOADED: FailureKind.BUSY,
    Fault.OVERLOADED_UNKNOWN: FailureKind.OVERLOADED,
    Fault.UNAVAILABLE: FailureKind.BUSY,
    Fault.UNKNOWN_OUTCOME: FailureKind.LOST,
    Fault.UNSUPPORTED: FailureKind.UNSUPPORTED,
}
#: effects of writes that are never sent twice
_ONCE = frozenset({Effect.KEYED, Effect.DELTA})
_SIGNED_ELSEWHERE = "another program signs with this key: give each one a key of its own"
#: statuses of a gateway: a refusal to a read; they say nothing of a write
_BELIEVED = frozenset({Fault.AUTHENTICATION, Fault.PERMISSION, Fault.OVERLOADED, Fault.UNAVAILABLE})
#: no venue asks for more than a year, in seconds; a number beyond it is none
_LONGEST = 366 * 86_400.0


def classify(
    venue: Venue[Any], endpoint: Endpoint[Any], response: HttpResponse, refusal: Refusal, clock: VenueClock
) -> Failure:
    """Return the failure that a refusal in a response amounts to; ``clock`` is the venue's."""
    code, message = refusal.code, refusal.message
    fault = fault_of(venue, endpoint, response.status, refusal)
    row = venue.faults.row(response.status, code, message)
    now = clock.milliseconds()
    delay = retry_after(refusal, response.headers, now)
    error = error_of(fault)(
        _words(refusal, response),
        code=code,
        status=response.status,
        outcome=errors.Outcome.NOT_APPLIED,
        retry_at=_moment(now, delay),
        mend=(row.mend if row is not None else "") or (_SIGNED_ELSEWHERE if fault is Fault.NONCE else ""),
    )
    if refusal.is_foreign:
        return Failure(_foreign_kind(fault, endpoint), error, delay)
    if is_listed(endpoint.no_change, code, message):
        return Failure(FailureKind.NO_CHANGE, error)
    if is_listed(endpoint.doubtful | endpoint.doubtful_after_loss, code, message):
        return Failure(FailureKind.DOUBTFUL, error)
    is_account_limit = row is not None and row.is_account_limit
    return Failure(_KINDS.get(fault, FailureKind.REFUSED), error, delay, is_account_limit=is_account_limit)


def fault_of(venue: Venue[Any], endpoint: Endpoint[Any], status: int, refusal: Refusal) -> Fault:
    """Return the meaning of a refusal: on this endpoint alone, else by its own words, else by the venue's table."""
    own = _fault_on(endpoint, refusal) or refusal.fault
    return own or venue.faults.classify(status, refusal.code, refusal.message, is_foreign=refusal.is_foreign)


def leaves_open(venue: Venue[Any], endpoint: Endpoint[T], value: T) -> bool:
    """Say whether a batch was answered while the outcome of one of its items is unknown to the venue."""
    if endpoint.item_refusals is None:
        return False
    faults = (venue.faults.classify(200, *item, is_foreign=False) for item in endpoint.item_refusals(value))
    return any(fault.leaves_open for fault in faults)


def _fault_on(endpoint: Endpoint[Any], refusal: Refusal) -> Fault | None:
    """Return the meaning that a refusal has on this endpoint alone, None where it has none of its own."""
    if refusal.code is not None:
        return endpoint.faults.get(refusal.code)
    if refusal.is_foreign:
        return None
    beginnings = [one for one in endpoint.faults if is_listed((one,), None, refusal.message)]
    return endpoint.faults[max(beginnings, key=lambda one: len(str(one)))] if beginnings else None


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


_OLDER = "it was given before the request was sent, and answers another one"


def why_not_ours(operation: Operation[Any], response: HttpResponse) -> str | None:
    """
    Return why the success of a write that repeats nothing of its question is not believed, None when it is.

    A cancel-all can be read back only after its fence, which is too late for a caller who is closing a position: it is
    sent again on a connection of its own, and believed then; the caller reads the orders that remain.
    """
    if not operation.endpoint.is_write:
        return None
    older = is_older(operation, _answer_time(operation, response))
    if older:
        return _OLDER
    if older is None and operation.session.wire.strays and not operation.has_own_connection:
        operation.has_own_connection = operation.endpoint.write_scope is WriteScope.ALL_ORDERS
        return "it repeats nothing of the request, and unrequested answers have been met before"
    return None


def check_refusal(operation: Operation[Any], response: HttpResponse, failure: Failure) -> Failure:
    """Return the refusal of a write, or a failure in its place where it may belong to another request."""
    endpoint = operation.endpoint
    if failure.kind in _OPEN or not endpoint.is_write:
        return failure
    failure.given_at = _answer_time(operation, response)
    if failure.kind is FailureKind.NONCE and endpoint.effect in _ONCE and not _was_followed(operation):
        return Failure(FailureKind.SUSPECT, failure.error, failure.delay)
    # a refusal about the clock can be judged only once the clock is measured
    older = None if failure.kind is FailureKind.CLOCK else is_older(operation, failure.given_at)
    if older:
        return Failure(FailureKind.LOST, answer_of_earlier(failure.error))
    if older is False or not operation.session.wire.strays:
        return failure
    if failure.kind is FailureKind.CLOCK and failure.given_at is not None:
        return failure
    if endpoint.effect is Effect.SET and (failure.kind in _UNDOUBTED or endpoint.readback is None):
        return failure
    return Failure(FailureKind.SUSPECT, failure.error, failure.delay)


def _was_followed(operation: Operation[Any]) -> bool:
    """
    Say whether a later number than that of an attempt went out here, which may have come first.

    If none did, it may have been used by a copy of this very request, which some proxy sent.
    """
    nonces = operation.session.nonces
    return nonces is not None and nonces.highest > operation.nonce


def answer_of_earlier(refusal: OperationError) -> OperationError:
    """Return the error of a refusal that answers an earlier request: the answer to this one is lost."""
    return errors.AnswerLost(f"a refusal ({refusal.message}): {_OLDER}", status=refusal.status)


def is_older(operation: Operation[Any], given_at: int | None, *, since: int = 0) -> bool | None:
    """
    Say whether an answer was given before its request was sent; None where that is unknown.

    ``since`` is by how much the venue's clock was found to be ahead since then, in milliseconds.
    """
    if given_at is None:
        return None
    error, sent_at = clock_error(operation.session.venue_session.clock), operation.sent_at + since
    if given_at < sent_at - error:
        return True
    return False if given_at > sent_at + error else None


def _answer_time(operation: Operation[Any], response: HttpResponse) -> int | None:
    read = operation.session.venue_session.venue.answered_at
    return None if read is None else read(response)
