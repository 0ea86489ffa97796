"""An answer is believed to be the one to its request only as far as it says so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.errors import Outcome
from venuekit.message import HttpResponse
from venuekit.simulator import CannedAnswer, DropBefore
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

COLLATERAL = ("POST", "/v1/collateral")
OTHER_SETTING = CannedAnswer.json(200, {"contract": "TOYUSD", "leverage": "7"})


async def add(account: Any, amount: int = 5, **options: Any) -> Any:
    return await account.with_options(**options).call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(amount))


def added(stage: Any) -> list[Decimal]:
    return [change.amount for change in stage.sim.ledger.margin_changes("TOYUSD")]


def met_a_stray(stage: Any) -> None:
    """Let the account's transport have met an answer that nobody asked for."""
    session = stage.account._session

    class Wire:
        strays = 1

        def __getattr__(self, name: str) -> Any:
            return getattr(wire, name)

    wire, session.wire = session.wire, Wire()


def meet_a_stray_later(stage: Any) -> None:
    """Let the account's transport meet an answer that nobody asked for, as soon as anything was waited for."""
    session = stage.account._session

    class Wire:
        @property
        def strays(self) -> int:
            return int(stage.clock.monotonic() > began)

        def __getattr__(self, name: str) -> Any:
            return getattr(wire, name)

    wire, session.wire, began = session.wire, Wire(), stage.clock.monotonic()


def timed(stage: Any) -> None:
    """Let the venue's answers tell when they were given, by a header."""

    def answered_at(response: HttpResponse) -> int | None:
        told = response.headers.get("X-Given-At")
        return None if told is None else int(told)

    venue_session = stage.account._session.venue_session
    venue_session.venue = attrs.evolve(venue_session.venue, answered_at=answered_at)


def refused(stage: Any, before: int = 0, status: int = 409, **error: Any) -> CannedAnswer:
    """Return a refusal that was given so many milliseconds ago."""
    given = str(stage.sim.milliseconds() - before)
    body = {"error": {"code": 9999, "message": "no", **error}}
    return attrs.evolve(CannedAnswer.json(status, body), headers={"X-Given-At": given})


async def test_read_that_answers_another_question_is_read_again(stage: Any) -> None:
    """The settings of another contract are not those that were asked for."""
    other = {
        "settings": [
            {"contract": "TOYUSD", "leverage": "3", "margin": "cross", "size": "0", "orders": 0, "highest": "9"}
        ]
    }
    stage.sim.disturb("toy_perp", TOY.SETTINGS, CannedAnswer.json(200, other))

    (row,) = await stage.account.call(TOY.SETTINGS, contract="GEMUSD")

    assert row.contract == "GEMUSD"
    assert len(stage.arrivals("GET", "/v1/settings")) == 2


async def test_setting_that_answers_another_question_is_read_back(stage: Any) -> None:
    """Another contract, or another value: the write is lost, and its own value is read."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, attrs.evolve(OTHER_SETTING, applied=True))

    change = await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)

    assert (change.answer.contract, change.answer.leverage, change.changed) == ("GEMUSD", 9, None)
    assert len(stage.arrivals("PUT", "/v1/leverage")) == 1


@pytest.mark.parametrize("applied", [True, False])
async def test_move_that_answers_another_question_is_found_out_about_and_never_sent_again(
    stage: Any, applied: bool
) -> None:
    """It happened, or it did not; the amount of another request says neither."""
    other = {"id": "x", "contract": "TOYUSD", "amount": "1", "at": stage.sim.milliseconds()}
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, attrs.evolve(CannedAnswer.json(200, other), applied=applied))

    if applied:
        assert (await add(stage.account)).amount == 5
    else:
        with pytest.raises(errors.NotExecuted, match="amount is 1, and 5 was sent"):
            await add(stage.account)

    assert added(stage) == ([5] if applied else [])
    assert len(stage.arrivals(*COLLATERAL)) == 1


@pytest.mark.parametrize("applied", [True, False])
async def test_refusal_that_is_older_than_the_request_is_not_believed(stage: Any, applied: bool) -> None:
    """Whether it would be waited out or raised: it is that of an earlier request, and what happened is found out."""
    timed(stage)
    old = attrs.evolve(refused(stage, before=2_000, status=429), applied=applied)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, old)

    if applied:
        assert (await add(stage.account)).amount == 5
    else:
        with pytest.raises(errors.NotExecuted, match="given before the request was sent"):
            await add(stage.account)

    assert added(stage) == ([5] if applied else [])
    assert len(stage.arrivals(*COLLATERAL)) == 1


async def test_refusal_of_now_is_believed(stage: Any) -> None:
    """One that was given after the request was sent is raised, also where strays were met."""
    timed(stage)
    met_a_stray(stage)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, refused(stage, before=-1_000))

    with pytest.raises(errors.VenueError) as caught:
        await add(stage.account)

    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert len(stage.arrivals("GET", "/v1/collateral/history")) == 0


@pytest.mark.parametrize("is_alone", [True, False])
async def test_refusal_because_of_the_clock_is_told_by_the_clock_measured_anew(stage: Any, is_alone: bool) -> None:
    """Where the clock was right all along, the refusal is older than the request, and is not sent again."""
    timed(stage)
    if not is_alone:
        met_a_stray(stage)  # the refusal's own time says more than that
    old = attrs.evolve(refused(stage, before=2_000, status=400, code=1003), applied=True)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, old)
    assert (await add(stage.account)).amount == 5
    assert len(stage.arrivals(*COLLATERAL)) == 1

    stage.sim.skew(-30)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, refused(stage, status=400, code=1003))
    assert (await add(stage.account, 6)).amount == 6
    assert len(stage.arrivals(*COLLATERAL)) == 3


@pytest.mark.parametrize("status", [409, 429, 400])
@pytest.mark.parametrize("applied", [True, False])
async def test_refusal_after_a_stray_is_believed_after_one_look(stage: Any, applied: bool, status: int) -> None:
    """A DELTA: found, it happened; not found, the refusal is raised, and never answered by sending again."""
    met_a_stray(stage)
    code = 1003 if status == 400 else 9999
    stage.sim.disturb(
        "toy_perp", TOY.ADD_COLLATERAL, attrs.evolve(refused(stage, status=status, code=code), applied=applied)
    )

    if applied:
        assert (await add(stage.account)).amount == 5
    else:
        with pytest.raises(errors.VenueError) as caught:
            await add(stage.account)
        assert caught.value.outcome is Outcome.NOT_APPLIED

    assert added(stage) == ([5] if applied else [])
    assert len(stage.arrivals(*COLLATERAL)) == 1
    assert len(stage.arrivals("GET", "/v1/collateral/history")) == 1
    assert stage.account._session.owner.write_scopes.fences == ()


@pytest.mark.parametrize("applied", [True, False])
async def test_refusal_whose_wait_brings_a_stray_is_not_answered_by_sending_again(stage: Any, applied: bool) -> None:
    """The stray may be the true answer: a throttled move is looked for before it is sent a second time."""
    meet_a_stray_later(stage)
    refusal = attrs.evolve(refused(stage, status=429, code=1005, retryAfter=1), applied=applied)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, refusal)

    if applied:
        assert (await add(stage.account)).amount == 5
    else:
        with pytest.raises(errors.VenueError) as caught:
            await add(stage.account)
        assert caught.value.outcome is Outcome.NOT_APPLIED

    assert added(stage) == ([5] if applied else [])
    assert len(stage.arrivals(*COLLATERAL)) == 1


async def test_throttled_setting_whose_wait_brings_a_stray_is_sent_again(stage: Any) -> None:
    """A setting that is executed twice holds all the same, and a read is asked once more, too."""
    setting = attrs.evolve(TOY.SET_LEVERAGE, readback=None)
    values = {"contract": "GEMUSD", "leverage": 9}
    for endpoint, parameters in ((setting, values), (TOY.SETTINGS, {"contract": "GEMUSD"})):
        meet_a_stray_later(stage)
        stage.sim.disturb("toy_perp", endpoint, refused(stage, status=429, code=1005, retryAfter=1))

        assert await stage.account.call(endpoint, **parameters)

    assert [one.verb for one in stage.sim.requests] == ["PUT", "PUT", "GET", "GET"]


async def test_look_that_fails_leaves_it_unknown(stage: Any) -> None:
    """After a stray a refusal that cannot be looked after is not claimed to be one."""
    met_a_stray(stage)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, refused(stage))
    stage.sim.disturb("toy_perp", ("GET", "/v1/collateral/history"), DropBefore(), times=8)

    with pytest.raises(errors.OutcomeUnknown) as caught:
        await add(stage.account)

    stage.sim.script.clear()
    with pytest.raises(errors.NotExecuted):
        await caught.value.resolve()


@pytest.mark.parametrize("holds", [True, False])
async def test_setting_that_repeats_nothing_is_read_back_after_a_stray(stage: Any, holds: bool) -> None:
    """Accepted, says the answer; whether it is so, says the reading."""
    silent = attrs.evolve(TOY.SET_MARGIN_TYPE, echoes=())
    met_a_stray(stage)
    body = {"contract": "GEMUSD", "margin": "isolated"}
    stage.sim.disturb("toy_perp", TOY.SET_MARGIN_TYPE, attrs.evolve(CannedAnswer.json(200, body), applied=holds))

    change = await stage.account.call(silent, contract="GEMUSD", margin="isolated")

    assert change.changed is None
    assert len(stage.arrivals("PUT", "/v1/margin")) == (1 if holds else 2)
    assert {row.margin for row in await stage.account.call(TOY.SETTINGS, contract="GEMUSD")} == {"isolated"}


async def test_without_a_stray_nothing_is_read_back(stage: Any) -> None:
    """A success costs one request."""
    await stage.account.call(attrs.evolve(TOY.SET_MARGIN_TYPE, echoes=()), contract="GEMUSD", margin="isolated")

    assert len(stage.sim.requests) == 1
