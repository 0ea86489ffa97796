"""The page about conformance lists the tests, mutants and tiers that there are."""

from __future__ import annotations

import re

import pytest
from tests.contract.conformance import PAGE, render, table_of_mutants, table_of_tests, table_of_tiers
from tests.mutants.test_mutants import MUTANTS

from venuekit.plugins import make_plugins
from venuekit.testing.conformance import Suite


@pytest.mark.parametrize("table", [table_of_tests, table_of_mutants, table_of_tiers])
def test_table_is_up_to_date(table: object) -> None:
    """Each table is that of the code; ``python -m tests.contract.conformance`` writes them."""
    assert callable(table)
    assert str(table()) in PAGE.read_text("utf-8")


def test_nothing_else_is_generated() -> None:
    """Bringing the page up to date changes nothing."""
    text = PAGE.read_text("utf-8")

    assert render(text) == text


def test_every_test_has_a_sentence_and_at_least_60_mistakes_are_caught() -> None:
    """A stranger reads what each test shows, and the score of the suite."""
    rows = re.findall(r"^\| (\w+) \| `(test_\w+)` \| (.+) \|$", table_of_tests(), re.MULTILINE)

    assert {name for _, name, _ in rows} == {name for name in dir(Suite) if name.startswith("test_")}
    assert all(sentence.endswith(".") for *_, sentence in rows)
    assert {mutant.caught_by for mutant in MUTANTS} <= {name for _, name, _ in rows}
    assert len(MUTANTS) >= 60


def test_venues_of_this_repository_are_platinum() -> None:
    """Each venue of plugins/ ships a report, and is proven as far as the suite goes."""
    tiers = dict(re.findall(r"^\| `(\w+)` \| `[\w-]+` \| (\w+) \|", table_of_tiers(), re.MULTILINE))

    made_up = {one for one in make_plugins().venue_ids() if one.startswith("toy_")}
    assert set(tiers) == set(make_plugins().venue_ids()) - made_up
    assert set(tiers.values()) == {"platinum"}
