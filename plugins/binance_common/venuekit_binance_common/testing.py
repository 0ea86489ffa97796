"""For the tests of both plugins: venues with and without sockets, and accounts that are answered by recorded bodies."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import attrs

from venuekit.plugin import HttpRequest, HttpResponse, from_milliseconds
from venuekit.testing.clocks import InstantClock
from venuekit.testing.fake import FakeTransport, account_over, json_answer
from venuekit.testing.recorded import Recorded

if TYPE_CHECKING:
    from venuekit.capabilities import OrderRequest
    from venuekit.plugin import Account, Endpoint, Venue
    from venuekit.simulator import Arrival, Response, Scenario, Service, SimKey, SimRequest, SimulatedVenue, Simulation
    from venuekit.simulator.ledger import Ledger

__all__ = [
    "START",
    "Exchange",
    "LeapingStage",
    "answering",
    "leaping",
    "open_exchange",
    "scenario_of",
    "shape",
    "time_telling_transport",
    "timeless",
]

A = TypeVar("A", bound="Account")
V = TypeVar("V")

#: when the clock of an exchange starts, in milliseconds
START = 1_750_000_000_000


@attrs.define
class Exchange:
    """A venue without sockets, and a client that signs by hand; ``clock`` holds the milliseconds."""

    service: Service
    key: SimKey
    clock: list[int]

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.service.ledger

    def request(
        self,
        verb: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        secret: str | None = None,
        stamp: int | None = None,
        **parameters: Any,
    ) -> SimRequest:
        """Return a signed request; the parameters travel in the query, those of ``body`` as a form."""
        from venuekit.simulator import SimRequest

        timed = {"timestamp": self.clock[0] if stamp is None else stamp}
        query = urlencode({**parameters, **timed})
        form = "" if body is None else urlencode(body)
        signature = hmac.new((secret or self.key.secret).encode(), (query + form).encode(), hashlib.sha256).hexdigest()
        headers = {"X-MBX-APIKEY": self.key.key if key is None else key}
        if body is None:
            query += f"&signature={signature}"
        else:
            form += f"&signature={signature}"
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return SimRequest.of(verb, path, query=query, body=form.encode(), headers=headers)

    def ask(self, verb: str, path: str, **options: Any) -> Response:
        """Return what is answered to a signed request."""
        return self.service.answer(self.request(verb, path, **options))

    def fetch(self, endpoint: Endpoint[Any], **parameters: Any) -> Any:
        """Return the JSON of an answer that must be a success."""
        response = self.ask(endpoint.verb, endpoint.path, **parameters)
        if response.status != 200:
            raise AssertionError(response.body)
        return json.loads(response.body)

    def refusal(self, verb: str, path: str, **options: Any) -> tuple[int, int, str]:
        """Return status, code and words of an answer that must be a refusal."""
        response = self.ask(verb, path, **options)
        said = json.loads(response.body)
        return response.status, said["code"], said["msg"]


@attrs.frozen
class LeapingStage:
    """A simulated venue and an account of it on one clock that leaps over waiting; see :func:`leaping`."""

    sim: Simulation
    account: Any

    @property
    def venue(self) -> str:
        """The venue's id."""
        return str(self.account.venue.id)

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger

    def arrivals(self, endpoint: Any) -> list[Arrival]:
        """Return what arrived at an endpoint."""
        return [one for one in self.sim.requests if (one.verb, one.path) == (endpoint.verb, endpoint.path)]

    def disturb(self, endpoint: Any, *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(self.venue, endpoint, *steps, times=times)

    async def place(self, *requests: OrderRequest) -> list[str]:
        """Place orders, let the venue decide, and return their ids."""
        found = [await self.account.place_order(request) for request in requests]
        await self.account.pause(0.5)
        return [order.id for order in found]


@asynccontextmanager
async def leaping(
    venue: str, scenario: str = "holding", *, pause: float = 0, **details: Any
) -> AsyncIterator[tuple[Simulation, Any]]:
    """
    Simulate a venue over real sockets and open an account of it, ``details`` as :func:`venuekit.connect` takes them.

    Both follow the running loop's time, which must leap over waiting (looptime); ``pause`` seconds of it pass first.
    """
    import venuekit
    from venuekit.testing.clocks import LoopClock

    clock = LoopClock()
    async with (
        venuekit.simulate(venue, clock=clock, scenario=scenario) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime, **details) as account,
    ):
        if pause:
            await account.pause(pause)
        yield sim, account


def scenario_of(simulated: SimulatedVenue, name: str) -> Scenario:
    """Return a simulated venue's scenario of this name."""
    return next(scenario for scenario in simulated.scenarios if scenario.name == name)


def open_exchange(venue: Venue[Any], scenario: str) -> Exchange:
    """Open a venue's simulated in one of its scenarios, with a key that may trade and one that may only read."""
    from venuekit.simulator import Service, make_key, open_ledger

    if venue.simulated is None:
        raise LookupError(f"{venue.id} brings no simulated venue")
    clock, key, read_only = [START], make_key(0), make_key(0, read_only=True)
    simulated = venue.simulated()
    ledger = open_ledger([simulated], lambda: from_milliseconds(clock[0]))
    scenario_of(simulated, scenario).stage(ledger)
    keys = {each.key: each for each in (key, read_only)}
    return Exchange(Service(venue, simulated, ledger, keys=keys, now=lambda: clock[0]), key, clock)


def shape(value: object) -> object:
    """Return what a JSON value is made of: names and types, a list by its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if type(value) in {int, float} else type(value).__name__


def time_telling_transport() -> FakeTransport:
    """Return a transport that knows the venue's time and nothing else; :func:`answering` teaches it more."""
    clock = InstantClock()

    def tell_time(request: HttpRequest) -> HttpResponse:
        if not request.url.endswith("/v1/time"):
            raise AssertionError(f"nobody answers {request}")
        return json_answer({"serverTime": clock.milliseconds()})

    return FakeTransport(tell_time)


def answering(
    venue: Venue[A], recorded: Recorded, transport: FakeTransport
) -> Callable[..., AbstractAsyncContextManager[A]]:
    """
    Return what opens an account whose requests are answered by the named cases.

    Several cases of one route are given in their order, the last one again and again.
    """

    def open_account(*names: str, keep_raw: bool = False) -> AbstractAsyncContextManager[A]:
        queues: dict[tuple[str, str], list[HttpResponse]] = {}
        for name in names:
            case = recorded.case(name)
            queues.setdefault(case.route, []).append(case.response())
        tell_time = transport.reply

        def reply(request: HttpRequest) -> Any:
            path = request.url.partition("?")[0].partition(f"/{venue.id}")[2]
            queue = queues.get((request.verb, path))
            if queue is None:
                return tell_time(request)
            return _narrow(queue.pop(0) if len(queue) > 1 else queue[0], request.url)

        transport.reply = reply
        return account_over(venue, transport, clock=InstantClock(), keep_raw=keep_raw)

    return open_account


def _narrow(response: HttpResponse, url: str) -> HttpResponse:
    """Return the rows of the symbol that was asked for, as the venue does."""
    symbols = parse_qs(urlsplit(url).query).get("symbol", [])
    rows = json.loads(response.body) if symbols and response.body[:1] == b"[" else ()
    if not rows or not all(isinstance(row, dict) and "symbol" in row for row in rows):
        return response
    return response._replace(body=json.dumps([row for row in rows if row["symbol"] in symbols]).encode())


def timeless(value: V) -> V:
    """Return a value without the instants at which it was read, which must be there."""
    for name in ("as_of", "received_at"):
        if getattr(value, name).tzinfo is not UTC:
            raise AssertionError(f"{name} of {value} is no UTC time")
    told: Any = value
    evolved: V = attrs.evolve(told, as_of=None, received_at=None)
    return evolved
