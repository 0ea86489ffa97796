"""Belonging: whether an answer is the one to its request, by its own words and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venuekit import errors
from venuekit.clock import clock_error
from venuekit.endpoint import Effect, WriteScope
from venuekit.pipeline.classify import Failure, FailureKind

if TYPE_CHECKING:
    from venuekit.message import HttpResponse
    from venuekit.pipeline.operation_record import OperationRecord

#: a refusal that says these about a setting is no reason to read it back: it is sent again, or will be by the caller
_UNDOUBTED = frozenset({FailureKind.CLOCK, FailureKind.THROTTLED, FailureKind.BANNED, FailureKind.BUSY})
#: failures that are resolved anyway
_OPEN = frozenset({FailureKind.LOST, FailureKind.SHUT_OUT, FailureKind.OVERLOADED, FailureKind.DOUBTFUL})


def why_not_ours(record: OperationRecord[Any], response: HttpResponse) -> str | None:
    """
    Return why the success of a write that repeats nothing of its question is not believed, None when it is.

    A cancel-all can be read back only after its fence, which is too late for a caller who is closing a position: it is
    sent again on a connection of its own, and believed then; the caller reads the orders that remain.
    """
    if not record.endpoint.is_write:
        return None
    older = is_older(record, _answer_time(record, response))
    if older:
        return _OLDER
    if older is None and record.session.wire.strays and not record.has_own_connection:
        record.has_own_connection = record.endpoint.write_scope is WriteScope.ALL_ORDERS
        return "it repeats nothing of the request, and unrequested answers have been met before"
    return None


_OLDER = "it was given before the request was sent, and answers another one"


def check_refusal(record: OperationRecord[Any], response: HttpResponse, failure: Failure) -> Failure:
    """Return the refusal of a write, or a failure in its place where it may belong to another request."""
    endpoint = record.endpoint
    if failure.kind in _OPEN or not endpoint.is_write:
        return failure
    failure.given_at = _answer_time(record, response)
    # a refusal about the clock can be judged only once the clock is measured
    older = None if failure.kind is FailureKind.CLOCK else is_older(record, failure.given_at)
    if older:
        lost = errors.AnswerLost(f"a refusal ({failure.error.message}): {_OLDER}", status=response.status)
        return Failure(FailureKind.LOST, lost)
    if older is False or not record.session.wire.strays:
        return failure
    if failure.kind is FailureKind.CLOCK and failure.given_at is not None:
        return failure
    if endpoint.effect is Effect.SET and (failure.kind in _UNDOUBTED or endpoint.readback is None):
        return failure
    return Failure(FailureKind.SUSPECT, failure.error, failure.delay)


def is_older(record: OperationRecord[Any], given_at: int | None, *, since: int = 0) -> bool | None:
    """
    Say whether an answer was given before its request was sent; None where that is unknown.

    ``since`` is by how much the venue's clock was found to be ahead since then, in milliseconds.
    """
    if given_at is None:
        return None
    error, sent_at = clock_error(record.session.venue_session.clock), record.sent_at + since
    if given_at < sent_at - error:
        return True
    return False if given_at > sent_at + error else None


def _answer_time(record: OperationRecord[Any], response: HttpResponse) -> int | None:
    read = record.session.venue_session.venue.answered_at
    return None if read is None else read(response)
