"""A simulated Bybit over a real socket, an account on it, and the recorded bodies."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_asking import Ask, make_asker

import venuekit
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.testing.recorded import Recorded, find_recorded, load_recorded
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount

VENUE = BYBIT_INVERSE.id


@pytest.fixture
def recorded() -> Recorded:
    """The recorded answers of this distribution."""
    return load_recorded(find_recorded(BYBIT_INVERSE))


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """Bybit on this machine, in isolated margin with a large BTCUSD position."""
    async with venuekit.simulate(VENUE) as simulation:
        yield simulation


@pytest.fixture
async def account(sim: Simulation) -> AsyncIterator[BybitInverseAccount]:
    """An account on the simulated venue that keeps the venue's own objects."""
    async with venuekit.connect(VENUE, sim.credentials(VENUE), keep_raw=True) as opened:
        assert isinstance(opened, BybitInverseAccount)
        yield opened


@pytest.fixture
def ask(account: BybitInverseAccount) -> Ask:
    """Ask the simulated venue anything, signed with the account's key."""
    return make_asker(account)


@pytest.fixture
def replay(sim: Simulation, recorded: Recorded) -> Callable[..., None]:
    """Let the venue answer the next requests of each case's route with its recorded body, as if it were of now."""

    def play(*names: str, times: int = 1, **words: str) -> None:
        for case in map(recorded.case, names):
            # the documented answers belong to several questions; ``words`` are put in the place of others
            body = case.body
            if case.verb == "POST":  # an answer to a write that is older than the write is not believed
                body = re.sub(rb'"time": ?\d+\s*\}\s*$', b'"time": %d}' % (sim.milliseconds() + 60_000), body)
            for old, new in words.items():
                body = body.replace(old.encode(), new.encode())
            sim.disturb(VENUE, case.endpoint_name, CannedAnswer(case.status, body), times=times)

    return play


@pytest.fixture
def arrivals(sim: Simulation) -> Callable[[str], list[str]]:
    """Return the query parameters or bodies that arrived on a path, as text, oldest first."""

    def of(path: str) -> list[str]:
        found = [arrival.request for arrival in sim.requests if arrival.path == path]
        return [request.query or request.body.decode() for request in found]

    return of


@pytest.fixture
def late(sim: Simulation) -> Callable[[int], None]:
    """Let the venue's clock be at an instant, so that old recorded answers are of the recent past."""

    def set_clock(milliseconds: int) -> None:
        sim.skew((milliseconds - sim.milliseconds()) / 1000)

    return set_clock


@pytest.fixture
def last_page(sim: Simulation) -> Callable[[str], None]:
    """Let a history end behind a documented page, whose cursor the simulated venue does not know."""

    def end(path: str) -> None:
        nothing: dict[str, Any] = {"list": [], "rows": [], "orderBody": [], "nextPageCursor": ""}
        sim.disturb(VENUE, ("GET", path), CannedAnswer.json(200, {"retCode": 0, "result": nothing}))

    return end
