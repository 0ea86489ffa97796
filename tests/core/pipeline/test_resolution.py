"""What a look after a lost answer may conclude, and what it must leave open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.core.pipeline.test_belonging import met_a_stray, refused

import venuekit
from venuekit import errors
from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.errors import Outcome
from venuekit.parameters import Kind, Parameter
from venuekit.plugin import from_milliseconds, to_milliseconds
from venuekit.simulator import ApplyLater, CannedAnswer, Delay, DropAfter, DropBefore, SecondActor
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

ADDING: dict[str, Any] = {"contract": "TOYUSD", "amount": Decimal(5)}
LEVERAGE: dict[str, Any] = {"contract": "GEMUSD", "leverage": 7}
WITHOUT_PROOF = attrs.evolve(TOY.ADD_COLLATERAL, absence_proof=None)
WITHOUT_READ = attrs.evolve(WITHOUT_PROOF, resolve=None)


def added(stage: Any) -> Decimal:
    return sum((change.amount for change in stage.sim.ledger.margin_changes("TOYUSD")), Decimal(0))


def failing_once(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a conversion that fails the first time, and does as ``make`` from then on."""
    failures = iter([KeyError("a new word of the venue")])

    def convert(value: Any) -> Any:
        for error in failures:
            raise error
        return make(value)

    return convert


# -- nothing was found


async def test_another_value_that_holds_later_is_a_conflict(stage: Any) -> None:
    """A value that is neither the old nor the wanted one when ``resolve()`` reads was set by another actor."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await stage.account.call(TOY.SET_LEVERAGE, **LEVERAGE)
    stage.sim.ledger.set_leverage("GEMUSD", Decimal(3))

    with pytest.raises(errors.Conflict, match="3 holds, neither the old nor the wanted value"):
        await caught.value.resolve()


async def test_nothing_found_without_a_proof_of_absence_stays_unknown(stage: Any) -> None:
    """Where a history proves no absence, a write that is found nowhere may have been executed all the same."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())

    with pytest.raises(errors.OutcomeUnknown, match="finding nothing proves nothing here") as caught:
        await stage.account.call(WITHOUT_PROOF, **ADDING)

    assert caught.value.fence is not None
    known = stage.account._session.venue_session.clock  # a fixture under load measures it a little wrongly
    assert known.milliseconds() >= to_milliseconds(caught.value.fence)
    assert len(stage.arrivals("POST", "/v1/collateral")) == 1


async def test_a_late_write_is_found_by_the_look_past_its_fence(stage: Any) -> None:
    """Without a proof of absence the last look comes when the write cannot arrive any more, and finds it."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, ApplyLater(4))

    row = await stage.account.call(WITHOUT_PROOF, **ADDING)

    assert row.amount == added(stage) == 5
    assert len(stage.arrivals("POST", "/v1/collateral")) == 1


async def test_a_refusal_after_a_stray_that_no_read_can_explain_stays_unknown(stage: Any) -> None:
    """It may be the answer of another request: with nothing to read, it is not taken for a refusal of this one."""
    met_a_stray(stage)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, refused(stage))

    with pytest.raises(errors.OutcomeUnknown, match="no; nothing to read ") as caught:
        await stage.account.call(WITHOUT_READ, **ADDING)

    assert caught.value.outcome is Outcome.UNKNOWN


async def test_an_absent_write_is_not_sent_again_while_a_later_one_may_still_end_it(stage: Any) -> None:
    """A cancel-all that was lost meanwhile would undo the second attempt, so the proven absence is raised."""
    order = attrs.evolve(TOY.ADD_COLLATERAL, write_scope=WriteScope.ORDER)
    cancel_all = attrs.evolve(TOY.SET_LEVERAGE, write_scope=WriteScope.ALL_ORDERS, readback=None)
    until = from_milliseconds(stage.clock.milliseconds() + 60_000)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
    placed = asyncio.create_task(stage.account.with_options(resend_until=until, max_wait=2).call(order, **ADDING))
    await stage.clock.sleep(6)
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, Delay(before=30))
    with pytest.raises(errors.OutcomeUnknown):
        await stage.account.with_options(deadline=1).call(cancel_all, contract="TOYUSD", leverage=7)

    with pytest.raises(errors.NotExecuted, match="found nowhere"):
        await placed

    assert len(stage.arrivals("POST", "/v1/collateral")) == 1


async def test_a_lost_setting_is_not_sent_again_once_the_account_is_halted(stage: Any) -> None:
    """Halted while the first attempt was looked for: that one may still arrive, and no second one leaves."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore())
    stage.sim.disturb("toy_perp", TOY.SETTINGS, SecondActor(lambda _: stage.account.halt()))

    with pytest.raises(errors.OutcomeUnknown, match=r"it is not sent again: .*halted"):
        await stage.account.call(TOY.SET_LEVERAGE, **LEVERAGE)

    assert len(stage.arrivals("PUT", "/v1/leverage")) == 1


# -- executed, and not converted


async def test_a_value_that_cannot_be_converted_is_read_again(stage: Any) -> None:
    """A lost write that a read finds is executed, whatever its conversion does; ``resolve()`` reads it once more."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropAfter())
    with pytest.raises(errors.PayloadMismatch, match="a new word") as adding:
        await stage.account.call_as(failing_once(lambda row: row.amount), TOY.ADD_COLLATERAL, **ADDING)
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropAfter())
    with pytest.raises(errors.PayloadMismatch, match="a new word") as setting:
        await stage.account.call_as(failing_once(lambda change: change.changed), TOY.SET_LEVERAGE, **LEVERAGE)

    assert (adding.value.outcome, setting.value.outcome) == (Outcome.APPLIED, Outcome.APPLIED)
    assert await adding.value.resolve() == added(stage) == 5
    assert await setting.value.resolve() is None


async def test_a_value_found_later_that_cannot_be_converted_is_executed(stage: Any) -> None:
    """``resolve()`` says that the write was executed; while no read shows it any more, it says so again."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Delay(before=3))
    with pytest.raises(errors.OutcomeUnknown) as lost:
        await stage.account.with_options(deadline=1).call_as(
            failing_once(lambda row: row.amount), TOY.ADD_COLLATERAL, **ADDING
        )
    await stage.clock.sleep(5)
    with pytest.raises(errors.PayloadMismatch, match="a new word") as caught:
        await lost.value.resolve()
    assert caught.value.outcome is Outcome.APPLIED

    stage.sim.disturb("toy_perp", TOY.COLLATERAL_HISTORY, CannedAnswer.json(200, {"changes": []}))
    with pytest.raises(errors.PayloadMismatch) as again:
        await caught.value.resolve()

    assert again.value is caught.value
    assert await again.value.resolve() == added(stage) == 5


async def test_a_value_that_no_read_shows_is_not_found_later(stage: Any) -> None:
    """A setting that held already, and cannot be read back: ``resolve()`` sends nothing, and raises the same error."""
    endpoint = attrs.evolve(TOY.SET_LEVERAGE, readback=None)
    with pytest.raises(errors.PayloadMismatch, match="a new word") as caught:
        await stage.account.call_as(failing_once(str), endpoint, contract="GEMUSD", leverage=10)
    sent = len(stage.sim.requests)

    with pytest.raises(errors.PayloadMismatch) as again:
        await caught.value.resolve()

    assert again.value is caught.value
    assert len(stage.sim.requests) == sent


# -- after the process that sent it


@pytest.fixture
async def restarted(stage: Any, tmp_path: Path) -> Any:
    """An account of the same key with a journal."""
    async with (
        venuekit.Runtime(clock=stage.clock, journal=tmp_path) as runtime,
        venuekit.connect("toy_perp", stage.sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        yield account


async def test_a_read_that_fails_later_says_nothing_about_the_write() -> None:
    """Neither that it was not sent, as the read was not, nor that it was not executed; and it can be tried again."""
    unread = [errors.AnswerLost("lost", outcome=errors.Outcome.NOT_APPLIED), errors.AccountClosed("closed")]

    async def look() -> str:
        if unread:
            raise unread.pop()
        return "found"

    lost = errors.OutcomeUnknown("lost", resolve=look)
    for kind in (errors.AccountClosed, errors.AnswerLost):
        with pytest.raises(kind) as caught:
            await lost.resolve()
        assert caught.value.outcome is errors.Outcome.UNKNOWN
    assert await caught.value.resolve() == "found"


async def leave_open(stage: Any, account: Any) -> Any:
    """Return the journal's entry of a setting that was lost, when nothing of it can arrive any more."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await account.call(TOY.SET_LEVERAGE, **LEVERAGE)
    await stage.clock.sleep(10)
    (entry,) = account.unresolved
    return entry


async def test_an_unmeasured_clock_leaves_an_entry_open(stage: Any, restarted: Any) -> None:
    """A setting that does not hold may still arrive as long as the venue's time cannot be read."""
    entry = await leave_open(stage, restarted)
    stage.sim.disturb("toy_perp", ("GET", "/v1/time"), CannedAnswer.html(502), times=9)

    with pytest.raises(errors.OutcomeUnknown, match="clock could not be measured"):
        await restarted.resolve(entry)

    assert restarted.unresolved == (entry,)


async def test_an_account_without_a_journal_resolves_an_entry_of_another(stage: Any, restarted: Any) -> None:
    """It reads the outcome all the same; the line stays open in the journal that it belongs to."""
    entry = await leave_open(stage, restarted)

    assert "does not hold" in await stage.account.resolve(entry)
    assert restarted.unresolved == (entry,)


BATCH: Endpoint[bytes] = Endpoint(
    "POST",
    "/v1/batch",
    decode=bytes,
    effect=Effect.KEYED,
    parameters=(Parameter("items", Kind.LIST),),
    client_ids=lambda parameters: [item["id"] for item in parameters["items"]],
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"path": "/v0/leverage"}, "toy_perp: no endpoint .*/v0/leverage.* in this version"),
        ({"parameters": {"contract": "GEMUSD"}}, "leverage.*, as this version declares it"),
        ({"verb": "POST", "path": "/v1/batch", "parameters": {"items": [{"name": "a"}]}}, "contents of a list"),
    ],
)
async def test_an_entry_of_another_version_stays_open(
    stage: Any, restarted: Any, changes: dict[str, Any], words: str
) -> None:
    """An entry that the installed plugin would not send like this is not guessed at: the error says what differs."""
    entry = await leave_open(stage, restarted)
    venue_session = restarted._session.venue_session
    venue_session.venue = attrs.evolve(venue_session.venue, endpoints=(*venue_session.venue.endpoints, BATCH))

    with pytest.raises(errors.ConfigurationError, match=words):
        await restarted.resolve(attrs.evolve(entry, **changes))

    assert restarted.unresolved == (entry,)
