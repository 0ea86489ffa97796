"""The fields of each kind of event are those of docs/observers.md, and no event is made where nothing observes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.capabilities import UserStream
from venuekit.hooks import hookimpl
from venuekit.pipeline import FileJournal, events
from venuekit.pipeline.observe import Event, EventKind
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore, StreamRestart
from venuekit.testing import plugins_with
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

PAGE = Path(__file__).parents[3] / "docs" / "observers.md"
#: fields of every event, of those about an operation, and those that may be None
EVERY = frozenset({"kind", "venue", "operation", "attempt", "environment"})
OPERATION = frozenset({"serial", "host", "endpoint", "effect", "priority"})
OPTIONAL = frozenset({"subject", "account"})


class Fields(NamedTuple):
    always: frozenset[str]
    maybe: frozenset[str]


def documented() -> Mapping[str, Fields]:
    """Return the own fields of each kind by the table of the page."""
    known = {field.name for field in attrs.fields(Event)}
    table: dict[str, Fields] = {}
    for kind, cell in re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        maybe = frozenset(re.findall(r"\(`(\w+)`\)", cell))
        table[kind] = Fields(frozenset(re.findall(r"`(\w+)`", cell)) & known - maybe, maybe)
    return table


class Collecting:
    """One observer that collects, and one that raises once."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @hookimpl
    def venuekit_observe(self) -> Any:
        return self.events.append


class Raising:
    @hookimpl
    def venuekit_observe(self) -> Any:
        def note(event: Event) -> None:
            if event.kind is EventKind.ANSWER:
                raise RuntimeError("observers may fail")

        return note


async def call_in_all_ways(account: Any, sim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a leverage with every trouble that an event is about."""
    busy = CannedAnswer.json(503, {"error": {"code": 3002, "message": "busy"}})
    spent = CannedAnswer.json(
        429, {"error": {"code": Code.TOO_MANY_REQUESTS, "message": "slow down"}}, {"Retry-After": "1"}
    )

    async def set_leverage(leverage: int, *disturbances: Any) -> None:
        if disturbances:
            sim.disturb("toy_perp", TOY.SET_LEVERAGE, *disturbances)
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=leverage)

    await set_leverage(5, busy)
    await set_leverage(6, spent)
    await set_leverage(7, DropAfter())
    with pytest.raises(errors.OutcomeUnknown):
        await set_leverage(8, DropBefore(), DropBefore())
    monkeypatch.setattr(FileJournal, "end", lambda *_: False)
    with pytest.warns(UserWarning, match="the journal cannot be written"):
        await set_leverage(8)


async def follow_stream(account: Any, sim: Any) -> None:
    """Read one event, then lose the connection for a while in which none can be opened."""
    async with UserStream.of(account).events() as events:
        sim.ledger.set_leverage("GEMUSD", Decimal(4))
        await anext(events)
        sim.disturb_streams("toy_perp", StreamRestart(seconds=60))
        await anext(events)
        await events.wait_until_live()


async def test_events_have_the_fields_that_the_page_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind happens, has all its fields, and none that is not listed."""
    clock, collecting = LoopClock(), Collecting()
    plugins = plugins_with(collecting, Raising())
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(plugins=plugins, clock=clock, journal=tmp_path) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime, name="desk") as account,
    ):
        await call_in_all_ways(account, sim, monkeypatch)
        await follow_stream(account, sim)

    table = documented()
    assert set(table) == {event.kind for event in collecting.events} == {*EventKind}
    for event in collecting.events:
        always, maybe = table[event.kind]
        expected = EVERY | always | (frozenset() if event.kind is EventKind.CLOCK else OPERATION)
        if event.kind is EventKind.PLUGIN_FAILURE:
            expected = EVERY | always | {"serial"}
        if event.operation == "events":
            expected = EVERY | always
        given = {name for name, value in attrs.asdict(event, recurse=False).items() if value is not None}
        given -= set() if event.serial else {"serial"}
        assert expected - given == set(), event
        assert given - expected - maybe - OPTIONAL == set(), event
    budget = [event for event in collecting.events if event.kind is EventKind.BUDGET]
    assert [True, False] == [event.is_closed for event in budget if event.is_closed is not None]
    closed = next(event for event in budget if event.is_closed)
    assert closed.closed_until is not None
    assert {event.reason for event in collecting.events} >= {"retry", None}


async def test_no_event_is_made_without_an_observer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to a request; a plugin for telemetry that nothing configures changes nothing of it."""

    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("an event was made")

    monkeypatch.delenv("VENUEKIT_LOG", raising=False)
    monkeypatch.setattr(events, "Event", forbidden)
    clock = LoopClock()
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        await call_in_all_ways(account, sim, monkeypatch)
        await follow_stream(account, sim)
        events.notify_of_pace(account._session, 1.0)  # a fan-out waits
