from __future__ import annotations

import logging
from typing import Any

import pytest

from venuekit import errors
from venuekit.pipeline.observe import Event, EventKind
from venuekit.simulator import CannedAnswer, DropBefore
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


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit])
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
