"""Portfolio: sums of worked numbers, and each figure that is not known by name; never 0 for it."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.account_figures import Margined, distance_to, margin_ratios
from venuekit.account_worth import AccountState, AccountWorth, MarketState, UnknownFigure, count_worth
from venuekit.capabilities import (
    Balance,
    Instrument,
    InstrumentKind,
    InstrumentStatus,
    MarginType,
    Position,
    PositionSide,
    Unit,
)
from venuekit.portfolios import Portfolio
from venuekit.valuation import Money, Valuation

D = Decimal
LINEAR = Instrument(
    symbol="BTCUSDT",
    pair="BTCUSDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    kind=InstrumentKind.PERPETUAL,
    is_inverse=False,
    contract_size=D(1),
    contract_unit=Unit.BASE,
    status=InstrumentStatus.TRADING,
)
INVERSE = attrs.evolve(
    LINEAR, symbol="BTCUSD", quote="USD", settle="BTC", is_inverse=True, contract_size=D(100), contract_unit=Unit.QUOTE
)
QUANTO = attrs.evolve(LINEAR, symbol="ETHUSD", base="ETH", quote="USD", settle="XBT", multiplier=D("0.000001"))
#: long 20 at 6563.665, isolated, and its documented liquidation price
LONG = Position(
    "BTCUSDT",
    PositionSide.BOTH,
    D(20),
    D(1),
    Unit.BASE,
    settle="USDT",
    entry_price=D("6563.665"),
    margin_type=MarginType.ISOLATED,
    isolated_wallet=D("13200.70726908"),
    maintenance_margin=D("617.950671178"),
    liquidation_price=D("5930.78"),
)
#: 100 USD a contract at the documented entry price
SHORT = Position(
    "BTCUSD",
    PositionSide.BOTH,
    D(-880),
    D(100),
    Unit.QUOTE,
    settle="BTC",
    entry_price=D("11707.70000003"),
    margin_type=MarginType.CROSS,
    maintenance_margin=D("0.03"),
    liquidation_price=D(16_500),
)


def worth(
    *positions: Position,
    balances: tuple[Balance, ...] = (),
    marks: dict[str, Decimal] | None = None,
    rates: dict[tuple[str, str], Decimal] | None = None,
) -> AccountWorth:
    """Return the worth of an account at these marks."""
    listed = {one.symbol: one for one in (LINEAR, INVERSE, QUANTO)}
    market = MarketState(listed, marks or {})
    valuation = Valuation(marks or {}, listed.values(), rates)
    return count_worth("main", "acme", AccountState(balances, positions, None, None), market, valuation)


def test_a_linear_position_at_its_documented_mark() -> None:
    """Profit, equity, ratio, exposure and distance follow the formulas of the venues."""
    mark = D("6679.50671178")
    account = worth(
        LONG, balances=(Balance("USDT", wallet=D(20_000)),), marks={"BTCUSDT": mark}, rates={("USDT", "USD"): D(1)}
    )

    pnl = 20 * (mark - D("6563.665"))
    assert pnl == D("2316.8342356")  # the documented unrealised profit
    assert account.equities == {"USDT": 20_000 + pnl}
    assert account.equity == Money(20_000 + pnl, "USD", ("USDT/USD",))
    assert account.margin_ratio is not None
    assert abs(account.margin_ratio - D("617.950671178") / D("15517.54150468")) < D("1e-20")
    (risk,) = account.positions
    assert (risk.base, risk.exposure) == ("BTC", 20)
    assert risk.distance is not None
    assert round(risk.distance, 4) == D("0.1121")
    assert account.nearest == risk
    assert account.unknown == ()


def test_an_inverse_position_at_its_documented_mark() -> None:
    """Profit is counted in the base asset, and the exposure by the mark; a short moves against it."""
    mark = D("11788.66626667")
    account = worth(SHORT, balances=(Balance("BTC", wallet=D(2), cross_wallet=D(2)),), marks={"BTCUSD": mark})

    assert account.equities is not None
    assert round(account.equities["BTC"], 8) == 2 - round(880 * 100 * (1 / D("11707.70000003") - 1 / mark), 8)
    assert account.equity is not None
    assert account.equity.path == ("BTC/USD:BTC",)
    assert round(account.positions[0].exposure or 0, 8) == round(-88_000 / mark, 8)
    assert account.margin_ratio is not None
    assert round(account.margin_ratio, 10) == round(D("0.03") / account.equities["BTC"], 10)


def test_figures_without_a_path_or_a_field_are_listed_and_never_0() -> None:
    """A stablecoin without a rate, a position without mark, liquidation price and maintenance margin, a quanto one."""
    bare = attrs.evolve(LONG, liquidation_price=None, maintenance_margin=None)
    quanto = attrs.evolve(LONG, symbol="ETHUSD", settle="XBT", unrealized_pnl=D(1), contract_unit=Unit.CONTRACTS)
    account = worth(bare, quanto, balances=(Balance("USDT", wallet=D(5)),), marks={"BTCUSDT": D(7000), "ETHUSD": D(9)})

    assert account.equity is None
    assert account.margin_ratio is None
    assert [one.exposure for one in account.positions] == [20, None]
    assert {(one.figure, one.subject) for one in account.unknown} == {
        ("distance", "BTCUSDT"),
        ("exposure", "ETHUSD"),
        ("margin_ratio", "BTCUSDT"),
        ("equity", "USDT"),
        ("equity", "XBT"),
    }
    assert all(one.account == "main" and one.reason for one in account.unknown)


def test_without_a_mark_nothing_is_counted_by_it() -> None:
    """Neither profit nor distance is 0."""
    account = worth(LONG, balances=(Balance("USDT", wallet=D(5)),), rates={("USDT", "USD"): D(1)})

    assert (account.equity, account.equities, account.positions[0].distance) == (None, None, None)
    assert account.nearest is None
    assert {(one.figure, one.subject) for one in account.unknown} >= {("mark", "BTCUSDT"), ("equity", "BTCUSDT")}


def test_cross_positions_of_an_asset_share_its_wallet() -> None:
    """The worked example: a wallet of 20,000, a loss of 500, a maintenance margin of 200."""
    legs = [Margined(False, "USDT", D(150), None, D(-800)), Margined(False, "USDT", D(50), None, D(300))]

    (ratio,) = margin_ratios(legs, None, lambda _: D(20_000))
    assert ratio is not None
    assert round(ratio, 20) == round(D(200) / D(19_500), 20)
    assert margin_ratios(legs, D("0.3"), _no_wallet) == [D("0.3")]
    assert margin_ratios(legs, None, _no_wallet) == [None]


def _no_wallet(_: str) -> Decimal | None:
    return None


def test_a_sum_of_accounts_is_whole_or_says_that_it_is_a_part() -> None:
    """One unknown account makes the equity unknown; the known part and the exposures stay."""
    rates = {("USDT", "USD"): D(1)}
    good = worth(LONG, balances=(Balance("USDT", wallet=D(5)),), marks={"BTCUSDT": D(7000)}, rates=rates)
    bad = worth(SHORT)
    known = Portfolio({"a": good}, {}, ())
    both = Portfolio({"a": good, "b": bad}, {}, bad.unknown)
    failed = Portfolio({"a": good}, {"c": OSError("no route")}, (UnknownFigure("c", "account", None, "no route"),))

    assert known.equity == known.known_equity == good.equity
    assert both.equity is failed.equity is None
    assert both.known_equity == failed.known_equity == good.equity
    assert both.exposure == {"BTC": D(20)}


@pytest.mark.parametrize("of_account", [None, D(1)])
def test_no_position_has_no_ratio(of_account: Decimal | None) -> None:
    """Only the venue's own one is left."""
    assert margin_ratios([], of_account, _no_wallet) == ([] if of_account is None else [of_account])


@given(
    st.decimals(min_value="0.01", max_value="1e6", places=2), st.decimals(min_value="0.01", max_value="1e6", places=2)
)
def test_a_distance_leads_from_the_mark_to_the_price(mark: Decimal, price: Decimal) -> None:
    """It is never below 0, and 0 only at the price itself."""
    apart = distance_to(price, mark)

    assert (apart == 0) is (mark == price)
    assert min(abs(mark * (1 - apart) - price), abs(mark * (1 + apart) - price)) < D("1e-12")
