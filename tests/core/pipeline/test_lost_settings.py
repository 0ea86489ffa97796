"""Lost settings: what is sent again, and the outcome in words of each value that a read can find."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS, answer_time
from tests.core.pipeline.test_belonging import met_a_stray
from tests.core.scripted_looks import SETTING, Looks, scripted_looks

from venuekit import errors
from venuekit.endpoint import Change, Endpoint, WriteScope
from venuekit.errors import Outcome
from venuekit.resolution import Reading
from venuekit.simulator import CannedAnswer
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.endpoints import TOY

NOT_KNOWN = CannedAnswer.json(500, {"error": {"code": Code.EXECUTION_NOT_KNOWN, "message": "who knows"}})
UNCHANGED = CannedAnswer.json(409, {"error": {"code": Code.NOTHING_TO_CHANGE, "message": "it is so"}})
REFUSED = CannedAnswer.json(409, {"error": {"code": 9999, "message": "no"}})
BUSY = CannedAnswer.json(503, {"error": {"code": Code.BUSY, "message": "busy"}})
OLD: Reading[str] = Reading(10, holds=False)
OTHER: Reading[str] = Reading(3, holds=False)
UNREAD: Reading[str] = Reading(None, holds=False)
SET = Reading(7, holds=True, answer="7 holds")


@pytest.fixture
async def looks() -> AsyncIterator[Looks]:
    async with scripted_looks() as looks:
        yield looks


def setting(looks: Looks, **changes: Any) -> Endpoint[Any]:
    """Return the endpoint of a setting, read back by the script."""
    return attrs.evolve(TOY.SET_LEVERAGE, readback=looks.read, **changes)


async def lose(looks: Looks, *script: Any, times: int = 2, **options: Any) -> errors.OperationError:
    """Return the error of a setting that is lost each time that it is sent."""
    with pytest.raises(errors.OperationError) as caught:
        await looks.call(setting(looks), NOT_KNOWN, *script, times=times, **options)
    return caught.value


def sent(looks: Looks) -> int:
    return len([one for one in looks.sim.requests if one.verb != "GET"])


@pytest.mark.parametrize("readings", [[SET], [OLD, SET]], ids=["first", "second"])
async def test_a_setting_that_holds_is_applied(looks: Looks, readings: list[Any]) -> None:
    """After the first attempt or the second, and whether it changed anything is not known."""
    change = await looks.call(setting(looks), NOT_KNOWN, *readings, times=2)

    assert change == Change("7 holds", changed=None)
    assert sent(looks) == len(readings)
    assert looks.resolutions() == [Outcome.APPLIED]


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        ([OLD, OLD], "it was 10 and still is"),
        ([UNREAD, UNREAD], "it was an unknown value and still is"),
        ([OLD, UNREAD], "its value cannot be told from the reads"),
        ([UNREAD, OTHER], "3 holds; the value before could not be read"),
        ([OLD, KeyError("row")], "the read that would show its outcome failed"),
        ([KeyError("row")], "the read that would show its outcome failed"),
    ],
)
async def test_a_setting_of_which_nothing_can_be_told_is_unknown(looks: Looks, readings: list[Any], words: str) -> None:
    """The words are those of the last reading, and every reading is kept."""
    error = await lose(looks, *readings)

    assert type(error) is errors.OutcomeUnknown
    assert error.message == f"who knows; {words}"
    texts = {"10": OLD, "3": OTHER, "an unknown value": UNREAD}
    read = {id(reading): f"read {text}" for text, reading in texts.items()}
    assert error.reads == tuple(read.get(id(one), "a read failed: KeyError: 'row'") for one in readings)
    assert sent(looks) == len(readings)


async def test_a_setting_without_a_read_is_unknown_at_once(looks: Looks) -> None:
    """Nothing could show it, then or later."""
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await looks.call(attrs.evolve(TOY.SET_LEVERAGE, readback=None), NOT_KNOWN)
    assert caught.value.message == "who knows; no read can show its outcome"
    assert (caught.value.code, caught.value.subject) == (Code.EXECUTION_NOT_KNOWN, "GEMUSD")

    with pytest.raises(errors.OutcomeUnknown, match="who knows; no read can show its outcome"):
        await caught.value.resolve()


async def test_a_failed_read_says_when_to_ask_again(looks: Looks) -> None:
    """Where the read was told so."""
    moment = looks.account.now() + timedelta(minutes=1)
    error = await lose(looks, errors.Throttled("slow", retry_at=moment))

    assert error.retry_at == moment


async def test_a_setting_that_is_lost_twice_was_sent_at_its_first_attempt(looks: Looks) -> None:
    """The second read looks for both."""

    async def read(call: Any, lost: Any) -> Any:
        await looks.clock.sleep(1)
        return await looks.read(call, lost)

    await looks.call(attrs.evolve(TOY.SET_LEVERAGE, readback=read), NOT_KNOWN, OLD, SET, times=2)

    first, second = looks.lost
    assert first.sent_at == second.sent_at == second.since
    assert second.fence == first.fence + timedelta(seconds=1)


async def test_a_value_of_another_actor_is_a_conflict(looks: Looks) -> None:
    """Neither the old nor the wanted one, after the second attempt; or not the expected one, after the first."""
    words = "3 holds, neither the old nor the wanted value: another actor writes it too"
    error = await lose(looks, OLD, OTHER)
    assert (type(error), error.message, sent(looks)) == (errors.Conflict, words, 2)

    looks.account._session.owner.write_scopes.fences = ()
    error = await lose(looks, OTHER, expected=10, times=1)
    assert (type(error), error.message, sent(looks)) == (errors.Conflict, words, 1)


async def test_a_value_that_cannot_be_read_is_no_conflict(looks: Looks) -> None:
    """Whether it is the expected one is not known, so neither is the outcome; nothing is sent again."""
    error = await lose(looks, UNREAD, expected=10, times=1)

    assert type(error) is errors.OutcomeUnknown
    assert (error.message, sent(looks)) == ("who knows; its value cannot be told from the reads", 1)


async def test_an_expected_value_is_set_once_more(looks: Looks) -> None:
    """It is what was there before, so nothing speaks against it."""
    change = await looks.call(setting(looks), NOT_KNOWN, OLD, expected=10)

    assert change.changed is None
    assert sent(looks) == 2


@pytest.mark.parametrize(("options", "fenced"), [({"expected": 10}, False), ({"expected": 7}, True), ({}, True)])
async def test_a_value_that_was_another_before_is_that_of_the_only_attempt(
    looks: Looks, options: dict[str, Any], fenced: bool
) -> None:
    """So it cannot arrive once more; else it still may."""
    await looks.call(setting(looks), NOT_KNOWN, SET, **options)

    assert bool(looks.account._session.owner.write_scopes.fences) is fenced


@pytest.mark.parametrize(("reading", "changed"), [(SET, False), (OLD, None)])
async def test_no_need_to_change_is_read_where_it_may_be_wrong(
    looks: Looks, reading: Any, changed: bool | None
) -> None:
    """It holds and nothing was changed, or the refusal is raised as it is; nothing is sent again."""
    endpoint = setting(looks, no_change_is_read=True)
    if changed is False:
        assert await looks.call(endpoint, UNCHANGED, reading) == Change("7 holds", changed=False)
    else:
        with pytest.raises(errors.VenueError) as caught:
            await looks.call(endpoint, UNCHANGED, reading)
        assert (caught.value.message, caught.value.outcome) == ("it is so", Outcome.NOT_APPLIED)
        assert caught.value.operation
        assert looks.resolutions() == [Outcome.NOT_APPLIED]
    assert sent(looks) == 1
    assert looks.lost[-1].fence == looks.lost[-1].sent_at + timedelta(seconds=6)


async def test_no_need_to_change_after_a_loss_may_be_our_own_change(looks: Looks) -> None:
    """The attempt before it may have been executed since it was read: what holds is not claimed to be unchanged."""
    looks.sim.disturb("toy_perp", TOY.SET_LEVERAGE, NOT_KNOWN)
    change = await looks.call(setting(looks, no_change_is_read=True), UNCHANGED, OLD, SET)

    assert change == Change("7 holds", changed=None)


async def test_a_refused_repetition_says_nothing_of_the_attempt_before_it(looks: Looks) -> None:
    """A cancel-all was lost, and the next attempt was refused: the lost one may arrive all the same."""
    ends_all = setting(looks, write_scope=WriteScope.ALL_ORDERS, no_change_is_read=True)
    looks.sim.disturb("toy_perp", TOY.SET_LEVERAGE, NOT_KNOWN)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await looks.call(ends_all, UNCHANGED, OLD)

    assert caught.value.message == "it is so; it was sent 2 times, and 10 is all that can be read"


async def test_a_refusal_that_may_be_anothers_is_believed_by_the_value(looks: Looks) -> None:
    """After a stray answer: it holds, and whether that was changed is not known; else the refusal is raised."""
    stage: Any = looks
    met_a_stray(stage)
    change = await looks.call(setting(looks), REFUSED, SET)
    assert change == Change("7 holds", changed=None)

    with pytest.raises(errors.VenueError) as caught:
        await looks.call(setting(looks), REFUSED, OLD)
    assert (caught.value.message, caught.value.outcome, sent(looks)) == ("no", Outcome.NOT_APPLIED, 1)


async def test_what_was_sent_again_and_again_is_read_once(looks: Looks) -> None:
    """A cancel-all is sent as often as a read: afterwards the error says how often, and what can be read."""
    ends_all = setting(looks, write_scope=WriteScope.ALL_ORDERS)
    for reading, text in ((OLD, "10"), (UNREAD, "an unknown value")):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await looks.call(ends_all, NOT_KNOWN, reading, times=4)
        assert caught.value.message == f"who knows; it was sent 4 times, and {text} is all that can be read"
    assert await looks.call(ends_all, NOT_KNOWN, SET, times=4) == Change("7 holds", changed=None)


# -- later


async def after(looks: Looks, error: errors.OperationError, *script: Any, pause: float = 10) -> Any:
    """Resolve an error later, when its reads find what the script says."""
    await looks.clock.sleep(pause)
    looks.script[:], looks.times[:], looks.measured[:] = script, [], []
    looks.events.clear()
    return await error.resolve()


async def test_a_setting_that_holds_later_is_applied(looks: Looks) -> None:
    """At the first read, or at the one after its end, which comes when the venue's clock was measured."""
    error = await lose(looks, KeyError("row"))
    assert await after(looks, error, SET, pause=0) == Change("7 holds", changed=None)
    assert looks.resolutions() == [Outcome.APPLIED]

    looks.sim.requests.clear()
    first_at = looks.clock.milliseconds()
    error = await lose(looks, KeyError("row"))
    assert await after(looks, error, OLD, SET) == Change("7 holds", changed=None)
    assert looks.measured == [0, 1]
    assert first_at < looks.clock.milliseconds()


@pytest.mark.parametrize(("reading", "text"), [(OLD, "10"), (UNREAD, "an unknown value")])
async def test_a_setting_whose_value_before_was_not_read_stays_unknown(looks: Looks, reading: Any, text: str) -> None:
    """It may have held for a while; before its fence it may still come to hold."""
    error = await lose(looks, KeyError("row"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await after(looks, error, reading, pause=0)
    assert caught.value.message == "who knows; it may still arrive"

    with pytest.raises(errors.OutcomeUnknown) as caught:
        await after(looks, error, reading)
    assert caught.value.message == f"who knows; {text} holds now; the value before it was sent was not read"
    assert looks.resolutions() == []


@pytest.mark.parametrize(("reading", "text"), [(OLD, "10"), (UNREAD, None)])
async def test_a_setting_that_left_the_old_value_was_not_executed(looks: Looks, reading: Any, text: str | None) -> None:
    """Once none of its attempts can arrive; a value that cannot be read proves nothing."""
    error = await lose(looks, OLD, OLD)
    if text is None:
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await after(looks, error, reading)
        assert caught.value.message == "who knows; its value cannot be told from the reads"
        return

    asked = [one.path for one in looks.sim.requests].count(TOY.SERVER_TIME.path)
    with pytest.raises(errors.NotExecuted) as proven:
        await after(looks, error, reading)
    assert [one.path for one in looks.sim.requests].count(TOY.SERVER_TIME.path) == asked + 1
    assert proven.value.message == "10 holds, and no attempt can arrive any more"
    assert proven.value.operation
    assert looks.resolutions() == [Outcome.NOT_APPLIED]


@pytest.mark.parametrize(("reading", "text"), [(OLD, "10"), (UNREAD, "an unknown value")])
async def test_a_value_that_a_later_write_may_have_set_proves_nothing(looks: Looks, reading: Any, text: str) -> None:
    """The account itself has set it since: what holds now says nothing of the lost attempt."""
    error = await lose(looks, OLD, OLD)
    await looks.clock.sleep(10)
    await looks.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)

    with pytest.raises(errors.OutcomeUnknown) as caught:
        await after(looks, error, reading)
    assert caught.value.message == f"who knows; {text} holds, and a later write of this account may have set it"


async def test_a_value_that_was_read_late_is_the_one_to_compare_with(looks: Looks) -> None:
    """Where the one before could not be read, the next one that can takes its place."""
    error = await lose(looks, UNREAD, OTHER)

    with pytest.raises(errors.NotExecuted, match="3 holds, and no attempt can arrive any more"):
        await after(looks, error, OTHER)
    with pytest.raises(errors.Conflict, match="10 holds, neither the old nor the wanted value"):
        await after(looks, error, OLD)


async def test_a_look_later_that_fails_says_so(looks: Looks) -> None:
    """The read, or the venue's time."""
    error = await lose(looks, KeyError("row"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await after(looks, error, errors.Throttled("slow"))
    assert caught.value.message == "who knows; the read that would show its outcome failed"
    assert caught.value.reads[-1] == "a read failed: refused: slow"

    broken = CannedAnswer.json(500, {"error": {"code": 9999, "message": "no time today"}})
    looks.sim.disturb("toy_perp", TOY.SERVER_TIME, broken, times=9)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await after(looks, error, OLD)
    assert caught.value.message.startswith("who knows; the venue's clock could not be measured (GET /v1/time")


async def test_a_venue_that_gives_its_time_in_answers_alone_is_read_until_it_is_late_enough() -> None:
    """Two answers are believed, so that the value is read once more; that read may fail as any other."""
    venue = attrs.evolve(KINDS["window"], server_time=None, answered_at=answer_time)
    async with scripted_looks(venue) as looks:

        async def read(call: Any, lost: Any) -> Any:
            found = await looks.read(call, lost)
            await call(TOY.POSITIONS)
            return found

        endpoint = attrs.evolve(TOY.SET_LEVERAGE, readback=read)
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await looks.call(endpoint, NOT_KNOWN, KeyError("row"))

        with pytest.raises(errors.OutcomeUnknown) as again:
            await after(looks, caught.value, OLD, KeyError("row"))
        assert again.value.message == "who knows; the read that would show its outcome failed"
        assert len(looks.times) == 2
        looks.account._session.venue_session.clock._given = ()
        with pytest.raises(errors.OutcomeUnknown) as again:
            await after(looks, caught.value, OLD, OLD, OLD)
        assert again.value.message == "who knows; 10 holds now; the value before it was sent was not read"
        assert len(looks.times) == 3


async def test_a_value_that_cannot_be_converted_is_read_once_more(looks: Looks) -> None:
    """Its answer is converted then; a read that fails, or shows another value, leaves the error as it was."""
    fails = iter([True, False])

    def convert(change: Any) -> Any:
        if next(fails):
            raise KeyError("a new word")
        return change

    looks.script[:] = [SET]
    looks.sim.disturb("toy_perp", TOY.SET_LEVERAGE, NOT_KNOWN)
    with pytest.raises(errors.PayloadMismatch) as caught:
        await looks.account.call_as(convert, setting(looks), **SETTING)

    for found in (KeyError("row"), OLD):
        with pytest.raises(errors.OperationError) as again:
            await after(looks, caught.value, found)
        assert (again.value is caught.value) is (found is OLD)
    assert again.value.outcome is Outcome.APPLIED
    assert await after(looks, caught.value, SET) == Change("7 holds", changed=None)


async def test_an_attempt_that_does_not_leave_lets_the_first_be_looked_for(looks: Looks) -> None:
    """A setting was lost, and its budget is spent before the second attempt: ``resolve()`` looks for the first."""
    session = looks.account._session
    (limit,) = [one for one in looks.account.venue.limits if one.name == "weight"]

    async def read_and_spend(call: Any, lost: Any) -> Any:
        session.pool(limit).spend(limit.amount, looks.clock.monotonic())
        return await looks.read(call, lost)

    looks.script[:] = [OLD]
    looks.sim.disturb("toy_perp", TOY.SET_LEVERAGE, NOT_KNOWN)
    endpoint = attrs.evolve(TOY.SET_LEVERAGE, readback=read_and_spend)
    with pytest.raises(errors.Throttled) as caught:
        await looks.account.with_options(max_wait=1).call(endpoint, **SETTING)

    assert (caught.value.outcome, caught.value.can_resolve) == (Outcome.UNKNOWN, True)
    assert await after(looks, caught.value, SET, pause=0) == Change("7 holds", changed=None)
    with pytest.raises(errors.OutcomeUnknown) as again:
        await after(looks, caught.value, KeyError("row"), pause=0)
    assert again.value.message.endswith("; the read that would show its outcome failed")


async def test_a_refused_setting_has_nothing_to_be_looked_for(looks: Looks) -> None:
    """No attempt of it was executed."""
    with pytest.raises(errors.VenueError) as caught:
        await looks.call(setting(looks), REFUSED, OLD)

    assert caught.value.can_resolve is False
    assert looks.times == []
