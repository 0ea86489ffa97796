"""Hosts: an endpoint names the host that it is reached at, and environments say its URL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import pytest

from venuekit import Credentials, Runtime, errors
from venuekit.account import Account
from venuekit.capabilities import LeverageControl
from venuekit.endpoint import Endpoint, Security
from venuekit.payloads import read_json
from venuekit.simulator import Handler, Route, SimRequest, Simulation, Visit
from venuekit.testing import InstantClock
from venuekit.venue import Environment, EnvironmentName, Venue
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.simulated import SimulatedToy

VAULT: Endpoint[Any] = Endpoint("GET", "/vault", decode=read_json, host="vault", security=Security.NONE)
LIVE, DEMO = EnvironmentName.LIVE, EnvironmentName.DEMO


class _SimulatedVault(SimulatedToy):
    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        return {**super().handlers(), VAULT: self.vault}

    def vault(self, _request: SimRequest, _visit: Visit) -> object:
        return {"gold": 1}

    def extra_routes(self) -> Iterable[Route]:
        return ()


def _venue(*environments: Environment) -> Venue[Account]:
    """Return the toy venue with one more endpoint, which another host answers."""
    venue: Venue[Account] = attrs.evolve(
        TOY_PERP, environments=environments, endpoints=(*TOY_PERP.endpoints, VAULT), simulated=_SimulatedVault
    )
    return venue


async def test_an_endpoint_is_sent_to_the_host_that_it_names() -> None:
    """Its requests go to that host's URL, those of other endpoints to the environment's own."""
    elsewhere = Environment(name=DEMO, rest="http://127.0.0.1:1", further_hosts={"vault": "http://127.0.0.1:1"})
    clock = InstantClock()
    async with (
        Simulation((_venue(elsewhere),), clock=clock) as own,
        Simulation((_venue(elsewhere),), clock=clock) as other,
    ):
        further_hosts = {"vault": other.rest("toy_perp")}
        live = Environment(name=LIVE, rest=own.rest("toy_perp"), further_hosts=further_hosts)
        async with Runtime(clock=clock, journal=False) as runtime:
            account = await runtime.open(_venue(live), Credentials(own.key, own.secret, LIVE))
            assert await account.call(VAULT) == {"gold": 1}
        assert [arrival.path for arrival in own.requests] == [TOY.SERVER_TIME.path]
        assert [arrival.path for arrival in other.requests] == ["/vault"]


async def test_a_simulator_answers_for_every_host() -> None:
    """Simulated credentials name one URL, and every endpoint of the venue is sent there."""
    live = Environment(name=LIVE, rest="https://api.toy.invalid", further_hosts={"vault": "https://vault.toy.invalid"})
    venue = _venue(live)
    async with Simulation((venue,), clock=InstantClock()) as sim, Runtime(clock=sim._clock, journal=False) as runtime:
        account = await runtime.open(venue, sim.credentials("toy_perp"))
        assert await account.call(VAULT) == {"gold": 1}


async def test_an_environment_without_the_host_lacks_the_endpoint() -> None:
    """A request to a host that the environment does not have is refused with the host's name, and nothing is sent."""
    live = Environment(name=LIVE, rest="https://api.toy.invalid", further_hosts={"vault": "https://vault.toy.invalid"})
    async with Simulation((_venue(live),), clock=InstantClock()) as sim:
        demo = Environment(name=DEMO, rest=sim.rest("toy_perp"))
        async with Runtime(clock=sim._clock, journal=False) as runtime:
            account = await runtime.open(_venue(live, demo), Credentials(sim.key, sim.secret, DEMO))
            assert account.lacks(VAULT)
            with pytest.raises(errors.UnsupportedCapability, match="demo environment has no vault host") as caught:
                await account.call(VAULT)
        assert caught.value.outcome is errors.Outcome.NOT_SENT
        assert "/vault" not in {arrival.path for arrival in sim.requests}


async def test_an_environment_lacks_an_endpoint_that_it_names() -> None:
    """A request is refused with the declared reason, and nothing is sent; the capabilities of the venue stay."""
    reason = "the demo service has no leverage"
    async with Simulation((TOY_PERP,), clock=InstantClock()) as sim:
        demo = Environment(name=DEMO, rest=sim.rest("toy_perp"), lacks={TOY.SET_LEVERAGE: reason})
        venue: Venue[Account] = attrs.evolve(TOY_PERP, environments=(demo,))
        async with Runtime(clock=sim._clock, journal=False) as runtime:
            account = await runtime.open(venue, Credentials(sim.key, sim.secret, DEMO))
            assert account.lacks(TOY.SET_LEVERAGE)
            assert account.support(LeverageControl)
            with pytest.raises(errors.UnsupportedCapability, match=reason):
                await account.call(TOY.SET_LEVERAGE, symbol="BTC", leverage=5)
        assert TOY.SET_LEVERAGE.path not in {arrival.path for arrival in sim.requests}


def test_an_environment_lacks_only_endpoints_of_its_venue() -> None:
    """Any other one is refused when the venue is made."""
    demo = Environment(name=DEMO, rest="http://127.0.0.1:1", lacks={VAULT: "no vault"})
    with pytest.raises(ValueError, match="toy_perp: the demo environment lacks GET /vault, which the venue does not"):
        attrs.evolve(TOY_PERP, environments=(demo,))


async def test_further_hosts_are_on_the_allow_list() -> None:
    """A further host that the environment's list lacks gets no request: the account is not opened."""
    allowed, further_hosts = frozenset({"api.toy.invalid"}), {"vault": "https://vault.toy.invalid"}
    live = Environment(name=LIVE, rest="https://api.toy.invalid", hosts=allowed, further_hosts=further_hosts)
    async with Runtime(journal=False) as runtime:
        with pytest.raises(errors.CredentialsError, match=re.escape("vault.toy.invalid is not an allowed host")):
            await runtime.open(_venue(live), Credentials("k", "s", LIVE))


def test_a_host_that_no_environment_has_is_refused() -> None:
    """A venue whose endpoint names an unknown host cannot be declared; the error names endpoint and mend."""
    live = Environment(name=LIVE, rest="https://api.toy.invalid")
    with pytest.raises(ValueError, match=r"toy_perp: GET /vault .* 'vault', but no environment .* further_hosts"):
        _venue(live)


def test_host_of_an_endpoint_has_its_port_and_no_user() -> None:
    """As observers report it."""
    further = {"vault": "https://vault.acme.example"}
    place = Environment(name=LIVE, rest="http://user:word@127.0.0.1:81/toy", further_hosts=further)

    assert ("127.0.0.1:81", "vault.acme.example", "") == (place.host_of(), place.host_of("vault"), place.host_of("x"))
