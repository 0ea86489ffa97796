"""One write of leverage and margin type: its setters change one half, send the other as it is, and read both back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.core.settings.joint_toys import JOINT, JOINT_TOY, Stage, staged

from venuekit import Guard
from venuekit.capabilities import JointSetting, LeverageSetting, MarginType, MarginTypeSetting
from venuekit.endpoint import Effect
from venuekit.errors import (
    Conflict,
    Fenced,
    GuardRefused,
    InvalidArgument,
    NotExecuted,
    OperationError,
    Outcome,
    OutcomeUnknown,
    Rejected,
)
from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    Delay,
    DropAfter,
    DropBefore,
    Lag,
    Rewrite,
    SecondActor,
    Truncate,
)
from venuekit.simulator.ledger import Ledger
from venuekit.testing.clocks import LoopClock

D = Decimal
CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED
GEM = "GEMUSD"
REFUSED = {"error": {"code": 1004, "message": "not today"}}
NOTHING = Delay()
TOO_MANY = {"error": {"code": 1005, "message": "too many requests", "retryAfter": 1}}

pytestmark = pytest.mark.looptime


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """GEMUSD is flat, cross at 10."""
    async with staged(JOINT_TOY, clock=LoopClock()) as opened:
        yield opened


#: each setter, and the value before
CHANGES: tuple[Callable[[Any], Any], ...] = (
    lambda account: account.set_leverage(GEM, 15),
    lambda account: account.set_margin_type(GEM, ISOLATED),
)


def to_isolated(ledger: Ledger) -> None:
    ledger.set_margin_type(ISOLATED, GEM)


def to_seven(ledger: Ledger) -> None:
    ledger.set_leverage(GEM, D(7))


def setting(stage: Stage) -> JointSetting:
    return JointSetting(stage.sim.ledger.margin_type(GEM), stage.sim.ledger.leverage(GEM))


async def test_each_setter_leaves_the_other_half(stage: Stage) -> None:
    """It is read and sent as it is, in one write; both together need no read before."""
    leverage = await stage.account.set_leverage(GEM, 15)
    assert (leverage.long, leverage.short, leverage.changed, leverage.margin_type) == (D(15), D(15), True, None)
    margin_type = await stage.account.set_margin_type(GEM, ISOLATED)
    assert (margin_type.margin_type, margin_type.changed) == (ISOLATED, True)
    sent = [(write["margin"], write["leverage"]) for write in stage.writes()]
    assert sent == [("cross", "15"), ("isolated", "15")]
    before = stage.reads()
    both = await stage.account.set_leverage(GEM, 20, margin_type=CROSS)
    assert (both.long, setting(stage)) == (D(20), JointSetting(CROSS, D(20)))
    assert stage.reads() - before == 2  # the read-back, and the value that is returned


def strange(payload: Any) -> Any:
    """Show a margin type that the venue does not document."""
    return {"settings": [{**row, "margin": "both"} for row in payload["settings"]]}


BROKEN = [CannedAnswer.json(200, {}), CannedAnswer.json(403, REFUSED), Rewrite.json(strange)]


async def test_the_other_half_that_cannot_be_read_is_not_guessed(stage: Stage) -> None:
    """Nothing is sent, and the error says so."""
    for broken, change in itertools.product(BROKEN, CHANGES):
        stage.disturb(JOINT.SETTINGS, broken)
        with pytest.raises(OperationError, match="could not be read, and nothing was sent") as caught:
            await change(stage.account)
        assert caught.value.outcome is Outcome.NOT_SENT
    assert stage.writes() == []


async def test_the_other_half_that_cannot_be_sent_is_told(stage: Stage) -> None:
    """A leverage that the venue shows and its own write does not take: nothing is sent, and the error names it."""

    def below(payload: Any) -> Any:
        return {"settings": [{**row, "leverage": "0.5"} for row in payload["settings"]]}

    stage.disturb(JOINT.SETTINGS, Rewrite.json(below))
    with pytest.raises(InvalidArgument, match="leverage") as caught:
        await stage.account.set_margin_type(GEM, ISOLATED)
    assert (caught.value.outcome, stage.writes()) == (Outcome.NOT_SENT, [])


async def test_another_actor_that_moves_the_other_half_is_a_conflict(stage: Stage) -> None:
    """The write itself was executed, and the error says that, too."""
    stage.disturb(JOINT.SET_LEVERAGE, SecondActor(to_isolated, after=True))
    with pytest.raises(Conflict, match="isolated at 15 holds, neither the old nor the wanted value") as caught:
        await stage.account.set_leverage(GEM, 15)
    assert (caught.value.outcome, len(stage.writes())) == (Outcome.APPLIED, 1)

    stage.disturb(JOINT.SET_LEVERAGE, SecondActor(to_seven, after=True))
    with pytest.raises(Conflict, match="cross at 7 holds"):
        await stage.account.set_margin_type(GEM, CROSS)


LOSSES = [(DropAfter(), 1), (DropBefore(), 2)]


@pytest.mark.parametrize(("loss", "writes"), LOSSES, ids=["applied", "not applied"])
async def test_a_lost_write_is_read_back_as_a_whole(stage: Stage, loss: Any, writes: int) -> None:
    """It is sent once more only while all is as it was before."""
    stage.disturb(JOINT.SET_LEVERAGE, loss)
    leverage = await stage.account.set_leverage(GEM, 15)
    assert (leverage.long, leverage.changed, len(stage.writes())) == (D(15), None, writes)
    stage.disturb(JOINT.SET_LEVERAGE, loss)
    margin_type = await stage.account.set_margin_type(GEM, ISOLATED)
    assert (margin_type.margin_type, margin_type.changed, len(stage.writes())) == (ISOLATED, None, 2 * writes)
    assert setting(stage) == JointSetting(ISOLATED, D(15))
    stage.disturb(JOINT.SET_LEVERAGE, loss)
    both = await stage.account.set_leverage(GEM, 20, margin_type=CROSS)
    assert (both.long, both.changed, setting(stage)) == (D(20), None, JointSetting(CROSS, D(20)))


WANTED = (JointSetting(CROSS, D(15)), JointSetting(ISOLATED, D(10)), JointSetting(ISOLATED, D(20)))
SETTERS: tuple[Callable[[Any], Any], ...] = (
    *CHANGES,
    lambda account: account.set_leverage(GEM, 20, margin_type=ISOLATED),
)
ANSWER = {"contract": GEM, "margin": "cross", "leverage": 1}
#: how an answer is lost, and how often the write may then arrive
WAYS = {
    "dropped": (DropAfter(), 1),
    "gateway": (CannedAnswer.html(502, applied=True), 1),
    "gateway before": (CannedAnswer.html(502), 2),
    "empty": (CannedAnswer(200, applied=True), 1),
    "truncated": (Truncate(20), 1),
    "another answer": (CannedAnswer.json(200, {**ANSWER, "contract": "TOYUSD"}, applied=True), 1),
    "busy": (CannedAnswer.json(503, {"error": {"code": 3002, "message": "busy"}}), 2),
    "not known": (CannedAnswer.json(500, {"error": {"code": 3001, "message": "not known"}}, applied=True), 1),
    "arrives later": (ApplyLater(0.5), 2),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("setter", range(3), ids=["leverage", "margin type", "both"])
async def test_whatever_becomes_of_the_answer_the_whole_holds(stage: Stage, way: str, setter: int) -> None:
    """And it arrives no more often than it must."""
    loss, most = WAYS[way]
    stage.disturb(JOINT.SET_LEVERAGE, loss)
    await SETTERS[setter](stage.account)
    assert setting(stage) == WANTED[setter]
    assert len(stage.writes()) <= most


@pytest.mark.parametrize("setter", range(3), ids=["leverage", "margin type", "both"])
async def test_a_write_that_is_lost_twice_is_of_unknown_outcome(stage: Stage, setter: int) -> None:
    """Nothing is sent a third time, and past its fence it is proven not to have happened."""
    stage.disturb(JOINT.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(OutcomeUnknown, match="cross at 10 and still is") as caught:
        await SETTERS[setter](stage.account)
    assert len(stage.writes()) == 2
    await asyncio.sleep(60)
    with pytest.raises(NotExecuted):
        await caught.value.resolve()
    assert (len(stage.writes()), setting(stage)) == (2, JointSetting(CROSS, D(10)))


@pytest.mark.parametrize("loss", [DropAfter(), DropBefore()], ids=["applied", "not applied"])
async def test_a_lost_write_beside_another_actor_is_not_sent_again(stage: Stage, loss: Any) -> None:
    """A second attempt would undo the other actor's half."""
    stage.disturb(JOINT.SET_LEVERAGE, (SecondActor(to_isolated, after=True), loss))
    with pytest.raises(Conflict, match="another actor writes it too") as caught:
        await stage.account.set_leverage(GEM, 15)
    assert (caught.value.outcome, len(stage.writes())) == (Outcome.UNKNOWN, 1)
    assert stage.sim.ledger.margin_type(GEM) is ISOLATED


async def test_a_refused_attempt_is_read_again_before_the_next_one(stage: Stage) -> None:
    """The half that stays is that of the moment, or the write is a conflict and not sent again."""
    busy = CannedAnswer.json(429, TOO_MANY)
    stage.disturb(JOINT.SET_LEVERAGE, (SecondActor(to_isolated), busy))
    with pytest.raises(Conflict, match="isolated at 10 holds") as caught:
        await stage.account.set_leverage(GEM, 15)
    assert (caught.value.outcome, len(stage.writes())) == (Outcome.NOT_APPLIED, 1)

    stage.disturb(JOINT.SET_LEVERAGE, busy)
    assert (await stage.account.set_leverage(GEM, 15)).long == D(15)
    assert setting(stage) == JointSetting(ISOLATED, D(15))


async def test_a_second_attempt_without_a_reading_is_not_made(stage: Stage) -> None:
    """After a refused attempt it did not happen; after a lost one that is not known."""
    first = {Outcome.NOT_APPLIED: CannedAnswer.json(429, TOO_MANY), Outcome.UNKNOWN: DropBefore()}
    for outcome, trouble in first.items():
        stage.disturb(JOINT.SET_LEVERAGE, trouble)
        stage.disturb(JOINT.SETTINGS, NOTHING, CannedAnswer.json(403, REFUSED))
        with pytest.raises(OperationError) as caught:
            await stage.account.set_leverage(GEM, 15)
        assert caught.value.outcome is outcome
    assert len(stage.writes()) == 2


async def test_a_call_that_is_cancelled_while_it_reads_back_leaves_its_line_open(tmp_path: Path) -> None:
    """It was accepted, and the journal resolves it."""
    async with staged(JOINT_TOY, journal=tmp_path) as stage:
        reading_back = asyncio.Event()
        stage.disturb(JOINT.SETTINGS, NOTHING, (SecondActor(lambda _: reading_back.set()), Delay(before=60)))
        call = asyncio.ensure_future(stage.account.set_leverage(GEM, 15))
        await reading_back.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        (entry,) = stage.account.unresolved
        assert "it holds" in await stage.account.resolve(entry)


async def test_reads_that_lag_are_waited_for(stage: Stage) -> None:
    """An accepted write that reads show late holds; one that they never show is of unknown outcome."""
    stage.disturb(JOINT.SETTINGS, Lag(3))
    assert (await stage.account.set_leverage(GEM, 15)).changed is True
    stage.disturb(JOINT.SETTINGS, Lag(4))
    with pytest.raises(OutcomeUnknown, match="it was accepted, and reads show cross at 15 after it") as caught:
        await stage.account.set_leverage(GEM, 20)
    assert caught.value.outcome is Outcome.UNKNOWN
    assert (await caught.value.resolve()).long == D(20)
    assert len(stage.writes()) == 2


async def test_a_read_back_that_fails_does_not_hide_the_write(stage: Stage) -> None:
    """The outcome is APPLIED, and looking again returns the value that the call would have."""
    values = (LeverageSetting(GEM, D(15), D(15)), MarginTypeSetting(GEM, ISOLATED))
    for change, value in zip(CHANGES, values, strict=True):
        stage.disturb(JOINT.SETTINGS, NOTHING, CannedAnswer.json(403, REFUSED))
        with pytest.raises(OutcomeUnknown, match="it was executed, and reading it back failed") as caught:
            await change(stage.account)
        assert caught.value.outcome is Outcome.APPLIED
        assert await caught.value.resolve() == value


async def test_a_call_that_is_stopped_while_it_reads_back_is_not_called_refused(stage: Stage) -> None:
    """Past its deadline it is of unknown outcome, and can be resolved."""
    stage.disturb(JOINT.SETTINGS, NOTHING, Delay(before=60))
    with pytest.raises(OutcomeUnknown, match="deadline") as caught:
        await stage.account.with_options(deadline=5).set_leverage(GEM, 15)
    assert caught.value.outcome is Outcome.UNKNOWN
    assert (await caught.value.resolve()).long == D(15)


async def test_setters_of_one_symbol_take_turns(stage: Stage) -> None:
    """The second reads after the first has been read back, so that neither undoes the other."""
    await asyncio.gather(stage.account.set_leverage(GEM, 15), stage.account.set_margin_type(GEM, ISOLATED))
    assert setting(stage) == JointSetting(ISOLATED, D(15))
    paths = [request.path for request in stage.sim.requests if request.path != "/v1/time"]
    assert paths[:3] == ["/v1/settings", "/v1/terms", "/v1/settings"]


async def test_a_write_that_may_still_arrive_is_waited_for(stage: Stage) -> None:
    """The other setter would send a half that the lost one may yet change."""
    stage.disturb(JOINT.SET_LEVERAGE, ApplyLater(3), DropBefore())
    with pytest.raises(OutcomeUnknown):
        await stage.account.set_leverage(GEM, 15)
    with pytest.raises(Fenced):
        await stage.account.with_options(max_wait=0).set_margin_type(GEM, ISOLATED)
    assert (await stage.account.with_options(max_wait=60).set_margin_type(GEM, ISOLATED)).changed is True
    assert setting(stage) == JointSetting(ISOLATED, D(15))


async def test_the_expected_value_is_that_of_the_half(stage: Stage) -> None:
    """Another one is a conflict before anything is sent; of both it is the joint setting."""
    for expected, change in zip((D(9), ISOLATED), CHANGES, strict=True):
        with pytest.raises(Conflict, match="from which it was to be changed") as caught:
            await change(stage.account.with_options(expected=expected))
        assert caught.value.outcome is Outcome.NOT_SENT
    assert stage.writes() == []
    assert (await stage.account.with_options(expected=D(10)).set_leverage(GEM, 15)).changed is True
    assert (await stage.account.with_options(expected=CROSS).set_margin_type(GEM, ISOLATED)).changed is True
    stage.disturb(JOINT.SET_LEVERAGE, DropBefore())
    expecting = stage.account.with_options(expected=JointSetting(ISOLATED, D(15)))
    assert (await expecting.set_leverage(GEM, 20, margin_type=CROSS)).long == D(20)


async def test_a_guard_sees_the_leverage_that_travels_along() -> None:
    """A leverage above its limit is not sent, whichever half was asked for."""
    async with staged(JOINT_TOY, guard=Guard(max_leverage=D(12))) as stage:
        with pytest.raises(GuardRefused, match="leverage 15 is above 12"):
            await stage.account.set_leverage(GEM, 15)
        assert (await stage.account.set_margin_type(GEM, ISOLATED)).changed is True
        stage.sim.ledger.set_leverage(GEM, D(20))
        with pytest.raises(GuardRefused, match="leverage 20 is above 12") as caught:
            await stage.account.set_margin_type(GEM, CROSS)
        assert (caught.value.outcome, len(stage.writes())) == (Outcome.NOT_SENT, 1)


async def test_a_refusal_is_the_venues(stage: Stage) -> None:
    """It is raised as any other, and nothing is read after it."""
    with pytest.raises(Rejected, match="2002"):
        await stage.account.set_leverage("TOYUSD", 50)
    assert [request.path for request in stage.sim.requests if "v1/t" in request.path][-1] == "/v1/terms"


async def test_a_raw_call_is_completed_too(stage: Stage) -> None:
    """The half that it leaves out stays; with neither half it is refused before anything is read."""
    change = await stage.account.call(JOINT.SET_LEVERAGE, contract=GEM, margin="isolated")
    assert (change.answer.leverage, change.answer.margin) == (D(10), "isolated")
    with pytest.raises(InvalidArgument, match="name one of them, or both"):
        await stage.account.call(JOINT.SET_LEVERAGE, contract=GEM)
    with pytest.raises(InvalidArgument, match="needs contract"):
        await stage.account.call(JOINT.SET_LEVERAGE, leverage=5)


async def test_a_killed_write_is_resolved_from_the_journal(tmp_path: Path) -> None:
    """Its line holds both halves as they were sent."""
    async with staged(JOINT_TOY, journal=tmp_path) as stage:
        stage.disturb(JOINT.SET_LEVERAGE, DropAfter())
        stage.disturb(JOINT.SETTINGS, NOTHING, CannedAnswer.json(403, REFUSED))
        with pytest.raises(OutcomeUnknown):
            await stage.account.set_leverage(GEM, 15)
        (entry,) = stage.account.unresolved
        assert (entry.parameters["margin"], str(entry.parameters["leverage"])) == ("cross", "15")
        assert "it holds" in await stage.account.resolve(entry)


CONTRADICTIONS = [
    ({"completion": None}, "declare a completion"),
    ({"readback": None}, "declare Effect.SET and a readback"),
    ({"write_scope": None}, "declare a write scope"),
    ({"sets": frozenset({"leverage"})}, "its sets lack margin_type"),
    ({"effect": Effect.DELTA, "serves": ()}, "declare Effect.SET and a readback"),
]


@pytest.mark.parametrize(("change", "words"), CONTRADICTIONS, ids=["completion", "readback", "scope", "sets", "effect"])
def test_a_contradiction_is_refused_at_import(change: dict[str, Any], words: str) -> None:
    """The endpoint says why, and how it is mended."""
    with pytest.raises(ValueError, match=words):
        attrs.evolve(JOINT.SET_LEVERAGE, **change)
