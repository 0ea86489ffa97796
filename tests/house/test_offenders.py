"""A rule about many things fails with each that breaks it."""

from __future__ import annotations

import pytest
from tests.offenders import each


def test_all_offenders_are_listed() -> None:
    """Not only the first one; what keeps the rule is left out."""

    @each([1, 2, 3, 4])
    def even(number: int) -> None:
        assert number % 2 == 0, "odd"

    with pytest.raises(AssertionError) as caught:
        even()

    assert "1: odd" in str(caught.value)
    assert "3: odd" in str(caught.value)
    assert "2: " not in str(caught.value)


def test_a_rule_that_all_keep_passes() -> None:
    """Pairs are passed as two arguments."""

    @each([("a", "A"), ("b", "B")])
    def upper(small: str, large: str) -> None:
        assert small.upper() == large

    upper()


def test_a_rule_about_nothing_fails() -> None:
    """A list that has become empty would show nothing."""

    @each([])
    def never(_: object) -> None:
        raise ValueError("it is not called")

    with pytest.raises(AssertionError):
        never()
