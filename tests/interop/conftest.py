"""
Clients that nobody here wrote, pointed at the simulator through their public constructor and attributes.

What is in ``python_binance`` runs in an environment of its own: ``make interop-python-binance``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from importlib.metadata import packages_distributions
from typing import Any

import pytest
from tests.interop.desk import Desk
from tests.interop.guard import stay_on_this_machine

import venuekit

# two clients have a package called binance, and only one of them can be there
collect_ignore = [] if "python-binance" in packages_distributions()["binance"] else ["python_binance"]


@pytest.fixture(autouse=True)
def nothing_leaves() -> Iterator[None]:
    """No client asks the internet, not even in its constructor."""
    with stay_on_this_machine() as asked:
        yield
    assert asked == []


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    """Whatever a foreign client opened is closed in the end, and no proxy of the environment comes in between."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def scenario() -> str:
    """What the account holds; a test overrides it by parametrizing."""
    return "holding"


@pytest.fixture
async def usdm(clients: ExitStack, scenario: str) -> AsyncIterator[Desk]:
    """``UMFutures`` of binance-futures-connector against the simulated venue."""
    from binance.um_futures import UMFutures

    async with venuekit.simulate("binance_usdm", scenario=scenario) as sim:
        yield Desk(sim, "binance_usdm", _connector(UMFutures, sim.rest("binance_usdm"), clients))


@pytest.fixture
async def coinm(clients: ExitStack, scenario: str) -> AsyncIterator[Desk]:
    """``CMFutures`` of binance-futures-connector against the simulated venue."""
    from binance.cm_futures import CMFutures

    async with venuekit.simulate("binance_coinm", scenario=scenario) as sim:
        yield Desk(sim, "binance_coinm", _connector(CMFutures, sim.rest("binance_coinm"), clients))


def _connector(client_class: type[Any], rest: str, clients: ExitStack) -> Callable[[str, str], Any]:
    """Return what makes a client of the connector, which is closed in the end."""

    def make(key: str, secret: str) -> Any:
        client = client_class(key=key, secret=secret, base_url=rest)
        clients.enter_context(closing(client.session))
        return client

    return make


@pytest.fixture
async def inverse(clients: ExitStack, scenario: str) -> AsyncIterator[Desk]:
    """``HTTP`` of pybit against the simulated venue."""
    from pybit.unified_trading import HTTP

    async with venuekit.simulate("bybit_inverse", scenario=scenario) as sim:

        def make(key: str, secret: str) -> HTTP:
            client = HTTP(api_key=key, api_secret=secret, retry_codes={10006})
            client.endpoint = sim.rest("bybit_inverse")
            clients.enter_context(closing(client.client))
            return client

        yield Desk(sim, "bybit_inverse", make)
