"""Refusals, classified: what a status, a code and words amount to, in which words it is told, and when to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit._util.times import from_milliseconds
from venuekit.clock import VenueClock
from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.errors import Outcome
from venuekit.faults import Fault, FaultRow, FaultTable
from venuekit.message import HttpResponse
from venuekit.pipeline.failures import (
    Failure,
    FailureKind,
    answer_of_earlier,
    check_refusal,
    classify,
    first_bytes,
    is_older,
    leaves_open,
    retry_after,
    why_not_ours,
)
from venuekit.testing.clocks import InstantClock
from venuekit.venue import Refusal
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

FAULTS = FaultTable(
    (
        FaultRow(Fault.THROTTLED, 1, is_account_limit=True),
        FaultRow(Fault.THROTTLED, 2, mend="Ask less often."),
        FaultRow(Fault.NONCE, 3),
        FaultRow(Fault.NONCE, 4, mend="Set the clock."),
        FaultRow(Fault.UNKNOWN_OUTCOME, 5),
        FaultRow(Fault.OVERLOADED_UNKNOWN, 6),
        FaultRow(Fault.INVALID, 7),
        FaultRow(Fault.UNKNOWN_OUTCOME, 8, status=200),
        FaultRow(Fault.UNAVAILABLE, status=502),
        FaultRow(Fault.INVALID, 9, status=400, mend="Send less."),
    )
)
VENUE: Any = attrs.evolve(TOY_PERP, faults=FAULTS)
CLOCK = InstantClock()
NOW = CLOCK.milliseconds()
READ, WRITE, SET = TOY.POSITIONS, TOY.ADD_COLLATERAL, TOY.SET_LEVERAGE


def response(status: int = 400, body: bytes = b"", **headers: str) -> HttpResponse:
    return HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def refusal(code: int | None, message: str, **details: Any) -> Refusal:
    return Refusal(code=code, message=message, **details)


def classified(
    said: Refusal, endpoint: Endpoint[Any] = WRITE, answer: HttpResponse | None = None, venue: Any = VENUE
) -> Failure:
    return classify(venue, endpoint, answer or response(), said, VenueClock(CLOCK))


# -- kinds


@pytest.mark.parametrize(
    ("code", "kind", "error"),
    [
        (1, FailureKind.THROTTLED, errors.Throttled),
        (3, FailureKind.NONCE, errors.NonceUsed),
        (5, FailureKind.LOST, errors.OutcomeNotStated),
        (6, FailureKind.OVERLOADED, errors.Overloaded),
        (7, FailureKind.REFUSED, errors.VenueError),
        (99, FailureKind.REFUSED, errors.VenueError),
        (2001, FailureKind.NO_CHANGE, errors.VenueError),
        (11, FailureKind.DOUBTFUL, errors.VenueError),
        (12, FailureKind.DOUBTFUL, errors.VenueError),
        (13, FailureKind.UNSUPPORTED, errors.UnsupportedCapability),
    ],
)
def test_a_code_amounts_to_its_kind(code: int, kind: FailureKind, error: type[errors.OperationError]) -> None:
    """By the endpoint's own lists first, then by the venue's table; one that nobody lists is a refusal."""
    endpoint = attrs.evolve(
        SET,
        doubtful=frozenset({11}),
        doubtful_after_loss=frozenset({12}),
        faults={13: Fault.UNSUPPORTED},
    )
    failure = classified(refusal(code, "no"), endpoint)

    assert failure.kind is kind
    assert isinstance(failure.error, error)
    assert (failure.error.code, failure.error.status, failure.error.message) == (code, 400, "no")
    assert failure.error.outcome is Outcome.NOT_APPLIED
    assert failure.is_account_limit is (code == 1)
    assert (failure.delay, failure.error.retry_at) == (None, None)


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        (2, "Ask less often."),
        (3, "another program signs with this key: give each one a key of its own"),
        (4, "Set the clock."),
        (9, "Send less."),
        (7, ""),
        (99, ""),
    ],
)
def test_the_mend_is_that_of_the_row(code: int, mend: str) -> None:
    """A used number has one in any case."""
    assert classified(refusal(code, "no")).error.mend == mend


def test_the_meaning_of_a_refusal_is_that_of_the_endpoint_else_its_own_else_the_tables() -> None:
    """A refusal may say what its words mean where they vary too much for a row."""
    endpoint = attrs.evolve(WRITE, faults={7: Fault.CLOCK})

    assert classified(refusal(7, "no", fault=Fault.BANNED), endpoint).kind is FailureKind.CLOCK
    assert classified(refusal(7, "no", fault=Fault.BANNED)).kind is FailureKind.BANNED
    assert classified(refusal(7, "no")).kind is FailureKind.REFUSED


def test_words_mean_what_the_longest_beginning_of_them_means() -> None:
    """Of the venue's own words alone: another's on the way mean what their status does."""
    endpoint = attrs.evolve(WRITE, faults={"Too": Fault.PERMISSION, "Too many": Fault.THROTTLED, "Bad": Fault.CLOCK})

    def kind(message: str, *, is_foreign: bool) -> FailureKind:
        return classified(refusal(None, message, is_foreign=is_foreign), endpoint).kind

    assert kind("Too many orders", is_foreign=False) is FailureKind.THROTTLED
    assert kind("Too big", is_foreign=False) is FailureKind.REFUSED
    assert kind("Bad time", is_foreign=False) is FailureKind.CLOCK
    assert kind("None of these", is_foreign=False) is FailureKind.REFUSED
    assert kind("Too many orders", is_foreign=True) is FailureKind.LOST


@pytest.mark.parametrize(
    ("status", "of_read", "of_write"),
    [
        (429, FailureKind.SHUT_OUT, FailureKind.SHUT_OUT),
        (418, FailureKind.SHUT_OUT, FailureKind.SHUT_OUT),
        (401, FailureKind.REFUSED, FailureKind.LOST),
        (451, FailureKind.REFUSED, FailureKind.LOST),
        (502, FailureKind.BUSY, FailureKind.LOST),
        (503, FailureKind.LOST, FailureKind.LOST),
        (404, FailureKind.LOST, FailureKind.LOST),
    ],
)
def test_what_another_on_the_way_says_is_believed_for_reads_at_most(
    status: int, of_read: FailureKind, of_write: FailureKind
) -> None:
    """A gateway knows whom it lets in, and nothing of the outcome of a write."""
    page = refusal(None, "<html>")
    answer = response(status, Retry_After="7")

    for endpoint, kind in ((READ, of_read), (WRITE, of_write)):
        failure = classified(page, endpoint, answer)
        assert (failure.kind, failure.delay) == (kind, 7.0)
        assert failure.error.message == f"HTTP {status}, not from the venue itself: <html>"
        assert failure.error.retry_at == from_milliseconds(NOW + 7000)


def test_a_refusal_without_words_is_told_by_its_first_bytes() -> None:
    """The venue's own words are told as they are."""
    answer = response(400, b"\xff" + b"x" * 10_000)

    assert classified(refusal(7, ""), answer=answer).error.message == first_bytes(answer)
    words = f"HTTP 400 with a body that is not the venue's format: '\N{REPLACEMENT CHARACTER}{'x' * 119}'"
    assert first_bytes(answer) == words
    assert first_bytes(response(502, b"gone")) == "HTTP 502 with a body that is not the venue's format: 'gone'"


def test_a_batch_is_open_while_one_of_its_items_is() -> None:
    """By the code of an item; an answer without items leaves nothing open."""
    single: Any = WRITE
    batch = attrs.evolve(single, item_refusals=lambda value: value)

    assert leaves_open(VENUE, batch, [(7, "no"), (5, "who knows")]) is True
    assert leaves_open(VENUE, batch, [(6, "busy")]) is True
    assert leaves_open(VENUE, batch, [(8, "of an answer that succeeded")]) is True
    assert leaves_open(VENUE, batch, [(7, "no"), (99, "no")]) is False
    assert leaves_open(VENUE, batch, []) is False
    assert leaves_open(VENUE, batch, [(None, "no words of a gateway")]) is False
    assert leaves_open(VENUE, single, [(5, "who knows")]) is False


# -- when to ask again

AT = from_milliseconds(NOW)


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        ({}, None, None),
        ({}, "", None),
        ({}, "7", 7.0),
        ({}, " 7 ", 7.0),
        ({}, "0", 0.0),
        ({}, "7.5", None),
        ({}, "-7", None),
        ({}, "\N{ARABIC-INDIC DIGIT SEVEN}", None),
        ({}, "9" * 20, 366 * 86_400.0),
        ({}, "soon", None),
        ({}, "Sun, 15 Jun 2025 15:06:50 GMT", 10.0),
        ({}, "Sun, 15 Jun 2025 15:06:50", 10.0),
        ({}, "Sun, 15 Jun 2025 17:06:50 +0200", 10.0),
        ({}, "Sun, 15 Jun 2025 15:06:30 GMT", 0.0),
        ({}, "Sun, 99 Jun 2025 15:06:30 GMT", None),
        ({"retry_after": 3.5}, "7", 3.5),
        ({"retry_after": 0.0}, "7", 0.0),
        ({"retry_after": -3.5}, None, 0.0),
        ({"retry_after": 1e12}, None, 366 * 86_400.0),
        ({"retry_at": AT + timedelta(seconds=2.5), "retry_after": 9.0}, "7", 2.5),
        ({"retry_at": AT - timedelta(seconds=2)}, "7", 0.0),
        ({"retry_at": datetime(9999, 1, 1, tzinfo=UTC)}, None, 366 * 86_400.0),
    ],
)
def test_the_pause_is_that_of_the_body_else_that_of_the_header(
    body: Mapping[str, Any], header: str | None, seconds: float | None
) -> None:
    """In seconds from now, never below 0 nor above a year; None where neither says one that can be read."""
    headers = {} if header is None else {"Retry-After": header}

    assert retry_after(refusal(7, "no", **body), headers, NOW) == seconds


def test_a_pause_of_nothing_is_told_without_a_time() -> None:
    """An instant that is over tells nobody when to ask again."""
    failure = classified(refusal(1, "no", retry_after=0.0))
    assert (failure.delay, failure.error.retry_at) == (0.0, None)
    assert classified(refusal(1, "no", retry_at=AT + timedelta(seconds=2))).delay == 2.0
    failure = classified(refusal(1, "no", retry_after=1.2344))
    assert (failure.delay, failure.error.retry_at) == (1.2344, AT + timedelta(milliseconds=1234))


# -- whose answer it is


def operation(
    endpoint: Endpoint[Any],
    *,
    strays: int = 0,
    given_at: int | None = None,
    sent_at: int = NOW,
    error: int = 1000,
    **details: Any,
) -> Any:
    """Return an operation whose answer was given at a time."""
    venue_session = SimpleNamespace(
        clock=SimpleNamespace(error=error),
        venue=SimpleNamespace(answered_at=lambda answer: given_at if answer.status else None),
    )
    session = SimpleNamespace(
        venue_session=venue_session, wire=SimpleNamespace(strays=strays), nonces=details.pop("nonces", None)
    )
    return SimpleNamespace(
        endpoint=endpoint, session=session, sent_at=sent_at, nonce=5, has_own_connection=False, **details
    )


@pytest.mark.parametrize(
    ("given", "since", "older"),
    [
        (None, 0, None),
        (-1001, 0, True),
        (-1000, 0, None),
        (0, 0, None),
        (1000, 0, None),
        (1001, 0, False),
        (-501, 500, True),
        (-500, 500, None),
        (1501, 500, False),
    ],
)
def test_an_answer_is_older_only_beyond_the_error_of_the_clock(
    given: int | None, since: int, older: bool | None
) -> None:
    """By as much as the clock was found to be ahead since then, the request was sent later."""
    sent = operation(WRITE)

    assert is_older(sent, None if given is None else NOW + given, since=since) is older


def test_a_success_that_says_nothing_of_its_question_is_doubted_where_it_may_be_anothers() -> None:
    """It is older than the request; or an answer that nobody asked for was met, and no time speaks for this one."""
    older = "it was given before the request was sent, and answers another one"
    nothing = "it repeats nothing of the request, and unrequested answers have been met before"

    assert why_not_ours(operation(WRITE, given_at=NOW - 1001), response()) == older
    assert why_not_ours(operation(READ, given_at=NOW - 1001), response()) is None
    assert why_not_ours(operation(WRITE), response()) is None
    assert why_not_ours(operation(WRITE, strays=1, given_at=NOW + 1001), response()) is None
    doubted = operation(WRITE, strays=1)
    assert why_not_ours(doubted, response()) == nothing
    assert doubted.has_own_connection is False
    ends_all = operation(attrs.evolve(SET, write_scope=WriteScope.ALL_ORDERS), strays=1)
    assert why_not_ours(ends_all, response()) == nothing
    assert ends_all.has_own_connection is True
    assert why_not_ours(ends_all, response()) is None


def refuse(kind: FailureKind, delay: float | None = 7.0) -> Failure:
    return Failure(kind, errors.VenueError("no", status=409), delay)


UNREAD = attrs.evolve(SET, readback=None)
SURE = {"given_at": NOW + 1001, "strays": 1}
OLD = {"given_at": NOW - 1001}
STRAY = {"strays": 1}


@pytest.mark.parametrize(
    ("endpoint", "kind", "details", "becomes"),
    [
        (WRITE, FailureKind.REFUSED, {}, None),
        (WRITE, FailureKind.REFUSED, OLD, FailureKind.LOST),
        (WRITE, FailureKind.REFUSED, SURE, None),
        (WRITE, FailureKind.REFUSED, STRAY, FailureKind.SUSPECT),
        (WRITE, FailureKind.THROTTLED, STRAY, FailureKind.SUSPECT),
        (WRITE, FailureKind.LOST, OLD, None),
        (WRITE, FailureKind.DOUBTFUL, STRAY, None),
        (READ, FailureKind.REFUSED, OLD, None),
        (READ, FailureKind.REFUSED, STRAY, None),
        (SET, FailureKind.REFUSED, STRAY, FailureKind.SUSPECT),
        (SET, FailureKind.THROTTLED, STRAY, None),
        (UNREAD, FailureKind.REFUSED, STRAY, None),
        (SET, FailureKind.THROTTLED, OLD, FailureKind.LOST),
        (WRITE, FailureKind.CLOCK, OLD, None),
        (WRITE, FailureKind.CLOCK, {**OLD, "strays": 1}, None),
        (WRITE, FailureKind.CLOCK, STRAY, FailureKind.SUSPECT),
    ],
)
def test_a_refusal_that_may_be_anothers_is_not_believed(
    endpoint: Endpoint[Any], kind: FailureKind, details: Mapping[str, Any], becomes: FailureKind | None
) -> None:
    """An older one answers an earlier request; after a stray one only its time, or a read, tells whose it is."""
    refused = refuse(kind)
    found = check_refusal(operation(endpoint, **details), response(), refused)

    if becomes is None:
        assert found is refused
    elif becomes is FailureKind.SUSPECT:
        assert (found.kind, found.error, found.delay) == (becomes, refused.error, 7.0)
    else:
        assert (found.kind, found.delay) == (becomes, None)
        assert isinstance(found.error, errors.AnswerLost)
        assert found.error.message == answer_of_earlier(refused.error).message
    if endpoint.is_write and kind not in {FailureKind.LOST, FailureKind.DOUBTFUL}:
        assert refused.given_at == details.get("given_at")
    else:
        assert refused.given_at is None


def test_a_refusal_of_an_earlier_request_is_told_in_its_words() -> None:
    """And with its status."""
    error = answer_of_earlier(errors.VenueError("no", status=409))

    words = "a refusal (no): it was given before the request was sent, and answers another one"
    assert (error.message, error.status) == (words, 409)


@pytest.mark.parametrize(("highest", "becomes"), [(6, None), (5, FailureKind.SUSPECT)])
def test_a_used_number_that_none_of_ours_followed_may_be_that_of_a_copy(
    highest: int, becomes: FailureKind | None
) -> None:
    """Of a write that must not happen twice; a setting is sent again."""
    refused = refuse(FailureKind.NONCE)
    nonces = SimpleNamespace(highest=highest)

    found = check_refusal(operation(WRITE, nonces=nonces), response(), refused)
    if becomes is None:
        assert found is refused
    else:
        assert (found.kind, found.error, found.delay) == (becomes, refused.error, 7.0)
    assert check_refusal(operation(SET, nonces=nonces), response(), refused) is refused
    keyed = attrs.evolve(WRITE, effect=Effect.KEYED)
    assert (check_refusal(operation(keyed, nonces=nonces), response(), refused) is refused) is (becomes is None)
    assert check_refusal(operation(WRITE), response(), refused).kind is FailureKind.SUSPECT


def test_an_answer_without_a_reader_of_times_has_none() -> None:
    """Then nothing is older than anything."""
    sent = operation(WRITE, strays=1)
    sent.session.venue_session.venue.answered_at = None
    refused = refuse(FailureKind.REFUSED)

    assert check_refusal(sent, response(), refused).kind is FailureKind.SUSPECT
    assert refused.given_at is None
