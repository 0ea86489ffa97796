"""Pools, purses and reads: what an account with several assets and venues shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import AssetMode, IncomeKind, MarginType, PositionMode, PositionSide, Unit
from venuekit.simulator.ledger import AccountEvent, Asset, Book, Contract, Ledger, Rules, Side

D = Decimal
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

ContractFactory = Callable[..., Contract]
LedgerFactory = Callable[..., Ledger]


def test_a_pool_values_every_asset_less_its_haircut(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] 1,000 USDT and 10 ETH at 2,000 less 5 % are 20,000; then the lines of one asset hold for the sum."""
    assets = Asset("USDT", index_price=D(1)), Asset("ETH", index_price=D(2000), haircut=D("0.05"))
    ledger = opened(cutting, linear(), money="10", assets=assets)
    ledger.deposit("USDT", D(990))
    ledger.set_asset_mode(AssetMode.MULTI)
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_500))

    totals, usdt, eth = ledger.totals(), ledger.balance("USDT"), ledger.balance("ETH")

    assert totals is not None
    assert (totals.valuation_asset, totals.pooled) == ("USD", True)
    assert (D(20_000), D(19_500), D(-500)) == (totals.wallet, totals.equity, totals.unrealized_pnl)
    assert (D(21_000), D(20_500)) == (totals.gross_wallet, totals.gross_equity)
    assert (D(5000), D(200)) == (totals.initial_margin, totals.maintenance_margin)
    assert (D(14_500), D(14_500)) == (totals.available, totals.withdrawable)
    assert (D(14_500), D("7.25")) == (usdt.available, eth.available)
    assert (D(1000), D("7.25")) == (usdt.withdrawable, eth.withdrawable)
    assert totals.margin_ratio is not None
    assert D("0.01025641") == totals.margin_ratio.quantize(D("1e-8"))


def test_a_pool_backs_positions_in_another_asset(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """The liquidation price of a pooled position is that of one backed by the worth of the pool."""
    single = opened(cutting, linear(), money="20000")
    assets = Asset("USDT", index_price=D(1)), Asset("ETH", index_price=D(2000), haircut=D("0.05"))
    pooled = opened(cutting, linear(), money="10", assets=assets)
    pooled.deposit("USDT", D(990))
    pooled.set_asset_mode(AssetMode.MULTI)
    for ledger in single, pooled:
        ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_500))

    expected = single.position("ONEUSDT").liquidation_price

    assert expected is not None
    assert expected == pooled.position("ONEUSDT").liquidation_price


def test_a_debt_counts_in_full(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """[calc] A haircut shrinks what is held and never what is owed: 10 ETH less 5 % minus 9,000 USDT owed."""
    assets = (
        Asset("USDT", index_price=D(1), haircut=D("0.01")),
        Asset("ETH", index_price=D(2000), haircut=D("0.05")),
    )
    ledger = opened(cutting, linear(), money="10", assets=assets)
    ledger.deposit("USDT", D(990))
    ledger.set_asset_mode(AssetMode.MULTI)
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))
    ledger.fill("ONEUSDT", Side.SELL, D(1), D(40_000))

    totals = ledger.totals()

    assert totals is not None
    assert D(19_000 - 9_000) == totals.wallet == totals.available
    assert D(0) == ledger.balance("USDT").withdrawable


def test_single_asset_totals_are_those_of_the_valuation_asset(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """While assets stand alone, totals count one asset; the gross sums still count all."""
    assets = Asset("USDT", index_price=D(1)), Asset("ETH", index_price=D(2000))
    ledger = opened(cutting, linear(), money="10", assets=assets)

    totals = ledger.totals()

    assert totals is not None
    assert ("USDT", False, D(10)) == (totals.valuation_asset, totals.pooled, totals.wallet)
    assert D(20_010) == totals.gross_wallet


def test_cross_makes_the_pool_of_an_account_wide_margin_type(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """Such a venue pools in cross and keeps each asset to itself in isolated; its totals are always in USD."""
    two = inverse(symbol="TWOUSD", pair="TWOUSD", base="TWO", settle="TWO", mark=D(2000))
    ledger = opened(nearest, inverse(), two, money="1")

    cross = ledger.totals()
    ledger.set_margin_type(MarginType.ISOLATED)
    isolated = ledger.totals()

    assert cross is not None
    assert isolated is not None
    assert (True, D(52_000)) == (cross.pooled, cross.equity)
    assert (False, D(52_000)) == (isolated.pooled, isolated.equity)
    assert D(26) == D(cross.available) / 2000
    assert D(1) == ledger.balance("TWO").available


def test_purses_keep_the_same_asset_apart(cutting: Rules, linear: ContractFactory, inverse: ContractFactory) -> None:
    """Two venues of one account that do not share wallets share its modes, and nothing of each other's money."""
    contracts = linear(venue="acme_linear", purse="linear"), inverse(venue="acme_inverse", purse="inverse")
    assets = (
        Asset("USDT", index_price=D(1), purse="linear"),
        Asset("ONE", index_price=D(50_000), purse="linear"),
    )
    ledger = Ledger(cutting, contracts, assets, now=lambda: NOW)
    ledger.deposit("ONE", D(2), purse="linear")
    ledger.deposit("ONE", D(1), purse="inverse")
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSD")
    ledger.set_asset_mode(AssetMode.MULTI)
    ledger.fill("ONEUSD", Side.BUY, D(10_000), D(50_000))

    totals = ledger.totals(purse="linear")

    assert totals is not None
    assert D(100_000) == totals.wallet
    assert ledger.totals(purse="inverse") is None
    assert D("0.98") == ledger.balance("ONE", purse="inverse").available
    assert sorted((row.purse for row in ledger.balances()), key=["linear", "inverse"].index) == [
        "linear",
        "linear",
        "inverse",
    ]
    assert [row.symbol for row in ledger.positions(venue="acme_inverse")] == ["ONEUSD"]
    assert ledger.positions(venue="acme_linear") == ()


def test_rows_of_positions_follow_the_mode(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """One-way mode has BOTH; hedge mode LONG and SHORT, and a flat BOTH for whoever asks."""
    ledger = opened(cutting, linear())
    one_way = [row.side for row in ledger.positions(include_flat=True)]
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill("ONEUSDT", Side.SELL, D(1), D(50_000), PositionSide.SHORT)

    assert one_way == [PositionSide.BOTH]
    assert [row.side for row in ledger.positions(include_flat=True)] == [PositionSide.LONG, PositionSide.SHORT]
    assert [D(-1)] == [row.quantity for row in ledger.positions()]
    assert D(0) == ledger.position("ONEUSDT").quantity
    assert ledger.position("ONEUSDT").entry_price is None


def test_closing_orders_of_hedge_mode_bind_nothing(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """A sell order on the LONG leg frees margin once filled, so it needs none."""
    ledger = opened(cutting, linear())
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000), PositionSide.LONG)
    ledger.rest_order("ONEUSDT", Side.SELL, D(1), D(60_000), position_side=PositionSide.LONG)
    ledger.rest_order("ONEUSDT", Side.SELL, D(1), D(60_000), position_side=PositionSide.SHORT)

    legs = [ledger.position("ONEUSDT", side).open_order_initial_margin for side in PositionSide]

    assert [D(0), D(0), D(6000)] == legs


def test_orders_wait_until_cancelled(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """Orders are listed by symbol and book, and a cancelled client id is free again."""
    ledger = opened(cutting, linear())
    plain = ledger.rest_order("ONEUSDT", Side.BUY, D(1), D(100), client_id="a")
    conditional = ledger.rest_order("ONEUSDT", Side.SELL, D(1), D(90_000), book=Book.CONDITIONAL)

    assert [plain, conditional] == [order.id for order in ledger.open_orders("ONEUSDT")]
    assert [conditional] == [order.id for order in ledger.open_orders(book=Book.CONDITIONAL)]
    assert ledger.open_orders("TWOUSDT") == ()
    assert ledger.cancel_order(plain).client_id == "a"
    assert ledger.rest_order("ONEUSDT", Side.BUY, D(1), D(100), client_id="a") not in {plain, conditional}


def test_margin_by_hand_is_recorded_and_is_no_income(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """Adding and removing write a margin change each, no income row, and move neither wallet nor equity."""
    ledger = opened(cutting, linear())
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSDT")
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))
    rows, before = ledger.incomes(), ledger.balance("USDT")
    ledger.adjust_margin("ONEUSDT", D(100))
    ledger.adjust_margin("ONEUSDT", D(-40))

    after = ledger.balance("USDT")

    assert rows == ledger.incomes()
    assert (before.wallet, before.equity) == (after.wallet, after.equity)
    assert [D(100), D(-40)] == [change.amount for change in ledger.margin_changes("ONEUSDT")]
    assert D(60) == ledger.position("ONEUSDT").added_margin


def test_income_rows_say_why(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """A transfer has no symbol and no trade; profit and commission of a fill have both."""
    ledger = opened(cutting, linear(taker_fee=D("0.001")))
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))
    ledger.fill("ONEUSDT", Side.SELL, D(1), D(51_000))

    rows = ledger.incomes()

    assert [row.kind for row in rows] == [
        IncomeKind.TRANSFER,
        IncomeKind.COMMISSION,
        IncomeKind.REALIZED_PNL,
        IncomeKind.COMMISSION,
    ]
    assert [row.symbol for row in rows] == [None, "ONEUSDT", "ONEUSDT", "ONEUSDT"]
    assert rows[0].trade_id is None
    assert rows[2].trade_id == rows[3].trade_id != rows[1].trade_id


def test_settings_read_back(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """What was set holds, with the cap that the leverage allows, in the unit of the contract's value."""
    ledger = opened(cutting, linear())
    ledger.set_leverage("ONEUSDT", D(60))
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSDT")
    ledger.set_mark("ONEUSDT", D(49_000))
    ledger.set_index_price("USDT", D("0.999"))

    position = ledger.position("ONEUSDT")

    assert D(60) == ledger.leverage("ONEUSDT") == position.leverage
    assert MarginType.ISOLATED is ledger.margin_type("ONEUSDT")
    assert D(49_000) == ledger.mark("ONEUSDT") == position.mark_price
    assert (D(250_000), Unit.QUOTE) == (position.max_position, position.max_position_unit)
    assert D(250_000) == ledger.max_position("ONEUSDT")
    assert D("0.999") == ledger.balance("USDT").index_price
    assert (ledger.position_mode, ledger.asset_mode) == (PositionMode.ONE_WAY, AssetMode.SINGLE)
    assert D(125) == ledger.contract("ONEUSDT").max_leverage


def test_a_snapshot_is_a_value(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """A snapshot does not move with the ledger, and does not move the ledger."""
    ledger = opened(cutting, linear())
    snapshot = ledger.snapshot()
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))
    other = ledger.snapshot()
    other.legs.clear()

    assert snapshot != ledger.snapshot()
    assert D(1) == ledger.position("ONEUSDT").quantity
    assert attrs.evolve(snapshot) == snapshot


def test_a_long_is_told_its_tier_with_its_orders(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """Where the venue says so, the tier shown counts the resting orders; the maintenance margin does not."""
    ledger = opened(nearest, inverse(mark=D(1)), money="1000")
    ledger.fill("ONEUSD", Side.BUY, D(100), D(1))
    alone = ledger.position("ONEUSD")
    ledger.rest_order("ONEUSD", Side.BUY, D(100), D(1))

    beside_order = ledger.position("ONEUSD")

    assert (alone.tier.tier, beside_order.tier.tier) == (1, 2)
    assert alone.maintenance_margin == beside_order.maintenance_margin


def test_profit_of_a_pool_cannot_leave_it(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """[calc] Of 20,000 and a profit of 20,000, 35,000 is free for orders; what may leave is 20,000 less 200."""
    assets = Asset("USDT", index_price=D(1)), Asset("ETH", index_price=D(2000), haircut=D("0.05"))
    ledger = opened(cutting, linear(), money="10", assets=assets)
    ledger.deposit("USDT", D(990))
    ledger.set_asset_mode(AssetMode.MULTI)
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(30_000))

    totals = ledger.totals()

    assert totals is not None
    assert (D(35_000), D(19_800)) == (totals.available, totals.withdrawable)
    assert (D(1000), D("9.9")) == (ledger.balance("USDT").withdrawable, ledger.balance("ETH").withdrawable)


def test_a_position_is_told_of_though_no_money_moved(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """A fill without a fee in cross margin moves no wallet; the event has the position and the wallet it settles in."""
    ledger = opened(cutting, linear(), money="20000")
    seen = len(ledger.events())
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))

    told = [event for event in ledger.events(seen) if isinstance(event, AccountEvent)]

    assert [(one.symbol, one.quantity) for event in told for one in event.positions] == [("ONEUSDT", D(1))]
    assert [(one.asset, one.wallet) for event in told for one in event.balances] == [("USDT", D(20_000))]
