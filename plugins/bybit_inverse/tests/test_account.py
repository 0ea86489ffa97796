"""The account as a whole, and the kinds of account that are refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

import venuekit
from venuekit.capabilities import (
    AssetModeControl,
    AssetModeReader,
    Collateral,
    MarginType,
    PositionMode,
    PositionModeControl,
    PositionModeReader,
)
from venuekit.errors import AuthenticationFailed, PermissionDenied, UnsupportedCapability
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
EVERYTHING = (
    "get_v5_account_info",
    "get_v5_account_wallet_balance",
    "get_v5_account_collateral_info",
    "get_v5_position_list_long_and_flat",
)


async def test_recorded_isolated_account(account: BybitInverseAccount, replay: Callable[..., None]) -> None:
    """In isolated mode the venue's totals have no meaning and are not told; everything else is."""
    replay(*EVERYTHING)
    info = await account.get_account()
    totals = (
        info.total_wallet,
        info.total_equity,
        info.total_unrealized_pnl,
        info.total_initial_margin,
        info.total_maintenance_margin,
        info.total_available,
        info.total_withdrawable,
        info.margin_ratio,
    )
    assert totals == (None,) * 8
    assert (info.valuation_asset, info.kind, info.is_copy_leader) == ("USD", "uta2", False)
    assert (info.position_mode, info.asset_mode) == (PositionMode.ONE_WAY, None)
    assert info.margin_type is MarginType.ISOLATED
    assert (info.can_trade, info.can_deposit, info.can_withdraw, info.fee_tier) == (None, None, None, None)
    assert info.collateral == (Collateral("BTC", allowed=True, switched_on=True, ratio=D("0.95")),)
    assert [balance.asset for balance in info.balances] == ["BTC"]
    assert [position.symbol for position in info.positions] == ["BTCUSD"]
    assert info.updated_at == from_milliseconds(1790380000000)
    assert info.raw is not None
    assert set(info.raw) == {"info", "wallet", "collateral", "positions"}


async def test_recorded_cross_account_has_totals(
    account: BybitInverseAccount, sim: Simulation, replay: Callable[..., None], recorded: Recorded
) -> None:
    """In cross mode every total of the documented wallet is told, in USD."""
    cross = recorded.case("get_v5_account_info").body.replace(b"ISOLATED_MARGIN", b"REGULAR_MARGIN")
    sim.disturb(VENUE, BYBIT.ACCOUNT_INFO, CannedAnswer(200, cross))
    replay(*EVERYTHING[1:])
    info = await account.get_account(include_flat=True)
    assert info.margin_type is MarginType.CROSS
    assert (info.total_wallet, info.total_equity) == (D("3.00326056"), D("3.31216591"))
    assert (info.total_unrealized_pnl, info.total_available) == (D(0), D("3.00326056"))
    assert (info.total_initial_margin, info.total_maintenance_margin, info.margin_ratio) == (D(0), D(0), D(0))
    assert info.total_withdrawable is None
    assert [position.symbol for position in info.positions] == ["BTCUSD", "ETHUSD"]


async def test_documented_account_of_another_kind_is_refused(sim: Simulation, replay: Callable[..., None]) -> None:
    """Kind 4 keeps inverse contracts in another wallet: opening it fails, naming the kind, and asks nothing more."""
    replay("get_v5_account_info_kind_4")
    with pytest.raises(UnsupportedCapability, match=r"unified 1\.0 Pro kind \(unifiedMarginStatus 4\)"):
        async with venuekit.connect(VENUE, sim.credentials(VENUE)):
            pytest.fail("an account of an older kind was opened")
    assert {arrival.path for arrival in sim.requests} <= {"/v5/account/info", "/v5/market/time"}


@pytest.mark.parametrize(("status", "opens"), [(1, False), (3, False), (5, True), (6, True), (9, False)])
async def test_kinds_that_are_opened(sim: Simulation, recorded: Recorded, status: int, opens: bool) -> None:
    """Unified 2.0 and 2.0 Pro are opened, any other kind is refused with its number."""
    body = recorded.case("get_v5_account_info").body.replace(
        b'"unifiedMarginStatus": 5', b'"unifiedMarginStatus": %d' % status
    )
    sim.disturb(VENUE, BYBIT.ACCOUNT_INFO, CannedAnswer(200, body))
    if opens:
        async with venuekit.connect(VENUE, sim.credentials(VENUE)) as account:
            assert (await account.call(BYBIT.ACCOUNT_INFO)).unified_margin_status == 5
    else:
        with pytest.raises(UnsupportedCapability, match=f"unifiedMarginStatus {status}"):
            async with venuekit.connect(VENUE, sim.credentials(VENUE)):
                pytest.fail("an account of another kind was opened")


async def test_what_the_venue_cannot_do_is_said_with_its_reason(account: BybitInverseAccount) -> None:
    """Hedge mode and asset modes do not exist on a unified account; one-way mode can be read."""
    assert (await PositionModeReader.of(account).get_position_mode()).mode is PositionMode.ONE_WAY
    with pytest.raises(UnsupportedCapability, match="one-way mode only"):
        PositionModeControl.of(account)
    for capability in (AssetModeReader, AssetModeControl):
        with pytest.raises(UnsupportedCapability, match="no asset mode"):
            capability.of(account)


async def test_wrong_keys(sim: Simulation) -> None:
    """An unknown key and a wrong secret give the venue's codes, without showing what was signed."""
    for key, secret, code in ((sim.key, "x" * 64, 10004), ("y" * 64, sim.secret, 10003)):
        with pytest.raises(AuthenticationFailed) as caught:
            async with venuekit.connect(VENUE, venuekit.Credentials.sim(sim.rest(VENUE), key, secret)):
                pytest.fail("a wrong key opened the account")
        assert caught.value.code == code
        assert sim.key not in str(caught.value)
        assert "y" * 64 not in str(caught.value)


async def test_read_only_key(sim: Simulation) -> None:
    """A key without write permission reads and is refused writes."""
    async with venuekit.connect(VENUE, sim.credentials(VENUE, read_only=True)) as account:
        assert isinstance(account, BybitInverseAccount)
        assert await account.get_positions()
        with pytest.raises(PermissionDenied) as caught:
            await account.set_leverage("BTCUSD", 5)
    assert caught.value.code == 10005
    assert sim.ledger.leverage("BTCUSD") == D(10)
