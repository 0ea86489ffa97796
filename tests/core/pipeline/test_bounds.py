"""Bounds of a request: what each of them proves, how long it is waited for, and the words where it proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.clock import OwnClock
from venuekit.endpoint import Security
from venuekit.message import HttpResponse
from venuekit.pipeline.arrival import expiry_of, is_over, listener_of, may_be_over, measure, wait_until_over
from venuekit.plugin import RequestExpiry
from venuekit.testing.clocks import InstantClock
from venuekit_toy_perp.endpoints import TOY

NOW = InstantClock().milliseconds()
FENCE = NOW + 6000
AFTER = timedelta(seconds=2)
ANSWER = HttpResponse(200, {}, b"")


@attrs.define
class MeasuredClock:
    """A venue's clock that a test sets: by how much each measurement moves it, and whether one fails."""

    clock: InstantClock
    error: int = 0
    moves: list[int] = attrs.field(factory=list)
    offset: int = 0
    failure: Exception | None = None
    measured: int = 0

    def milliseconds(self) -> int:
        return self.clock.milliseconds() + self.offset

    async def sync(self, ask: Callable[[], Any]) -> None:
        assert await ask() == "the time"
        if self.failure is not None:
            raise self.failure
        self.measured += 1
        self.offset += self.moves.pop(0) if self.moves else 0


@attrs.define
class Sent:
    """A write that may still arrive, as the proofs of its end see it."""

    expiry: RequestExpiry = RequestExpiry.WINDOW
    server_time: Any = TOY.SERVER_TIME
    answered_at: Any = None
    security: Security = Security.SIGNED
    nonces: Any = None
    nonce: int = 0
    probe: Any = None
    open_until: int = FENCE
    fence: int = FENCE
    sent_at: int = NOW
    overtaken_at: float | None = None
    ticks: InstantClock = attrs.field(factory=InstantClock)
    known: Any = None
    called: list[Any] = attrs.field(factory=list)
    answers: Any = None
    reads: int = 0

    @property
    def endpoint(self) -> Any:
        return SimpleNamespace(security=self.security)

    @property
    def session(self) -> Any:
        if self.known is None:
            self.known = MeasuredClock(self.ticks)
        rule = SimpleNamespace(probe=self.probe)
        venue = SimpleNamespace(
            expiry=self.expiry, server_time=self.server_time, answered_at=self.answered_at, nonce=rule
        )
        venue_session = SimpleNamespace(venue=venue, clock=self.known)
        scopes = SimpleNamespace(lower_below=lambda *numbers: self.called.append(numbers))
        owner = SimpleNamespace(write_scopes=scopes)
        return SimpleNamespace(venue_session=venue_session, nonces=self.nonces, clock=self.ticks, owner=owner)

    async def sleep(self, seconds: float) -> None:
        await self.ticks.sleep(seconds)

    async def call(self, endpoint: Any) -> Any:
        self.called.append(endpoint)
        if callable(self.answers):
            self.answers()
        return "the time"

    async def read(self) -> None:
        self.reads += 1
        if callable(self.answers):
            self.answers()

    @property
    def waited(self) -> float:
        return round(self.ticks.waited, 6)


async def wait(sent: Any, after: timedelta | None = None) -> str | None:
    return await (wait_until_over(sent, sent.read) if after is None else wait_until_over(sent, sent.read, after))


def numbered(**details: Any) -> Any:
    return Sent(RequestExpiry.NONCE, nonces=SimpleNamespace(name="key", answered=4), **{"nonce": 5, **details})


def answered(number: int, sent: Any) -> Callable[[], None]:
    """Return the answer to a request of a number."""
    return lambda: setattr(sent.nonces, "answered", number)


def by_answers(**details: Any) -> tuple[Any, OwnClock]:
    """Return a write to a venue that gives its time in answers alone, and our clock of it."""
    ticks = InstantClock()
    own = OwnClock(ticks)
    return Sent(server_time=None, answered_at=len, known=own, ticks=ticks, **details), own


# -- what bounds it


async def test_a_request_without_a_signature_is_bounded_by_nothing() -> None:
    """Whatever bounds the signed ones of its venue."""
    for expiry in RequestExpiry:
        unsigned: Any = Sent(expiry, security=Security.KEY)
        signed: Any = Sent(expiry)
        assert (expiry_of(unsigned), expiry_of(signed)) == (RequestExpiry.NONE, expiry)
        assert await wait(unsigned) == "nothing bounds how late a request can arrive here"
        assert await is_over(unsigned, timedelta(0)) is False
        assert (unsigned.waited, unsigned.reads) == (0.0, 0)


async def test_the_clock_is_measured_by_the_venues_time() -> None:
    """Why it could not be is told with the endpoint."""
    sent: Any = Sent()
    assert await measure(sent) is None
    assert (sent.known.measured, sent.called) == (1, [TOY.SERVER_TIME])
    sent.known.failure = errors.Throttled("slow")
    assert await measure(sent) == "the venue's clock could not be measured (GET /v1/time: refused: slow)"
    untimed: Any = Sent(server_time=None)
    assert await measure(untimed) == "the venue has no endpoint for its time"


# -- by a clock


@pytest.mark.parametrize(("ahead", "over"), [(8501, True), (8500, False)])
async def test_it_is_over_when_the_slowest_clock_is_past_its_moment(ahead: int, over: bool) -> None:
    """Its fence and so long after, when the clock was measured; nothing is waited for."""
    sent: Any = Sent()
    assert sent.session
    sent.known.error, sent.known.moves = 500, [ahead]

    assert await is_over(sent, AFTER) is over
    assert sent.waited == 0.0
    sent.known.failure = errors.Throttled("slow")
    assert await is_over(sent, AFTER) is False


@pytest.mark.parametrize(("ahead", "may"), [(6001, True), (6000, False)])
def test_a_proof_can_be_had_soon_once_our_clock_is_past_the_fence(ahead: int, may: bool) -> None:
    """A number proves it at any time."""
    sent: Any = Sent()
    assert sent.session
    sent.known.offset = ahead

    assert may_be_over(sent) is may
    assert may_be_over(numbered()) is True


async def test_the_venues_clock_is_waited_for_and_measured() -> None:
    """A millisecond past the moment by the slowest clock, and again where the measurement moves it back."""
    sent: Any = Sent()
    assert sent.session
    sent.known.error = 500
    assert await wait(sent, AFTER) is None
    assert (sent.waited, sent.known.measured, sent.reads) == (8.501, 1, 0)

    for error, waited in ((0, 7.002), (500, 7.502)):
        again: Any = Sent()
        assert again.session
        again.known.error, again.known.moves = error, [-1000, -1]
        assert await wait(again) is None
        assert (again.waited, again.known.measured) == (waited, 3)


async def test_a_clock_that_does_not_run_like_ours_is_given_up() -> None:
    """After four rounds, or where more is missing than a moment can be away; and one that cannot be read at once."""
    sent: Any = Sent()
    assert sent.session
    sent.known.moves = [-1] * 4
    assert await wait(sent) == "our clock and the venue's do not run alike"
    assert sent.known.measured == 4

    far: Any = Sent()
    assert far.session
    far.known.moves = [-7001]
    assert await wait(far) is None
    assert far.waited == 13.002
    farther: Any = Sent()
    assert farther.session
    farther.known.moves = [-7001]
    farther.sent_at += 1
    assert await wait(farther) == "by the venue's clock it may still arrive for 7.0 s"
    assert farther.waited == 6.001

    failing: Any = Sent(open_until=0)
    assert failing.session
    failing.known.failure = errors.Throttled("slow")
    assert await wait(failing) == "the venue's clock could not be measured (GET /v1/time: refused: slow)"


async def test_a_moment_that_is_over_is_not_waited_for() -> None:
    """One that is now is, for a millisecond."""
    for until, waited in ((NOW, 0.001), (NOW - 1, 0.0)):
        sent: Any = Sent(open_until=0, fence=until)
        await wait(sent)
        assert sent.waited == waited


# -- by the times in answers


async def test_answers_are_read_until_one_is_late_enough() -> None:
    """One alone is never believed, so that two are read at first; then their time is waited for."""
    sent, own = by_answers()
    sent.answers = lambda: own.hear(sent.ticks.milliseconds())

    assert await wait(sent) is None
    assert sent.reads == 2 + 1
    assert sent.waited == pytest.approx(6.002, abs=0.001)


async def test_answers_that_were_late_enough_need_no_read() -> None:
    """The clock has heard them before; or the first read brings the second of them."""
    sent, own = by_answers()
    own.hear(FENCE + 1)
    sent.answers = lambda: own.hear(FENCE + 1)
    assert await is_over(sent, timedelta(0)) is False
    assert await wait(sent) is None
    assert sent.reads == 1

    assert await wait(sent) is None
    assert (sent.reads, sent.waited) == (1, 0.0)
    assert await is_over(sent, timedelta(0)) is True
    assert await is_over(sent, AFTER) is False


async def test_answers_without_a_time_that_is_late_enough_are_given_up() -> None:
    """None has a time, or it hardly passes; without any our own clock proves nothing."""
    sent, own = by_answers()
    assert await wait(sent) == "no answer says the venue's time, and our own clock proves nothing"
    assert (sent.reads, sent.waited) == (2, 0.0)

    sent, own = by_answers()
    sent.answers = lambda: own.hear(NOW + 100)
    assert await wait(sent) == "the venue's answers say no time that is late enough"
    assert sent.reads == 5
    sent, own = by_answers()
    sent.answers = lambda: own.hear(NOW - 3_600_000)
    assert await wait(sent) == "by the venue's clock it may still arrive for 3606.0 s"

    untimed: Any = Sent(server_time=None)
    assert await wait(untimed) == "the venue has no endpoint for its time, and our own clock proves nothing"
    odd: Any = Sent(server_time=None, answered_at=len)
    assert await wait(odd) == "the venue has no endpoint for its time, and our own clock proves nothing"


def test_the_time_of_an_answer_is_heard_by_our_clock_alone() -> None:
    """Where it gives one; a venue with an endpoint for its time is not listened to."""
    given: list[int | None] = [NOW + 5, None]
    sent, own = by_answers()
    venue: Any = SimpleNamespace(
        expiry=RequestExpiry.WINDOW, server_time=None, answered_at=lambda answer: given[0] if answer is ANSWER else 0
    )
    listen = listener_of(venue)
    assert listen is not None
    for _ in range(2):
        listen(sent, ANSWER)
    assert own.earliest == NOW + 5
    given[0] = None
    listen(sent, ANSWER)
    assert own.earliest == NOW + 5
    venue.server_time = TOY.SERVER_TIME
    assert listener_of(venue) is None
    venue.server_time, venue.answered_at = None, None
    assert listener_of(venue) is None


# -- by a number


@pytest.mark.parametrize(("nonce", "answered_before", "lowered"), [(5, 4, True), (5, 5, False), (4, 5, False)])
def test_an_answered_number_lowers_what_is_below_it(nonce: int, answered_before: int, lowered: bool) -> None:
    """Once; and nothing where requests carry none."""
    sent = numbered(nonce=nonce)
    sent.nonces.answered = answered_before
    listen = listener_of(sent.session.venue_session.venue)
    assert listen is not None

    listen(sent, ANSWER)

    assert sent.called == [("key", nonce)] * lowered
    assert sent.nonces.answered == max(nonce, answered_before)
    unnumbered: Any = Sent(RequestExpiry.NONCE)
    listen(unnumbered, ANSWER)
    assert unnumbered.called == []


async def test_a_number_is_overtaken_by_a_read_about_the_write() -> None:
    """From then on so long is waited, the clock is measured, and nothing is read again."""
    sent = numbered()
    sent.answers = answered(6, sent)

    assert await wait(sent, AFTER) is None
    assert (sent.reads, sent.called, sent.waited) == (1, [TOY.SERVER_TIME], 2.0)
    assert sent.known.measured == 1
    assert await wait(sent, timedelta(seconds=5)) is None
    assert (sent.reads, sent.waited) == (1, 5.0)
    sent.known.failure = errors.Throttled("slow")
    assert await wait(sent) == "the venue's clock could not be measured (GET /v1/time: refused: slow)"


async def test_a_number_is_overtaken_by_the_probe_where_there_is_one() -> None:
    """Where reads are not signed; one that fails proves nothing. Without the venue's time none is measured."""
    sent = numbered(probe=TOY.POSITIONS, server_time=None)
    sent.answers = answered(6, sent)
    assert await wait(sent) is None
    assert (sent.reads, sent.called, sent.waited) == (0, [TOY.POSITIONS], 0.0)

    def fail() -> None:
        raise errors.Throttled("slow")

    failing = numbered(probe=TOY.POSITIONS, answers=fail)
    words = "it may arrive until a later request is answered, and none was (GET /v1/positions: refused: slow)"
    assert await wait(failing) == words


async def test_a_number_that_nothing_overtakes_stays_open() -> None:
    """A later one was not answered, or it was signed elsewhere."""
    sent = numbered()
    sent.answers = answered(5, sent)
    assert await wait(sent) == "it may arrive until a later signed request of this key is answered, and none was"
    assert await is_over(sent, timedelta(0)) is False

    elsewhere = numbered(nonce=0)
    words = "it was not signed by this key, so that no request of this one overtakes it"
    assert await wait(elsewhere) == words
    assert elsewhere.reads == 0
    without: Any = Sent(RequestExpiry.NONCE, nonce=5)
    assert await wait(without) == "it may arrive until a later signed request of this key is answered, and none was"


async def test_an_overtaken_number_is_over_so_long_after_that_was_seen() -> None:
    """From the first look on, to the moment."""
    sent = numbered()
    sent.nonces.answered = 6
    await sent.ticks.sleep(100)
    assert await is_over(sent, AFTER) is False
    await sent.ticks.sleep(1.5)
    assert await is_over(sent, AFTER) is False
    await sent.ticks.sleep(0.5)
    assert await is_over(sent, AFTER) is True
    assert sent.overtaken_at == 100
    assert await is_over(numbered(), timedelta(0)) is False
