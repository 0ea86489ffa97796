"""``watch`` with many accounts of one address: each is shown when the limits allow, and says until when it waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.core.accounts_files import load_text

import venuekit
from venuekit.capabilities import OrderReader
from venuekit.cli.watch.group import WatchGroup
from venuekit.cli.watch.lines import print_events, print_lines
from venuekit.cli.watch.summary import AccountSummary, WatchState
from venuekit.cli.watch.texts import reason_text, state_text
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.testing import LoopClock

pytestmark = pytest.mark.looptime
VENUE = "binance_usdm"
Show = Callable[[WatchGroup], Awaitable[None]]


@asynccontextmanager
async def simulating(names: Collection[str]) -> AsyncIterator[Simulation]:
    """Simulate the venue with accounts of these names, on the time of the loop, which leaps over waiting."""
    money = {name: {"USDT": 1000} for name in names}
    async with venuekit.simulate(VENUE, clock=LoopClock(), accounts=money) as simulation:
        yield simulation


async def watch(
    path: Path, monkeypatch: pytest.MonkeyPatch, simulation: Simulation, names: Sequence[str], show: Show
) -> None:
    """Watch accounts, each by its own key, while ``show`` runs."""
    tables = []
    for name in names:
        own = simulation.credentials(VENUE, account=name)
        monkeypatch.setenv(f"KEY_{name}", own.key.reveal())
        monkeypatch.setenv(f"SECRET_{name}", own.secret.reveal())
        where = f'venue = "{VENUE}"\nenvironment = "sim"\nrest = "{own.rest}"'
        tables.append(f'[accounts.{name}]\n{where}\nkey = "env:KEY_{name}"\nsecret = "env:SECRET_{name}"\n')
    group = WatchGroup(load_text(path, "\n".join(tables)).entries.values(), make_plugins(), 2.0)
    group._clock = LoopClock()
    await group.run(show)


async def spend_nearly_all(simulation: Simulation) -> None:
    """Spend the weight of a minute from another program, but for that of a few reads."""
    async with venuekit.Runtime(clock=LoopClock(), journal=False) as runtime:
        other = await runtime.open(make_plugins().venue(VENUE), simulation.credentials(VENUE))
        for _ in range(23):
            await OrderReader.of(other).get_open_orders()


async def wait_for(group: WatchGroup, holds: Callable[[list[AccountSummary]], bool]) -> float:
    """Wait until something holds of all accounts, and return the time of the loop."""
    async with asyncio.timeout(600):
        while not holds(group.summaries()):
            group.take_news()
            await group.wait_for_news()
    return asyncio.get_running_loop().time()


def are_shown(summaries: Collection[AccountSummary]) -> bool:
    """Say whether each account has its figures, and nothing against them but orders that are still to be read."""
    states = {WatchState.LIVE, WatchState.READING}
    return all(one.state in states and one.equity.value == 1000 for one in summaries)


async def test_thirty_accounts_of_one_address_are_shown_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their open orders, which weigh most, follow as the limits allow, and each account says until when it waits."""
    names = [f"a{number}" for number in range(30)]

    async def show(group: WatchGroup) -> None:
        began = asyncio.get_running_loop().time()
        assert await wait_for(group, are_shown) - began < 5
        assert await wait_for(group, lambda summaries: any("until" in (one.reason or "") for one in summaries))
        (waiting, *_) = (one for one in group.summaries() if "until" in (one.reason or ""))
        assert (waiting.state, waiting.orders, state_text(waiting)) == (WatchState.READING, None, "reading")
        assert reason_text(waiting) == f"reading: {waiting.reason}"
        assert (waiting.reason or "").startswith(f"its open orders wait for the limits of {VENUE} until 15:")
        assert await wait_for(group, lambda summaries: all(one.orders == () for one in summaries)) - began < 200
        assert {one.state for one in group.summaries()} == {WatchState.LIVE}

    async with simulating(names) as simulation:
        await watch(tmp_path / "accounts.toml", monkeypatch, simulation, names, show)
        paths = [one.path for one in simulation.requests]
        assert {one.status for one in simulation.requests} == {200}

    assert [paths.count(f"/fapi/v1/{shared}") for shared in ("time", "exchangeInfo")] == [1, 1]


async def test_an_account_that_the_limits_have_no_room_for_says_until_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program has spent nearly everything: some accounts open, and the others once its minute is over."""
    names = [f"a{number}" for number in range(8)]

    async def show(group: WatchGroup) -> None:
        began = asyncio.get_running_loop().time()
        await wait_for(group, lambda summaries: all(one.reason or are_shown([one]) for one in summaries))
        waiting = [one for one in group.summaries() if one.state is WatchState.OPENING]
        assert 0 < len(waiting) < 8
        assert all((one.reason or "").startswith(f"it waits for the limits of {VENUE} until") for one in waiting)
        assert await wait_for(group, are_shown) - began < 70

    async with simulating(names) as simulation:
        await spend_nearly_all(simulation)
        await watch(tmp_path / "accounts.toml", monkeypatch, simulation, names, show)


@pytest.mark.parametrize("show", [print_lines, print_events])
async def test_without_a_screen_waiting_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], show: Show
) -> None:
    """By a line or an object with the moment until which an account, or the read of its open orders, waits."""
    names = [f"a{number}" for number in range(8)]

    async def show_for_a_while(group: WatchGroup) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(50):
                await show(group)

    async with simulating(names) as simulation:
        await spend_nearly_all(simulation)
        await watch(tmp_path / "accounts.toml", monkeypatch, simulation, names, show_for_a_while)

    printed = capsys.readouterr().out.splitlines()
    for words in (f"it waits for the limits of {VENUE} until", f"its open orders wait for the limits of {VENUE} until"):
        told = [line for line in printed if words in line]
        assert 0 < len(told) <= 2 * len(names)
