"""Figures of ``watch``: unknown ones are never 0, sums need a path to USD, and everything fits its column."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.account_figures import valuation_of
from venuekit.capabilities import Balance, Instrument, InstrumentKind, InstrumentStatus, Unit
from venuekit.cli.watch.figures import UNKNOWN, Figure, amount_of
from venuekit.cli.watch.group import WatchGroup
from venuekit.cli.watch.summary import AccountSummary, WatchState
from venuekit.cli.watch.texts import age_text, overview_head, overview_lines, reason_text, totals_text
from venuekit.credentials.accounts_file import AccountEntry
from venuekit.plugins import make_plugins
from venuekit.valuation import Valuation
from venuekit.venue import EnvironmentName

D = Decimal
NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, places=8)
FIGURES = st.builds(
    Figure,
    value=st.none() | NUMBERS,
    unit=st.sampled_from([None, "USD", "USDT", "BTC"]),
    more=st.integers(0, 9),
    doubt=st.none() | st.just("old"),
)
SHARES = st.builds(
    Figure, value=st.none() | st.decimals(0, 9999, places=4), unit=st.just("%"), bound=st.sampled_from(["", "<", ">"])
)
SUMMARIES = st.builds(
    AccountSummary,
    name=st.text("abc-", min_size=1, max_size=40),
    venue=st.just("v"),
    state=st.sampled_from(WatchState),
    reason=st.none() | st.text(max_size=200),
    age=st.none() | st.floats(0, 1e6),
    retry_in=st.none() | st.floats(0, 60),
    equity=FIGURES,
    pnl=FIGURES,
    ratio=SHARES,
    distance=SHARES,
    gaps=st.integers(0, 999),
)


def _instrument(symbol: str, base: str, quote: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        pair=symbol,
        base=base,
        quote=quote,
        settle=base,
        kind=InstrumentKind.PERPETUAL,
        is_inverse=True,
        contract_size=D(100),
        contract_unit=Unit.QUOTE,
        status=InstrumentStatus.TRADING,
    )


@pytest.mark.parametrize(
    ("figure", "width", "text"),
    [
        (UNKNOWN, 10, "-"),
        (Figure(D(0), "USD"), 10, "0 USD"),
        (Figure(D("9996.00000000"), "USD"), 16, "9,996.00 USD"),
        (Figure(D("123456789.123"), "USD"), 14, "123456789 USD"),
        (Figure(D("-0.098528633"), "BTC"), 16, "-0.0985286 BTC"),
        (Figure(D("1E+2"), "BTC"), 16, "100.00 BTC"),
        (Figure(D(10)), 9, "10"),
        (Figure(D("27185.125"), "USDT", 1), 16, "27185.12 USDT +1"),
        (Figure(D("6.25"), "%"), 6, "6.2%"),
        (Figure(D("6.25"), "%", doubt="old"), 6, "6.2%~"),
        (Figure(D("6.25"), "%", bound="<"), 6, "<6.2%"),
    ],
)
def test_a_figure_is_short(figure: Figure, width: int, text: str) -> None:
    """It has its unit, the number of further assets, and ~ where it may be out of date; digits as there is room."""
    assert figure.text(width) == text


@given(figure=FIGURES, width=st.integers(8, 20))
def test_a_figure_is_the_same_beside_a_library_that_changes_the_decimal_context(figure: Figure, width: int) -> None:
    """One of them has its whole thread round half up; another may keep few digits."""
    text = figure.text(width)

    with localcontext(Context(prec=5, rounding=ROUND_HALF_UP)):
        assert figure.text(width) == text


@given(summary=SUMMARIES, width=st.integers(80, 200))
def test_no_line_is_wider_than_the_screen(summary: AccountSummary, width: int) -> None:
    """Whatever is known of an account, its lines fit, and its columns are those below the headings."""
    first, *further = overview_lines(summary, width)

    assert len(first.text) <= width
    assert all(len(line.text) <= width for line in further)
    assert len(further) == (summary.reason is not None)
    assert len(overview_head(width)) <= width
    if summary.equity.value is None and summary.pnl.value is None:
        cells = first.text[14 + max(0, min(width - 80, 20)) :].split()
        assert cells[:2] == ["-", "-"]


def test_amounts_of_several_assets_are_added_in_usd_alone() -> None:
    """Without a path for one of them it is the first amount and the number of the others; amounts of 0 need no path."""
    valuation = Valuation({"BTCUSD": D(90_000)}, [_instrument("BTCUSD", "BTC", "USD")])

    assert amount_of({"BTC": D(2), "USD": D(5), "ETH": D(0)}, valuation, None) == Figure(D(180_005), "USD")
    assert amount_of({"BTC": D(2), "ETH": D(3)}, valuation, "old") == Figure(D(2), "BTC", 1, doubt="old")
    assert amount_of({"BTC": D(2)}, valuation, None) == Figure(D(2), "BTC")
    assert amount_of({"ETH": D(0)}, valuation, None) == Figure(D(0), "ETH")


def test_a_path_to_usd_is_a_mark_price_or_the_word_of_the_venue() -> None:
    """The mark of a contract that is quoted in USD prices its base; a stablecoin has one where the venue says it."""
    instruments = {"BTCUSD": _instrument("BTCUSD", "BTC", "USD"), "ETHUSDT": _instrument("ETHUSDT", "ETH", "USDT")}
    balances = (
        Balance("USDT", equity=D(100), usd_value=D(99)),
        Balance("BTC", equity=D(1), usd_value=D(1)),
        Balance("XRP", equity=D(0), usd_value=D(0)),
    )

    valuation = valuation_of({"BTCUSD": D(90_000), "ETHUSDT": D(3000), "GONE": D(1)}, instruments.values(), balances)

    worths = {asset: valuation.worth(D(1), asset) for asset in ("BTC", "USDT", "USD", "ETH", "XRP")}
    assert {asset: worth and worth.amount for asset, worth in worths.items()} == {
        "BTC": D(90_000),
        "USDT": D("0.99"),
        "USD": D(1),
        "ETH": D(2970),
        "XRP": None,
    }


def test_a_total_says_how_many_accounts_are_in_it() -> None:
    """Accounts without a path to USD are not counted as 0; a sum with an old part is marked."""
    known = AccountSummary("a", "v", WatchState.LIVE, usd=D(1000))
    old = AccountSummary("b", "v", WatchState.STALE, usd=D(1), equity=Figure(D(1), "USD", doubt="old"))
    unknown = AccountSummary("c", "v", WatchState.UNREADABLE)

    assert totals_text([known, unknown]) == "equity 1,000.00 USD in 1 of 2 accounts"
    assert totals_text([known, old, unknown]) == "equity 1,001.00 USD~ in 2 of 3 accounts"
    assert totals_text([unknown]) == "no sum: no account has a known path to USD"


def test_a_reason_is_one_line_without_keys() -> None:
    """Line breaks of a venue's words are blanks, and a word that looks like a key is hidden."""
    words = f"refused\nlistenKey={'k3' * 32}"

    text = reason_text(AccountSummary("a", "v", WatchState.UNREADABLE, words, retry_in=2.4))

    assert text is not None
    assert text.startswith("unreadable (again in 2 s): refused listenKey=")
    assert "k3k3" not in text


@pytest.mark.parametrize(("seconds", "text"), [(0.9, "0s"), (61, "1m"), (7200, "2h"), (10**7, "99h")])
def test_an_age_has_three_characters(seconds: float, text: str) -> None:
    """Seconds, minutes or hours, rounded down."""
    assert age_text(seconds) == text


@pytest.mark.parametrize(("number", "pace"), [(1, (30, 60)), (10, (30, 120)), (100, (300, 1200))])
def test_accounts_that_share_limits_are_read_more_slowly(number: int, pace: tuple[float, float]) -> None:
    """Figures and open orders of each are read less often, the more accounts a venue has; others count alone."""

    def entry(name: str, venue: str) -> AccountEntry:
        return AccountEntry(
            name=name, venue=venue, environment=EnvironmentName.TESTNET, key="env:KEY", secret="env:SECRET"
        )

    entries = [entry(f"a{index}", "toy_perp") for index in range(number)]
    *shared, alone = WatchGroup([*entries, entry("alone", "toy_swap")], make_plugins(), 2).accounts

    assert {(watched.figures_every, watched.orders_every) for watched in shared} == {pace}
    assert (alone.figures_every, alone.orders_every) == (30, 60)
    assert all(watched.state_age > watched.orders_every for watched in shared)
