"""Lost orders and moves: when they are looked for, and the outcome in words of each thing that a look can find."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS, answer_time
from tests.core.scripted_looks import ADDING, Looks, scripted_looks

from venuekit import errors
from venuekit._util.times import from_milliseconds, to_milliseconds
from venuekit.endpoint import Endpoint
from venuekit.errors import Outcome
from venuekit.faults import Fault
from venuekit.pipeline.observe import EventKind
from venuekit.resolution import AbsenceProof, Absent, Applied, Unclear
from venuekit.simulator import CannedAnswer, DropBefore
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.endpoints import TOY

SOLE = " (this assumes that no other actor writes)"
NOT_KNOWN = CannedAnswer.json(500, {"error": {"code": Code.EXECUTION_NOT_KNOWN, "message": "who knows"}})
REFUSED = CannedAnswer.json(409, {"error": {"code": 9999, "message": "no"}})
SEEN = CannedAnswer.json(409, {"error": {"code": Code.SEEN_BEFORE, "message": "seen before"}})
NOTHING = Absent("no row")


@pytest.fixture
async def looks() -> AsyncIterator[Looks]:
    async with scripted_looks() as looks:
        yield looks


@pytest.fixture
async def seldom() -> AsyncIterator[Looks]:
    """An account of a venue that tells its time in its answers alone."""
    async with scripted_looks(attrs.evolve(KINDS["window"], server_time=None, answered_at=answer_time)) as looks:
        yield looks


def add(looks: Looks, **changes: Any) -> Endpoint[Any]:
    """Return the endpoint that adds margin, looked for by the script."""
    return attrs.evolve(TOY.ADD_COLLATERAL, claims=None, resolve=looks.read, **changes)


async def lose(looks: Looks, endpoint: Endpoint[Any], *script: Any, answer: Any = NOT_KNOWN) -> errors.OperationError:
    """Return the error of a write whose answer is lost."""
    with pytest.raises(errors.OperationError) as caught:
        await looks.call(endpoint, answer, *script)
    return caught.value


async def test_an_absence_is_proven_by_reads_past_the_fence(looks: Looks) -> None:
    """Three early looks, then as many as the proof wants, as late and as far apart as it wants."""
    proof = AbsenceProof(after=timedelta(seconds=4), reads=3, interval=timedelta(seconds=2))
    error = await lose(looks, add(looks, absence_proof=proof), NOTHING)

    first = looks.times[3]
    assert looks.times == [0, 1000, 3000, first, first + 2000, first + 4000]
    assert 10_001 <= first < 10_100
    since = from_milliseconds(looks.sent_at + first)
    assert error.message == f"who knows; found nowhere in 3 reads since {since:%H:%M:%S}"
    assert error.reads == ("no row",) * 6
    assert (type(error), error.outcome) == (errors.NotExecuted, Outcome.NOT_APPLIED)
    assert looks.resolutions() == [Outcome.NOT_APPLIED]


async def test_an_overloaded_venue_is_asked_less_often(looks: Looks) -> None:
    """Two looks, further apart, before the proof begins."""
    busy = CannedAnswer.json(503, {"error": {"code": Code.BUSY, "message": "busy"}})
    endpoint = add(looks, faults={Code.BUSY: Fault.OVERLOADED_UNKNOWN})
    error = await lose(looks, endpoint, NOTHING, answer=busy)

    assert looks.times[:2] == [2000, 6000]
    assert len(looks.times) == 4
    assert type(error) is errors.NotExecuted


@pytest.mark.parametrize("answer", [NOT_KNOWN, SEEN], ids=["lost", "doubtful"])
async def test_the_last_look_without_a_proof_comes_a_millisecond_past_the_fence(looks: Looks, answer: Any) -> None:
    """It ends unknown; later there is no fence to wait for, and each look finds no more than these."""
    error = await lose(looks, add(looks, absence_proof=None), NOTHING, answer=answer)

    assert error.fence is not None
    assert looks.times == [0, 1000, 3000, to_milliseconds(error.fence) - looks.sent_at + 1]
    assert error.message.endswith(f"; finding nothing proves nothing here{SOLE}")
    before = looks.clock.milliseconds() - looks.sent_at
    looks.times.clear()
    with pytest.raises(errors.OutcomeUnknown):
        await error.resolve()
    assert looks.times == [before + pause for pause in (0, 1000, 3000, 3000)]


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("look", range(4))
async def test_a_look_that_fails_leaves_it_unknown(looks: Looks, look: int, proven: bool) -> None:
    """Whichever of them it is: the error keeps what those before it found, and the words of the failure."""
    changes = {} if proven else {"absence_proof": None}
    failure, words = (KeyError("row"), "KeyError: 'row'") if look % 2 else (errors.Throttled("slow"), "refused: slow")
    error = await lose(looks, add(looks, **changes), *[NOTHING] * look, failure)

    assert type(error) is errors.OutcomeUnknown
    assert error.message == f"who knows; the reads that would show its outcome failed{SOLE}"
    assert error.reads == (*["no row"] * look, f"a read failed: {words}")
    assert error.__cause__ is failure
    assert (error.code, error.status, error.outcome) == (Code.EXECUTION_NOT_KNOWN, 500, Outcome.UNKNOWN)
    told = [event.error for event in looks.events if event.kind is EventKind.UNKNOWN_OUTCOME]
    assert told == [error]
    assert looks.resolutions() == []


async def test_an_unclear_look_past_the_fence_says_what_it_saw(looks: Looks) -> None:
    """Before it an unclear one is but one more that found nothing."""
    error = await lose(looks, add(looks), *[Unclear("two rows")] * 3, NOTHING, Unclear("three rows"))

    assert error.message == f"who knows; three rows{SOLE}"
    assert error.reads == ("two rows",) * 3 + ("no row", "three rows")


@pytest.mark.parametrize("look", range(5))
async def test_what_a_look_finds_is_the_value(looks: Looks, look: int) -> None:
    """Its row is claimed, and its fence is lowered: it cannot arrive once more."""
    assert await looks.call(add(looks), NOT_KNOWN, *[NOTHING] * look, Applied("a row", claims="row 1")) == "a row"

    scopes = looks.account._session.owner.write_scopes
    assert (scopes.claimed, scopes.fences) == ({"row 1"}, ())
    assert looks.resolutions() == [Outcome.APPLIED]


async def test_a_row_without_a_name_claims_nothing(looks: Looks) -> None:
    """It proves the write all the same."""
    assert await looks.call(add(looks), NOT_KNOWN, Applied("a row")) == "a row"

    assert looks.account._session.owner.write_scopes.claimed is None


async def test_without_a_read_the_outcome_is_unknown_at_once(looks: Looks) -> None:
    """Nothing could show it, then or later."""
    error = await lose(looks, attrs.evolve(TOY.ADD_COLLATERAL, resolve=None), NOTHING)

    assert error.message == f"who knows; no read can show its outcome{SOLE}"
    with pytest.raises(errors.OutcomeUnknown, match="no read can show its outcome"):
        await error.resolve()


async def test_an_unproven_end_says_why(looks: Looks) -> None:
    """Without the venue's time nothing found proves nothing."""
    broken = CannedAnswer.json(500, {"error": {"code": 9999, "message": "no time today"}})
    looks.sim.disturb("toy_perp", TOY.SERVER_TIME, broken, times=9)
    error = await lose(looks, add(looks), NOTHING)

    words = "who knows; nothing was found, and that proves nothing: the venue's clock could not be measured ("
    assert error.message.startswith(words)
    assert looks.times == [0, 1000, 3000]


@pytest.mark.parametrize(("told", "again"), [(60, True), (0, False), (-60, False), (None, False)])
async def test_a_failed_read_says_when_to_ask_again(looks: Looks, told: int | None, again: bool) -> None:
    """Where the read was told a time that is not over; else it is that of the write's own failure."""
    moment = None if told is None else looks.account.now() + timedelta(seconds=told)
    error = await lose(looks, add(looks), errors.Throttled("slow", retry_at=moment))

    assert error.retry_at == (moment if again else None)


async def test_a_write_is_sent_again_until_the_callers_time(looks: Looks) -> None:
    """Its absence is proven first; a halted account, and one whose time is over, do not send it again."""
    found = (*[NOTHING] * 5, Applied("a row"))
    until = looks.account.now() + timedelta(minutes=1)
    row = await looks.call(add(looks), NOT_KNOWN, *found, resend_until=until)
    assert row.amount == 5
    assert [one.path for one in looks.sim.requests].count("/v1/collateral") == 2
    assert looks.resolutions() == [Outcome.NOT_APPLIED]

    began = looks.clock.waited
    with pytest.raises(errors.NotExecuted):
        await looks.call(add(looks), NOT_KNOWN, NOTHING, resend_until=looks.account.now())
    proven = timedelta(seconds=looks.clock.waited - began)
    for late in (timedelta(0), timedelta(milliseconds=1)):
        looks.account._session.owner.write_scopes.fences = ()
        until = looks.account.now() + proven + late
        if late:
            assert await looks.call(add(looks), NOT_KNOWN, NOTHING, resend_until=until)
        else:
            with pytest.raises(errors.NotExecuted):
                await looks.call(add(looks), NOT_KNOWN, NOTHING, resend_until=until)
        assert [one.path for one in looks.sim.requests].count("/v1/collateral") == (2 if late else 1)


@pytest.mark.parametrize("second", [NOT_KNOWN, REFUSED], ids=["lost", "refused"])
async def test_the_second_attempt_of_a_write_ends_as_a_first_would(looks: Looks, second: Any) -> None:
    """The first is proven to be absent, so that a refusal of the second refuses the write."""
    until = looks.account.now() + timedelta(minutes=1)
    looks.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, NOT_KNOWN)
    script = (*[NOTHING] * 5, Applied("a row"))
    if second is NOT_KNOWN:
        assert await looks.call(add(looks), second, *script, resend_until=until) == "a row"
        assert looks.resolutions() == [Outcome.NOT_APPLIED, Outcome.APPLIED]
    else:
        with pytest.raises(errors.VenueError) as caught:
            await looks.call(add(looks), second, *script, resend_until=until)
        assert (caught.value.message, caught.value.outcome) == ("no", Outcome.NOT_APPLIED)
        assert caught.value.can_resolve is False


async def test_a_look_shows_the_time_of_a_venue_without_one(seldom: Looks) -> None:
    """Its answers alone tell when the write is over; a look among them finds it or fails as any other."""
    look = seldom.read

    async def ask(call: Any, lost: Any) -> Any:
        await call(TOY.POSITIONS)
        return await look(call, lost)

    endpoint = attrs.evolve(TOY.ADD_COLLATERAL, claims=None, resolve=ask)
    error = await lose(seldom, endpoint, NOTHING)
    assert type(error) is errors.NotExecuted
    assert seldom.times[:5] == [0, 1000, 3000, 3000, 7001]
    seldom.account._session.venue_session.clock._given = ()
    seldom.account._session.owner.write_scopes.fences = ()

    error = await lose(seldom, endpoint, *[NOTHING] * 3, KeyError("row"))
    assert error.message == f"who knows; the reads that would show its outcome failed{SOLE}"


async def test_a_look_is_handed_all_that_is_known_of_the_write(looks: Looks) -> None:
    """Its parameters, its times by the venue's clock and their error, and the rows that other writes explain."""
    looks.account._session.owner.write_scopes.claim("row 0")
    read_at = []

    async def before(*_: object) -> str:
        read_at.append(looks.account.now())
        return "the wallet"

    endpoint = add(looks, before=before)
    clock = looks.account._session.venue_session.clock
    clock._error, clock._moves = 700, ((looks.clock.monotonic() + 2, 40),)
    slow = CannedAnswer(429, b'{"error": {"code": 1005, "message": "slow"}}', {"Retry-After": "1"})
    looks.sim.disturb("toy_perp", endpoint, slow)
    await looks.call(endpoint, NOT_KNOWN, Applied("a row", claims="row 1"))

    (lost,) = looks.lost
    sent_at = from_milliseconds(looks.sent_at) + timedelta(seconds=1)
    assert (lost.endpoint, dict(lost.parameters), lost.client_id) == (endpoint, ADDING, None)
    assert (lost.sent_at, lost.fence) == (sent_at, sent_at + timedelta(seconds=6))
    assert (lost.before, [lost.since]) == ("the wallet", read_at)
    assert (lost.claimed, lost.others, lost.made) == ({"row 0"}, (), frozenset())
    assert lost.clock_error == timedelta(milliseconds=740)
    assert await lost.is_over(timedelta(0)) is False
    await looks.clock.sleep(60)
    assert await lost.is_over(timedelta(0)) is True


async def test_a_row_that_proved_a_write_proves_it_again(looks: Looks) -> None:
    """What it claimed itself is not among the rows of others when it is looked for once more."""

    def fail_once(value: Any) -> Any:
        if len(looks.lost) < 2:
            raise KeyError("a new word")
        return value

    looks.script[:] = [Applied("a row", claims="row 1")]
    looks.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, NOT_KNOWN)
    with pytest.raises(errors.PayloadMismatch) as caught:
        await looks.account.call_as(fail_once, add(looks), **ADDING)

    waited = looks.clock.waited
    assert await caught.value.resolve() == "a row"
    assert looks.clock.waited == waited
    assert looks.lost[1].claimed == frozenset()
    looks.script[:] = [KeyError("row")]
    with pytest.raises(errors.OutcomeUnknown, match="the reads that would show its outcome failed"):
        await caught.value.resolve()


async def test_an_answer_that_never_came_is_named(looks: Looks) -> None:
    """The loss itself is the first part of the words."""
    error = await lose(looks, add(looks), Unclear("two rows"), answer=DropBefore())

    assert error.message == f"ServerDisconnectedError: Server disconnected; two rows{SOLE}"
