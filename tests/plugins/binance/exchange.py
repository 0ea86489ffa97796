"""A venue without sockets, for tests of its simulated side alone, and the shape of its answers."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import attrs

from venuekit.plugin import Endpoint, Venue, from_milliseconds
from venuekit.simulator import (
    Response,
    Scenario,
    Service,
    SimKey,
    SimRequest,
    SimulatedVenue,
    make_key,
    open_ledger,
)
from venuekit.simulator.ledger import Ledger

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


def scenario_of(simulated: SimulatedVenue, name: str) -> Scenario:
    """Return a simulated venue's scenario of this name."""
    return next(scenario for scenario in simulated.scenarios if scenario.name == name)


def open_exchange(venue: Venue[Any], scenario: str) -> Exchange:
    """Open a venue's simulated in one of its scenarios, with a key that may trade and one that may only read."""
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
