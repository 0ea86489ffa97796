"""Wrapped text: nothing is lost, lines are as wide as they may be, and no number, date or time is broken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.cli.whole_numbers import longest_figure, wrap

FIGURES = st.sampled_from(["7", "-12.50", "304,416.18", "2026-11-20", "2026-11-20T12:00:00.000Z", "7.0 %", "+3"])
WORDS = st.text("abc-/_", min_size=1, max_size=15)
TEXTS = st.lists(FIGURES | WORDS | st.builds("{}{}x".format, WORDS, FIGURES), min_size=1, max_size=8).map(" ".join)


@given(text=TEXTS, width=st.integers(8, 40))
def test_no_figure_is_broken(text: str, width: int) -> None:
    """The lines have the text and its numbers; one is wider than asked for only where a number alone is."""
    lines = wrap(text, width)

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    figures = re.findall(r"\d[\d.,:T-]*\d|\d", text)
    assert re.findall(r"\d[\d.,:T-]*\d|\d", "\n".join(lines)) == figures
    assert max(map(len, lines)) <= max(width, longest_figure(text))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("the weight is 1200 in all", ["the", "weight", "is 1200", "in all"]),
        ("BTCUSDT_270326", ["BTCUSDT_", "270326"]),
        ("quantity=0.10000123", ["quantity=", "0.10000123"]),
        ("", [""]),
    ],
)
def test_a_word_is_broken_beside_its_number(text: str, lines: list[str]) -> None:
    """Eight characters a line, or as many as a number has."""
    assert [line.strip() for line in wrap(text, 9 if "=" in text else 8)] == lines


def test_later_lines_are_indented() -> None:
    """The indent counts for the width."""
    assert wrap("ok    clock: 28 ms behind", 14, later="      ") == ["ok    clock:", "      28 ms", "      behind"]
