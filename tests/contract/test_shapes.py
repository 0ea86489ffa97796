"""The comparison of shapes tells each difference, and no other one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.shapes import Shape, differences


def told(answered: Any, documented: Any) -> list[str]:
    """Return the differences of two JSON values."""
    return [*differences(Shape.of(answered), Shape.of(documented))]


@pytest.mark.parametrize(
    ("answered", "documented", "expected"),
    [
        ({"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": 2, "b": "x"}, ["missing b"]),
        ({"a": 1, "b": "x"}, {"a": 2}, ["invented b"]),
        ({"a": "1"}, {"a": 2}, ["type a: string instead of integer"]),
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": 1.5}, {"a": 2}, ["type a: number instead of integer"]),
        ({"a": True}, {"a": 2}, ["type a: boolean instead of integer"]),
        ({"a": "x"}, {"a": None}, []),
        ({"rows": []}, {"rows": [{"a": 1}]}, ["missing rows[]"]),
        ({"rows": [{"a": 1}, {}]}, {"rows": [{"a": 1}]}, ["lacking rows[].a"]),
        ({"rows": [{"a": 1}, {}]}, {"rows": [{"a": 1}, {}]}, []),
        ({"rows": [{}]}, {"rows": [{"a": 1}, {}]}, []),
        ([{"a": {"b": [1]}}], [{"a": {"b": ["1"]}}], ["type [].a.b[]: integer instead of string"]),
        ({}, [], ["type the answer: object instead of list"]),
    ],
)
def test_each_difference_is_told(answered: Any, documented: Any, expected: list[str]) -> None:
    """A field that is missing, invented or of another type is named with its path."""
    assert told(answered, documented) == expected


def test_keys_that_are_values_are_one() -> None:
    """An object by symbol is compared by what it holds."""
    keyed = frozenset({"indicators"})
    ours, theirs = {"indicators": {"ETH": [{"a": 1}]}}, {"indicators": {"BTC": [{"a": 1}], "ACCOUNT": [{"a": 2}]}}

    assert [*differences(Shape.of(ours, keyed), Shape.of(theirs, keyed))] == []
    assert Shape.of(theirs).with_keys(keyed) == Shape.of(theirs, keyed)
