"""The report of conformance: the tier of a venue, and the reasons why it is not the next one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.testing import find_recorded, load_recorded
from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.inventory import Inventory
from venuekit.testing.conformance.tiers import NO_SIMULATED_VENUE, TestResult, Tier, find_standing
from venuekit_toy_perp import TOY_PERP

MODULE = """
import attrs
from venuekit.testing import conformance_suite, find_recorded, load_recorded
from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.inventory import Inventory
from venuekit_toy_perp import TOY_PERP
TestToyPerp = conformance_suite("toy_perp")
recorded = load_recorded(find_recorded(TOY_PERP))
TestNotInstalled = suite_of(Inventory(attrs.evolve(TOY_PERP, id="toy_elsewhere"), recorded))
"""
#: those that the run needs; others take longer to load than its tests to run
PLUGINS = ("-p", "venuekit.testing.fixtures", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
#: a test of each kind that a run can have, quick ones
SOME = "test_setter_has_an_endpoint or test_simulated_venue_has_both_scenarios or test_wrong_fields"


def run(directory: Path, *options: str) -> dict[str, Any]:
    """Return the report about the toy venue of a run of its suite in a process of its own."""
    (directory / "test_toy.py").write_text(MODULE)
    command = [sys.executable, "-m", "pytest", "-q", "--conformance-report", "out", *PLUGINS, *options, "test_toy.py"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=directory, env=environment, capture_output=True, check=False)  # noqa: S603 - ours
    report = json.loads((directory / "out" / "venuekit-toy-perp" / "conformance.json").read_text())
    assert report["distribution"] == "venuekit-toy-perp"
    assert report["api"] == 1
    venue: dict[str, Any] = report["venues"]["toy_perp"]
    return venue


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n2")], ids=["one process", "two workers"])
def test_deselected_test_counts_as_one_that_did_not_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    """
    A run of some tests proves nothing: those that ran are listed, the others are the reasons for no tier.

    A venue that no distribution provides has no report, and keeps no other from its own.
    """
    venue = run(tmp_path, *options, "-k", SOME)

    assert venue["tier"] is None
    assert venue["passed"]["bronze"] == {"test_setter_has_an_endpoint": 2}
    assert set(venue["passed"]["silver"]) == {"test_simulated_venue_has_both_scenarios", "test_wrong_fields"}
    assert venue["not_higher_because"]["test_planted_secrets_are_found_nowhere"] == "it did not run"
    assert venue["left_out"]["test_missing_batch"] == "the venue has no missing batch"


def result(tier: Tier, *, passed: int = 2) -> TestResult:
    return TestResult(tier, cases=2, passed=passed)


def test_tier_is_the_last_one_without_a_failure() -> None:
    """A failure of a tier keeps a venue from it and from all above, and is the reason."""
    all_passed = {tier.value: result(tier) for tier in Tier}
    assert find_standing(all_passed, {}).tier is Tier.PLATINUM

    standing = find_standing({**all_passed, "gold": result(Tier.GOLD, passed=1)}, {})
    assert standing.tier is Tier.SILVER
    assert standing.reasons == {"gold": "1 of 2 cases did not pass"}


def test_feature_that_a_venue_lacks_is_no_obstacle() -> None:
    """A test without any case of the venue keeps it from no tier."""
    results = {tier.value: result(tier) for tier in Tier}
    assert find_standing(results, {"test_wrong_fields": "the venue has no fields"}).tier is Tier.PLATINUM


def test_venue_without_a_simulated_venue_is_bronze_at_most() -> None:
    """Without a simulated venue the tests that need it are left out, and silver is out of reach."""
    suite: Any = suite_of(Inventory(attrs.evolve(TOY_PERP, simulated=None), load_recorded(find_recorded(TOY_PERP))))
    assert suite.left_out["test_capability_method"] == NO_SIMULATED_VENUE
    assert suite.test_capability_method is None

    standing = find_standing({name: result(tier) for name, tier in suite.tiers.items()}, suite.left_out)
    assert standing.tier is Tier.BRONZE
    assert NO_SIMULATED_VENUE in standing.reasons.values()
