"""A simulation as a whole: venues behind one port, accounts, keys, seeds, clocks, its end."""

from __future__ import annotations

import asyncio
import hashlib
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import Runtime
from venuekit.capabilities import LeverageReader
from venuekit.errors import ConfigurationError, UnknownVenue
from venuekit.simulator import Delay, Scenario, Simulation, make_key, simulate
from venuekit.testing.clocks import LoopClock
from venuekit.venue import Venue
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.simulated import SimulatedToy


class _SimulatedTwin(SimulatedToy):
    """Lists another contract and stages nothing of its own."""

    contracts = (attrs.evolve(SimulatedToy.contracts[0], symbol="ORBUSD", base="ORB"),)
    scenarios = (
        Scenario(name="holding", title="nothing more", stage=lambda _: None, held=None, flat="ORBUSD", target={}),
    )


def _twin(**changes: Any) -> Venue[Any]:
    return attrs.evolve(TOY_PERP, **{"id": "toy_twin", "realm": "toy_twin", **changes})


async def test_one_port_serves_several_venues(toy: Any) -> None:
    """Every venue is below its own prefix of one port, and of another realm has an account of its own."""
    async with Simulation((TOY_PERP, _twin())) as sim, toy(sim) as first, toy(sim, "toy_twin") as second:
        await first.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=12)
        await second.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=13)

        assert sim.rest("toy_perp").rpartition("/")[0] == sim.rest("toy_twin").rpartition("/")[0]
        assert Decimal(12) == sim.ledger_of("toy_perp").leverage("TOYUSD")
        assert Decimal(13) == sim.ledger_of("toy_twin").leverage("TOYUSD")
        with pytest.raises(LookupError, match="ledger_of"):
            _ = sim.ledger


async def test_venues_of_one_realm_share_account_and_pools(toy: Any) -> None:
    """Venues of one realm write to one ledger and count into one pool."""
    mate = _twin(realm="toy_perp", simulated=_SimulatedTwin)
    async with Simulation((TOY_PERP, mate)) as sim, toy(sim) as first, toy(sim, "toy_twin") as second:
        one = await first.send("GET", "/v1/wallet")
        two = await second.send("GET", "/v1/wallet")

        assert one.json == two.json
        assert (one.headers["x-toy-used"], two.headers["x-toy-used"]) == ("5", "10")
        assert sim.ledger is sim.ledger_of("toy_twin")
        assert {"TOYUSD", "GEMUSD", "ORBUSD"} == sim.ledger.contracts.keys()


async def test_mates_must_agree_about_the_rules() -> None:
    """Venues of one realm whose simulated venues give different rules are refused."""

    class Other(_SimulatedTwin):
        rules = attrs.evolve(SimulatedToy.rules, money_decimals=2)

    with pytest.raises(ConfigurationError, match="different rules"):
        Simulation((TOY_PERP, _twin(realm="toy_perp", simulated=Other)))


async def test_no_id_serves_what_is_installed() -> None:
    """Without an id every installed venue that can be simulated is served, the toy venue among them."""
    async with simulate() as sim:
        assert "toy_perp" in sim.venue_ids


async def test_what_cannot_be_simulated() -> None:
    """An unknown venue, one that cannot be simulated and an unknown scenario are errors before anything listens."""
    with pytest.raises(UnknownVenue, match="toy_perp"):
        simulate("toy_prep")
    with pytest.raises(ConfigurationError, match="brings no simulator"):
        Simulation((_twin(simulated=None),))
    with pytest.raises(ConfigurationError, match="it has holding, flat"):
        simulate("toy_perp", scenario="rich")


async def test_scenarios(toy: Any) -> None:
    """``holding`` holds an isolated position too large for the highest leverage; ``flat`` holds nothing."""
    async with simulate("toy_perp") as holding, simulate("toy_perp", scenario="flat") as flat:
        told = holding.scenario("toy_perp")
        assert told.held is not None
        held = holding.ledger.position(told.held)

        assert (held.quantity, held.margin_type) == (100, "isolated")
        assert holding.ledger.max_leverage(told.held) < holding.ledger.contract(told.held).max_leverage
        assert not holding.ledger.position(told.flat).quantity
        assert (flat.scenario("toy_perp").held, flat.ledger.positions()) == (None, ())
        assert flat.ledger.balance("USD").wallet > 0


def test_keys_come_from_the_seed() -> None:
    """Keys and secrets are 64 letters and digits that depend on the seed alone, and are not shown."""
    trading, reading, other = make_key(7), make_key(7, read_only=True), make_key(8)
    texts = [trading.key, trading.secret, reading.key, reading.secret, other.key, other.secret]

    assert make_key(7) == trading
    assert len(set(texts)) == 6
    assert all(len(text) == 64 and text.isalnum() and text.isascii() for text in texts)
    assert not any(text in repr((trading, reading)) for text in texts)


@pytest.mark.looptime
async def test_same_seed_and_clock_give_the_same_bytes(toy: Any) -> None:
    """Two simulations of one seed on equal clocks answer the same requests byte for byte, headers included."""
    digests = []
    for _ in range(2):
        start = asyncio.get_running_loop().time()
        clock = LoopClock(1_750_000_000_000 - round(start * 1000))
        async with simulate("toy_perp", seed=3, clock=clock) as sim, toy(sim) as client:
            replies = [
                await client.send("GET", "/v1/positions"),
                await client.send("POST", "/v1/collateral", contract="TOYUSD", amount=3),
                await client.send("GET", "/v1/wallet"),
                await client.send("GET", "/v1/nothing"),
            ]
        digests.append(hashlib.sha256(repr((sim.key, replies)).encode()).hexdigest())
        await asyncio.sleep(30)

    assert digests[0] == digests[1]


@pytest.mark.looptime
async def test_client_and_simulator_in_one_loop() -> None:
    """On a loop that leaps over idle time venuekit's own client and the simulator agree about it."""
    clock = LoopClock()
    async with (
        simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect(TOY_PERP, sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        sim.disturb("toy_perp", ("GET", "/v1/settings"), Delay(after=4))
        before = clock.milliseconds()
        setting = await account.get_leverage("TOYUSD")
        await asyncio.sleep(3600)
        later = await account.get_leverage("TOYUSD")

        assert setting == later
        assert pytest.approx(clock.milliseconds() - before, abs=50) == 3_604_000


async def test_read_only_credentials_meet_the_venues_words() -> None:
    """The read-only credentials open an account whose writes the venue itself refuses."""
    async with (
        simulate("toy_perp") as sim,
        venuekit.connect(TOY_PERP, sim.credentials("toy_perp", read_only=True)) as account,
    ):
        assert await account.get_balances()
        with pytest.raises(venuekit.errors.PermissionDenied, match="1004"):
            await account.set_leverage("TOYUSD", 12)


async def test_the_end_closes_everything(toy: Any) -> None:
    """After the end nothing listens, warm connections are closed, and what was to be applied later is forgotten."""
    from venuekit.simulator import ApplyLater

    async with simulate("toy_perp") as sim, toy(sim) as idle, toy(sim) as lost:
        await idle.send("GET", "/v1/wallet")
        sim.disturb("toy_perp", ("POST", "/v1/collateral"), ApplyLater(0.05))
        await lost.send("POST", "/v1/collateral", contract="TOYUSD", amount=5)
        port, tasks_before = sim.port, asyncio.all_tasks()
        await sim.__aexit__(None, None, None)

        assert await idle.reader.read() == b""
        assert asyncio.all_tasks() <= tasks_before
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.06)
        assert sim.ledger.margin_changes() == ()


async def test_taken_port() -> None:
    """A port that is taken is a plain error."""
    async with simulate("toy_perp") as sim:
        with pytest.raises(ConfigurationError, match=f"port {sim.port}"):
            async with simulate("toy_perp", port=sim.port):
                pass


async def test_keys_of_one_account_share_a_ledger_and_a_sub_account_has_its_own() -> None:
    """The second key of the master sees the first one's leverage, a sub-account's keys see theirs; both begin alike."""
    async with Simulation((TOY_PERP,)) as sim, Runtime(journal=False) as runtime:
        keys = (None, sim.add_key(), sim.add_key(account="7"), sim.add_key(account="7"), sim.add_key(account="8"))
        accounts = [await runtime.open(TOY_PERP, sim.credentials("toy_perp", key=key)) for key in keys]
        await accounts[0].call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        await accounts[2].call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)

        read = [(await LeverageReader.of(account).get_leverage("GEMUSD")).long for account in accounts]

    assert read[:4] == [7, 7, 9, 9]
    assert read[4] == sim.ledger_of("toy_perp", account="9").leverage("GEMUSD") not in {7, 9}
