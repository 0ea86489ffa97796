"""The documented bodies: every field of every value, against what was written out by hand, and what was sent for it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import pytest
from tests.contract.contract_registry import DOCUMENTED, Documented, typed

from venuekit.capabilities import Pager
from venuekit.credentials import Secret
from venuekit.endpoint import Endpoint, EndpointName, Security
from venuekit.errors import OperationError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import make_plugins
from venuekit.testing import FakeStage, InstantClock, Recorded, fake_stage, find_recorded, load_recorded
from venuekit.testing.expected import OF_READING, differences, find_surplus, without_rows
from venuekit.testing.recorded import believe_answers
from venuekit.testing.sent import Sent, as_text
from venuekit.venue import Venue

NOW = datetime.fromtimestamp(InstantClock().milliseconds() / 1000, UTC)


def replaying(stage: FakeStage, recorded: Recorded, case: Documented) -> Any:
    """Return what answers with the documented bodies of a case, those of one route in turn, and with nothing else."""
    answers: dict[EndpointName, list[HttpResponse]] = {}
    for found in map(recorded.case, case.bodies):
        answers.setdefault(found.endpoint_name, []).append(found.response())
    walks = case.method.partition(".")[2].startswith("iter_")
    simulated = stage.transport.reply

    def reply(request: HttpRequest) -> Any:
        name = stage.arrival(request).endpoint_name
        turns = answers.get(name)
        if turns is None:
            assert str(name) in case.from_simulated, f"{case.label} has no body for {name}"
            return simulated(request)
        if "cursor=" in request.url.partition("?")[2]:
            # a documented page may go on behind its cursor: what follows it here is an empty one
            return without_rows(turns[-1])
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        if walks and turns == [answer]:
            turns[0] = without_rows(answer)
        return answer

    return reply


async def called(stage: FakeStage, case: Documented) -> Any:
    """Return what the case's method, or its raw endpoint, makes of the bodies."""
    verb, blank, path = case.method.partition(" ")
    if blank:
        (endpoint,) = (one for one in stage.venue.endpoints if (one.verb, one.path) == (verb, path))
        return await stage.account.call(endpoint, **case.arguments)
    name = case.method.partition(".")[2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        value = getattr(stage.account, name)(**typed(name, case.arguments))
        if isinstance(value, AbstractAsyncContextManager):
            async with value:
                return None
        return await value.all() if isinstance(value, Pager) else await value


def check_sent(stage: FakeStage, recorded: Recorded, case: Documented) -> None:
    """Compare what was sent for each body with the verb, path, security and parameters recorded."""
    assert case.sent.keys() <= set(case.bodies), f"{case.label} expects parameters of bodies it does not have"
    asked: dict[EndpointName, Iterator[Sent]] = {}
    for body in map(recorded.case, case.bodies):
        (endpoint,) = (one for one in stage.venue.endpoints if one.name == body.endpoint_name)
        sent = next(asked.setdefault(endpoint.name, sent_to(stage, endpoint)), None)
        assert sent is not None, f"{case.label} asks nothing of {body.name}"
        assert sent.security is body.security is endpoint.security
        assert sent.security is Security.SIGNED or not sent.added
        expected = case.sent.get(body.name, body.parameters)
        assert expected.keys() == sent.parameters.keys(), body.name
        for name, value in expected.items():
            check_parameter(sent.parameters[name], value, f"{body.name}: {name}")


def sent_to(stage: FakeStage, endpoint: Endpoint[Any]) -> Iterator[Sent]:
    """Yield the facts of each request to an endpoint, oldest first."""
    for request in stage.transport.requests:
        arrival = stage.arrival(request)
        sent = Sent.of(request, arrival, endpoint, key=stage.key, signatures=stage.watch.signatures)
        if sent.endpoint == endpoint.name:
            yield sent


def check_parameter(text: str, expected: Any, where: str) -> None:
    """Compare a parameter with what was recorded; a list is compared as a value, the order of its fields is none."""
    if expected == "made up":
        assert text, where
    elif isinstance(expected, list):
        assert json.loads(text) == expected, where
    else:
        assert text == as_text(expected), where


def check(value: object, expected: Any, where: str, *, keeps_raw: bool) -> None:
    """Compare a value with what was written out, field by field; a field without expectation fails."""
    if attrs.has(type(value)):
        check_fields(value, expected, where, keeps_raw=keeps_raw)
    elif isinstance(value, OperationError):
        assert (type(value).__name__, value.code) == (expected["error"], expected["code"]), where
    elif isinstance(value, Secret):
        assert value.reveal() == expected, where
    elif value is None:
        assert expected == "nothing is returned", where
    elif isinstance(value, frozenset):
        assert value == frozenset(expected), where
    elif isinstance(value, tuple):
        assert len(value) == len(expected), f"{where}: {len(value)} instead of {len(expected)}"
        for index, (one, other) in enumerate(zip(value, expected, strict=True)):
            check(one, other, f"{where}[{index}]", keeps_raw=keeps_raw)
    elif isinstance(value, str) and not isinstance(value, StrEnum) and expected == "made up":
        assert value, where
    elif isinstance(value, StrEnum):
        assert value.value == expected, where
    elif isinstance(value, Decimal):
        assert value == Decimal(expected), where
    elif isinstance(value, timedelta):
        assert value == timedelta(seconds=expected), where
    else:
        assert (type(value), value) == (type(expected), expected), where
        assert not isinstance(value, datetime) or value.tzinfo is UTC, f"{where} is not in UTC"


def check_fields(value: Any, expected: dict[str, Any], where: str, *, keeps_raw: bool) -> None:
    """Compare the fields of a value."""
    names = {field.name for field in attrs.fields(type(value))}
    nothing = set(expected.get("none", "").split())
    told = expected.keys() - {"none"}
    assert told | nothing == names - OF_READING, f"{where}: fields without expectation, or the other way round"
    for name in nothing:
        assert getattr(value, name) is None, f"{where}.{name}"
    for name in told:
        check(getattr(value, name), expected[name], f"{where}.{name}", keeps_raw=keeps_raw)
    check_fields_of_reading(value, names, where, keeps_raw=keeps_raw)


def check_fields_of_reading(value: Any, names: set[str], where: str, *, keeps_raw: bool) -> None:
    """Check when a value was read, and whether it keeps the venue's row."""
    for name in names & {"as_of", "received_at"}:
        assert getattr(value, name) == NOW, f"{where}.{name}"
    if "raw" in names:
        assert (value.raw is not None) is keeps_raw, f"{where}.raw"


def check_recorded(value: object, recorded: Recorded, case: Documented, *, keeps_raw: bool) -> None:
    """Compare a value with the one that is written beside a body: with every field of it."""
    name = case.method.partition(".")[2]
    expected = next(body.expect[name] for body in map(recorded.case, case.bodies) if name in body.expect)
    assert [*differences(value, expected)] == []
    assert [*find_surplus(value, expected)] == []
    check_reading(value, "value", keeps_raw=keeps_raw)


def check_reading(value: Any, where: str, *, keeps_raw: bool) -> None:
    """Check a value and all values in it."""
    if attrs.has(type(value)):
        names = {field.name for field in attrs.fields(type(value))}
        check_fields_of_reading(value, names, where, keeps_raw=keeps_raw)
        for name in names - OF_READING:
            check_reading(getattr(value, name), f"{where}.{name}", keeps_raw=keeps_raw)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            check_reading(one, f"{where}[{name}]", keeps_raw=keeps_raw)
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            check_reading(one, f"{where}[{index}]", keeps_raw=keeps_raw)


@pytest.mark.parametrize("keep_raw", [False, True], ids=["plain", "raw"])
@pytest.mark.parametrize("case", DOCUMENTED, ids=lambda case: case.label)
async def test_documented_body(case: Documented, keep_raw: bool) -> None:
    """A documented body is asked for as recorded, and gives exactly the value that its documentation describes."""
    venue: Venue[Any] = make_plugins().venue(case.venue)
    async with fake_stage(venue, "flat", keep_raw=keep_raw) as stage:
        recorded = load_recorded(find_recorded(venue))
        stage.transport.reply = replaying(stage, recorded, case)
        with believe_answers(venue):
            value = await called(stage, case)
        check_sent(stage, recorded, case)
    keeps_raw = keep_raw and case.has_raw
    if case.value is None:
        check_recorded(value, recorded, case, keeps_raw=keeps_raw)
    else:
        check(value, case.value, "value", keeps_raw=keeps_raw)
