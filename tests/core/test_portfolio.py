"""Portfolio: sums of worked numbers, and each figure that is not known by name; never 0 for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import venuekit
from venuekit.account import Account
from venuekit.account_figures import Margined, distance_to, margin_ratios
from venuekit.account_worth import AccountState, AccountWorth, MarketState, OddRows, UnknownFigure, count_worth
from venuekit.capabilities import (
    AccountInfo,
    AccountReader,
    AssetMode,
    Balance,
    Instrument,
    InstrumentKind,
    InstrumentStatus,
    MarginType,
    Position,
    PositionReader,
    PositionSide,
    Unit,
)
from venuekit.errors import OddRow
from venuekit.portfolios import Portfolio
from venuekit.simulator import Rewrite
from venuekit.testing import InstantClock
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
    info: AccountInfo | None = None,
    odd: OddRows | None = None,
    refused: str | None = None,
) -> AccountWorth:
    """Return the worth of an account at these marks."""
    listed = {one.symbol: one for one in (LINEAR, INVERSE, QUANTO)}
    market = MarketState(listed, marks or {})
    valuation = Valuation(marks or {}, listed.values(), rates)
    state = AccountState(balances, positions, info, refused, odd or OddRows())
    return count_worth("main", "acme", state, market, valuation)


def odd_row(operation: str, **row: str) -> OddRow:
    """Return a row that cannot be read."""
    return OddRow("[0].size: expected a decimal number, got '?'", venue="acme", operation=operation, row=row)


def figures(account: AccountWorth) -> set[tuple[str, str | None]]:
    """Return the figures that are unknown, with their subjects."""
    return {(one.figure, one.subject) for one in account.unknown}


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


@pytest.mark.parametrize("venue", ["toy_perp", "toy_swap", "toy_chain"])
async def test_two_names_of_one_account_are_one_in_each_sum(venue: str) -> None:
    """Whoever opened it twice has no more money for it; another account has."""
    async with (
        venuekit.simulate(venue, scenario="holding", accounts={"a": {}, "b": {}}) as sim,
        venuekit.connect(venue, sim.credentials(venue, account="a")) as one,
        venuekit.connect(venue, sim.credentials(venue, account="a")) as same,
        venuekit.connect(venue, sim.credentials(venue, account="b")) as other,
    ):
        rates = {("XBT", "USD"): D(90_000)}
        alone = await venuekit.portfolio({"one": one}, rates=rates)
        every = await venuekit.portfolio({"one": one, "same": same, "other": other}, rates=rates)

    assert alone.equity is not None
    assert every.equity is not None
    assert {name: account.same_as for name, account in every.accounts.items()} == {
        "one": None,
        "same": "one",
        "other": None,
    }
    others = every.accounts["other"].equity
    assert others is not None
    assert every.equity.amount == alone.equity.amount + others.amount


USDT: dict[str, Any] = {"marks": {"BTCUSDT": D(7000)}, "rates": {("USDT", "USD"): D(1)}}
ODD_POSITION = odd_row("GET /positions", symbol="ETHUSDT")


@pytest.mark.parametrize("held", [(), (LONG,)])
def test_a_position_that_cannot_be_read_is_not_taken_for_none(held: tuple[Position, ...]) -> None:
    """Its exposure, margin and distance are unknown, and so is an equity that would need its profit."""
    account = worth(*held, balances=(Balance("USDT", wallet=D(5)),), odd=OddRows(positions=(ODD_POSITION,)), **USDT)

    assert (account.margin_ratio, account.equity, account.equities) == (None, None, None)
    expected = {(figure, "ETHUSDT") for figure in ("exposure", "distance", "margin_ratio", "equity")}
    assert figures(account) == expected
    reason = "GET /positions has a row that cannot be read: [0].size: expected a decimal number, got '?'"
    assert {one.reason for one in account.unknown} == {reason}


def test_an_equity_of_the_venue_needs_no_position() -> None:
    """What the venue has counted itself is known all the same."""
    odd = OddRows(positions=(ODD_POSITION,))
    account = worth(LONG, balances=(Balance("USDT", wallet=D(5), equity=D(7)),), odd=odd, **USDT)

    assert account.equity == Money(D(7), "USD", ("USDT/USD",))
    assert account.margin_ratio is None


def test_a_balance_that_cannot_be_read_leaves_no_whole_equity() -> None:
    """The rest of the balances is a part; what the venue counts in USD itself is whole."""
    row = odd_row("GET /balances", asset="BTC")
    balances = (Balance("USDT", wallet=D(5), equity=D(7)),)
    part = worth(balances=balances, odd=OddRows(balances=(row,)), **USDT)
    total = AccountInfo(valuation_asset="USD", total_equity=D(90), balances=balances)
    whole = worth(balances=balances, info=total, odd=OddRows(info=(row,)), **USDT)
    better = worth(balances=balances, info=AccountInfo(balances=balances), odd=OddRows(balances=(row,)), **USDT)

    assert (part.equity, part.equities, figures(part)) == (None, None, {("equity", "BTC")})
    assert (whole.equity, whole.equities, figures(whole)) == (Money(D(90), "USD"), None, {("equities", "BTC")})
    assert (better.equity, figures(better)) == (Money(D(7), "USD", ("USDT/USD",)), {("row", "BTC")})


def test_a_row_of_the_account_that_cannot_be_read_may_hold_a_margin() -> None:
    """With a position the ratio is unknown; a row of a position is no balance."""
    balances = (Balance("USDT", wallet=D(5), equity=D(7)),)
    info = AccountInfo(balances=balances, margin_ratio=D("0.1"))
    odd = OddRows(info=(odd_row("GET /account", symbol="ETHUSDT"),))
    held, flat = worth(LONG, info=info, odd=odd, **USDT), worth(info=info, odd=odd, **USDT)

    assert (held.margin_ratio, flat.margin_ratio) == (None, 0)
    assert held.equity == flat.equity is not None
    assert (figures(held), figures(flat)) == ({("margin_ratio", "ETHUSDT")}, {("row", "ETHUSDT")})
    twice = OddRows(positions=(ODD_POSITION,), info=(ODD_POSITION,))
    assert len(worth(LONG, info=info, odd=twice, **USDT).unknown) == 3


@pytest.mark.parametrize("venue", ["toy_perp", "toy_swap", "toy_chain"])
@pytest.mark.parametrize("is_only", [False, True])
@pytest.mark.filterwarnings("ignore::venuekit.errors.OddRow")
async def test_a_row_that_a_read_leaves_out_is_in_the_portfolio_as_unknown(venue: str, is_only: bool) -> None:
    """Whether it is one more position, or the only one that is not flat."""

    def spoil(document: Any) -> Any:
        (rows,) = [rows for rows in document.values() if isinstance(rows, list)]
        odd = {**rows[0], "size": "NaN"}
        rows[:] = [odd, {**rows[0], "size": "0"}] if is_only else [*rows, odd]
        return document

    async with (
        venuekit.simulate(venue, scenario="holding", clock=InstantClock()) as sim,
        venuekit.Runtime(clock=sim._clock, journal=False) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account,
    ):
        (read,) = [one for one in account.venue.endpoints if PositionReader.get_positions in one.serves]
        sim.disturb(venue, read, Rewrite.json(spoil))
        found = await venuekit.portfolio({"main": account})

    assert found.accounts["main"].margin_ratio is None
    assert {one.figure for one in found.unknown if str(read) in one.reason} >= {"exposure", "distance", "margin_ratio"}
    assert all("size" in one.reason and "NaN" in one.reason for one in found.unknown if str(read) in one.reason)


def test_cross_margins_of_an_account_that_cannot_be_read_are_unknown() -> None:
    """Its assets may share their margin: a ratio by asset would be another one; isolated positions have their own."""
    balances, marks = (Balance("BTC", wallet=D(2), cross_wallet=D(2)),), {"BTCUSD": D(11_000)}
    info = AccountInfo(balances=balances)
    refused = worth(SHORT, balances=balances, marks=marks, refused="-1000: try again later")
    isolated = worth(LONG, balances=(Balance("USDT", wallet=D(5)),), refused="-1000: try again later", **USDT)
    shared = worth(SHORT, marks=marks, info=attrs.evolve(info, asset_mode=AssetMode.MULTI))

    assert worth(SHORT, marks=marks, info=info).margin_ratio is not None
    assert (refused.margin_ratio, shared.margin_ratio) == (None, None)
    assert [(one.figure, one.reason) for one in refused.unknown] == [("margin_ratio", "-1000: try again later")]
    assert [one.figure for one in shared.unknown] == ["margin_ratio"]
    assert isolated.margin_ratio is not None


@pytest.mark.parametrize("equity", [None, D(7)])
def test_without_a_read_of_positions_no_risk_is_known(equity: Decimal | None) -> None:
    """Nor is an equity that the venue does not count itself."""
    state = AccountState((Balance("USD", wallet=D(5), equity=equity),), None, None, None)
    account = count_worth("main", "acme", state, MarketState({}, {}), Valuation({}, ()))
    names = {one.figure for one in account.unknown}

    assert account.margin_ratio is None
    assert (account.equity is None) is (equity is None)
    assert names == {"exposure", "distance", "margin_ratio"} | ({"equity"} if equity is None else set())
    assert {one.reason for one in account.unknown} == {"the venue has no read of the positions"}


def test_without_a_read_of_balances_no_equity_is_known() -> None:
    """An account as a whole may say none of them."""
    state = AccountState(None, (), AccountInfo(), None)
    account = count_worth("main", "acme", state, MarketState({}, {}), Valuation({}, ()))

    assert (account.equity, account.equities, account.margin_ratio) == (None, None, 0)
    assert [one.reason for one in account.unknown] == ["the venue has no read of the balances"]


@pytest.mark.parametrize("venue", ["toy_perp", "toy_swap", "toy_chain"])
async def test_a_plugin_that_reads_no_positions_is_not_taken_for_flat(
    venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Margin ratio, exposure and distance are unknown."""
    async with (
        venuekit.simulate(venue, scenario="holding", clock=InstantClock()) as sim,
        venuekit.Runtime(clock=sim._clock, journal=False) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account,
    ):
        support = Account.support

        def without_positions(self: Account, kind: Any) -> Any:
            return support(self, AccountReader if kind is PositionReader else kind)

        monkeypatch.setattr(Account, "support", without_positions)
        found = await venuekit.portfolio({"main": account})

    assert found.accounts["main"].margin_ratio is None
    assert {one.figure for one in found.unknown} >= {"exposure", "distance", "margin_ratio"}


def test_a_contract_that_cannot_be_read_says_so() -> None:
    """An unlisted one and an unread one are not the same."""
    row = odd_row("GET /contracts", symbol="BTCUSDT")
    state = AccountState((), (LONG,), None, None)
    reasons = {
        odd: count_worth("main", "acme", state, MarketState({}, {}, odd=odd), Valuation({}, ())).unknown[1].reason
        for odd in ((), (row,))
    }

    assert reasons[()] == "the venue lists no contract of this symbol"
    assert reasons[(row,)].startswith("GET /contracts has a row that cannot be read")


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
