"""connect(): who shares what, where credentials may go, and what cannot be opened."""

from __future__ import annotations

import attrs
import pytest

import venuekit
from venuekit import Credentials, Environment, EnvironmentName, errors
from venuekit.pipeline.interlock import environment_of
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY


def _asked_for_the_time(sim: Simulation) -> int:
    return sum((one.verb, one.path) == (TOY.SERVER_TIME.verb, TOY.SERVER_TIME.path) for one in sim.requests)


async def test_accounts_without_a_runtime_share_the_loops_own() -> None:
    """The second account finds clock and connection of the first; the last to leave closes them."""
    async with venuekit.simulate("toy_perp") as sim:
        credentials = sim.credentials("toy_perp")
        async with venuekit.connect("toy_perp", credentials) as one:
            async with venuekit.connect("toy_perp", credentials) as two:
                assert one is not two
                assert _asked_for_the_time(sim) == 1
            await one.sync_clock()
            assert _asked_for_the_time(sim) == 2

        async with venuekit.connect("toy_perp", credentials):
            assert _asked_for_the_time(sim) == 3


async def test_an_account_that_cannot_be_opened_leaves_nothing_open() -> None:
    """The loop's runtime is closed when its only user fails to open, and the next one gets a fresh one."""
    async with venuekit.simulate("toy_perp") as sim:
        for _ in range(2):
            with pytest.raises(errors.UnknownVenue):
                async with venuekit.connect("toy_prep", sim.credentials("toy_perp")):
                    pass
        async with venuekit.connect("toy_perp", sim.credentials("toy_perp")) as account:
            assert account.venue.id == "toy_perp"


async def test_an_unknown_venue_names_the_installed_ones_and_the_nearest() -> None:
    """A misspelt id is answered with what there is; nothing is sent."""
    async with venuekit.simulate("toy_perp") as sim:
        with pytest.raises(errors.UnknownVenue, match=r"'toy_prep'; installed: .*toy_perp.*; did you mean toy_perp\?"):
            async with venuekit.connect("toy_prep", sim.credentials("toy_perp")):
                pass

        assert sim.requests == []


async def test_a_venue_may_be_handed_over_instead_of_its_id() -> None:
    """The venue itself opens the same account class as its id."""
    async with (
        venuekit.simulate("toy_perp") as sim,
        venuekit.connect(TOY_PERP, sim.credentials("toy_perp")) as account,
    ):
        assert TOY_PERP.account is type(account)


def test_an_unknown_transport_is_refused_at_once() -> None:
    """Only what there is can be asked for."""
    with pytest.raises(errors.ConfigurationError, match="no transport 'smoke'; there are 'rest' and 'websocket'"):
        venuekit.connect("toy_perp", Credentials.sim("http://127.0.0.1:1", "k", "s"), transport="smoke")


async def test_an_environment_the_venue_does_not_have_is_refused() -> None:
    """The error lists the venue's environments."""
    with pytest.raises(errors.ConfigurationError, match=r"toy_perp: no environment .*testnet.*; it has live"):
        async with venuekit.connect("toy_perp", Credentials("k", "s", EnvironmentName.TESTNET)):
            pass


def test_an_environment_that_does_not_exist_is_refused() -> None:
    """The error lists the environments that any venue may have."""
    with pytest.raises(errors.CredentialsError, match="no environment 'prod'; there are live, testnet, demo, sim"):
        Credentials("k", "s", "prod")


@pytest.mark.parametrize(
    ("rest", "stream"),
    [
        ("https://evil.example", None),
        ("http://api.toy.invalid", None),
        ("https://api.toy.invalid.evil.example", None),
        ("https://api.toy.invalid", "ws://api.toy.invalid"),
        ("https://api.toy.invalid", "wss://evil.example"),
    ],
)
async def test_credentials_travel_to_allowed_hosts_and_encrypted_only(rest: str, stream: str | None) -> None:
    """A venue whose URL is not on its own allow-list, or not encrypted, is never connected to."""
    place = Environment(name=EnvironmentName.LIVE, rest=rest, stream=stream, hosts=frozenset({"api.toy.invalid"}))
    venue = attrs.evolve(TOY_PERP, environments=(place,))

    with pytest.raises(errors.CredentialsError, match="is not an allowed host"):
        async with venuekit.connect(venue, Credentials("k", "s", "live")):
            pass


def test_allowed_hosts_are_where_credentials_belong() -> None:
    """The declared environment itself is fine, and the simulator's is the one its credentials name."""
    assert environment_of(TOY_PERP, Credentials("k", "s", "live")).rest == "https://api.toy.invalid"
    assert environment_of(TOY_PERP, Credentials.sim("http://[::1]:7/x/", "k", "s")).rest == "http://[::1]:7/x"


@pytest.mark.parametrize(
    "url",
    ["http://203.0.113.9/x", "https://api.toy.invalid", "http://127.0.0.1@evil.example/x", "http://localhost.evil"],
)
def test_simulator_credentials_stay_on_loopback(url: str) -> None:
    """Whatever the URL pretends, its host must be this machine."""
    with pytest.raises(errors.CredentialsError, match="this machine only"):
        Credentials.sim(url, "k", "s")


@pytest.mark.parametrize("venue_id", make_plugins().venue_ids())
def test_accounts_are_slotted(venue_id: str) -> None:
    """No part of an account class forgot its slots: an account has no dictionary."""
    kind = make_plugins().venue(venue_id).account

    assert [part.__name__ for part in kind.__mro__ if part is not object and "__dict__" in vars(part)] == []
    assert kind.__dictoffset__ == 0
