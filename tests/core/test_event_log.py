"""The event log: one JSON object a line, of fields alone, for as long as a runtime writes to it."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import venuekit
from venuekit import errors, event_log
from venuekit.endpoint import EndpointName, Priority
from venuekit.event_log import EventLog, fields_of
from venuekit.pipeline.observe import Event, EventKind
from venuekit.simulator import DropAfter
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp.endpoints import TOY


def lines_of(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.looptime
async def test_log_of_a_call_tells_its_story_in_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is private; each line has time, level and fields, none the key or secret; it is closed at the end."""
    path, clock = tmp_path / "events.jsonl", LoopClock()
    monkeypatch.setenv("VENUEKIT_LOG", str(path))
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.Runtime(clock=clock, journal=False) as other,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime, name="desk") as account,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=other),
    ):
        sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropAfter())
        path.write_text("", encoding="utf-8")
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        texts = [secret.reveal() for secret in account._session.secrets]

    lines = lines_of(path)
    own = [line for line in lines if line["operation"] == "set_leverage"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ["request", "fault", "resolution", "end"] == [
        line["kind"] for line in own if line["kind"] in {"request", "fault", "resolution", "end"}
    ]
    fault, end = next(line for line in own if line["kind"] == "fault"), own[-1]
    assert ("warning", "AnswerLost", "unknown", 1) == tuple(
        fault[name] for name in ("level", "error", "outcome", "attempt")
    )
    assert "toy_perp: set_leverage" in fault["message"]
    assert {"account": "desk", "environment": "sim", "effect": "set", "priority": "risk"}.items() <= end.items()
    assert ("applied", str(TOY.SET_LEVERAGE)) == (end["outcome"], end["endpoint"])
    assert datetime.fromisoformat(end["time"]).tzinfo is UTC
    assert [text for text in texts if text and text in path.read_text(encoding="utf-8")] == []
    logger = logging.getLogger("venuekit.events")
    assert (logger.handlers, logger.level, logger.propagate, event_log._sinks) == ([], logging.NOTSET, True, {})


def test_fields_that_are_there_are_written_as_json() -> None:
    """Numbers stay numbers, everything else is a word; an error is its class and its words, without a signature."""
    error = errors.Rejected("no: signature=abcdef", code=-1, status=400)
    event = Event(
        EventKind.BUDGET,
        "acme",
        "get_balances",
        None,
        0,
        seconds=0.12345678,
        error=error,
        endpoint=EndpointName("GET", "/v1/a", (("type", "x"),)),
        priority=Priority.READ,
        is_closed=True,
        closed_until=datetime(2026, 1, 1, tzinfo=UTC),
        used=3,
        code="E1",
    )

    message = str(error).replace("abcdef", "***")
    assert message != str(error)
    assert {
        "kind": "budget",
        "venue": "acme",
        "operation": "get_balances",
        "attempt": 0,
        "seconds": 0.123457,
        "error": "Rejected",
        "message": fields_of(event)["message"],
        "endpoint": "GET /v1/a type=x",
        "priority": "read",
        "code": "E1",
        "used": 3,
        "is_closed": True,
        "closed_until": "2026-01-01T00:00:00+00:00",
    } == fields_of(event)
    assert "abcdef" not in fields_of(event)["message"]


def test_a_program_with_a_handler_of_its_own_chooses_levels(caplog: pytest.LogCaptureFixture) -> None:
    """Without a target nothing is opened; a record carries the fields, too, and a lower level is not written."""
    log, event = EventLog(), Event(EventKind.ANSWER, "acme", "get_balances", None, 1)
    with caplog.at_level(logging.WARNING, logger="venuekit.events"):
        log(event)
    assert caplog.records == []

    with caplog.at_level(logging.INFO, logger="venuekit.events"):
        log(event)
    assert json.loads(caplog.records[0].getMessage()) == fields_of(event) == vars(caplog.records[0])["event"]


async def test_a_log_that_is_dropped_keeps_no_file_open(tmp_path: Path) -> None:
    """Hooks may be called twice when another plugin breaks: the answer that is not used counts no more."""
    path = str(tmp_path / "events")
    EventLog(path)
    log = EventLog(path)
    await log.aclose()
    await log.aclose()
    assert event_log._sinks == {}


@pytest.mark.parametrize("target", ["nowhere/events", "."])
def test_a_file_that_cannot_be_written_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """Which setting, which file, why, and the mend."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VENUEKIT_LOG", target)
    words = f"VENUEKIT_LOG: the event log '{target}' cannot be written: .*; name a file that this user may write"
    with pytest.raises(errors.ConfigurationError, match=words):
        event_log.make_event_log()


async def test_other_records_of_the_logger_are_lines_too(tmp_path: Path) -> None:
    """Their words are redacted, and are where an event has its fields."""
    log = EventLog(str(tmp_path / "events"))
    logging.getLogger("venuekit.events").info("signed with signature=%s", "abcdef")
    await log.aclose()

    (line,) = lines_of(tmp_path / "events")
    assert ("info", True) == (line["level"], "abcdef" not in line["message"])


async def test_the_last_of_several_logs_restores_the_logger(tmp_path: Path) -> None:
    """In whatever order they end; each file has every event."""
    logger = logging.getLogger("venuekit.events")
    first, second = (EventLog(str(tmp_path / name)) for name in ("first", "second"))
    first(Event(EventKind.END, "acme", "get_balances", None, 1))
    await first.aclose()
    assert not logger.propagate
    await second.aclose()

    # one observer logs, and both files are handlers of the one logger
    assert [1, 1] == [len(lines_of(tmp_path / name)) for name in ("first", "second")]
    assert (logging.NOTSET, True) == (logger.level, logger.propagate)


async def test_the_loss_of_shared_budgets_is_a_warning(tmp_path: Path) -> None:
    """Its return is none, nor is a pool that a refusal closes: the fault beside it is the warning."""
    log = EventLog(str(tmp_path / "events"))
    for pool, is_closed in (("shared budgets", True), ("shared budgets", False), ("weight", True)):
        log(Event(EventKind.BUDGET, "acme", "get_balances", None, 0, pool=pool, is_closed=is_closed))
    await log.aclose()

    assert [line["level"] for line in lines_of(tmp_path / "events")] == ["warning", "info", "info"]
