"""Accounts of Toy Swaps: passphrase, sub-accounts below a key, what keys share, and a demo on the live host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit import Credentials, Runtime, errors
from venuekit.capabilities import MarginType, PositionSide
from venuekit.plugin import Environment, EnvironmentName, Venue
from venuekit.simulator import DropBefore, SimKey, SimRequest, Simulation
from venuekit.testing.clocks import LoopClock
from venuekit.testing.staged import on_stage
from venuekit_toy_swap import TOY_SWAP
from venuekit_toy_swap.endpoints import SWAP
from venuekit_toy_swap.signing import DEMO_HEADERS, KEY, SUBACCOUNT
from venuekit_toy_swap.simulated import SimulatedSwap

pytestmark = pytest.mark.looptime
GEM = "GEMXBT"
(DEMO,) = DEMO_HEADERS


@attrs.frozen
class Stage:
    """The simulated venue, a runtime, and the headers of every request that arrived."""

    sim: Simulation
    runtime: Runtime
    clock: LoopClock
    headers: list[Mapping[str, str]]

    async def open(self, *, key: SimKey | None = None, **fields: str) -> Any:
        """Open an account by a key, by default the trading key, with further fields."""
        known = self.sim.key_of("toy_swap", key=key)
        credentials = Credentials.sim(
            self.sim.rest("toy_swap"), known.key, known.secret, fields={**known.fields, **fields}
        )
        return await self.runtime.open(TOY_SWAP, credentials)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    clock = LoopClock()
    headers: list[Mapping[str, str]] = []

    class Watching(SimulatedSwap):
        def authenticate(self, request: SimRequest, *more: Any) -> Any:
            headers.append({name.lower(): value for name, value in request.headers.items()})
            return super().authenticate(request, *more)

    watched: Venue[Any] = attrs.evolve(TOY_SWAP, simulated=Watching)
    async with Simulation((watched,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        yield Stage(sim, runtime, clock, headers)


async def lose(stage: Stage, account: Any) -> None:
    """Lose a write of an account for good, so that a fence holds back what it endangers."""
    stage.sim.disturb("toy_swap", SWAP.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await account.set_leverage(GEM, 7, side=PositionSide.LONG, margin_type=MarginType.CROSS)


async def is_fenced(account: Any) -> bool:
    """Say whether a write waits for a lost one."""
    try:
        await account.with_options(max_wait=0.1).set_leverage(
            GEM, 9, side=PositionSide.LONG, margin_type=MarginType.CROSS
        )
    except errors.Fenced:
        return True
    return False


# -- credentials


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "toy_swap needs passphrase: the passphrase that was chosen when the key was made"),
        (
            {"passphrase": "swordfish", "passfrase": "swordfish"},
            "takes no passfrase; it takes key, secret, passphrase",
        ),
        ({"passphrase": "swordfish", "subaccount": "two"}, "the subaccount is no sub-account: give its number"),
    ],
)
async def test_credentials_that_do_not_fit_are_refused(stage: Stage, fields: dict[str, str], words: str) -> None:
    """One sentence names the field, no secret is shown, and nothing is sent."""
    credentials = Credentials.sim(stage.sim.rest("toy_swap"), "a-key", "a-secret", fields=fields)
    with pytest.raises(errors.CredentialsError, match=words) as caught:
        await stage.runtime.open(TOY_SWAP, credentials)

    assert "swordfish" not in str(caught.value)
    assert stage.sim.requests == []


async def test_passphrase_travels_in_a_header_and_is_shown_nowhere(stage: Stage) -> None:
    """Each signed request has it; neither the account nor its credentials show it."""
    account = await stage.open()
    await account.get_balances()

    passphrase = stage.sim.key_of("toy_swap").fields["passphrase"]
    assert {passphrase} == {headers["x-swap-passphrase"] for headers in stage.headers}
    assert passphrase not in repr(account) + repr(stage.sim.credentials("toy_swap")) + repr(account._session)


# -- accounts below a key, and keys of an account


async def test_sub_account_below_one_key_is_an_account_of_its_own(stage: Stage) -> None:
    """The header names it; its money, its settings and its fences are its own."""
    master, below = await stage.open(), await stage.open(subaccount="2")
    await below.set_leverage(GEM, 3, side=PositionSide.LONG)

    assert master.identity != below.identity
    assert (await master.get_leverage(GEM)).long == 10
    assert (await below.get_leverage(GEM)).long == 3
    assert {None, "2"} == {headers.get(SUBACCOUNT.lower()) for headers in stage.headers}
    await lose(stage, master)
    assert [await is_fenced(account) for account in (master, below)] == [True, False]


async def test_two_keys_of_one_account_share_fences_and_limits(stage: Stage) -> None:
    """A key of a sub-account shares neither, but the limit of its master's UID."""
    keys = stage.sim.add_key(), stage.sim.add_key(), stage.sim.add_key(account="7")
    one, two, other = [await stage.open(key=key) for key in keys]
    below = await stage.open(key=keys[0], subaccount="7")

    assert one.identity == two.identity != other.identity
    assert below.identity not in {one.identity, two.identity}
    of_account, _, of_uid = TOY_SWAP.limits
    pools = [account._session.pool(of_account) for account in (one, two, other)]
    assert pools[0] is pools[1] is not pools[2]
    assert len({id(account._session.pool(of_uid)) for account in (one, two, other, below)}) == 1
    await stage.clock.sleep(10)
    await lose(stage, one)
    assert [await is_fenced(account) for account in (two, other, one)] == [True, False, True]


async def test_bucket_of_one_account_is_spent_by_both_its_keys(stage: Stage) -> None:
    """Sixty tokens, one more each second: what one key takes the other lacks, and a sub-account has its own."""
    keys = stage.sim.add_key(), stage.sim.add_key(), stage.sim.add_key(account="7")
    one, two, other = [(await stage.open(key=key)).with_options(max_wait=0) for key in keys]
    for number in range(23):
        await (one, two)[number % 2].get_balances()

    for account in (one, two):
        with pytest.raises(errors.Throttled, match="requests"):
            await account.get_balances()
    assert {200} == {arrival.status for arrival in stage.sim.requests}
    await other.get_balances()
    await stage.clock.sleep(10)
    await one.get_balances()


# -- a demo on the live host


def journals_in(directory: Path) -> set[str]:
    """Return the environments whose journals a directory has."""
    return {path.name.split("-")[1] for path in directory.glob("*.jsonl")}


async def test_demo_on_the_live_host_is_told_by_a_header(stage: Stage, tmp_path: Path) -> None:
    """Each request of the demo has it and none of the live account; tokens, limits and journals are apart."""
    rest = stage.sim.rest("toy_swap")
    environments = (
        Environment(name=EnvironmentName.LIVE, rest=rest),
        Environment(name=EnvironmentName.DEMO, rest=rest, headers=DEMO_HEADERS),
    )
    venue = attrs.evolve(TOY_SWAP, environments=environments)
    keys = {"live": stage.sim.key_of("toy_swap"), "demo": stage.sim.key_of("toy_swap", sub_account=True)}
    async with Runtime(clock=stage.clock, journal=tmp_path) as runtime:
        accounts: dict[str, Any] = {
            name: await runtime.open(venue, Credentials(key.key, key.secret, name, fields=key.fields))
            for name, key in keys.items()
        }
        for _ in range(2):
            for account in accounts.values():
                await account.get_positions()
                await account.set_leverage(GEM, 7, side=PositionSide.LONG)
                await account.iter_income().all()

        marks = {
            name: {one.get(DEMO.lower()) for one in stage.headers if one.get(KEY.lower()) == key.key}
            for name, key in keys.items()
        }
        assert marks == {"live": {None}, "demo": {"1"}}
        live, demo = (account._session for account in accounts.values())
        assert live.pool(TOY_SWAP.limits[0]) is not demo.pool(TOY_SWAP.limits[0])
        assert live.venue_session.clock is not demo.venue_session.clock
        assert journals_in(tmp_path) == {"live", "demo"}


async def test_token_that_ended_is_fetched_anew() -> None:
    """Histories carry the token of a session; one that the venue no longer knows is replaced once, and not shown."""
    async with on_stage(TOY_SWAP, clock=LoopClock()) as stage:
        assert await stage.account.iter_income().all()
        simulated: Any = stage.simulation._service("toy_swap").simulated
        simulated._sessions.clear()

        assert await stage.account.iter_income().all()

        assert len(stage.arrivals(SWAP.SESSION)) == 2
        assert not any(token in repr(stage.account._session) for token in simulated._sessions)
