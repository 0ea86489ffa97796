"""Runtime: what accounts share, what they learn, and how it ends."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit import Credentials, Environment, EnvironmentName, Runtime, Venue, errors
from venuekit.capabilities import (
    AccountReader,
    BalanceReader,
    LeverageControl,
    LeverageReader,
    PositionModeControl,
    PositionReader,
    SupportState,
)
from venuekit.errors import Outcome
from venuekit.hooks import hookimpl
from venuekit.message import HttpRequest, HttpResponse
from venuekit.simulator import CannedAnswer, DropBefore, Simulation
from venuekit.testing import FakeTransport, InstantClock, Watch, json_answer, plugins_with
from venuekit.venue import Limit
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """The toy venue on a clock on which waiting takes no time."""
    async with Simulation((TOY_PERP,), clock=InstantClock()) as simulation:
        yield simulation


@pytest.fixture
async def runtime(sim: Simulation) -> AsyncIterator[Runtime]:
    """A runtime on the simulator's clock, without a journal."""
    async with Runtime(clock=sim._clock, journal=False) as opened:
        yield opened


def _toy_time(request: HttpRequest) -> HttpResponse:
    return json_answer({"now": time.time_ns() // 1_000_000})


# -- life


def test_a_runtime_belongs_to_one_loop() -> None:
    """Used from another loop it says so, and what to do."""
    transport = FakeTransport(_toy_time)
    runtime = Runtime(plugins=plugins_with(Watch(transport)), journal=False)
    credentials = Credentials.sim("http://127.0.0.1:9/toy_perp", "k", "s")
    asyncio.run(runtime.open(TOY_PERP, credentials))

    with pytest.raises(RuntimeError, match="belongs to the loop that opened it; make one per loop"):
        asyncio.run(runtime.open(TOY_PERP, credentials))

    asyncio.run(runtime.close())
    assert transport.is_closed


async def test_a_closed_runtime_opens_nothing() -> None:
    """What is closed stays closed."""
    async with Runtime(journal=False) as runtime:
        pass

    with pytest.raises(RuntimeError, match="closed"):
        await runtime.open(TOY_PERP, Credentials.sim("http://127.0.0.1:9", "k", "s"))


async def test_a_runtime_left_open_warns() -> None:
    """A runtime that goes away while its transports are open is a ResourceWarning; an unused or closed one is not."""

    async def leave_open(*, close: bool) -> None:
        runtime = Runtime(plugins=plugins_with(Watch(FakeTransport(_toy_time))), journal=False)
        await runtime.open(TOY_PERP, Credentials.sim("http://127.0.0.1:9/toy_perp", "k", "s"))
        if close:
            await runtime.close()

    with pytest.warns(ResourceWarning, match=r"Runtime.* was never closed"):  # noqa: PT031 - it is told when collected
        await leave_open(close=False)
        gc.collect()

    await leave_open(close=True)
    Runtime(journal=False)
    gc.collect()


async def test_closing_closes_every_transport() -> None:
    """Each venue and environment had its own, and all are closed."""
    made: list[FakeTransport] = []

    class Transports(Watch):
        @hookimpl
        def venuekit_make_transport(self, venue: Venue[Any], environment: Environment) -> FakeTransport:
            made.append(FakeTransport(_toy_time))
            return made[-1]

    async with Runtime(plugins=plugins_with(Transports()), journal=False) as runtime:
        for port in (9, 10):
            await runtime.open(TOY_PERP, Credentials.sim(f"http://127.0.0.1:{port}/toy_perp", "k", "s"))

        assert [one.is_closed for one in made] == [False, False]

    assert [one.is_closed for one in made] == [True, True]


async def test_whatever_hooks_made_is_closed_in_reverse_order() -> None:
    """Signers, budgets, observers and transports that have something open are closed, the last one made first."""
    closed: list[str] = []

    class Made:
        def __init__(self, name: str, made: Any) -> None:
            self._name, self._made = name, made

        def __getattr__(self, name: str) -> Any:
            return getattr(self._made, name)

        def __call__(self, event: Any) -> None:
            """Observe, and remember nothing."""

        async def aclose(self) -> None:
            closed.append(self._name)

    class Everything:
        @hookimpl
        def venuekit_make_transport(self) -> Any:
            return Made("transport", FakeTransport(_toy_time))

        @hookimpl(wrapper=True)
        def venuekit_make_signer(self) -> Any:
            return Made("signer", (yield))

        @hookimpl(wrapper=True)
        def venuekit_make_budget(self) -> Any:
            return Made("budget", (yield))

        @hookimpl
        def venuekit_observe(self) -> Any:
            return Made("observer", None)

    async with Runtime(plugins=plugins_with(Everything()), journal=False) as runtime:
        await runtime.open(TOY_PERP, Credentials.sim("http://127.0.0.1:9/toy_perp", "k", "s"))
        assert closed == []

    assert sorted(set(closed)) == ["budget", "observer", "signer", "transport"]
    assert closed[-2:] == ["transport", "observer"]


async def test_an_account_refuses_to_be_pickled_and_names_the_alternative(sim: Simulation, runtime: Runtime) -> None:
    """Neither an account nor a view of it leaves the process; a reference to the credentials does."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))

    for one in (account, account.with_options(max_wait=1)):
        with pytest.raises(TypeError, match="from a reference to its credentials"):
            pickle.dumps(one)
        with pytest.raises(TypeError, match="from a reference"):
            copy.copy(one)


def test_credentials_refuse_to_be_pickled() -> None:
    """The secret within them refuses, and names what to hand over instead."""
    with pytest.raises(TypeError, match="env:NAME"):
        pickle.dumps(Credentials("k", "s", "live"))


# -- what is shared


async def test_cached_reads_once_per_venue_and_environment(sim: Simulation, runtime: Runtime) -> None:
    """Two accounts that ask at the same time cause one read; parameters tell reads apart."""
    one = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    two = await runtime.open(TOY_PERP, sim.credentials("toy_perp", read_only=True))
    sim.requests.clear()

    first, second = await asyncio.gather(one.read_once(TOY.CONTRACTS), two.read_once(TOY.CONTRACTS))
    again = await two.read_once(TOY.CONTRACTS)
    narrow = await two.read_once(TOY.CONTRACTS, contract="TOYUSD")

    assert first is second is again
    assert 1 == len(narrow) < len(first)
    assert len(sim.requests) == 2


async def test_cached_does_not_remember_a_failure(sim: Simulation, runtime: Runtime) -> None:
    """A read that failed is made again by whoever asks next."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    sim.disturb("toy_perp", TOY.CONTRACTS, CannedAnswer.json(400, {"error": {"code": 1006, "message": "not today"}}))

    with pytest.raises(errors.InvalidRequest, match="not today"):
        await account.read_once(TOY.CONTRACTS)

    assert await account.read_once(TOY.CONTRACTS)


async def test_cached_survives_the_one_who_asked_first(sim: Simulation, runtime: Runtime) -> None:
    """When the first asker is cancelled, the others still get their answer."""
    account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    sim.requests.clear()
    impatient = asyncio.create_task(account.read_once(TOY.CONTRACTS))
    patient = asyncio.create_task(account.read_once(TOY.CONTRACTS))
    await asyncio.sleep(0)

    impatient.cancel()

    assert await patient
    assert impatient.cancelled()
    assert len(sim.requests) == 1


async def test_accounts_of_one_key_share_their_subjects(sim: Simulation, runtime: Runtime) -> None:
    """A write of one account that may still arrive keeps the other account of the same key from writing over it."""
    one = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    two = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await LeverageControl.of(one).set_leverage("GEMUSD", 7)

    with pytest.raises(errors.Fenced, match="an earlier write may still arrive") as caught:
        await LeverageControl.of(two.with_options(max_wait=0.5)).set_leverage("GEMUSD", 8)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert caught.value.fence is not None
    assert one.identity == two.identity
    assert True is (await LeverageControl.of(two).set_leverage("TOYUSD", 12)).changed


async def test_accounts_of_other_keys_share_no_subjects(sim: Simulation, runtime: Runtime) -> None:
    """Another key is another account: nothing of the first one holds it up."""
    one = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    two = await runtime.open(TOY_PERP, sim.credentials("toy_perp", read_only=True))

    assert one.identity != two.identity
    assert one._session.owner.write_scopes is not two._session.owner.write_scopes


async def test_accounts_at_one_address_share_its_pools(sim: Simulation, runtime: Runtime) -> None:
    """What one key spends of the address's weight the other key does not have any more."""
    venue = attrs.evolve(TOY_PERP, limits=(Limit("weight", amount=7, seconds=60),))
    one = await runtime.open(venue, sim.credentials("toy_perp"))
    two = await runtime.open(venue, sim.credentials("toy_perp", read_only=True))
    await one.call(TOY.WALLET)

    with pytest.raises(errors.Throttled, match="rate limit budget 'weight' is exhausted") as caught:
        await two.with_options(max_wait=1).call(TOY.WALLET)

    assert Outcome.NOT_SENT is caught.value.outcome


# -- what an account may do


async def test_support_names_who_decided(sim: Simulation) -> None:
    """Class, venue, environment and account are merged, and the reason is that of the one who said no."""
    here = Environment(
        name=EnvironmentName.LIVE,
        rest=sim.rest("toy_perp"),
        unsupported={PositionReader: "positions are hidden in this environment"},
    )
    venue = attrs.evolve(TOY_PERP, environments=(here,))
    async with Runtime(clock=sim._clock, journal=False) as runtime:
        account = await runtime.open(venue, Credentials(sim.key, sim.secret, "live"))
        account.mark_unsupported(BalanceReader, "the key may not see balances")

        told = {
            kind: account.support(kind)
            for kind in (LeverageReader, AccountReader, PositionModeControl, PositionReader, BalanceReader)
        }

    assert attrs.astuple(told[LeverageReader]) == (SupportState.SUPPORTED, None, "class")
    assert attrs.astuple(told[AccountReader]) == (SupportState.NOT_IMPLEMENTED, None, "class")
    assert told[PositionModeControl].source == "venue"
    assert "there is no mode" in str(told[PositionModeControl].reason)
    assert attrs.astuple(told[PositionReader])[1:] == ("positions are hidden in this environment", "environment")
    assert attrs.astuple(told[BalanceReader])[1:] == ("the key may not see balances", "account")


async def test_what_is_not_supported_is_refused_before_sending(sim: Simulation) -> None:
    """``of`` and ``call`` ask support(): neither an environment's nor a learned no is tried."""
    here = Environment(
        name=EnvironmentName.LIVE,
        rest=sim.rest("toy_perp"),
        unsupported={LeverageControl: "leverage is fixed in this environment"},
    )
    venue = attrs.evolve(TOY_PERP, environments=(here,))
    async with Runtime(clock=sim._clock, journal=False) as runtime:
        account = await runtime.open(venue, Credentials(sim.key, sim.secret, "live"))
        account.mark_unsupported(BalanceReader, "the key may not see balances")
        sim.requests.clear()

        with pytest.raises(errors.UnsupportedCapability, match="leverage is fixed in this environment"):
            LeverageControl.of(account)
        with pytest.raises(errors.UnsupportedCapability, match="leverage is fixed") as by_environment:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        with pytest.raises(errors.UnsupportedCapability, match="may not see balances") as by_account:
            await account.with_options(max_wait=1).call(TOY.WALLET)

        assert sim.requests == []
        assert await account.call(TOY.SETTINGS)
    assert {Outcome.NOT_SENT} == {by_environment.value.outcome, by_account.value.outcome}
    assert "not implemented by this plugin" in _refusal(account)


def _refusal(account: Any) -> str:
    with pytest.raises(errors.UnsupportedCapability) as caught:
        AccountReader.of(account)
    return str(caught.value)


async def test_raw_is_kept_only_when_asked_for(sim: Simulation, runtime: Runtime) -> None:
    """``keep_raw=True`` gives the venue's own object beside the value."""
    thrifty = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
    keeping = await runtime.open(TOY_PERP, sim.credentials("toy_perp"), keep_raw=True)

    assert None is (await thrifty.answer(TOY.WALLET)).raw
    answer = await keeping.answer(TOY.WALLET)
    assert [row.asset for row in answer.value] == [row["asset"] for row in answer.raw["assets"]]
    assert Decimal(str(answer.raw["assets"][0]["wallet"])) == answer.value[0].wallet
