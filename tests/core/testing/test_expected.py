"""The comparison of values with what recorded answers expect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import Balance, FillReader, MarginType, OrderReader, PositionReader
from venuekit.message import HttpResponse
from venuekit.testing.expected import convert_arguments, differences, find_surplus, times_in, without_rows

_NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)
_BALANCE = Balance("USD", wallet=Decimal("1.50"), updated_at=_NOON)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.50"), "1.5"),
        (Decimal(2), 2),
        (Decimal("0.1"), Decimal("0.1")),
        (_NOON, "2025-06-15T12:00:00Z"),
        (_NOON, "2025-06-15T14:00:00+02:00"),
        (timedelta(hours=8), 28800),
        (MarginType.CROSS, "cross"),
        (None, None),
        (True, True),
        ((1, 2), [1, 2]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (_BALANCE, {"asset": "USD", "wallet": "1.5", "available": None}),
        ((_BALANCE,), [{"asset": "USD"}]),
    ],
    ids=lambda one: type(one).__name__,
)
def test_value_is_the_expected_one(value: object, expected: Any) -> None:
    """A value equals what is written in JSON for it; fields that are left out are not compared."""
    assert [*differences(value, expected)] == []


@pytest.mark.parametrize(
    ("value", "expected", "words"),
    [
        (Decimal("1.51"), "1.5", "value is Decimal('1.51') instead of '1.5'"),
        (1.5, "1.5", "value is 1.5 instead of '1.5'"),
        (Decimal(1), True, "instead of True"),
        (Decimal(1), "one", "instead of 'one'"),
        (datetime(2025, 6, 15, 12), "2025-06-15T12:00:00Z", "value is datetime"),  # noqa: DTZ001 - a plugin's mistake
        (_NOON, 1750000000000, "instead of 1750000000000"),
        (1, True, "value is 1 instead of True"),
        (MarginType.CROSS, "isolated", "instead of 'isolated'"),
        ((1,), [1, 2], "value has 1 items instead of 2"),
        (1, [1], "value is 1 instead of several values"),
        (1, {"asset": "USD"}, "value is 1 instead of a value with fields"),
        ((_BALANCE,), [{"wallet": "2"}], "value[0].wallet is Decimal('1.50') instead of '2'"),
        (_BALANCE, {"walet": "1.5"}, "value: Balance has no field walet"),
        (_BALANCE, {"wallet": None}, "value.wallet is Decimal('1.50') instead of None"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_value_is_another_one(value: object, expected: Any, words: str) -> None:
    """A value that differs in amount, type, time zone, number of items or field is named, with its place."""
    (said,) = differences(value, expected)
    assert words in said


def test_field_that_nobody_expects() -> None:
    """A field that holds something and is not expected is named; one that is None, or says when it was read, is not."""
    value = (Balance("USD", wallet=Decimal(1), as_of=_NOON, received_at=_NOON),)
    assert [*find_surplus(value, [{"asset": "USD"}])] == ["value[0].wallet"]
    assert [*find_surplus(value, [{"asset": "USD", "wallet": "1"}])] == []


def test_times_of_expected_values() -> None:
    """Every time that is written in ISO 8601 is found, however deep; no other text is one."""
    expected = [{"time": "2025-06-15T12:00:00Z", "id": "2025-06-15"}, {"inner": {"at": "2025-06-15T13:00:00.250Z"}}]
    assert [*times_in(expected)] == [_NOON, _NOON + timedelta(hours=1, milliseconds=250)]


def test_arguments_have_their_types() -> None:
    """Plain JSON becomes the arguments of a method in its own types, and what it does not have is left out."""
    arguments = {"symbol": "BTCUSD", "start": "2025-06-15T12:00:00Z", "include_flat": True}
    assert convert_arguments(FillReader.iter_fills, arguments) == {"symbol": "BTCUSD", "start": _NOON}
    assert convert_arguments(PositionReader.get_positions, arguments)["include_flat"] is True
    assert convert_arguments(OrderReader.get_order, {"symbol": "BTCUSD", "client_id": None}) == {
        "symbol": "BTCUSD",
        "client_id": None,
    }


def test_page_behind_a_recorded_one() -> None:
    """The page behind an answer is the same one without a row and without a cursor."""
    answer = HttpResponse(200, {}, b'{"code":0,"result":{"list":[{"id":1}],"nextPageCursor":"abc","next":null}}')
    assert without_rows(answer).body == b'{"code": 0, "result": {"list": [], "nextPageCursor": "", "next": null}}'
