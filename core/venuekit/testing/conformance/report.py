"""
The report of conformance: ``conformance.json`` for each distribution whose venues a run of pytest has tested.

``pytest --conformance-report DIR`` writes ``DIR/<distribution>/conformance.json``: the versions, and for each venue its
tier, the reasons why it is not the next one, the number of passed cases of each test by its tier, the tests that
failed, and those that are left out. Nothing in it depends on machine or time, so that a distribution can ship it in the
package of its venue.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from venuekit._installed import REPORT_NAME
from venuekit.hooks import API_VERSION
from venuekit.plugins import make_plugins
from venuekit.testing.conformance.tiers import TestResult, Tier, find_standing

_KEY = "venuekit_conformance"


@attrs.define
class _Suite:
    """The tests of one venue: their tiers, the number of cases of each, and those that are left out."""

    tiers: dict[str, str]
    left_out: dict[str, str]
    cases: dict[str, int] = attrs.field(factory=dict)


class ConformanceReport:
    """
    The pytest plugin that writes the reports of a run; of one on several workers too.

    A case that was collected and did not run, such as a deselected one, counts as a failure.
    """

    def __init__(self, config: pytest.Config, directory: Path) -> None:
        self._config = config
        self._directory = directory
        self._suites: dict[str, _Suite] = {}
        self._outcomes: dict[tuple[str, str], Counter[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note every conformance test before any is deselected, and mark its cases by venue and test."""
        from venuekit.testing.conformance import Suite

        for item in items:
            cls: object = getattr(item, "cls", None)
            if not (isinstance(cls, type) and issubclass(cls, Suite) and isinstance(item, pytest.Function)):
                continue
            venue_id, name = cls.inventory.venue.id, item.originalname
            tiers = {test: tier.value for test, tier in cls.tiers.items()}
            suite = self._suites.setdefault(venue_id, _Suite(tiers, dict(cls.left_out)))
            suite.cases[name] = suite.cases.get(name, 0) + 1
            item.user_properties.append((_KEY, [venue_id, name]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the outcome of a case; an error before or after it is a failure."""
        for key, value in report.user_properties:
            if key == _KEY and (report.when == "call" or report.outcome != "passed"):
                venue_id, name = cast("list[str]", value)
                self._outcomes.setdefault((venue_id, name), Counter())[report.outcome] += 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over the tests that a worker of pytest-xdist has collected; all workers collect the same."""
        for venue_id, suite in getattr(node, "workeroutput", {}).get(_KEY, {}).items():
            self._suites.setdefault(venue_id, _Suite(**suite))

    def pytest_sessionfinish(self) -> None:
        """Write the reports, or on a worker hand the collected tests over."""
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_KEY] = {venue_id: attrs.asdict(suite) for venue_id, suite in self._suites.items()}
            return
        plugins = make_plugins()
        venues: dict[tuple[str, str], dict[str, Any]] = {}
        for venue_id in sorted(self._suites.keys() & {*plugins.venue_ids()}):  # others are of no distribution
            origin = plugins.distribution(venue_id)
            venues.setdefault((origin.distribution, origin.version), {})[venue_id] = self._venue(venue_id)
        for (distribution, its_version), reports in venues.items():
            directory = self._directory / distribution
            directory.mkdir(parents=True, exist_ok=True)
            report = {
                "venuekit": version("venuekit"),
                "api": API_VERSION,
                "distribution": distribution,
                "version": its_version,
                "venues": reports,
            }
            (directory / REPORT_NAME).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")

    def _venue(self, venue_id: str) -> Mapping[str, Any]:
        """Return the part of the report about one venue."""
        suite = self._suites[venue_id]
        results = {name: self._result(venue_id, name) for name in sorted(suite.tiers)}
        standing = find_standing(results, suite.left_out)
        skipped = {name: "no case of it applies to the venue" for name, one in results.items() if one.is_skipped}
        return {
            "tier": standing.tier,
            "not_higher_because": dict(standing.reasons),
            "passed": {tier: _count_passed(results, tier) for tier in Tier},
            "failed": {name: one.failure for name, one in results.items() if one.failure},
            "left_out": dict(sorted({**suite.left_out, **skipped}.items())),
        }

    def _result(self, venue_id: str, name: str) -> TestResult:
        suite, outcomes = self._suites[venue_id], self._outcomes.get((venue_id, name), Counter())
        return TestResult(Tier(suite.tiers[name]), suite.cases.get(name, 0), outcomes["passed"], outcomes["skipped"])


def _count_passed(results: Mapping[str, TestResult], tier: Tier) -> Mapping[str, int]:
    """Return the number of passed cases of each test of a tier that has none which did not pass."""
    passed = {name: one.passed for name, one in results.items() if one.tier is tier and not one.failure}
    return {name: cases for name, cases in passed.items() if cases}
