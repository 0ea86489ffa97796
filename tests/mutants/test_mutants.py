"""The conformance suite notices each mistake that an author can make, and passes the plugin without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest
from tests.mutants import accounts, fills, histories, orders, rare_days, requests
from tests.mutants.harness import Mutant, run_correct, run_mutant

MUTANTS = (
    *accounts.MUTANTS,
    *orders.MUTANTS,
    *fills.MUTANTS,
    *histories.MUTANTS,
    *requests.MUTANTS,
    *rare_days.MUTANTS,
)


def plugins() -> Iterator[tuple[str, str, list[str]]]:
    """Yield the plugins that have mutants, with their packages and the tests that catch these."""
    by_package = attrgetter("of", "package")
    for (venue_id, package), mutants in groupby(sorted(MUTANTS, key=by_package), by_package):
        yield venue_id, package, sorted({mutant.caught_by for mutant in mutants})


@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    """A plugin with one mistake fails the conformance test of that mistake."""
    outcome = run_mutant(mutant, tmp_path)

    assert mutant.caught_by in outcome.failures, f"{mutant.name} is not noticed\n{outcome.output}"


@pytest.mark.parametrize(("venue_id", "package", "tests"), [pytest.param(*one, id=one[0]) for one in plugins()])
def test_plugin_without_a_mistake_passes(venue_id: str, package: str, tests: list[str], tmp_path: Path) -> None:
    """The same tests pass on an unchanged copy of the plugin, each at least once."""
    outcome = run_correct(venue_id, package, tests, tmp_path)

    assert not outcome.failures
    assert outcome.passed >= len(tests), outcome.output


def test_mutants_have_names_of_their_own() -> None:
    """No two mutants have one name: a page lists them by it."""
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)
