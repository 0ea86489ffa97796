"""Times in ISO 8601 are sent and read exactly, by parameters, payloads, echoes and the journal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit._util.times import EPOCH, from_milliseconds, read_iso, write_iso
from venuekit.echoes import Echoes, OtherAnswer, check_of
from venuekit.encoding import Encoding
from venuekit.endpoint import Endpoint
from venuekit.errors import PayloadMismatch
from venuekit.parameters import Kind, Parameter
from venuekit.parts.columns import iso
from venuekit.parts.rows import Reads
from venuekit.payloads import payload_decoder

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
#: two days from both ends, so that every offset has them
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001  (naive bounds)
AFTER_1970 = st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001  (likewise)


@given(moment=MOMENTS)
@pytest.mark.parametrize("encoding", [Encoding.QUERY, Encoding.FORM, Encoding.JSON])
def test_a_time_is_sent_exactly(encoding: Encoding, moment: datetime) -> None:
    """A TIME arrives as the same instant, in UTC, wherever it travels."""
    endpoint: Endpoint[bytes] = Endpoint(
        "POST", "/x", decode=bytes, parameters=(Parameter("at", Kind.TIME),), encoding=encoding
    )

    _, query, body = endpoint.encode({"at": moment})

    if encoding is Encoding.JSON:
        text = json.loads(body or b"")["at"]
    else:
        ((_, text),) = parse_qsl(query or (body or b"").decode())
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment
    assert read_iso(text) == moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 29, 10, tzinfo=UTC), "2026-11-29T10:00:00.000Z"),
        (datetime(2026, 11, 29, 10, 0, 0, 250_000, tzinfo=UTC), "2026-11-29T10:00:00.250Z"),
        (datetime(2026, 11, 29, 10, 0, 0, 250_001, tzinfo=UTC), "2026-11-29T10:00:00.250001Z"),
        (datetime(2026, 11, 29, 10, tzinfo=timezone(timedelta(hours=2))), "2026-11-29T08:00:00.000Z"),
    ],
)
def test_a_time_has_milliseconds(moment: datetime, text: str) -> None:
    """Milliseconds are always there, microseconds where they are needed."""
    assert write_iso(moment) == text


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), "2026-01-01T00:00:00Z", 1_750_000_000_000])  # noqa: DTZ001
def test_a_time_without_a_zone_is_refused(value: object) -> None:
    """A TIME is an aware datetime: a naive one, a text or a number is refused by name."""
    endpoint: Endpoint[bytes] = Endpoint("GET", "/x", decode=bytes, parameters=(Parameter("at", Kind.TIME),))

    with pytest.raises(ValueError, match="at must be a datetime with a time zone, not "):
        endpoint.encode({"at": value})


def test_a_time_beyond_the_calendar_is_refused() -> None:
    """The first hours of the first year have no time in UTC where the offset is positive."""
    moment = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    with pytest.raises(ValueError, match="outside of the years 1 to 9999"):
        write_iso(moment)
    with pytest.raises(ValueError, match="outside of the years 1 to 9999"):
        read_iso("0001-01-01T00:00:00+05:00")


@attrs.frozen
class Row:
    """A row with a time that may be missing."""

    at: datetime
    maybe: datetime | None = None


@attrs.frozen
class Value:
    """The value of such a row."""

    at: datetime


DECODE = payload_decoder(Row)
READS = Reads(Value, at=iso("at"))


@given(moment=AFTER_1970)
def test_a_time_is_read_exactly(moment: datetime) -> None:
    """Payloads and rows read the instant of a text with any offset."""
    body = json.dumps({"at": moment.isoformat(), "maybe": write_iso(moment)}).encode()

    row = DECODE(body)

    assert row == Row(moment, moment)
    assert row.at.tzinfo is UTC
    assert READS.read_one(b"[%b]" % body) == Value(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-29T10:00:00Z", datetime(2026, 11, 29, 10, tzinfo=UTC)),
        ("2026-11-29 10:00:00+00:00", datetime(2026, 11, 29, 10, tzinfo=UTC)),
        ("2026-11-29T10:00:00.5+0200", datetime(2026, 11, 29, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-29T10:00:00.123456789Z", datetime(2026, 11, 29, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("1764410400000", datetime(2025, 11, 29, 10, tzinfo=UTC)),
    ],
)
def test_times_as_venues_write_them(text: str, moment: datetime) -> None:
    """Seconds with up to nine digits and offsets with and without a colon are read, and milliseconds as before."""
    assert DECODE(json.dumps({"at": text}).encode()).at == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-29T10:00:00",
        "2026-11-29",
        "2026-13-29T10:00:00Z",
        "2026-11-29T25:00:00Z",
        "2026-W48-7T10:00:00Z",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "yesterday",
    ],
)
def test_a_text_that_is_no_instant_is_a_mismatch(text: str) -> None:
    """A time without an offset could be any hour: it is never guessed, and neither is one before 1970."""
    with pytest.raises(PayloadMismatch, match="at: expected a time in milliseconds, or in ISO 8601 with its offset"):
        DECODE(json.dumps({"at": text}).encode())


@pytest.mark.parametrize(
    ("told", "is_same"),
    [
        (datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC), True),
        ("2026-01-01T01:00:00.25+01:00", True),
        (1_767_225_600_250, True),
        ("1767225600250", True),
        (datetime(2026, 1, 1, tzinfo=UTC), False),
        ("2026-01-01T00:00:00Z", False),
        (1_767_225_600, False),
        ("soon", False),
    ],
)
def test_an_echo_of_a_time_is_compared_as_an_instant(told: Any, is_same: bool) -> None:
    """An answer repeats a time in its own way of writing."""
    check = check_of((Echoes({"at": "at"}),), within=None, ids=lambda _: ())
    assert check is not None
    question = {"at": datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)}

    if is_same:
        assert check(SimpleNamespace(at=told), question)
    else:
        with pytest.raises(OtherAnswer, match="it answers another request: at is"):
            check(SimpleNamespace(at=told), question)


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_milliseconds_are_an_exact_instant(milliseconds: int) -> None:
    """Of all years that a datetime has."""
    moment = from_milliseconds(milliseconds)
    assert (moment, moment.tzinfo) == (EPOCH + timedelta(milliseconds=milliseconds), UTC)
