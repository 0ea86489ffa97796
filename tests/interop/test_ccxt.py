"""ccxt, unchanged but for its URLs, blocking and asynchronous: account, positions and settings of three venues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from tests.interop.ccxt_desk import (
    EVERY_FACE,
    EVERY_PRODUCT,
    PRODUCTS,
    CcxtDesk,
    Product,
    close_client,
    exact,
    make_client,
    open_desk,
)

from venuekit.capabilities import MarginType, PositionMode
from venuekit.simulator.ledger import Side

D = Decimal


@pytest.fixture(name="desk")
async def _desk(product: Product, face: str, scenario: str) -> AsyncIterator[CcxtDesk]:
    async with open_desk(product, face, scenario) as desk:
        yield desk


@pytest.fixture(params=EVERY_PRODUCT)
def product(request: pytest.FixtureRequest) -> Any:
    """Either product of Binance, or Bybit's inverse one."""
    return request.param


@pytest.fixture(params=EVERY_FACE)
def face(request: pytest.FixtureRequest) -> Any:
    """The module with the blocking clients, or that with the asynchronous ones."""
    return request.param


FLAT = pytest.mark.parametrize("scenario", ["flat"])
BOTH_SCENARIOS = pytest.mark.parametrize("scenario", ["flat", "holding"])


@pytest.mark.interop(subject="balances")
@BOTH_SCENARIOS
async def test_balance(desk: CcxtDesk) -> None:
    """What ccxt shows of each asset is the ledger's wallet with profits, and what is available of it."""
    balance = await desk.call("fetch_balance")
    purse = desk.ledger.contract(desk.product.held_id).purse
    held = [figures for figures in desk.ledger.balances() if figures.purse == purse and figures.wallet]
    assert held
    for figures in held:
        shown = balance[figures.asset]
        # ccxt reads the margin balance of one product of Binance, and the wallet of the other one
        assert exact(shown["total"]) in {figures.wallet, figures.equity}, figures.asset
        assert shown["free"] is None or 0 <= exact(shown["free"]) <= exact(shown["total"])


@pytest.mark.interop(subject="positions")
async def test_position(desk: CcxtDesk) -> None:
    """The position that is held is listed with side, size, entry price and margin type."""
    held = desk.ledger.position(desk.product.held_id)
    (position,) = (one for one in await desk.call("fetch_positions") if one["contracts"])
    assert (position["symbol"], position["side"]) == (desk.product.held, "long")
    assert exact(position["contracts"]) == held.quantity
    assert exact(position["entryPrice"]) == held.entry_price
    assert exact(position["markPrice"]) == desk.ledger.mark(desk.product.held_id)
    assert exact(position["unrealizedPnl"]).quantize(D("1e-7")) == held.unrealized_pnl.quantize(D("1e-7"))
    assert held.liquidation_price is not None
    assert position["liquidationPrice"] == pytest.approx(float(held.liquidation_price), rel=1e-6)
    if desk.product.exchange != "bybit":  # whose margin mode is the account's
        assert position["marginMode"] == "isolated"


@pytest.mark.interop(subject="positions")
@FLAT
async def test_no_position(desk: CcxtDesk) -> None:
    """A flat account has no position."""
    assert [one for one in await desk.call("fetch_positions") if one["contracts"]] == []


@pytest.mark.interop(subject="positions")
@FLAT
async def test_a_short_position(desk: CcxtDesk) -> None:
    """A short position has its side, be its size positive."""
    flat_id = desk.product.flat_id
    desk.ledger.fill(flat_id, Side.SELL, exact(desk.product.quantity), desk.ledger.mark(flat_id))
    (position,) = await desk.call("fetch_positions", [desk.product.flat])
    assert (position["side"], exact(position["contracts"])) == ("short", exact(desk.product.quantity))
    assert position["marginMode"] in {"cross", None}


@pytest.mark.interop(subject="positions")
async def test_rank_of_a_position(desk: CcxtDesk) -> None:
    """The place of a position in the queue of deleveraging."""
    rank = await desk.call("fetch_position_adl_rank", desk.product.held)
    assert rank["symbol"] == desk.product.held
    assert rank["rank"] >= 1


@pytest.mark.interop(subject="positions")
@pytest.mark.parametrize("product", EVERY_PRODUCT[:1])
async def test_margin_of_a_position(desk: CcxtDesk) -> None:
    """Margin is added and reduced; both are in the history."""
    held = desk.product.held
    wallet = desk.ledger.position(desk.product.held_id).isolated_wallet
    assert wallet is not None
    added = await desk.call("add_margin", held, 0.5)
    await desk.call("reduce_margin", held, 0.2)
    assert (added["type"], added["amount"]) == ("add", 0.5)
    assert desk.ledger.position(desk.product.held_id).isolated_wallet == wallet + D("0.3")
    rows = await desk.call("fetch_margin_adjustment_history", held)
    assert [(row["type"], row["amount"]) for row in rows] == [("add", 0.5), ("reduce", 0.2)]


@pytest.mark.interop(subject="leverage")
async def test_leverage(desk: CcxtDesk) -> None:
    """It is set, and read back."""
    await desk.call("set_leverage", 7, desk.product.flat)
    assert desk.ledger.leverage(desk.product.flat_id) == 7
    read = await desk.call("fetch_leverage", desk.product.flat)
    assert (read["longLeverage"], read["shortLeverage"]) == (7, 7)


@pytest.mark.interop(subject="leverage")
async def test_leverage_tiers(desk: CcxtDesk) -> None:
    """Limits and rates of each tier are the contract's."""
    tiers = (await desk.call("fetch_leverage_tiers", [desk.product.flat]))[desk.product.flat]
    expected = desk.ledger.contract(desk.product.flat_id).brackets
    assert [exact(one["maxNotional"]) for one in tiers] == [tier.cap for tier in expected]
    assert [exact(one["maxLeverage"]) for one in tiers] == [tier.max_leverage for tier in expected]
    assert [exact(one["maintenanceMarginRate"]) for one in tiers] == [tier.maintenance_margin_rate for tier in expected]


@pytest.mark.interop(subject="margin type")
@pytest.mark.parametrize("product", EVERY_PRODUCT[:2])
async def test_margin_type_of_a_symbol(desk: CcxtDesk) -> None:
    """At Binance each symbol has its own."""
    await desk.call("set_margin_mode", "isolated", desk.product.flat)
    assert desk.ledger.margin_type(desk.product.flat_id) is MarginType.ISOLATED
    assert (await desk.call("fetch_margin_mode", desk.product.flat))["marginMode"] == "isolated"
    await desk.call("set_margin_mode", "cross", desk.product.flat)
    modes = await desk.call("fetch_margin_modes", [desk.product.flat, desk.product.held])
    assert {name: mode["marginMode"] for name, mode in modes.items()} == {
        desk.product.flat: "cross",
        desk.product.held: "isolated",
    }


@pytest.mark.interop(subject="margin type")
@pytest.mark.parametrize("product", EVERY_PRODUCT[2:])
async def test_margin_type_of_the_account(desk: CcxtDesk) -> None:
    """At Bybit the account has one."""
    await desk.call("set_margin_mode", "cross")
    assert desk.ledger.margin_type() is MarginType.CROSS
    assert (await desk.call("fetch_margin_mode", desk.product.flat))["marginMode"] == "cross"


@pytest.mark.interop(subject="position mode")
@pytest.mark.parametrize("product", EVERY_PRODUCT[:2])
@FLAT
async def test_position_mode(desk: CcxtDesk) -> None:
    """One-way and hedge mode, and back."""
    assert (await desk.call("fetch_position_mode", desk.product.flat))["hedged"] is False
    await desk.call("set_position_mode", True, desk.product.flat)
    assert desk.ledger.position_mode is PositionMode.HEDGE
    assert (await desk.call("fetch_position_mode", desk.product.flat))["hedged"] is True
    await desk.call("set_position_mode", False, desk.product.flat)
    assert desk.ledger.position_mode is PositionMode.ONE_WAY


@pytest.mark.interop(subject="position mode")
@pytest.mark.parametrize("product", EVERY_PRODUCT[2:])
async def test_position_mode_of_inverse_contracts(desk: CcxtDesk) -> None:
    """At Bybit they are one-way, which is told as no change."""
    with pytest.raises(ccxt.NoChange, match="110025"):
        await desk.call("set_position_mode", False, desk.product.flat)
    assert desk.ledger.position_mode is PositionMode.ONE_WAY


@pytest.mark.interop(subject="account")
async def test_fees(desk: CcxtDesk) -> None:
    """The account's rates of a symbol."""
    fee = await desk.call("fetch_trading_fee", desk.product.flat)
    contract = desk.ledger.contract(desk.product.flat_id)
    assert (exact(fee["taker"]), exact(fee["maker"])) == (contract.taker_fee, contract.maker_fee)


#: method, its arguments beside the symbol, ccxt's error, the venue's code; for each product that refuses it
REFUSALS: dict[str, tuple[str, str, tuple[Any, ...], type[Exception], str]] = {
    "usdm: leverage out of range": ("usdm", "set_leverage", (125,), ccxt.BadRequest, "-4028"),
    "coinm: leverage out of range": ("coinm", "set_leverage", (125,), ccxt.BadRequest, "-4028"),
    "usdm: hedge mode with a position": ("usdm", "set_position_mode", (True,), ccxt.OperationRejected, "-4068"),
    "coinm: hedge mode with a position": ("coinm", "set_position_mode", (True,), ccxt.OperationRejected, "-4068"),
    "inverse: leverage beyond the tier": ("inverse", "set_leverage", (101,), ccxt.ExchangeError, "110013"),
    "inverse: hedge mode": ("inverse", "set_position_mode", (True,), ccxt.BadRequest, "110029"),
    "inverse: no other position mode": ("inverse", "set_position_mode", (False,), ccxt.NoChange, "110025"),
}


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("product", "refused"),
    [
        pytest.param(
            PRODUCTS[refused[0]], refused, id=name, marks=pytest.mark.interop(venue=PRODUCTS[refused[0]].venue)
        )
        for name, refused in REFUSALS.items()
    ],
)
async def test_refusal(desk: CcxtDesk, refused: tuple[str, str, tuple[Any, ...], type[Exception], str]) -> None:
    """The client knows the venue's code, and nothing changes."""
    _, method, arguments, error, code = refused
    before = desk.ledger.snapshot()
    with pytest.raises(error, match=code):
        await desk.call(method, *arguments, desk.product.flat)
    assert desk.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
async def test_a_wrong_secret(desk: CcxtDesk, face: str) -> None:
    """Whoever signs with another secret is told so by ccxt's own error."""
    other = make_client(desk.sim, desk.product, face, desk.sim.key, "s" * 36)
    with pytest.raises(ccxt.AuthenticationError):
        await CcxtDesk(desk.sim, desk.product, other).call("fetch_balance")
    await close_client(other)


@pytest.mark.interop(subject="refusals")
async def test_a_key_that_may_only_read(desk: CcxtDesk, face: str) -> None:
    """It reads, and is refused a write."""
    other = make_client(desk.sim, desk.product, face, desk.sim.read_only_key, desk.sim.read_only_secret)
    reader = CcxtDesk(desk.sim, desk.product, other)
    assert await reader.call("fetch_balance")
    with pytest.raises((ccxt.AuthenticationError, ccxt.PermissionDenied)):
        await reader.call("set_leverage", 3, desk.product.flat)
    await close_client(other)
    assert desk.ledger.leverage(desk.product.flat_id) != 3
