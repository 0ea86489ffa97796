"""Brackets: deductions, maintenance margin, and what a leverage allows."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.simulator.ledger import LedgerTier, tiers
from venuekit.simulator.ledger.contract import check_tiers, max_leverage, max_position, tier_of

D = Decimal

BY_MARGIN = tiers((D(150), D(100), D("0.005")), (D(300), D("66.67"), D("0.01")))
STEEP = tiers(
    (D(5), D(125), D("0.004")),
    (D(10), D(100), D("0.005")),
    (D(20), D(50), D("0.01")),
    (D(50), D(20), D("0.025")),
    (D(100), D(10), D("0.05")),
    (D(200), D(5), D("0.1")),
    (D(400), D(4), D("0.125")),
)


@st.composite
def brackets(draw: st.DrawFn) -> tuple[LedgerTier, ...]:
    """Draw any table that starts at zero and gets stricter."""
    count = draw(st.integers(1, 6))
    cents = st.integers(1, 10**7)
    caps = sorted(draw(st.sets(cents, min_size=count, max_size=count)))
    rates = sorted(draw(st.lists(st.integers(1, 5000), min_size=count, max_size=count)))
    leverages = sorted(draw(st.lists(st.integers(1, 125), min_size=count, max_size=count)), reverse=True)
    rows = zip(caps, leverages, rates, strict=True)
    return tiers(*((D(cap) / 100, D(leverage), D(rate) / 10_000) for cap, leverage, rate in rows))


@pytest.mark.parametrize(
    ("table", "tier", "deduction"),
    [
        (tiers((D("22.4"), D(50), D(0)), (D(50), D(20), D("0.025")), (D(100), D(10), D("0.05"))), 3, "1.81"),
        (BY_MARGIN, 2, "0.75"),
        (STEEP, 7, "11.605"),
    ],
    ids=["faq", "live", "live-steep"],
)
def test_deductions(table: tuple[LedgerTier, ...], tier: int, deduction: str) -> None:
    """The deduction of a tier is the one before it, plus its floor times the step of the rate."""
    assert D(deduction) == table[tier - 1].deduction


@given(brackets())
def test_maintenance_margin_is_continuous(table: tuple[LedgerTier, ...]) -> None:
    """At a border, the tiers on both sides ask for the same."""
    for lower, upper in itertools.pairwise(table):
        assert lower.maintenance_margin(lower.cap) == upper.maintenance_margin(upper.floor)


@given(brackets(), st.integers(0, 10**7))
def test_maintenance_margin_is_what_the_strictest_tier_asks(table: tuple[LedgerTier, ...], cents: int) -> None:
    """The tier that holds a value never asks for less than another would: the liquidation price relies on it."""
    value = D(cents) / 100

    assert max(tier.maintenance_margin(value) for tier in table) == tier_of(table, value).maintenance_margin(value)


def test_a_value_at_a_cap_lies_in_the_next_tier() -> None:
    """A tier holds its floor and not its cap; the last one also what lies beyond."""
    assert [tier_of(BY_MARGIN, D(value)).tier for value in (0, 149, 150, 300, 1000)] == [1, 1, 2, 2, 2]


@pytest.mark.parametrize(("leverage", "cap"), [("80", "150"), ("66", "300"), ("100", "150"), ("101", "0")])
def test_largest_position_at_a_leverage(leverage: str, cap: str) -> None:
    """[live] It is the cap of the highest tier that still allows the leverage."""
    assert D(cap) == max_position(BY_MARGIN, D(leverage))


@given(brackets(), st.integers(0, 10**7))
def test_highest_leverage_allows_the_value(table: tuple[LedgerTier, ...], cents: int) -> None:
    """The highest leverage at a value is one whose largest position holds it."""
    value = min(D(cents) / 100, table[-1].cap)

    assert max_position(table, max_leverage(table, value)) >= value


@pytest.mark.parametrize(
    "table",
    [
        (),
        (LedgerTier(1, D(1), D(5), D(10), D("0.01")),),
        (LedgerTier(1, D(0), D(5), D(10), D("0.01")), LedgerTier(2, D(6), D(9), D(5), D("0.02"))),
        (LedgerTier(1, D(0), D(5), D(10), D("0.01")), LedgerTier(2, D(5), D(9), D(20), D("0.02"))),
        (LedgerTier(1, D(0), D(5), D(10), D("0.02")), LedgerTier(2, D(5), D(9), D(5), D("0.01"))),
    ],
    ids=["empty", "floor", "gap", "leverage", "rate"],
)
def test_tables_that_make_no_sense_are_errors(table: tuple[LedgerTier, ...]) -> None:
    """Tiers start at zero, follow each other, and get stricter."""
    with pytest.raises(ValueError, match=r"tier|brackets"):
        check_tiers(table)
