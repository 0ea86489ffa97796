"""Tiers: how far a venue is proven, from the results of its conformance tests."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping

import attrs


class Tier(enum.StrEnum):
    """
    How far a venue is proven; each tier includes those before it.

    A test's tier is the one that it is needed for. A venue without a simulated venue is bronze at most.
    """

    BRONZE = "bronze"  #: declarations, recorded requests and answers, lost and unreadable reads, secrets
    SILVER = "silver"  #: a simulated venue: every method, settings and writes whose answers are lost, keys and clocks
    GOLD = "gold"  #: every value agrees with the ledger; histories, orders, fences and proofs
    PLATINUM = "platinum"  #: recorded answers carry the values they become, and no documented field is forgotten


@attrs.frozen
class TestResult:
    """The cases of one conformance test of one venue: how many there are, passed, and did not apply to the venue."""

    __test__ = False  # a value, not a test class

    tier: Tier
    cases: int
    passed: int
    skipped: int = 0

    @property
    def is_skipped(self) -> bool:
        """Whether no case of it applied to the venue."""
        return self.cases > 0 and self.skipped == self.cases

    @property
    def failure(self) -> str | None:
        """How many cases failed or did not run, in words; None where all that apply have passed."""
        missing = self.cases - self.passed - self.skipped
        if not self.cases or self.passed + self.skipped == 0:
            return "it did not run"
        return f"{missing} of {self.cases} cases did not pass" if missing else None


@attrs.frozen
class Standing:
    """
    The tier of a venue, None below bronze, and the reasons why it is not the next one: test name to sentence.

    ``reasons`` is empty at platinum.
    """

    tier: Tier | None
    reasons: Mapping[str, str]


#: the reason why a test of a venue is left out that has no simulated venue
NO_SIMULATED_VENUE = "the plugin brings no simulated venue"


def find_standing(results: Mapping[str, TestResult], left_out: Mapping[str, str]) -> Standing:
    """
    Return the tier that the tests of a venue reach.

    Args:
        results: The result of each test, by its name.
        left_out: The tests that the venue does not have, with the reason. A feature that the venue lacks is no
            obstacle; a simulated venue is one.
    """
    reached: Tier | None = None
    for tier in Tier:
        reasons = dict(_obstacles(tier, results, left_out.values()))
        if reasons:
            return Standing(reached, reasons)
        reached = tier
    return Standing(reached, {})


def _obstacles(tier: Tier, results: Mapping[str, TestResult], left_out: Collection[str]) -> Collection[tuple[str, str]]:
    """Return the tests that keep a venue from a tier, with the reasons."""
    if tier is not Tier.BRONZE and NO_SIMULATED_VENUE in left_out:
        return [("simulated venue", NO_SIMULATED_VENUE)]
    return [(name, one.failure) for name, one in results.items() if one.tier is tier and one.failure is not None]
