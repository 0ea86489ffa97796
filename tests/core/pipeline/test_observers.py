from __future__ import annotations

import asyncio
import logging
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.pipeline.observe import Event, EventKind
from venuekit.simulator import CannedAnswer, Delay, DropBefore
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime


async def test_observers_see_every_step_in_order(stage: Any) -> None:
    """The whole story of a call that succeeded at the second attempt; each answer tells the venue's count."""
    stage.sim.disturb(
        "toy_perp", TOY.SET_LEVERAGE, CannedAnswer.json(503, {"error": {"code": 3002, "message": "busy"}})
    )

    await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    first = [("request", 1), ("fault", 1), ("retry", 1), ("wait", 1)]
    assert [*first, ("request", 2), ("budget", 2), ("answer", 2), ("end", 2)] == [
        (event.kind, event.attempt) for event in stage.events
    ]
    assert len({event.serial for event in stage.events}) == 1
    assert {("toy_perp", "set_leverage", "GEMUSD")} == {
        (event.venue, event.operation, event.subject) for event in stage.events
    }


async def test_an_unknown_outcome_is_told(stage: Any) -> None:
    """The error that the caller gets is the one that observers see."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())

    with pytest.raises(errors.OutcomeUnknown) as caught:
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert caught.value is next(event.error for event in stage.events if event.kind == "unknown_outcome")


class _Wordless(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit, asyncio.CancelledError])
async def test_an_observer_that_raises_changes_nothing(
    stage: Any, caplog: pytest.LogCaptureFixture, kind: type[BaseException]
) -> None:
    """A stranger's broken observer is logged, and the call goes on as if it were not there."""

    def broken(event: Event) -> None:
        raise kind("observers may fail")

    stage.account._session.venue_session.observers = (broken, stage.events.append)
    with caplog.at_level(logging.ERROR, logger="venuekit.observe"):
        change = await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert change.changed is True
    reports = [event for event in stage.events if event.kind is EventKind.PLUGIN_FAILURE]
    steps = [event for event in stage.events if event.kind is not EventKind.PLUGIN_FAILURE]
    assert ["request", "budget", "answer", "end"] == [event.kind for event in steps]
    place = f"{__file__}:{broken.__code__.co_firstlineno + 1}"
    assert {f"observer broken: {kind.__name__} ({place})"} == {report.plugin for report in reports}
    words = f"set_leverage of toy_perp: {kind.__name__}: observers may fail ({place}); mend it"
    assert [words in record.getMessage() for record in caplog.records] == [True] * len(steps) == [True] * len(reports)


async def test_an_observer_whose_error_has_no_words_changes_nothing(
    stage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has its class and line; a secret of this process in its words is hidden."""

    def broken(event: Event) -> None:
        raise _Wordless

    def leaking(event: Event) -> None:
        raise RuntimeError(stage.account._session.secrets[1].reveal())

    stage.account._session.venue_session.observers = (broken, leaking)
    with caplog.at_level(logging.ERROR, logger="venuekit.observe"):
        await stage.account.call(TOY.POSITIONS)

    texts = [record.getMessage() for record in caplog.records]
    assert any(f"get_positions of toy_perp: _Wordless ({__file__}" in text for text in texts)
    assert not any(stage.account._session.secrets[1].reveal() in text for text in texts)


async def test_age_is_the_time_since_an_answer_was_given(stage: Any) -> None:
    """By the venue's clock as it is known here; a plugin that cannot read it costs no more than the age."""
    venue_session = stage.account._session.venue_session
    answers: list[Any] = [venue_session.clock.milliseconds() - 1_500, None]

    def answered_at(response: Any) -> int | None:
        return answers.pop(0) if answers else int("no time")

    venue_session.venue = attrs.evolve(venue_session.venue, answered_at=answered_at)
    for _ in range(3):
        await stage.account.call(TOY.POSITIONS)

    ages = [event.age for event in stage.events if event.kind is EventKind.ANSWER]
    assert [pytest.approx(1.5, abs=0.2), None, None] == ages


async def test_end_says_how_a_call_in_time_or_not_ended(stage: Any) -> None:
    """A read past its deadline changed nothing, a write may have; one that was cancelled in its turn was not sent."""
    stage.sim.disturb("toy_perp", TOY.POSITIONS, Delay(9))
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, Delay(9))
    options = stage.account.with_options(deadline=1.0)
    for endpoint, parameters in ((TOY.POSITIONS, {}), (TOY.SET_LEVERAGE, {"contract": "GEMUSD", "leverage": 7})):
        with pytest.raises(errors.OperationError):
            await options.call(endpoint, **parameters)
    waiting = asyncio.create_task(stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=8))
    await asyncio.sleep(0.1)  # it waits for the lost one
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    ends = [event for event in stage.events if event.kind is EventKind.END and event.serial]
    own = [event for event in ends if event.operation in {"get_positions", "set_leverage"}]
    assert ["not_applied", "unknown", "not_sent"] == [event.outcome for event in own]
    assert ["AnswerLost", "OutcomeUnknown", "NoneType"] == [type(event.error).__name__ for event in own]
    assert [1.0, 1.0] == [pytest.approx(event.seconds, abs=0.01) for event in own[:2]]
    waits = [event.reason for event in stage.events if event.kind is EventKind.WAIT]
    assert ["fence"] == waits


async def test_pools_are_reported_open_by_the_account_that_closed_them(stage: Any) -> None:
    """A pool that is still closed, or another one, is not; a turn behind another write is a wait of its own."""
    session = stage.account._session
    session.venue_session.shut.add(0)  # that of another account

    await asyncio.gather(*(stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=n) for n in (5, 6)))

    assert {0} == session.venue_session.shut
    assert [None] * 2 == [event.is_closed for event in stage.events if event.kind is EventKind.BUDGET]
    assert ["turn"] == [event.reason for event in stage.events if event.kind is EventKind.WAIT]


async def test_a_failure_after_the_answer_does_not_hide_that_a_write_left(stage: Any) -> None:
    """Whatever fails between a good answer and its caller, the write is not taken for one that was refused."""

    def fail(_operation: Any, _response: Any) -> None:
        raise ValueError("evidence of another form")

    stage.account._session.on_answer = fail

    with pytest.raises(errors.OutcomeUnknown, match="ValueError while it was under way"):
        await stage.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
