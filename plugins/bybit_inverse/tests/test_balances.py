"""Balances: documented body, and what can be told in which margin mode."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from venuekit.capabilities import Balance, MarginType
from venuekit.simulator import CannedAnswer, Simulation
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal


async def test_documented_balance(account: BybitInverseAccount, replay: Callable[..., None]) -> None:
    """Every field of the documented coin reaches the balance; what the venue does not say is None."""
    replay("get_v5_account_info", "get_v5_account_wallet_balance")
    (balance,) = await account.get_balances()
    assert balance == Balance(
        asset="BTC",
        wallet=D(0),
        cross_wallet=None,
        cross_unrealized_pnl=None,
        unrealized_pnl=D(0),
        equity=D(0),
        available=D(0),
        withdrawable=None,
        position_initial_margin=D(0),
        open_order_initial_margin=D(0),
        initial_margin=D(0),
        maintenance_margin=D(0),
        borrowed=D(0),
        accrued_interest=D(0),
        locked=D(0),
        bonus=D(0),
        is_collateral=True,
        usd_value=D(0),
        account_alias=None,
        updated_at=None,
        as_of=balance.as_of,
        received_at=balance.received_at,
    )
    assert balance.raw is not None
    assert balance.raw["spotHedgingQty"] == "0.01592413"


async def test_available_is_known_in_isolated_mode(account: BybitInverseAccount) -> None:
    """In isolated mode a coin's free part is what is no margin, not locked and no bonus."""
    balances = {balance.asset: balance for balance in await account.get_balances()}
    assert set(balances) == {"BTC", "ETH", "USDT"}
    btc = balances["BTC"]
    assert btc.wallet is not None
    assert btc.initial_margin is not None
    assert btc.initial_margin > 0
    assert btc.available == btc.wallet - btc.initial_margin


async def test_available_is_not_told_in_cross_mode(account: BybitInverseAccount) -> None:
    """In cross mode all coins back all positions, so no coin has a free part of its own."""
    await account.set_margin_type(None, MarginType.CROSS, account_wide=True)
    assert {balance.available for balance in await account.get_balances()} == {None}


async def test_one_asset(account: BybitInverseAccount) -> None:
    """A coin by name, also with nothing in it; one that the venue does not list gives nothing."""
    assert [balance.asset for balance in await account.get_balances(asset="ETH")] == ["ETH"]
    assert await account.get_balances(asset="NOPE") == ()
    assert await account.get_balances(asset="BTC,ETH") == ()


@pytest.mark.parametrize("missing", ["totalPositionIM", "totalOrderIM", "locked", "bonus", "walletBalance"])
async def test_nothing_is_derived_from_what_is_not_there(
    account: BybitInverseAccount, sim: Simulation, missing: str
) -> None:
    """A field that is empty leaves what would follow from it unsaid."""
    coin = {
        "coin": "BTC",
        "walletBalance": "9",
        "totalPositionIM": "1",
        "totalOrderIM": "1",
        "locked": "1",
        "bonus": "1",
    }
    body = {"retCode": 0, "retMsg": "OK", "result": {"list": [{"coin": [coin | {missing: ""}]}]}}
    sim.disturb("bybit_inverse", BYBIT.WALLET_BALANCE, CannedAnswer.json(200, body))
    (balance,) = await account.get_balances()
    assert balance.available is None
    assert balance.initial_margin == (None if missing.startswith("total") else D(2))
    assert (balance.is_collateral, balance.usd_value) == (None, None)
