"""Refusals: each has its reason and the numbers behind it, and leaves the ledger as it was."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide, Setting
from venuekit.simulator.ledger import Asset, Book, Contract, Ledger, LedgerRefusal, Reason, Refused, Rules, Side

D = Decimal
ISOLATED, CROSS = MarginType.ISOLATED, MarginType.CROSS
ONE = "ONEUSDT"

Step = Callable[[Ledger], object]
ContractFactory = Callable[..., Contract]
LedgerFactory = Callable[..., Ledger]


def buy(quantity: str = "1", side: PositionSide = PositionSide.BOTH) -> Step:
    """Return the step that buys at 50,000."""
    return lambda ledger: ledger.fill(ONE, Side.BUY, D(quantity), D(50_000), side)


def rest(book: Book = Book.PLAIN, quantity: str = "1") -> Step:
    """Return the step that lets a buy order wait below the mark."""
    return lambda ledger: ledger.rest_order(ONE, Side.BUY, D(quantity), D(40_000), book=book, client_id=f"mine-{book}")


def isolate(ledger: Ledger) -> None:
    """Make the symbol isolated."""
    ledger.set_margin_type(ISOLATED, ONE)


def hedge(ledger: Ledger) -> None:
    """Go into hedge mode."""
    ledger.set_position_mode(PositionMode.HEDGE)


def pool(ledger: Ledger) -> None:
    """Go into multi-assets mode."""
    ledger.set_asset_mode(AssetMode.MULTI)


def leverage(number: str) -> Step:
    """Return the step that sets the leverage."""
    return lambda ledger: ledger.set_leverage(ONE, D(number))


def adjust(amount: str) -> Step:
    """Return the step that moves margin by hand."""
    return lambda ledger: ledger.adjust_margin(ONE, D(amount))


CASES: list[tuple[str, list[Step], Step, Reason]] = [
    ("leverage-unknown-symbol", [], lambda ledger: ledger.set_leverage("NONE", D(5)), Reason.UNKNOWN_SYMBOL),
    ("margin-type-unknown-symbol", [], lambda ledger: ledger.set_margin_type(ISOLATED, "NONE"), Reason.UNKNOWN_SYMBOL),
    ("fill-unknown-symbol", [], lambda ledger: ledger.fill("NONE", Side.BUY, D(1), D(1)), Reason.UNKNOWN_SYMBOL),
    ("deposit-unknown-asset", [], lambda ledger: ledger.deposit("NONE", D(1)), Reason.UNKNOWN_ASSET),
    ("deposit-nothing", [], lambda ledger: ledger.deposit("USDT", D("0.000000001")), Reason.AMOUNT_NOT_POSITIVE),
    ("deposit-nan", [], lambda ledger: ledger.deposit("USDT", D("nan")), Reason.AMOUNT_NOT_POSITIVE),
    ("withdraw-too-much", [], lambda ledger: ledger.deposit("USDT", D(-100_001)), Reason.INSUFFICIENT_BALANCE),
    (
        "withdraw-what-is-bound",
        [buy("4")],
        lambda ledger: ledger.deposit("USDT", D(-90_000)),
        Reason.INSUFFICIENT_BALANCE,
    ),
    ("fill-nothing", [], buy("0"), Reason.AMOUNT_NOT_POSITIVE),
    ("fill-for-nothing", [], lambda ledger: ledger.fill(ONE, Side.BUY, D(1), D(0)), Reason.PRICE_NOT_POSITIVE),
    ("mark-negative", [], lambda ledger: ledger.set_mark(ONE, D(-1)), Reason.PRICE_NOT_POSITIVE),
    ("leg-in-one-way", [], buy("1", PositionSide.LONG), Reason.SIDE_DOES_NOT_MATCH_MODE),
    ("no-leg-in-hedge", [hedge], buy("1"), Reason.SIDE_DOES_NOT_MATCH_MODE),
    ("order-no-leg-in-hedge", [hedge], rest(), Reason.SIDE_DOES_NOT_MATCH_MODE),
    ("adjust-no-leg-in-hedge", [isolate, hedge], adjust("1"), Reason.SIDE_DOES_NOT_MATCH_MODE),
    (
        "close-more-than-the-leg",
        [hedge, buy("1", PositionSide.LONG)],
        lambda ledger: ledger.fill(ONE, Side.SELL, D(2), D(50_000), PositionSide.LONG),
        Reason.EXCEEDS_POSITION,
    ),
    ("client-id-still-rests", [rest()], rest(), Reason.DUPLICATE_CLIENT_ID),
    ("cancel-unknown", [], lambda ledger: ledger.cancel_order("7"), Reason.UNKNOWN_ORDER),
    ("fill-past-cap", [leverage("125")], buy("2"), Reason.MAX_POSITION_EXCEEDED),
    ("order-past-cap", [leverage("100"), buy("4")], rest(quantity="2"), Reason.MAX_POSITION_EXCEEDED),
    ("same-margin-type", [], lambda ledger: ledger.set_margin_type(CROSS, ONE), Reason.NO_CHANGE),
    ("same-position-mode", [], lambda ledger: ledger.set_position_mode(PositionMode.ONE_WAY), Reason.NO_CHANGE),
    ("same-asset-mode", [], lambda ledger: ledger.set_asset_mode(AssetMode.SINGLE), Reason.NO_CHANGE),
    ("margin-type-with-order", [rest()], isolate, Reason.OPEN_ORDERS),
    ("margin-type-with-conditional", [rest(Book.CONDITIONAL)], isolate, Reason.OPEN_ORDERS),
    ("margin-type-with-position", [buy()], isolate, Reason.OPEN_POSITION),
    ("mode-with-order", [rest()], hedge, Reason.OPEN_ORDERS),
    (
        "mode-with-order-elsewhere",
        [lambda ledger: ledger.rest_order("TWOUSDT", Side.BUY, D(1), D(1))],
        hedge,
        Reason.OPEN_ORDERS,
    ),
    ("mode-with-position", [buy()], hedge, Reason.OPEN_POSITION),
    ("mode-with-both", [buy(), rest()], hedge, Reason.OPEN_ORDERS),
    ("portfolio", [], lambda ledger: ledger.set_margin_type(MarginType.PORTFOLIO, ONE), Reason.MARGIN_TYPE_MISSING),
    ("leverage-zero", [], leverage("0"), Reason.INVALID_LEVERAGE),
    ("leverage-too-high", [], leverage("126"), Reason.INVALID_LEVERAGE),
    ("leverage-off-step", [], leverage("2.5"), Reason.INVALID_LEVERAGE),
    ("leverage-nan", [], leverage("nan"), Reason.INVALID_LEVERAGE),
    ("leverage-above-bracket", [buy("2")], leverage("125"), Reason.LEVERAGE_ABOVE_BRACKET),
    ("leverage-above-bracket-by-orders", [rest(quantity="2")], leverage("125"), Reason.LEVERAGE_ABOVE_BRACKET),
    ("lower-while-isolated", [isolate, buy()], leverage("5"), Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED),
    ("lower-without-margin", [buy("4")], leverage("1"), Reason.INSUFFICIENT_MARGIN),
    ("isolated-while-pooled", [pool], isolate, Reason.ISOLATED_WHILE_MULTI_ASSET),
    ("pooled-while-isolated", [isolate], pool, Reason.MULTI_ASSET_WHILE_ISOLATED),
    ("open-without-margin", [isolate, leverage("1")], buy("3"), Reason.INSUFFICIENT_MARGIN),
    ("adjust-cross", [buy()], adjust("1"), Reason.NOT_ISOLATED),
    ("adjust-flat", [isolate], adjust("1"), Reason.FLAT_POSITION),
    ("adjust-nothing", [isolate, buy()], adjust("0"), Reason.AMOUNT_NOT_POSITIVE),
    ("adjust-unknown-symbol", [], lambda ledger: ledger.adjust_margin("NONE", D(1)), Reason.UNKNOWN_SYMBOL),
    ("add-too-much", [isolate, buy()], adjust("95001"), Reason.INSUFFICIENT_MARGIN),
    ("remove-too-much", [isolate, buy(), adjust("10")], adjust("-11"), Reason.REMOVABLE_EXCEEDED),
    (
        "collateral-in-use",
        [pool, buy()],
        lambda ledger: ledger.set_collateral("USDT", False),
        Reason.COLLATERAL_IN_USE,
    ),
    (
        "collateral-off",
        [pool, lambda ledger: ledger.set_collateral("USDT", False)],
        buy(),
        Reason.COLLATERAL_OFF,
    ),
    (
        "leave-pool-in-debt",
        [pool, buy("4"), lambda ledger: ledger.fill(ONE, Side.SELL, D(4), D(20_000))],
        lambda ledger: ledger.set_asset_mode(AssetMode.SINGLE),
        Reason.NEGATIVE_BALANCE,
    ),
    (
        "leave-pool-without-margin",
        [pool, lambda ledger: ledger.deposit("USDT", D(-99_000)), buy("1")],
        lambda ledger: ledger.set_asset_mode(AssetMode.SINGLE),
        Reason.INSUFFICIENT_MARGIN,
    ),
]


@pytest.mark.parametrize(("steps", "command", "reason"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused_and_unchanged(
    *,
    steps: list[Step],
    command: Step,
    reason: Reason,
    cutting: Rules,
    linear: ContractFactory,
    opened: LedgerFactory,
) -> None:
    """The command is refused for this reason, and the snapshots before and after are equal."""
    contracts = linear(), linear(symbol="TWOUSDT", pair="TWOUSDT", base="TWO", mark=D(1))
    assets = Asset("USDT", index_price=D(1)), Asset("ETH", index_price=D(2000), haircut=D("0.05"))
    ledger = opened(cutting, *contracts, money="100000", assets=assets)
    for step in steps:
        step(ledger)
    before = ledger.snapshot()

    with pytest.raises(Refused) as caught:
        command(ledger)

    assert reason is caught.value.reason
    assert before == ledger.snapshot()


def test_refusals_carry_their_numbers(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """The details say what was asked and what the bracket allows."""
    ledger = opened(cutting, linear())
    ledger.fill(ONE, Side.BUY, D(2), D(50_000))

    with pytest.raises(Refused, match="leverage_above_bracket") as caught:
        ledger.set_leverage(ONE, D(125))

    details = {"symbol": ONE, "leverage": D(125), "value": D(100_000), "max_leverage": D(100)}
    assert LedgerRefusal(Reason.LEVERAGE_ABOVE_BRACKET, details) == caught.value.refusal
    assert D(100) == ledger.max_leverage(ONE)


def test_refusals_can_be_pickled() -> None:
    """A refusal that crosses a process keeps its reason and details."""
    refused = pickle.loads(pickle.dumps(Refused(Reason.NO_CHANGE, setting=Setting.LEVERAGE)))  # noqa: S301

    assert LedgerRefusal(Reason.NO_CHANGE, {"setting": Setting.LEVERAGE}) == refused.refusal


def test_a_repetition_can_be_accepted(nearest: Rules, inverse: ContractFactory, opened: LedgerFactory) -> None:
    """Where the rules do not refuse it, repeating a setting is answered False; where they do, it is refused."""
    ledger = opened(nearest, inverse())

    assert ledger.set_margin_type(CROSS) is False
    assert ledger.set_margin_type(ISOLATED) is True
    with pytest.raises(Refused) as caught:
        ledger.set_leverage("ONEUSD", D("10.00"))
    assert Reason.NO_CHANGE is caught.value.reason


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (hedge, Reason.HEDGE_MODE_MISSING),
        (pool, Reason.ASSET_MODE_MISSING),
    ],
    ids=["hedge", "multi"],
)
def test_modes_that_a_venue_lacks(
    command: Step, reason: Reason, nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """A venue without a mode refuses to enter it."""
    ledger = opened(nearest, inverse())

    with pytest.raises(Refused) as caught:
        command(ledger)

    assert reason is caught.value.reason


@pytest.mark.parametrize("symbol", ["ONEUSD", None])
def test_the_scope_of_a_margin_type_is_the_callers_business(
    symbol: str | None, cutting: Rules, nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """A symbol where the account is meant, or none where one is needed, is a mistake of the simulated venue."""
    ledger = opened(cutting if symbol is None else nearest, inverse())

    with pytest.raises(ValueError, match="belongs to"):
        ledger.set_margin_type(ISOLATED, symbol)


def test_a_higher_leverage_must_leave_the_maintenance_margin(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """Where a leverage moves margin, it may not move a losing position below its maintenance margin."""
    ledger = opened(nearest, inverse(mark=D(50_000)))
    ledger.set_margin_type(ISOLATED)
    ledger.fill("ONEUSD", Side.BUY, D(10_000), D(50_000))
    ledger.set_mark("ONEUSD", D(49_000))
    before = ledger.snapshot()

    with pytest.raises(Refused) as caught:
        ledger.set_leverage("ONEUSD", D(80))

    assert Reason.WOULD_LIQUIDATE is caught.value.reason
    assert before == ledger.snapshot()


def test_a_change_of_the_account_needs_margin_for_every_position(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """Where the margin type may change with positions open, their margin is set apart, or the change is refused."""
    ledger = opened(nearest, inverse(), money="0.01")
    ledger.fill("ONEUSD", Side.BUY, D(10_000), D(50_000))
    before = ledger.snapshot()

    with pytest.raises(Refused) as caught:
        ledger.set_margin_type(ISOLATED)
    assert Reason.INSUFFICIENT_MARGIN is caught.value.reason
    assert before == ledger.snapshot()
    ledger.deposit("ONE", D(1))
    ledger.set_margin_type(ISOLATED)
    assert D("0.02") == ledger.position("ONEUSD").isolated_wallet
    ledger.set_margin_type(CROSS)

    assert ledger.position("ONEUSD").isolated_wallet is None
    assert D("1.01") == ledger.balance("ONE").cross_wallet


def test_cross_margin_needs_collateral_that_is_switched_on(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """A position whose settle asset does not back anything cannot go from isolated to cross."""
    ledger = opened(nearest, inverse())
    ledger.set_margin_type(ISOLATED)
    ledger.set_collateral("ONE", False)
    ledger.fill("ONEUSD", Side.BUY, D(10_000), D(50_000))

    with pytest.raises(Refused) as caught:
        ledger.set_margin_type(CROSS)

    assert Reason.COLLATERAL_OFF is caught.value.reason


def test_ledgers_that_make_no_sense_are_errors(cutting: Rules, linear: ContractFactory) -> None:
    """Two contracts of one symbol, an asset mode without a price, and a linear contract that settles in its base."""
    contract = linear()
    now = pytest.fail

    with pytest.raises(ValueError, match="share a symbol"):
        Ledger(cutting, [contract, contract], now=now)
    with pytest.raises(ValueError, match="index price"):
        Ledger(cutting, [contract], now=now)
    with pytest.raises(ValueError, match="inverse"):
        attrs.evolve(contract, settle="ONE")
    with pytest.raises(ValueError, match="positive"):
        attrs.evolve(contract, mark=D(0))
