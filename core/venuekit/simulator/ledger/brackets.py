"""Brackets: leverage and maintenance margin as functions of a position's value, in the settle asset."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal

import attrs

from venuekit.simulator.ledger.money import ZERO, exact


@attrs.frozen
class LedgerTier:
    """
    One tier, for values in [``floor``, ``cap``).

    ``initial_margin_rate`` is the venue's printed rate; None means 1 / ``max_leverage``.
    """

    tier: int
    floor: Decimal
    cap: Decimal
    max_leverage: Decimal
    maintenance_margin_rate: Decimal
    deduction: Decimal = ZERO
    initial_margin_rate: Decimal | None = None

    @exact
    def maintenance_margin(self, value: Decimal) -> Decimal:
        """Return the maintenance margin of a position of this value, unrounded and never negative."""
        return max(ZERO, value * self.maintenance_margin_rate - self.deduction)


@exact
def tiers(*rows: Sequence[Decimal | int | str]) -> tuple[LedgerTier, ...]:
    """
    Return tiers from rows of (cap, highest leverage, maintenance margin rate), or with a printed initial margin rate.

    The deduction of a tier is the one before it plus its floor times the step of the rate, which makes the
    maintenance margin continuous.
    """
    result: list[LedgerTier] = []
    floor = deduction = rate_before = ZERO
    for number, row in enumerate(rows, start=1):
        cap, leverage, rate, *initial_rate = map(Decimal, row)
        deduction += floor * (rate - rate_before)
        result.append(LedgerTier(number, floor, cap, leverage, rate, deduction, *initial_rate))
        floor, rate_before = cap, rate
    return tuple(result)


def check_tiers(brackets: Sequence[LedgerTier]) -> None:
    """
    Check that tiers start at zero, follow each other without a gap, and get stricter.

    Raises:
        ValueError: a tier breaks these rules; the liquidation price relies on them.
    """
    if not brackets or brackets[0].floor != 0:
        raise ValueError("brackets start with a tier whose floor is 0")
    for lower, upper in itertools.pairwise(brackets):
        if upper.floor != lower.cap or upper.cap <= upper.floor:
            raise ValueError(f"tier {upper.tier} does not follow tier {lower.tier}")
        if upper.maintenance_margin_rate < lower.maintenance_margin_rate or upper.max_leverage > lower.max_leverage:
            raise ValueError(f"tier {upper.tier} is less strict than tier {lower.tier}")


def tier_of(brackets: Sequence[LedgerTier], value: Decimal) -> LedgerTier:
    """Return the tier that holds a value; the last one also holds everything beyond its cap."""
    return next((tier for tier in brackets if value < tier.cap), brackets[-1])


def max_position(brackets: Sequence[LedgerTier], leverage: Decimal) -> Decimal:
    """Return the largest value allowed at a leverage: the cap of the highest tier that still allows it, else 0."""
    return max((tier.cap for tier in brackets if tier.max_leverage >= leverage), default=ZERO)


def max_leverage(brackets: Sequence[LedgerTier], value: Decimal) -> Decimal:
    """Return the highest leverage allowed at a value (its cap included); that of the last tier beyond all caps."""
    return max((tier.max_leverage for tier in brackets if value <= tier.cap), default=brackets[-1].max_leverage)
