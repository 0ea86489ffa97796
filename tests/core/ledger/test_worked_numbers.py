"""
Numbers worked out by others, or by hand, come out of the ledger.

The id of a case says where its number is from: ``doc`` a venue's documentation, ``faq`` its help pages, ``live`` a
real account, ``calc`` arithmetic by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import attrs
import pytest

from venuekit.capabilities import MarginType
from venuekit.simulator.ledger import Book, Contract, Ledger, PositionFigures, Rules, Side, tiers

D = Decimal
FLAT_RATE = {rate: tiers((D(10) ** 9, D(125), D(rate))) for rate in ("0.004", "0.005", "0.0065")}

ContractFactory = Callable[..., Contract]
LedgerFactory = Callable[..., Ledger]


class Shown(NamedTuple):
    """A position as it was printed: what was traded and where the mark was, and the figures beside it."""

    inverse: bool
    quantity: str
    entry: str
    mark: str
    figures: dict[str, str]
    contract: dict[str, Any]


SHOWN = {
    "doc-linear-long": Shown(
        False,
        "30",
        "0.385",
        "0.41047590",
        {
            "notional": "12.31427700",
            "value": "12.31427700",
            "position_initial_margin": "0.61571385",
            "maintenance_margin": "0.08004280",
            "break_even_price": "0.385077",
        },
        {"leverage": D(20), "brackets": FLAT_RATE["0.0065"], "taker_fee": D("0.0002")},
    ),
    "doc-linear-short": Shown(
        False,
        "-1",
        "70.92841",
        "49.72023376",
        {
            "unrealized_pnl": "21.20817624",
            "position_initial_margin": "2.48601168",
            "break_even_price": "70.900038636",
        },
        {"leverage": D(20), "taker_fee": D("0.0004")},
    ),
    "live-inverse-long": Shown(
        True,
        "1",
        "2424.97",
        "2424.97",
        {
            "notional": "10",
            "value": "0.00412376",
            "position_initial_margin": "0.00004123",
        },
        {"contract_size": D(10), "leverage": D(100)},
    ),
    "calc-inverse-maintenance": Shown(
        True, "1", "2424.97", "2424.97", {"maintenance_margin": "0.00002061"}, {"contract_size": D(10)}
    ),
    "doc-inverse-profit": Shown(
        True, "1", "11707.70000003", "11788.66626667", {"unrealized_pnl": "0.00005866"}, {"contract_size": D(100)}
    ),
    "faq-inverse-maintenance": Shown(
        True,
        "100",
        "25000",
        "25000",
        {"value": "0.4", "maintenance_margin": "0.0016"},
        {"contract_size": D(100), "brackets": FLAT_RATE["0.004"]},
    ),
}


def trade(ledger: Ledger, symbol: str, quantity: str, price: str) -> None:
    """Fill a signed quantity."""
    size = D(quantity)
    ledger.fill(symbol, Side.BUY if size > 0 else Side.SELL, abs(size), D(price))


def figures_of(position: PositionFigures, names: dict[str, str]) -> dict[str, Decimal]:
    """Return the named figures of a position."""
    every = attrs.asdict(position, recurse=False)
    return {name: every[name] for name in names}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN.keys())
def test_positions_show_the_printed_figures(
    shown: Shown, cutting: Rules, linear: ContractFactory, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """A venue that cuts toward zero prints exactly these digits."""
    contract = (inverse if shown.inverse else linear)(mark=D(shown.mark), **shown.contract)
    ledger = opened(cutting, contract)
    trade(ledger, contract.symbol, shown.quantity, shown.entry)

    position = ledger.position(contract.symbol)

    assert {name: D(number) for name, number in shown.figures.items()} == figures_of(position, shown.figures)


def test_break_even_of_inverse_contracts_is_not_given(
    cutting: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """What venues print for inverse contracts follows no rule we know, so there is none."""
    ledger = opened(cutting, inverse())
    trade(ledger, "ONEUSD", "10", "50000")

    assert ledger.position("ONEUSD").break_even_price is None


def test_commission_is_cut_toward_zero(cutting: Rules, inverse: ContractFactory, opened: LedgerFactory) -> None:
    """[doc] 100 / 8800 x 0.0004 has more digits than the venue keeps, and it drops them."""
    ledger = opened(cutting, inverse(contract_size=D(100), taker_fee=D("0.0004")))

    execution = ledger.fill("ONEUSD", Side.BUY, D(1), D(8800))

    assert D("-0.00000454") == execution.commission


def test_commission_of_a_linear_fill(nearest: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """[doc] 88 x 0.3615 x 0.0006, paid in the settle asset."""
    ledger = opened(nearest, linear(mark=D("0.3615"), taker_fee=D("0.0006")))

    execution = ledger.fill("ONEUSDT", Side.SELL, D(88), D("0.3615"))

    assert (D("-0.01908720"), "USDT") == (execution.commission, execution.commission_asset)


def test_profit_is_rounded_to_nearest(nearest: Rules, inverse: ContractFactory, opened: LedgerFactory) -> None:
    """[doc] A short of 300 loses 0.000294127, printed as 0.00029413."""
    ledger = opened(nearest, inverse(mark=D("28224.50")))
    trade(ledger, "ONEUSD", "-300", "27464.50441675")

    assert D("-0.00029413") == ledger.position("ONEUSD").unrealized_pnl


@pytest.mark.parametrize(("amount", "kept"), [("0.000012169", "0.00001217"), ("-0.000294127", "-0.00029413")])
def test_nearest_mirrors_gains_and_losses(amount: str, kept: str, nearest: Rules) -> None:
    """[doc] Amounts as a venue that rounds to nearest prints them."""
    assert D(kept) == nearest.money(D(amount))


def test_closed_profit_after_both_fees(nearest: Rules, inverse: ContractFactory, opened: LedgerFactory) -> None:
    """[calc] Long 10,000 from 80,000 to 82,000: what the account gained is the difference of values less two fees."""
    ledger = opened(nearest, inverse(mark=D(80_000), taker_fee=D("0.00055")), money="1")
    trade(ledger, "ONEUSD", "10000", "80000")
    trade(ledger, "ONEUSD", "-10000", "82000")

    position = ledger.position("ONEUSD")

    assert D("0.00291296") == ledger.balance("ONE").wallet - 1
    assert D("0.00291296") == position.total_realized_pnl + position.total_commission


@pytest.mark.parametrize(
    ("kind", "mean"), [("linear", "45000"), ("inverse", "44444.444444444444")], ids=["calc-mean", "calc-harmonic"]
)
def test_entry_after_adding(
    *, kind: str, mean: str, cutting: Rules, linear: ContractFactory, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """The entry is the mean price of linear contracts, the harmonic one of inverse contracts."""
    contract, quantity = (linear(), "1") if kind == "linear" else (inverse(), "100")
    ledger = opened(cutting, contract)
    trade(ledger, contract.symbol, quantity, "50000")
    trade(ledger, contract.symbol, quantity, "40000")

    assert D(mean) == ledger.position(contract.symbol).entry_price


def test_entry_stays_when_reducing(cutting: Rules, inverse: ContractFactory, opened: LedgerFactory) -> None:
    """Closing a part realises profit and leaves the entry of the rest alone."""
    ledger = opened(cutting, inverse())
    trade(ledger, "ONEUSD", "300", "50000")
    trade(ledger, "ONEUSD", "-100", "60000")

    position = ledger.position("ONEUSD")

    assert (D(200), D(50_000)) == (position.quantity, position.entry_price)
    assert D("0.00033333") == position.realized_pnl


def test_crossing_zero_is_two_movements(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """A fill larger than the position closes it at its entry and opens the rest at the fill price."""
    ledger = opened(cutting, linear(taker_fee=D("0.001")))
    trade(ledger, "ONEUSDT", "1", "50000")
    before = len(ledger.incomes())

    execution = ledger.fill("ONEUSDT", Side.SELL, D(3), D(51_000))

    position, rows = ledger.position("ONEUSDT"), ledger.incomes()[before:]
    assert (D(-2), D(51_000)) == (position.quantity, position.entry_price)
    assert [D(1000), D(-51), D(-102)] == [row.amount for row in rows]
    assert {execution.trade_id} == {row.trade_id for row in rows}
    assert D(-102) == position.commission


def test_open_orders_bind_what_the_larger_side_adds(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] Position 50,000, bids 98,000, asks 25,500 at 10x: 5,000 and 9,800; and what then is available."""
    ledger = opened(cutting, linear(), money="20000")
    trade(ledger, "ONEUSDT", "1", "50500")
    ledger.rest_order("ONEUSDT", Side.BUY, D(2), D(49_000))
    ledger.rest_order("ONEUSDT", Side.SELL, D("0.5"), D(51_000))
    ledger.rest_order("ONEUSDT", Side.SELL, D(1), D(52_000), reduce_only=True)
    ledger.rest_order("ONEUSDT", Side.BUY, D(1), D(60_000), book=Book.CONDITIONAL)

    position, balance = ledger.position("ONEUSDT"), ledger.balance("USDT")

    assert (D(5000), D(9800)) == (position.position_initial_margin, position.open_order_initial_margin)
    assert D(14_800) == position.initial_margin == balance.initial_margin
    assert (D(98_000), D(25_500)) == (position.bid_value, position.ask_value)
    assert (D(-500), D(200)) == (balance.cross_unrealized_pnl, balance.maintenance_margin)
    assert (D(4700), D(4700)) == (balance.available, balance.withdrawable)
    assert balance.margin_ratio is not None
    assert D("0.01025641") == balance.margin_ratio.quantize(D("1e-8"))


def test_maintenance_keeps_money_in_the_account(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """[calc] With profit, what may leave is the cross wallet less maintenance margin, less than what is available."""
    ledger = opened(cutting, linear(mark=D(80_000)), money="20000")
    trade(ledger, "ONEUSDT", "1", "50000")

    balance = ledger.balance("USDT")

    assert D(20_000 + 30_000 - 8_000) == balance.available
    assert D(20_000) - D("350") == balance.withdrawable


class Isolated(NamedTuple):
    """An isolated linear position at 10x with margin added by hand until its wallet is the printed one."""

    quantity: str
    entry: str
    added: str
    wallet: str
    margin: str
    removable: str
    liquidation: str


@pytest.mark.parametrize(
    "case",
    [
        Isolated("20", "6563.665", "73.37726908", "13200.70726908", "15517.54150468", "2158.52808112", "5930.78"),
        Isolated("-10", "6563.86", "6.56511771", "6570.42511771", "5413.95799991", "0", "7189.95"),
    ],
    ids=["doc-long", "doc-short"],
)
def test_isolated_wallet_removable_margin_and_liquidation(
    case: Isolated, cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """The documented pair of positions has these wallets and liquidation prices; [calc] the removable margin."""
    ledger = opened(cutting, linear(mark=D("6679.50671178")))
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSDT")
    trade(ledger, "ONEUSDT", case.quantity, case.entry)
    ledger.adjust_margin("ONEUSDT", D(case.added))

    position = ledger.position("ONEUSDT")

    assert D(case.wallet) == position.isolated_wallet
    assert D(case.margin) == position.isolated_margin
    assert D(case.removable) == ledger.removable_margin("ONEUSDT")
    assert position.liquidation_price is not None
    assert D(case.liquidation) == position.liquidation_price.quantize(D("0.01"))


def test_removable_margin_of_an_inverse_position(
    cutting: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] Of 0.4 in the wallet 0.08333333 is lost and 0.20833333 asked at mark 48,000: of two limits the second."""
    ledger = opened(cutting, inverse(contract_size=D(100)))
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSD")
    trade(ledger, "ONEUSD", "1000", "50000")
    ledger.adjust_margin("ONEUSD", D("0.2"))
    ledger.set_mark("ONEUSD", D(48_000))

    assert D("0.31666667") == ledger.position("ONEUSD").isolated_margin
    assert D("0.10833334") == ledger.removable_margin("ONEUSD")


def test_closing_a_part_returns_its_share_of_the_isolated_wallet(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] A quarter closed returns a quarter of the isolated wallet, added margin included, and the profit."""
    ledger = opened(cutting, linear(), money="100000")
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSDT")
    trade(ledger, "ONEUSDT", "4", "50000")
    ledger.adjust_margin("ONEUSDT", D(1000))
    trade(ledger, "ONEUSDT", "-1", "50400")

    position, balance = ledger.position("ONEUSDT"), ledger.balance("USDT")

    assert (D(15_750), D(750)) == (position.isolated_wallet, position.added_margin)
    assert (D(100_400), D(84_650)) == (balance.wallet, balance.cross_wallet)


def test_margin_at_entry_holds_closing_fee_and_added_margin(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """[doc] Value 0.11033265 at 12x with 0.01 added by hand: 0.01926611, wherever the mark is."""
    ledger = opened(nearest, inverse(mark=D(1000), leverage=D(12), taker_fee=D("0.0006"), quantity_step=D("0.00001")))
    ledger.set_margin_type(MarginType.ISOLATED)
    trade(ledger, "ONEUSD", "110.33265", "1000")
    ledger.adjust_margin("ONEUSD", D("0.01"))
    at_entry = ledger.position("ONEUSD")
    ledger.set_mark("ONEUSD", D(1100))

    moved = ledger.position("ONEUSD")

    assert abs(at_entry.position_initial_margin - D("0.01926611")) <= D("1e-8")
    assert at_entry.position_initial_margin == moved.position_initial_margin
    maintenance = D("110.33265") / 1100 * D("0.005") + D("0.11033265") * 13 / 12 * D("0.0006")
    assert abs(moved.maintenance_margin - maintenance) <= D("1e-8")


@pytest.mark.parametrize("leverage", ["5", "20"], ids=["lower", "higher"])
def test_margin_at_entry_follows_the_leverage(
    leverage: str, nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] A new leverage moves the margin of an open position at once, and what is left is available."""
    ledger = opened(nearest, inverse(), money="1")
    ledger.set_margin_type(MarginType.ISOLATED)
    trade(ledger, "ONEUSD", "10000", "50000")
    ledger.set_leverage("ONEUSD", D(leverage))

    balance = ledger.balance("ONE")

    assert D("0.2") / D(leverage) == ledger.position("ONEUSD").isolated_wallet
    assert 1 - D("0.2") / D(leverage) == balance.available == balance.wallet - balance.position_initial_margin


@pytest.mark.parametrize(
    ("quantity", "entry", "added", "price"),
    [
        ("10000", "80000", "0", "73090.91"),
        ("10000", "80000", "0.01", "68138.1"),
        ("-60000", "50000", "0", "55277.78"),
    ],
    ids=["calc-long", "calc-long-added", "calc-short"],
)
def test_liquidation_by_margin_at_entry(
    *,
    quantity: str,
    entry: str,
    added: str,
    price: str,
    nearest: Rules,
    inverse: ContractFactory,
    opened: LedgerFactory,
) -> None:
    """The rule of the help pages, worked out by hand: margin at entry and what was added back the position."""
    ledger = opened(nearest, inverse(mark=D(entry), taker_fee=D("0.00055")))
    ledger.set_margin_type(MarginType.ISOLATED)
    trade(ledger, "ONEUSD", quantity, entry)
    if D(added):
        ledger.adjust_margin("ONEUSD", D(added))

    shown = ledger.position("ONEUSD").liquidation_price

    assert shown is not None
    assert D(price) == shown.quantize(D(price))


def test_added_margin_can_be_read_back_from_the_liquidation_price(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] The price, rounded to its tick of 0.1, still tells that about 0.01 was added."""
    fee = D("0.00055")
    ledger = opened(nearest, inverse(mark=D(80_000), taker_fee=fee))
    ledger.set_margin_type(MarginType.ISOLATED)
    trade(ledger, "ONEUSD", "10000", "80000")
    ledger.adjust_margin("ONEUSD", D("0.01"))
    shown = ledger.position("ONEUSD").liquidation_price

    assert shown is not None
    read_back = (10_000 * D("1.005") / shown.quantize(D("0.1")) - D("0.125") - D("0.0125")) * (1 + fee)
    assert D("0.01000007") == read_back.quantize(D("1e-8"))


def test_cross_positions_counted_at_entry_promise_no_liquidation_price(
    nearest: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """In cross margin such a venue liquidates by the rate of the account, so no position has a price of its own."""
    ledger = opened(nearest, inverse())
    trade(ledger, "ONEUSD", "10000", "50000")

    assert ledger.position("ONEUSD").liquidation_price is None
