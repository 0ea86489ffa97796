"""Every venue answers requests that are signed by each kind of key that it takes, and refuses the others unsent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from venuekit import Account, Credentials, Runtime, Secret, Venue, errors
from venuekit.capabilities import BalanceReader, LeverageControl
from venuekit.credentials.private_keys import PrivateKey, read_private_key
from venuekit.key_kinds import KeyKind
from venuekit.plugins import make_plugins
from venuekit.simulator import SimKey, SimRequest, Simulation
from venuekit.simulator.key_pairs import make_key_pair
from venuekit.testing import InstantClock

PLUGINS = make_plugins()
TAKEN = {
    "binance_coinm": frozenset(KeyKind),
    "binance_usdm": frozenset(KeyKind),
    "bybit_inverse": frozenset({KeyKind.HMAC, KeyKind.RSA}),
    "aster_usdm_v1": frozenset({KeyKind.HMAC}),
}


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """The venues on a clock on which waiting takes no time."""
    venues = [PLUGINS.venue(venue_id) for venue_id in TAKEN]
    async with Simulation(venues, clock=InstantClock()) as simulation:
        yield simulation


async def _read(runtime: Runtime, venue: Venue[Any], credentials: Credentials) -> Account:
    """Open an account, of which its balances are read."""
    account: Account = await runtime.open(venue, credentials)
    assert await BalanceReader.of(account).get_balances()
    return account


@pytest.mark.parametrize("kind", KeyKind)
async def test_reads_and_writes_are_answered(sim: Simulation, kind: KeyKind) -> None:
    """Signed by a key of the kind, with parameters in query and body; one that another key signed is refused."""
    key = sim.add_key(kind=kind)
    other = make_key_pair(kind, "another")[0] if key.public_key else key.secret[::-1]
    async with Runtime(journal=False, clock=sim._clock) as runtime:
        for venue_id in (one for one, kinds in TAKEN.items() if kind in kinds):
            venue = sim.venue(venue_id)
            account = await _read(runtime, venue, sim.credentials(venue_id, key=key))
            symbol = sim.scenario(venue_id).flat
            await LeverageControl.of(account).set_leverage(symbol, 7)
            assert sim.ledger_of(venue_id).leverage(symbol) == 7

            spoiled = sim.credentials(venue_id, key=attrs.evolve(key, secret=other))
            with pytest.raises((errors.AuthenticationFailed, errors.InvalidRequest)) as refused:
                await _read(runtime, venue, spoiled)
            assert refused.value.code in {-1022, 10004}


@pytest.mark.parametrize(("venue_id", "kinds"), TAKEN.items())
async def test_other_kinds_are_refused_before_anything_is_sent(
    sim: Simulation, venue_id: str, kinds: frozenset[KeyKind]
) -> None:
    """The venue declares the kinds that its users can make; no request is made with a key of another."""
    async with Runtime(journal=False, clock=sim._clock) as runtime:
        assert sim.venue(venue_id).key_kinds == kinds
        for kind in set(KeyKind) - kinds:
            private, _ = make_key_pair(kind, "ours")
            with pytest.raises(errors.CredentialsError, match=f"{venue_id}: the secret is an {kind.label} key"):
                await runtime.open(sim.venue(venue_id), Credentials.sim(sim.rest(venue_id), "k" * 64, private))
        assert sim.requests == []


async def test_a_simulated_venue_may_know_the_public_half_alone(sim: Simulation) -> None:
    """As a real one does, whose user keeps the private key elsewhere; other texts are no public keys."""
    private, public = make_key_pair(KeyKind.ED25519, "held elsewhere")
    key = sim.add_key(public_key=public)
    assert (key.kind, key.secret) == (KeyKind.ED25519, "")
    async with Runtime(journal=False, clock=sim._clock) as runtime:
        own = Credentials.sim(sim.rest("binance_usdm"), key.key, private)
        account = await runtime.open(sim.venue("binance_usdm"), own)
        assert await BalanceReader.of(account).get_balances()
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    other = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (private, "no key", other):
        with pytest.raises(ValueError, match="expected the PEM of a public key, RSA or Ed25519"):
            sim.add_key(public_key=text)


async def test_a_signature_is_read_as_it_travels(sim: Simulation) -> None:
    """In a query string base64 is percent-encoded: a plus sign that is not would be a blank."""
    key = sim.add_key(kind=KeyKind.ED25519)
    codes = [_ask(sim, key, timestamp) for timestamp in range(sim.milliseconds() - 40, sim.milliseconds())]

    assert {bare for _, bare in codes} == {200, 400}
    assert {encoded for encoded, _ in codes} == {200}


def _ask(sim: Simulation, key: SimKey, timestamp: int) -> tuple[int, int]:
    """Return the statuses of one request, its signature percent-encoded and bare."""
    private = read_private_key(Secret(key.secret))
    assert isinstance(private, PrivateKey)
    text = f"timestamp={timestamp}"
    signature = b64encode(private.sign(text.encode())).decode()
    headers = {"X-MBX-APIKEY": key.key}
    encoded, bare = (
        sim.answer(
            "binance_usdm",
            SimRequest(
                verb="GET", path="/fapi/v3/balance", query=f"{text}&signature={written}", headers=headers, body=b""
            ),
        ).status
        for written in (quote(signature, safe=""), signature)
    )
    return encoded, bare
