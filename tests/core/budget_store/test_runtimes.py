"""Runtimes that share one server: every count, closure and ban of one holds for the others, on the way of a request."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from tests.core.budget_store.servers import Server

from venuekit import Runtime, errors
from venuekit.account import Account
from venuekit.pipeline import Event, EventKind, redis_store
from venuekit.pipeline.shared_url import VARIABLE
from venuekit.simulator import CannedAnswer, Simulation
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

_BAN = CannedAnswer(418, b"{}", {"Retry-After": "60"})


async def test_runtimes_share_counts_closures_and_bans(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one address spend from one pool, and a ban of one stops the other, by argument as by variable."""
    url = f"{server.url}?start=open"
    monkeypatch.setenv(VARIABLE, url)
    async with (
        Simulation((TOY_PERP,)) as sim,
        Runtime(journal=False) as one,
        Runtime(journal=False, budget=url) as other,
        Runtime(journal=False, address="elsewhere") as third,
    ):
        runtimes = (one, other, third)
        first, second, apart = [await each.open(TOY_PERP, sim.credentials("toy_perp")) for each in runtimes]
        for account in (first, second):
            for _ in range(5):
                await account.call(TOY.SETTINGS)
        store = one._budgets.shared
        assert store is not None
        states = {state.name.address: state.used for state in await store._store.states()}
        cost = first._session.pools_of(TOY.SETTINGS, {})[1][0][1]
        assert states["loopback"] is not None
        assert states["loopback"] >= 10 * cost > (states["elsewhere"] or 0)

        sim.disturb("toy_perp", TOY.SETTINGS, _BAN)
        with pytest.raises(errors.Banned):
            await first.with_options(max_wait=0).call(TOY.SETTINGS)
        await asyncio.gather(*store._tasks)
        sim.requests.clear()
        with pytest.raises(errors.Banned, match="an earlier refusal keeps pool weight closed") as caught:
            await second.call(TOY.SETTINGS)
        assert caught.value.outcome is errors.Outcome.NOT_SENT
        assert sim.requests == []
        await apart.call(TOY.SETTINGS)


async def test_nothing_is_sent_while_the_server_is_lost(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request says that it was not sent, and why; the next one is, when the server is back."""
    monkeypatch.setattr(redis_store, "_PAUSE", 0.02)
    async with (
        Simulation((TOY_PERP,)) as sim,
        Runtime(journal=False, budget=f"{server.url}?start=open") as runtime,
    ):
        account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        events: list[Event] = []
        collect: Any = events.append
        account._session.venue_session.observers = (collect,)
        await account.call(TOY.SETTINGS)
        sim.requests.clear()
        server.ask("REPLICAOF", "127.0.0.1", "1")
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            for _ in range(2):
                with pytest.raises(
                    errors.BudgetUnavailable, match="it is a replica, which takes no payments"
                ) as caught:
                    await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
                assert caught.value.outcome is errors.Outcome.NOT_SENT
                assert caught.value.venue == "toy_perp"
        assert sim.requests == []
        assert len(seen) == 1
        server.ask("REPLICAOF", "NO", "ONE")
        await asyncio.sleep(0.05)
        with pytest.warns(UserWarning, match="is back after 0 s"):
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        assert len(sim.requests) == 1
        losses = [(one.pool, one.is_closed) for one in events if one.kind is EventKind.BUDGET and one.used is None]
        assert losses == [("shared budgets", True), ("shared budgets", False)]


async def _call_on(account: Account) -> None:
    """Read more than a tenth of the pool has room for."""
    for _ in range(100):
        await account.call(TOY.SETTINGS)


async def test_a_share_is_spent_while_the_server_is_lost(server: Server) -> None:
    """Requests go on, and observers know that they are paid from a share."""
    async with (
        Simulation((TOY_PERP,)) as sim,
        Runtime(journal=False, budget=f"{server.url}?start=open&lost=share&share=0.1") as runtime,
    ):
        account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        events: list[Event] = []
        collect: Any = events.append
        account._session.venue_session.observers = (collect,)
        server.ask("REPLICAOF", "127.0.0.1", "1")
        with pytest.warns(UserWarning, match=r"this process spends at most 0\.1 of each pool"):
            await account.call(TOY.SETTINGS)
        with pytest.raises(errors.Throttled, match="rate limit budget 'weight' is exhausted"):
            await _call_on(account.with_options(max_wait=0))
        server.ask("REPLICAOF", "NO", "ONE")
        assert [one.is_closed for one in events if one.pool == "shared budgets"] == [True]
