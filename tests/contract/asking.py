"""Documented requests, sent over a real socket to a simulated venue whose account is in a open_desk state."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote

import aiohttp
import attrs
from tests.contract.request_data import DocumentedRequest
from tests.contract.routes import make_simulated
from tests.contract.states import STATES, Ground
from yarl import URL

import venuekit
from venuekit.credentials import Signer
from venuekit.encoding import Encoding
from venuekit.endpoint import Security
from venuekit.plugins import make_plugins
from venuekit.signing import EncodedRequest, Stamp
from venuekit.simulator import Route, Simulation
from venuekit.simulator.routing import Routes
from venuekit.testing import InstantClock

_FORM = "application/x-www-form-urlencoded"
_HOUR = 3_600_000
PLUGINS = make_plugins()


@attrs.frozen
class Answer:
    """The status of an answer, and its body as JSON; fractions are Decimals."""

    status: int
    body: Any

    @property
    def code(self) -> int:
        """The code of a refusal, 0 where the request was carried out, the status where there is no code."""
        fields: dict[str, Any] = self.body if isinstance(self.body, dict) else {}
        code = int(fields.get("code", fields.get("retCode", 0)))
        if self.status == 200 and code in {0, 200}:
            return 0
        return code or self.status


@attrs.frozen(eq=False)
class Desk:
    """A simulated venue with an account in a open_desk state, and who asks it."""

    simulation: Simulation
    ground: Ground
    values: Mapping[str, str]
    signer: Signer
    session: aiohttp.ClientSession
    numbers: Iterator[int] = attrs.field(factory=itertools.count)

    async def ask(self, route: Route | None, parameters: Mapping[str, Any], *, as_form: bool = False) -> Answer:
        """Return the answer to a request; a form carries what else the query does."""
        if route is None:
            raise LookupError(f"{self.ground.venue} does not serve it")
        venue = self.simulation.venue(self.ground.venue)
        request = self._encode(route, parameters, as_form=as_form)
        key = self.simulation.key_of(venue.id)
        now = self.simulation.milliseconds()
        stamp = Stamp(key.key, now, 5000, key.fields, now * 1000 + next(self.numbers))
        if route.security is Security.SIGNED:
            payload = venue.signing.payload(request, stamp)
            sent = venue.signing.attach_signature(request, stamp, payload, await self.signer.sign(payload))
        else:
            sent = venue.signing.without_signature(request, stamp if route.security is Security.KEY else None)
        async with self.session.request(
            sent.verb, _as_is(sent.url), data=sent.body, headers=dict(sent.headers)
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
        return Answer(response.status, json.loads(text, parse_float=Decimal) if is_json else text)

    def _encode(self, route: Route, parameters: Mapping[str, Any], *, as_form: bool) -> EncodedRequest:
        base = self.simulation.rest(self.ground.venue)
        if route.encoding is Encoding.JSON:
            body = json.dumps(parameters, separators=(",", ":")).encode()
            return EncodedRequest(route.verb, base, route.path, "", body, content_type="application/json")
        pairs = "&".join(f"{name}={quote(_text(value), safe='')}" for name, value in parameters.items())
        if as_form:
            return EncodedRequest(route.verb, base, route.path, "", pairs.encode(), content_type=_FORM)
        return EncodedRequest(route.verb, base, route.path, pairs, None)


def _as_is(url: str) -> URL:
    """Return a URL that is sent as it was signed."""
    return URL(url, encoded=True)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


@cache
def routes_of(venue: str) -> tuple[Route, ...]:
    """Return the routes of a simulated venue."""
    declared = PLUGINS.venue(venue)
    return tuple(Routes(declared, make_simulated(declared)))


def ignores_case(venue: str) -> bool:
    """Say whether a simulated venue reads the names of parameters without regard to case."""
    return make_simulated(PLUGINS.venue(venue)).ignores_case


@cache
def route_of(venue: str, name: str) -> Route | None:
    """Return the route of this verb and path, None where the simulated venue does not serve it."""
    verb, _, path = name.partition(" ")
    return next((route for route in routes_of(venue) if (route.verb, route.path) == (verb, path)), None)


@asynccontextmanager
async def open_desk(request: DocumentedRequest) -> AsyncIterator[Desk]:
    """Open a simulated venue with what a request needs."""
    async with (
        venuekit.simulate(
            request.venue, scenario=request.scenario, clock=InstantClock(), plugins=PLUGINS
        ) as simulation,
        aiohttp.ClientSession() as session,
    ):
        terms = request.terms
        ground = Ground(
            request.venue,
            terms["root"],
            terms["symbol"],
            Decimal(terms["quantity"]),
            Decimal(terms["size"]),
            Decimal(terms["margin"]),
            simulation.ledger_of(request.venue),
        )
        values: dict[str, str] = {**terms, **_moments(simulation)}
        for name in request.state:
            values |= STATES[name](ground)
        values |= _prices(ground)
        credentials = simulation.credentials(request.venue)
        signer = PLUGINS.make_signer(simulation.venue(request.venue), credentials)
        desk = Desk(simulation, ground, values, signer, session)
        if request.before is not None:
            first = await desk.ask(route_of(request.venue, request.before), {})
            if first.code:
                raise AssertionError(f"{request.label}: {request.before} was refused first: {first.body}")
        yield desk


def _moments(simulation: Simulation) -> dict[str, str]:
    now = simulation.milliseconds()
    return {
        "earlier": str(now - 72 * _HOUR),
        "start": str(now - _HOUR),
        "end": str(now + _HOUR),
        "later": str(now + 24 * _HOUR),
        "now": str(now),
    }


def _prices(ground: Ground) -> dict[str, str]:
    shares = {"low": "0.97", "lower": "0.96", "mark": "1", "high": "1.02", "higher": "1.03"}
    return {name: format(ground.price(share), "f") for name, share in shares.items()}


def fill_in(value: Any, values: Mapping[str, str]) -> Any:
    """Return a parameter with what the state of the account says in place of each ``{name}``."""
    if isinstance(value, str):
        if value.startswith("{int:"):
            return int(values[value[5:-1]])
        return value.format_map(values) if "{" in value else value
    if isinstance(value, list):
        return [fill_in(one, values) for one in value]
    if isinstance(value, dict):
        return {name: fill_in(one, values) for name, one in value.items()}
    return value
