"""Withdrawals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from plugins.bybit_inverse.tests.bybit_histories import DAY, around, moment, plain, sim_now

import venuekit
from venuekit.capabilities import (
    Withdrawal,
    WithdrawalStatus,
)
from venuekit.errors import PermissionDenied
from venuekit.simulator import Simulation
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


async def test_recorded_withdrawals(
    account: BybitInverseAccount, replay: Replay, late: Callable[[int], None], last_page: Callable[[str], None]
) -> None:
    """Every field, oldest first; what left is negative."""
    late(1742738405000)
    await account.sync_clock()
    replay("get_v5_asset_withdraw_query_record")
    last_page("/v5/asset/withdraw/query-record")
    first, second = await account.iter_withdrawals(**around(1742738305000)).all()
    assert plain(first) == Withdrawal(
        id="131603458",
        asset="USDT",
        amount=D(-951),
        fee=D(-1),
        status=WithdrawalStatus.SUCCESS,
        venue_status="success",
        created_at=moment(1742729329000),
        chain="SOL",
        address="DhTEGye1vq2PPr8DPWit4HTDprnvnDiqpVHnH",
        tx_id="53j7mUftUboJ2TVb1q3zjwNi9gNGWyQ8xhEpkF",
    )
    assert (second.asset, second.amount, second.fee) == ("USDC", D("-41.43008"), D(-5))
    assert "DhTEGye1" not in repr(first)


async def test_withdrawals_of_the_simulated_venue(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """By asset and status, less than thirty days at a time, on chains and within the venue."""
    statuses = ("success", "Pending", "CancelByUser", "Fail", "SomethingNew")
    for status in statuses:
        sim.ledger.withdraw("BTC", D("0.1"), fee=D("0.0005"), chain="BTC", address="bc1q", tx_id="f00d", status=status)
    sim.ledger.withdraw("ETH", D(1))
    start = sim_now(sim) - 60 * DAY
    found = await account.iter_withdrawals(asset="BTC", start=start).all()
    assert [one.status for one in found] == ["success", "pending", "canceled", "failed", "SomethingNew"]
    assert [one.id for one in found] == [one.id for one in sim.ledger.withdrawals()][:5]
    queries = arrivals(BYBIT.WITHDRAWALS.path)
    assert len(queries) == 3
    assert all("withdrawType=2" in query and "coin=BTC" in query for query in queries)
    with pytest.warns(UserWarning, match="left out what the venue calls 'SomethingNew'.* may be pending"):
        pending = await account.iter_withdrawals(status=WithdrawalStatus.PENDING, start=start).all()
    assert [one.venue_status for one in pending] == ["Pending"]
    assert await account.iter_withdrawals(asset="BTC", start=start, after=found[2]).all() == found[3:]


async def test_withdrawals_without_a_start(account: BybitInverseAccount, sim: Simulation) -> None:
    """Two years back; an explicit start may lie further back, since no limit is documented."""
    sim.ledger.withdraw("BTC", D("0.1"))
    assert len(await account.iter_withdrawals().all()) == 1
    assert len(await account.iter_withdrawals(start=sim_now(sim) - 1000 * DAY, end=sim_now(sim) - 900 * DAY).all()) == 0
    assert len(await account.iter_withdrawals(end=sim_now(sim) - 900 * DAY).all()) == 0


async def test_a_key_of_a_sub_account(sim: Simulation) -> None:
    """It is told to be none of a master account, may not read withdrawals, and trades like any other."""
    async with venuekit.connect("bybit_inverse", sim.credentials("bybit_inverse", sub_account=True)) as account:
        assert isinstance(account, BybitInverseAccount)
        assert (await account.get_api_key()).is_master is False
        with pytest.raises(PermissionDenied, match="10005"):
            await account.iter_withdrawals().all()
        await account.set_leverage("ETHUSD", D(7))
    assert sim.ledger_of("bybit_inverse", account="2").leverage("ETHUSD") == 7


async def test_withdrawals_need_the_master_key(account: BybitInverseAccount, replay: Replay) -> None:
    """A sub-account's key gets the venue's words."""
    replay("get_v5_asset_withdraw_query_record_10005")
    with pytest.raises(PermissionDenied, match="Permission denied") as caught:
        await account.iter_withdrawals().all()
    assert caught.value.code == 10005
