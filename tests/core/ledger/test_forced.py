"""Forced trades and funding: what the venue does to a position, with the numbers worked out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest

from venuekit.capabilities import AssetMode, IncomeKind, MarginType, OrderStatus, OrderType, PositionMode, PositionSide
from venuekit.simulator.ledger import (
    Asset,
    Contract,
    FundingFrom,
    Ledger,
    LedgerOrderRequest,
    Reason,
    Refused,
    Rules,
    Side,
    TradeKind,
    tiers,
)

D = Decimal
ONE, TWO = "ONEUSDT", "TWOUSDT"

ContractFactory = Callable[..., Contract]
LedgerFactory = Callable[..., Ledger]


@pytest.fixture
def isolated(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> Ledger:
    """Hold one contract at 50,000 with an isolated margin of 5,000, and 95,000 beside it."""
    ledger = opened(cutting, linear(), money="100000")
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.fill(ONE, Side.BUY, D(1), D(50_000))
    return ledger


def kinds(ledger: Ledger) -> list[tuple[IncomeKind, Decimal]]:
    """Return what moved wallets after the deposits."""
    return [(row.kind, row.amount) for row in ledger.incomes() if row.kind is not IncomeKind.TRANSFER]


# -- liquidation


def test_an_isolated_position_is_liquidated_at_its_price_and_not_before(isolated: Ledger) -> None:
    """[calc] (5000 - 50000) / (0.004 - 1) = 45180.72: a tick above it lives, a tick below it does not."""
    price = isolated.position(ONE).liquidation_price
    isolated.set_mark(ONE, D("45180.8"))
    alive = isolated.position(ONE).quantity

    isolated.set_mark(ONE, D("45180.7"))

    assert price == D("45180.722891566265")
    assert (alive, isolated.position(ONE).quantity) == (D(1), D(0))


def test_the_fee_of_a_liquidation_is_at_most_what_is_left(isolated: Ledger) -> None:
    """[calc] 5000 - 4819.3 = 180.7 is less than 1.25 % of the value: all of the margin is gone, nothing else is."""
    waits = isolated.place(LedgerOrderRequest(symbol=ONE, side=Side.BUY, quantity=D(1), price=D(30_000)))

    isolated.set_mark(ONE, D("45180.7"))

    (order,) = isolated.forced_orders()
    (fill,) = isolated.fills(order_id=order.id)
    assert kinds(isolated) == [(IncomeKind.REALIZED_PNL, D("-4819.3")), (IncomeKind.INSURANCE, D("-180.7"))]
    assert {row.trade_id for row in isolated.incomes()[1:]} == {fill.trade_id}
    assert isolated.balance("USDT").wallet == isolated.balance("USDT").cross_wallet == 95_000
    assert (order.status, order.forced, order.filled, order.average_price) == (
        OrderStatus.FILLED,
        TradeKind.LIQUIDATION,
        D(1),
        D("45180.7"),
    )
    assert (order.client_id or "").startswith("autoclose-")
    assert (fill.kind, fill.commission) == (TradeKind.LIQUIDATION, D(0))
    assert isolated.order(waits.id).status is OrderStatus.EXPIRED


def test_a_fee_that_can_be_paid_leaves_the_rest(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """[calc] At a fee of 0.1 %: 180.7 - 45.1807 = 135.5193 goes back to the cross wallet."""
    ledger = opened(cutting, linear(liquidation_fee=D("0.001")), money="100000")
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.fill(ONE, Side.BUY, D(1), D(50_000))

    ledger.set_mark(ONE, D("45180.7"))

    assert kinds(ledger)[-1] == (IncomeKind.INSURANCE, D("-45.1807"))
    assert ledger.balance("USDT").cross_wallet == D("95135.5193")


def test_the_insurance_fund_pays_what_a_gap_costs_beyond_the_margin(isolated: Ledger) -> None:
    """[calc] From 50,000 to 40,000 at once loses 10,000; 5,000 were set apart, the fund pays the other 5,000."""
    isolated.set_mark(ONE, D(40_000))

    assert kinds(isolated) == [(IncomeKind.REALIZED_PNL, D(-10_000)), (IncomeKind.INSURANCE, D(5000))]
    assert isolated.balance("USDT").wallet == 95_000


@pytest.mark.parametrize("mode", PositionMode)
def test_a_cross_wallet_is_liquidated_with_all_its_legs_and_never_below_zero(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory, mode: PositionMode
) -> None:
    """Both symbols are closed, one order each; the isolated third is not touched."""
    contracts = linear(), linear(symbol=TWO, pair=TWO, base="TWO"), linear(symbol="THREE", pair="THREE", base="THREE")
    ledger = opened(cutting, *contracts, money="20000")
    if mode is PositionMode.HEDGE:
        ledger.set_position_mode(mode)
    ledger.set_margin_type(MarginType.ISOLATED, "THREE")
    long = PositionSide.LONG if mode is PositionMode.HEDGE else PositionSide.BOTH
    for symbol in ONE, TWO, "THREE":
        ledger.fill(symbol, Side.BUY, D(1), D(50_000), long)

    ledger.set_mark(ONE, D(30_000))

    balance = ledger.balance("USDT")
    assert {row.symbol for row in ledger.positions()} == {"THREE"}
    assert {order.symbol for order in ledger.forced_orders(forced=TradeKind.LIQUIDATION)} == {ONE, TWO}
    assert (balance.cross_wallet, balance.wallet) == (D(0), D(5000))


def test_a_pool_is_liquidated_by_all_it_holds(linear: ContractFactory) -> None:
    """In multi-assets mode another asset carries the loss, until its price falls too; then it covers the debt."""
    assets = Asset("USDT", index_price=D(1)), Asset("BNB", index_price=D(500))
    ledger = Ledger(
        Rules(), [linear()], assets, now=lambda: datetime(2026, 3, 1, tzinfo=UTC), asset_mode=AssetMode.MULTI
    )
    ledger.deposit("BNB", D(20))
    ledger.fill(ONE, Side.BUY, D(1), D(50_000))
    ledger.set_mark(ONE, D(45_000))
    alive = ledger.position(ONE).quantity

    ledger.set_index_price("BNB", D(250))

    assert (alive, ledger.position(ONE).quantity) == (D(1), D(0))
    totals = ledger.totals()
    assert totals is not None
    assert (ledger.balance("USDT").wallet, totals.equity) == (D(-5000), D(0))


def test_the_fund_pays_a_pools_debt_in_the_asset_that_has_it(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] 500,000 x (1 / 50,000 - 1 / 25,000) = -10: nine more than there was, and nine are paid in."""
    ledger = opened(nearest, inverse(), money="1")
    ledger.fill("ONEUSD", Side.BUY, D(500_000), D(50_000))

    ledger.set_mark("ONEUSD", D(25_000))

    assert kinds(ledger) == [(IncomeKind.REALIZED_PNL, D(-10)), (IncomeKind.INSURANCE, D(9))]
    assert ledger.balance("ONE").wallet == 0


def test_a_ledger_that_does_not_liquidate_keeps_what_is_lost(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """The rules can leave that to a script."""
    ledger = opened(attrs.evolve(cutting, liquidates=False), linear(), money="6000")
    ledger.fill(ONE, Side.BUY, D(1), D(50_000))

    ledger.set_mark(ONE, D(30_000))

    assert (ledger.position(ONE).quantity, ledger.forced_orders()) == (D(1), ())


def test_an_inverse_short_is_liquidated_when_the_price_rises(
    cutting: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """The margin ratio decides, whichever way the contract pays."""
    ledger = opened(cutting, inverse(), money="10")
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSD")
    ledger.fill("ONEUSD", Side.SELL, D(50_000), D(50_000))
    price = ledger.position("ONEUSD").liquidation_price
    assert price is not None

    ledger.set_mark("ONEUSD", price - D("0.1"))
    alive = ledger.position("ONEUSD").quantity
    ledger.set_mark("ONEUSD", price + D("0.1"))

    assert (alive, ledger.position("ONEUSD").quantity) == (D(-50_000), D(0))


def test_deleveraging_closes_a_part_at_the_mark(isolated: Ledger) -> None:
    """It is a forced order with an ordinary commission, and refused where nothing is open."""
    order = isolated.deleverage(ONE, quantity=D("0.4"))

    (fill,) = isolated.fills(order_id=order.id)
    assert (order.forced, order.client_id, fill.kind) == (TradeKind.ADL, "adl_autoclose", TradeKind.ADL)
    assert isolated.position(ONE).quantity == D("0.6")
    assert isolated.forced_orders(forced=TradeKind.LIQUIDATION) == ()
    with pytest.raises(Refused) as error:
        isolated.deleverage(ONE, quantity=D(5))
    assert error.value.reason is Reason.EXCEEDS_POSITION
    isolated.deleverage(ONE)
    with pytest.raises(Refused) as error:
        isolated.deleverage(ONE)
    assert error.value.reason is Reason.FLAT_POSITION


# -- funding and fees


def test_a_long_pays_a_positive_rate_and_a_short_receives_it(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[doc] 100 x 0.3676 x 0.0001 = 0.003676, paid; the short of a hedge receives for what it holds."""
    ledger = opened(cutting, linear(mark=D("0.3676")), money="1000")
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill(ONE, Side.BUY, D(100), D("0.3676"), PositionSide.LONG)
    ledger.fill(ONE, Side.SELL, D(50), D("0.3676"), PositionSide.SHORT)

    paid, received = ledger.fund(ONE, D("0.0001"))

    first, second = ledger.fills(kinds={TradeKind.FUNDING})
    assert (paid.amount, received.amount) == (D("-0.003676"), D("0.001838"))
    assert (paid.kind, paid.rate, paid.trade_id) == (IncomeKind.FUNDING, D("0.0001"), first.trade_id)
    assert (first.side, first.quantity, first.price, first.commission) == (
        Side.BUY,
        D(100),
        D("0.3676"),
        D("-0.003676"),
    )
    assert (second.side, second.value, second.order_id) == (Side.SELL, D("18.38"), None)
    assert [getattr(event, "execution", None) for event in ledger.events()[-2:]] == [first, second]
    trade = ledger.fills()[-1]
    assert (trade.kind, first.sequence - trade.sequence, second.sequence - first.sequence) == (TradeKind.TRADE, 1, 1)


@pytest.mark.parametrize(
    ("pays", "rate", "cross", "own"),
    [
        (FundingFrom.POSITION, "0.001", "95000", "4950"),
        (FundingFrom.POSITION, "-0.001", "95000", "5050"),
        (FundingFrom.BALANCE_FIRST, "0.001", "94950", "5000"),
        (FundingFrom.BALANCE_FIRST, "-0.001", "95050", "5000"),
    ],
)
def test_what_pays_the_funding_of_an_isolated_position(
    *,
    cutting: Rules,
    linear: ContractFactory,
    opened: LedgerFactory,
    pays: FundingFrom,
    rate: str,
    cross: str,
    own: str,
) -> None:
    """[calc] 50,000 x 0.1 % = 50 out of the isolated wallet, or out of the free balance, by the venue's rule."""
    ledger = opened(attrs.evolve(cutting, funding_from=pays), linear(), money="100000")
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.fill(ONE, Side.BUY, D(1), D(50_000))

    ledger.fund(ONE, D(rate))

    assert ledger.balance("USDT").cross_wallet == D(cross)
    assert ledger.position(ONE).isolated_wallet == D(own)


def test_what_the_free_balance_cannot_pay_the_position_pays(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] Of 50 the 20 that are free are paid first, 30 out of the position."""
    ledger = opened(attrs.evolve(cutting, funding_from=FundingFrom.BALANCE_FIRST), linear(), money="5020")
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.fill(ONE, Side.BUY, D(1), D(50_000))

    ledger.fund(ONE, D("0.001"))

    assert ledger.balance("USDT").cross_wallet == 0
    assert ledger.position(ONE).isolated_wallet == 4970


@pytest.mark.parametrize(("rate", "left"), [("0.09599", "1"), ("0.096", "0")])
def test_funding_liquidates_when_the_margin_is_down_to_its_maintenance(isolated: Ledger, rate: str, left: str) -> None:
    """[calc] 5000 - 50,000 x 9.6 % = 200 is exactly the maintenance margin: a ratio of 1, and the end."""
    isolated.fund(ONE, D(rate))

    assert isolated.position(ONE).quantity == D(left)
    assert bool(isolated.forced_orders()) is (left == "0")
    assert left == "1" or isolated.balance("USDT").wallet == 95_000


def test_an_inverse_position_pays_funding_in_its_base(
    cutting: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] 50,000 / 40,000 x 0.0001 = 0.000125."""
    ledger = opened(cutting, inverse(mark=D(40_000)), money="10")
    ledger.fill("ONEUSD", Side.BUY, D(50_000), D(40_000))

    (row,) = ledger.fund("ONEUSD", D("0.0001"))

    assert (row.asset, row.amount) == ("ONE", D("-0.000125"))


def test_the_fee_of_an_order_is_its_value_times_the_rate(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[doc] 88 x 0.3615 x 0.0006 = 0.01908720, and the row says after which trade and at which rate."""
    contract = linear(
        mark=D("0.3615"),
        price_tick=D("0.0001"),
        taker_fee=D("0.0006"),
        brackets=tiers((D(10**9), D(125), D("0.004"))),
    )
    ledger = opened(cutting, contract, money="1000")

    order = ledger.place(LedgerOrderRequest(symbol=ONE, side=Side.BUY, type=OrderType.MARKET, quantity=D(88)))

    row = ledger.incomes()[-1]
    assert order.commission == row.amount == D("-0.01908720")
    assert (row.order_id, row.rate, row.balance_after) == (order.id, D("0.0006"), D("999.98091280"))
