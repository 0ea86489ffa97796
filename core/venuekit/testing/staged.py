"""A venue on stage: simulated on a real socket or a fake transport, with a watched account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
from multidict import CIMultiDict

from venuekit.account import Account
from venuekit.clock import Clock
from venuekit.credentials import Credentials
from venuekit.endpoint import Endpoint
from venuekit.message import HttpRequest, HttpResponse
from venuekit.runtime import Runtime
from venuekit.simulator import Arrival, Market, Scenario, Simulation
from venuekit.simulator.ledger import Ledger
from venuekit.testing.clocks import InstantClock
from venuekit.testing.fake import FakeTransport, Watch, plugins_with
from venuekit.testing.replay import believe_replay, replay_of
from venuekit.testing.sent import as_arrived
from venuekit.venue import Venue


@attrs.frozen(eq=False)
class Stage:
    """An account of one venue on its simulator, over real sockets."""

    venue: Venue[Any]
    simulation: Simulation
    account: Any
    watch: Watch
    clock: Clock

    @property
    def scenario(self) -> Scenario:
        """The scenario of the account."""
        return self.simulation.scenario(self.venue.id)

    @property
    def ledger(self) -> Ledger:
        """The ledger behind the account."""
        return self.simulation.ledger_of(self.venue.id)

    def arrivals(self, endpoint: Endpoint[Any]) -> list[Arrival]:
        """Return the requests that arrived for an endpoint, oldest first."""
        return [arrival for arrival in self.simulation.requests if arrival.endpoint_name == endpoint.name]

    def disturb(self, endpoint: Endpoint[Any], *disturbances: Any, times: int = 1) -> None:
        """Add disturbances of the next attempts on an endpoint."""
        self.simulation.disturb(self.venue.id, endpoint, *disturbances, times=times)


@asynccontextmanager
async def on_stage(
    venue: Venue[Any],
    scenario: str = "holding",
    *,
    clock: Clock | None = None,
    keep_raw: bool = False,
    markets: Sequence[Market] = (),
) -> AsyncIterator[Stage]:
    """
    Simulate a venue, with changed or further ``markets``, and open an account on it.

    By default it has a clock without real waits.

    A venue without a simulated venue answers from its recorded answers, and is the stage's ``venue`` with that replay.
    """
    venue, clock = replay_of(venue), clock or InstantClock()
    watch = Watch()
    with believe_replay(venue):
        async with (
            Simulation((venue,), scenario=scenario, clock=clock, markets={venue.id: markets}) as simulation,
            Runtime(plugins=plugins_with(watch), clock=clock, journal=False) as runtime,
        ):
            account = await runtime.open(venue, simulation.credentials(venue.id), keep_raw=keep_raw)
            simulation.requests.clear()
            yield Stage(venue, simulation, account, watch, clock)


def token_of(account: Account) -> str:
    """Return the text of an account's session token, empty where it has none."""
    tokens = account._session.tokens  # noqa: SLF001 - no caller can see it
    return "" if tokens is None or tokens.token is None else tokens.token.text.reveal()


@attrs.frozen(eq=False)
class FakeStage:
    """
    An account over a fake transport, opened against the venue's simulated venue; the transport's ``reply`` may be
    replaced.
    """

    venue: Venue[Any]
    transport: FakeTransport
    account: Account
    watch: Watch
    base: str
    key: str
    simulation: Simulation

    @property
    def token(self) -> str:
        """The text of the account's session token, empty where it has none."""
        return token_of(self.account)

    def arrival(self, request: HttpRequest) -> Arrival:
        """Return a sent request as the venue reads it when it arrives."""
        return self.simulation.arrival(self.venue.id, as_arrived(request, self.base))


@asynccontextmanager
async def fake_stage(
    venue: Venue[Any], scenario: str = "holding", *, clock: Clock | None = None, keep_raw: bool = False
) -> AsyncIterator[FakeStage]:
    """
    Open an account on a fake transport that passes requests to the venue's simulated venue.

    A venue without one answers from its recorded answers, as on :func:`on_stage`.
    """
    venue, clock = replay_of(venue), clock or InstantClock()
    simulation = Simulation((venue,), scenario=scenario, clock=clock)
    base = f"http://127.0.0.1:9/{venue.id}"

    def reply(request: HttpRequest) -> HttpResponse:
        answer = simulation.answer(venue.id, as_arrived(request, base))
        return HttpResponse(answer.status, CIMultiDict(answer.headers), answer.body)

    transport = FakeTransport(reply)
    watch = Watch(transport)
    with believe_replay(venue):
        async with Runtime(plugins=plugins_with(watch), clock=clock, journal=False) as runtime:
            key = simulation.key_of(venue.id)
            credentials = Credentials.sim(base, key.key, key.secret, fields=key.fields)
            account = await runtime.open(venue, credentials, keep_raw=keep_raw)
            transport.requests.clear()
            yield FakeStage(venue, transport, account, watch, base, key.key, simulation)
