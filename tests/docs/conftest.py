"""Reading what the documentation shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.pages import ROOT, Page


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def readme() -> Page:
    """README.md."""
    return Page(ROOT / "README.md")


@pytest.fixture(scope="session")
def plugins_page() -> Page:
    """docs/plugins.md."""
    return Page(ROOT / "docs" / "plugins.md")


@pytest.fixture(scope="session")
def architecture() -> Page:
    """docs/architecture.md."""
    return Page(ROOT / "docs" / "architecture.md")


@pytest.fixture(scope="session")
def dead_man_page() -> Page:
    """docs/dead_man.md."""
    return Page(ROOT / "docs" / "dead_man.md")


@pytest.fixture(scope="session")
def sync_page() -> Page:
    """docs/sync.md."""
    return Page(ROOT / "docs" / "sync.md")


@pytest.fixture(scope="session")
def order_check_page() -> Page:
    """docs/order_check.md."""
    return Page(ROOT / "docs" / "order_check.md")


@pytest.fixture(scope="session")
def closing_page() -> Page:
    """docs/closing.md."""
    return Page(ROOT / "docs" / "closing.md")


@pytest.fixture(scope="session")
def instruments_page() -> Page:
    """docs/instruments.md."""
    return Page(ROOT / "docs" / "instruments.md")


@pytest.fixture(scope="session")
def orders_page() -> Page:
    """docs/orders.md."""
    return Page(ROOT / "docs" / "orders.md")


@pytest.fixture(scope="session")
def histories_page() -> Page:
    """docs/histories.md."""
    return Page(ROOT / "docs" / "histories.md")


@pytest.fixture(scope="session")
def simulator_page() -> Page:
    """docs/simulator.md."""
    return Page(ROOT / "docs" / "simulator.md")


@pytest.fixture(scope="session")
def keys_page() -> Page:
    """docs/keys.md."""
    return Page(ROOT / "docs" / "keys.md")


@pytest.fixture(scope="session")
def settings_page() -> Page:
    """docs/settings.md."""
    return Page(ROOT / "docs" / "settings.md")


@pytest.fixture(scope="session")
def worlds_page() -> Page:
    """docs/worlds.md."""
    return Page(ROOT / "docs" / "worlds.md")


@pytest.fixture(scope="session")
def budgets_page() -> Page:
    """docs/budgets.md."""
    return Page(ROOT / "docs" / "budgets.md")


@pytest.fixture(scope="session")
def fleet_page() -> Page:
    """docs/fleet.md."""
    return Page(ROOT / "docs" / "fleet.md")


@pytest.fixture(scope="session")
def portfolio_page() -> Page:
    """docs/portfolio.md."""
    return Page(ROOT / "docs" / "portfolio.md")


@pytest.fixture(scope="session")
def disturbances_page() -> Page:
    """docs/disturbances.md."""
    return Page(ROOT / "docs" / "disturbances.md")


@pytest.fixture(scope="session")
def streams_page() -> Page:
    """docs/simulated_streams.md."""
    return Page(ROOT / "docs" / "simulated_streams.md")


@pytest.fixture(scope="session")
def control_page() -> Page:
    """docs/simulator_control.md."""
    return Page(ROOT / "docs" / "simulator_control.md")
