"""The pytest plugin: simulated venues as a fixture, and reports of conformance. Its import is nearly free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from venuekit.simulator.background import BackgroundSimulation


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option of conformance reports."""
    parser.getgroup("venuekit").addoption(
        "--conformance-report",
        metavar="DIR",
        type=Path,
        help="write DIR/<distribution>/conformance.json: the tier of each venue, and the result of each test",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the reporter where it is asked for."""
    directory: Path | None = config.getoption("conformance_report")
    if directory is not None:
        from venuekit.testing.conformance.report import ConformanceReport

        config.pluginmanager.register(ConformanceReport(config, directory), "venuekit-conformance-report")
    config.addinivalue_line(
        "markers",
        "venuekit(*venue_ids, scenario='holding', seed=0, markets=(), accounts={}, prices={}, world=None): the venues "
        "that the fixture venuekit_sim runs, none for every installed one; the rest is as of venuekit.simulate",
    )


@pytest.fixture
def venuekit_sim(request: pytest.FixtureRequest) -> Iterator[BackgroundSimulation]:
    """
    Simulated venues in a thread of their own, for tests of any style: plain, async, with clients that block.

    ``@pytest.mark.venuekit("acme_perp", scenario="flat", accounts={"a": {"USD": 1000}})`` names the venues and the
    other arguments of :func:`venuekit.simulate`; without the marker every installed venue is there.

    A test that is a coroutine itself and wants disturbances, the ledger or an injected clock writes
    ``async with venuekit.simulate(...)`` instead.
    """
    from venuekit.simulator.background import BackgroundSimulation

    marker = request.node.get_closest_marker("venuekit")
    venue_ids, options = (marker.args, marker.kwargs) if marker else ((), {})
    with BackgroundSimulation(*venue_ids, **options) as simulation:
        yield simulation
