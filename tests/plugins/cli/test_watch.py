"""``watch`` with our own venues: figures as venues give them, marks at a stated pace, troubles that are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.core.cli.watched import watch

import venuekit
from venuekit.capabilities import AccountReader, BalanceReader, PositionReader
from venuekit.cli.watch.group import WatchGroup
from venuekit.cli.watch.summary import AccountSummary, WatchState
from venuekit.simulator import RefuseConnections, Simulation

D = Decimal
Follow = Callable[[WatchGroup, Simulation], Awaitable[None]]
USDM, COINM, BYBIT = "binance_usdm", "binance_coinm", "bybit_inverse"


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[None]]:
    """Watch the main account of a simulated venue while a function runs."""

    async def run(venue: str, follow: Follow, interval: float = 1.0) -> None:
        async with venuekit.simulate(venue) as simulation:

            async def show(group: WatchGroup) -> None:
                await follow(group, simulation)

            path = tmp_path / "accounts.toml"
            await watch(path, monkeypatch, simulation, ("main",), show, venue=venue, interval=interval)

    return run


async def _wait_for(
    group: WatchGroup, holds: Callable[[AccountSummary], object], seconds: float = 30
) -> AccountSummary:
    async with asyncio.timeout(seconds):
        while not holds(group.summaries()[0]):
            group.take_news()
            await group.wait_for_news()
    return group.summaries()[0]


def _is_read(summary: AccountSummary) -> bool:
    return summary.state is WatchState.LIVE and summary.equity.value is not None and summary.ratio.doubt is None


async def test_a_linear_account(followed: Callable[..., Awaitable[None]]) -> None:
    """Equity is the venue's margin balance of the asset, the ratio that of the isolated position; nothing is in USD."""

    async def follow(group: WatchGroup, simulation: Simulation) -> None:
        summary = await _wait_for(group, lambda summary: _is_read(summary) and summary.ratio.value)
        async with venuekit.connect(USDM, simulation.credentials(USDM)) as account:
            info = await AccountReader.of(account).get_account()
        (position,) = info.positions
        (usdt,) = (balance for balance in info.balances if balance.asset == "USDT")

        assert (summary.equity.value, summary.equity.unit, summary.equity.more) == (usdt.equity, "USDT", 1)
        assert (summary.pnl.value, summary.pnl.unit) == (position.unrealized_pnl, "USDT")
        assert summary.usd is None
        assert position.maintenance_margin is not None
        assert position.isolated_wallet is not None
        assert position.unrealized_pnl is not None
        margin = position.isolated_wallet + position.unrealized_pnl
        assert summary.ratio.value == position.maintenance_margin / margin * 100
        assert 6 < (summary.distance.value or 0) < 7

    await followed(USDM, follow)


@pytest.mark.parametrize("venue", [COINM, BYBIT])
async def test_an_inverse_account(followed: Callable[..., Awaitable[None]], venue: str) -> None:
    """Coins are added in USD, by the venue's own values or by the mark prices of contracts that are quoted in USD."""

    async def follow(group: WatchGroup, simulation: Simulation) -> None:
        summary = await _wait_for(group, lambda summary: _is_read(summary) and summary.usd is not None)
        async with venuekit.connect(venue, simulation.credentials(venue)) as account:
            (position,) = await PositionReader.of(account).get_positions()
            wallets = {one.asset: one.wallet for one in await BalanceReader.of(account).get_balances()}
        assert position.mark_price is not None
        coins = (wallets["BTC"] or D(0)) + (position.unrealized_pnl or D(0))
        worth = coins * position.mark_price + (wallets["ETH"] or D(0)) * simulation.index_price("ETH")
        worth += wallets.get("USDT") or D(0)

        assert summary.equity.unit == "USD"
        assert abs((summary.usd or D(0)) - worth) < worth / 1000
        assert summary.usd == summary.equity.value

    await followed(venue, follow)


@pytest.mark.parametrize("venue", [USDM, COINM, BYBIT])
async def test_profit_moves_with_the_mark_price(followed: Callable[..., Awaitable[None]], venue: str) -> None:
    """No event comes when a price moves: the profit is new after an interval, and the distance to liquidation too."""

    async def follow(group: WatchGroup, simulation: Simulation) -> None:
        before = await _wait_for(group, lambda summary: _is_read(summary) and summary.distance.value is not None)
        assert before.positions is not None
        symbol = before.positions[0].position.symbol
        simulation.set_mark(venue, symbol, D(90_000))
        after = await _wait_for(group, lambda summary: summary.positions and summary.positions[0].mark == D(90_000), 10)

        assert after.pnl.value is not None
        assert before.pnl.value is not None
        assert after.pnl.value > before.pnl.value
        assert (after.distance.value or 0) > (before.distance.value or 0)
        async with venuekit.connect(venue, simulation.credentials(venue)) as account:
            (position,) = await PositionReader.of(account).get_positions()
        assert abs(after.pnl.value - (position.unrealized_pnl or 0)) < D("1e-6")

    await followed(venue, follow)


async def test_marks_are_read_at_the_stated_pace(followed: Callable[..., Awaitable[None]]) -> None:
    """A symbol is read once an interval, and totals twice a minute as long as nothing moves."""

    async def follow(group: WatchGroup, simulation: Simulation) -> None:
        await _wait_for(group, lambda summary: _is_read(summary) and summary.distance.value is not None)
        await asyncio.sleep(2)
        simulation.requests.clear()
        await asyncio.sleep(6)
        paths = [arrival.path for arrival in simulation.requests]

        assert 2 <= sum("premiumIndex" in path for path in paths) <= 4
        assert sum(path.endswith("/account") for path in paths) <= 1

    await followed(USDM, follow, interval=2.0)


async def test_an_outage_is_shown_and_goes_by(followed: Callable[..., Awaitable[None]]) -> None:
    """While the venue cannot be reached the values stay, marked as stale with a reason; then it is live again."""

    async def follow(group: WatchGroup, simulation: Simulation) -> None:
        before = await _wait_for(group, lambda summary: _is_read(summary) and summary.distance.value is not None)
        simulation.disturb(USDM, ("GET", "/fapi/v1/premiumIndex"), RefuseConnections(2))
        stale = await _wait_for(group, lambda summary: summary.state is WatchState.STALE)

        assert stale.reason
        assert stale.equity.value == before.equity.value
        assert stale.equity.text(30).endswith("~")
        live = await _wait_for(group, lambda summary: summary.state is WatchState.LIVE, 60)
        assert live.gaps >= 1

    await followed(USDM, follow)


async def test_an_account_is_opened_once_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be opened is tried again with a pause, and is live as soon as the venue answers."""
    async with venuekit.simulate(USDM) as simulation:
        simulation.disturb(USDM, ("GET", "/fapi/v1/time"), RefuseConnections(1.5))

        async def show(group: WatchGroup) -> None:
            failed = await _wait_for(group, lambda summary: summary.state is WatchState.UNREADABLE)
            assert failed.reason is not None
            assert failed.retry_in is not None
            assert failed.equity.value is None
            assert failed.positions is None
            await _wait_for(group, lambda summary: summary.state is WatchState.LIVE)

        await watch(tmp_path / "accounts.toml", monkeypatch, simulation, ("main",), show, venue=USDM)
