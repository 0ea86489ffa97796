"""Valuation: a worth has the path that led to it, and is unknown where none does."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import Instrument, InstrumentKind, InstrumentStatus, Price, Unit
from venuekit.errors import InvalidArgument
from venuekit.valuation import Money, Valuation

D = Decimal
PRICES = st.decimals(min_value="0.0001", max_value="1000000", places=4)


def contract(symbol: str, base: str, quote: str, settle: str | None = None) -> Instrument:
    """Return a perpetual contract."""
    return Instrument(
        symbol=symbol,
        pair=base + quote,
        base=base,
        quote=quote,
        settle=settle or quote,
        kind=InstrumentKind.PERPETUAL,
        is_inverse=settle == base,
        contract_size=D(1),
        contract_unit=Unit.BASE,
        status=InstrumentStatus.TRADING,
    )


BTC_USD, BTC_USDT = contract("BTCUSD", "BTC", "USD", "BTC"), contract("BTCUSDT", "BTC", "USDT")
ETH_USDT, ETH_BTC = contract("ETHUSDT", "ETH", "USDT"), contract("ETHBTC", "ETH", "BTC")
ALL = (BTC_USD, BTC_USDT, ETH_USDT, ETH_BTC)


def test_a_worth_has_the_path_that_led_to_it() -> None:
    """A price leads both ways, and several lead further; the asset itself needs none."""
    valuation = Valuation({"BTCUSD": D(90_000), "BTCUSDT": D(100_000), "ETHUSDT": D(4_000)}, ALL)

    assert valuation.worth(D(2), "BTC") == Money(D(180_000), "USD", ("BTC/USD:BTC",))
    assert valuation.worth(D(-9_000), "USD", "BTC") == Money(D("-0.1"), "BTC", ("BTC/USD:BTC",))
    assert valuation.worth(D(5), "USD") == Money(D(5), "USD")
    path = ("ETH/USDT:USDT", "BTC/USDT:USDT", "BTC/USD:BTC")
    assert valuation.worth(D(10), "ETH") == Money(D(36_000), "USD", path)


def test_no_path_is_unknown_and_never_0() -> None:
    """A stablecoin is no currency, and a price of no known contract leads nowhere."""
    valuation = Valuation({"ETHUSDT": D(4_000), "GONE": D(1)}, ALL)

    assert valuation.worth(D(1), "ETH") is None
    assert valuation.worth(D(1), "USDT") is None
    assert valuation.worth(D(0), "XRP") is None
    assert valuation.total({"ETH": D(1), "USD": D(1)}) is None


def test_a_rate_is_taken_where_the_caller_hands_it_in() -> None:
    """And named in the path; a price that leads there as directly goes first."""
    prices = {"ETHUSDT": D(4_000)}
    assert Valuation(prices, ALL, {("USDT", "USD"): D("0.99")}).worth(D(1), "ETH") == Money(
        D(3_960), "USD", ("ETH/USDT:USDT", "USDT/USD")
    )
    direct = Valuation({"BTCUSD": D(90_000)}, ALL, {("BTC", "USD"): D(1)})
    assert direct.worth(D(1), "BTC") == Money(D(90_000), "USD", ("BTC/USD:BTC",))


def test_the_shortest_path_is_taken_and_a_perpetual_before_a_delivery() -> None:
    """Whatever the order in which prices are handed in."""
    delivery = attrs.evolve(BTC_USD, symbol="BTCUSD_270326", kind=InstrumentKind.DELIVERY)
    prices = {
        "BTCUSD_270326": D(95_000),
        "BTCUSD": D(90_000),
        "ETHBTC": D("0.05"),
        "ETHUSDT": D(4_000),
        "BTCUSDT": D(1),
    }
    valuation = Valuation(prices, (delivery, *ALL))

    assert valuation.worth(D(1), "BTC") == Money(D(90_000), "USD", ("BTC/USD:BTC",))
    assert valuation.worth(D(1), "ETH") == Money(D(4_500), "USD", ("ETH/BTC:BTC", "BTC/USD:BTC"))


def test_a_total_needs_a_path_for_every_amount_but_0() -> None:
    """Its path names each price once."""
    valuation = Valuation({"BTCUSD": D(90_000), "ETHBTC": D("0.05")}, ALL)

    total = valuation.total({"ETH": D(2), "BTC": D(1), "USD": D("0.5"), "XRP": D(0)})
    assert total == Money(D("99000.5"), "USD", ("ETH/BTC:BTC", "BTC/USD:BTC"))
    assert valuation.total({}) == Money(D(0), "USD")


@pytest.mark.parametrize("price", [D(0), D(-1), D("NaN"), D("Infinity")])
def test_a_price_is_above_0(price: Decimal) -> None:
    """One that is not is refused by its name, and so is a rate."""
    with pytest.raises(ValueError, match="price of BTC/USD:BTC must be above 0"):
        Valuation({"BTCUSD": price}, ALL)
    with pytest.raises(ValueError, match="price of USDT/USD must be above 0"):
        Valuation({}, ALL, {("USDT", "USD"): price})


@pytest.mark.parametrize("as_list", [False, True])
def test_prices_may_be_those_of_a_read_and_count_by_their_marks(as_list: bool) -> None:
    """One without a mark, or with 0 for none, leads nowhere."""
    read = {
        "BTCUSD": Price("BTCUSD", bid=D(1), last=D(2), mark=D(90_000)),
        "ETHUSDT": Price("ETHUSDT", last=D(4_000)),
        "BTCUSDT": Price("BTCUSDT", mark=D(0)),
    }
    valuation = Valuation(list(read.values()) if as_list else read, ALL)

    assert valuation.worth(D(2), "BTC") == Money(D(180_000), "USD", ("BTC/USD:BTC",))
    assert valuation.worth(D(2), "ETH") is valuation.worth(D(2), "USDT") is None


def test_whole_numbers_are_taken_exactly() -> None:
    """As prices, rates and amounts."""
    valuation = Valuation({"BTCUSDT": 10**20}, ALL, {("USDT", "USD"): 3})

    assert valuation.worth(10**20, "BTC") == Money(D(3 * 10**40), "USD", ("BTC/USDT:USDT", "USDT/USD"))
    assert valuation.total({"USDT": 2, "USD": 1}) == Money(D(7), "USD", ("USDT/USD",))


@pytest.mark.parametrize("number", [1.5, "1.5", True, None])
def test_a_number_that_is_no_decimal_is_refused_by_its_name(number: Any) -> None:
    """A float is rounded before anybody sees it: the error says how to write it."""
    valuation = Valuation({}, ())
    for words, call in (
        ("the price of BTCUSD must be", lambda: Valuation({"BTCUSD": number}, ALL)),
        ("the price of USDT/USD must be", lambda: Valuation({}, (), {("USDT", "USD"): number})),
        ("the amount of USD must be", lambda: valuation.worth(number, "USD")),
        ("the amount of USD must be", lambda: valuation.total({"USD": number})),
        ("prices are numbers by symbol, or Price values", lambda: Valuation([number], ALL)),
    ):
        with pytest.raises(InvalidArgument, match=words):
            call()
    with pytest.raises(InvalidArgument, match=r'write Decimal\("1\.5"\)'):
        valuation.worth(1.5, "USD")  # type: ignore[arg-type]


@given(first=PRICES, second=PRICES, amount=st.decimals(min_value=-(10**9), max_value=10**9, places=8))
def test_there_and_back_is_the_same_amount(first: Decimal, second: Decimal, amount: Decimal) -> None:
    """Within the digits of a quotient; and no context of the thread changes a result."""
    valuation = Valuation({"ETHBTC": first, "BTCUSD": second}, ALL)
    there = valuation.worth(amount, "ETH")
    assert there is not None
    back = valuation.worth(there.amount, "USD", "ETH")
    assert back is not None

    assert back.amount == amount
    with localcontext(Context(prec=4, rounding=ROUND_UP)):
        assert valuation.worth(amount, "ETH") == there
        total = valuation.total({"ETH": amount, "USD": D(1)})
        assert total is not None
    assert total.amount == Context(prec=400).add(there.amount, D(1))
