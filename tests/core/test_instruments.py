"""Instruments that calculate: contracts of an amount, profit of a trade, and one key for one thing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    localcontext,
)
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import Instrument, InstrumentKind, InstrumentReader, InstrumentStatus, Unit
from venuekit.testing.staged import on_stage
from venuekit_toy_swap import TOY_SWAP

D = Decimal
LINEAR = Instrument(
    symbol="ADAUSDT",
    pair="ADAUSDT",
    base="ADA",
    quote="USDT",
    settle="USDT",
    kind=InstrumentKind.PERPETUAL,
    is_inverse=False,
    contract_size=D(1),
    contract_unit=Unit.BASE,
    status=InstrumentStatus.TRADING,
    quantity_step=D(1),
)
INVERSE = attrs.evolve(
    LINEAR,
    symbol="BTCUSD_PERP",
    pair="BTCUSD",
    base="BTC",
    quote="USD",
    settle="BTC",
    is_inverse=True,
    contract_size=D(100),
    contract_unit=Unit.QUOTE,
)
QUANTO = attrs.evolve(
    LINEAR,
    symbol="ETHUSD",
    base="ETH",
    quote="USD",
    settle="XBT",
    contract_unit=Unit.CONTRACTS,
    multiplier=D("0.000001"),
)
MODES = [ROUND_DOWN, ROUND_UP, ROUND_FLOOR, ROUND_CEILING, ROUND_HALF_EVEN, ROUND_HALF_UP]
PRICES = st.decimals(min_value="0.00000001", max_value="1000000", places=8)
STEPS = st.sampled_from([D("0.001"), D(1), D(10), D("0.00000003")])
SIZES = st.sampled_from([D(1), D(10), D(100), D("0.001"), D("7.3")])


def test_a_key_names_one_thing_on_every_venue() -> None:
    """Base, quote and settle asset; the day of expiry where there is one, and the symbol where it is not known."""
    delivery = attrs.evolve(INVERSE, symbol="BTCUSD_261225", kind=InstrumentKind.DELIVERY)

    assert LINEAR.key == "ADA/USDT:USDT"
    assert INVERSE.key == "BTC/USD:BTC"
    assert QUANTO.key == "ETH/USD:XBT"
    assert attrs.evolve(delivery, expires_at=datetime(2026, 12, 25, 8, tzinfo=UTC)).key == "BTC/USD:BTC-261225"
    assert delivery.key == "BTC/USD:BTC-BTCUSD_261225"


def test_contracts_of_known_amounts() -> None:
    """Each amount, in the unit that it has; the default never gives more than was asked for."""
    assert LINEAR.contracts(notional=D("12.4"), price=D("0.41047590")) == 30
    assert LINEAR.contracts(base=D("30.9")) == 30
    assert INVERSE.contracts(notional=D(250)) == 2
    assert INVERSE.contracts(base=D("0.05"), price=D(60000)) == 30
    assert INVERSE.contracts(notional=D(-250)) == -2
    assert INVERSE.contracts(notional=D(250), rounding=ROUND_UP) == 3
    assert INVERSE.contracts(notional=D(-250), rounding=ROUND_FLOOR) == -3
    assert INVERSE.contracts(notional=D(250), rounding=ROUND_HALF_EVEN) == 2
    assert attrs.evolve(INVERSE, quantity_step=None).contracts(notional=D(250)) == D("2.5")


def test_without_a_worth_there_are_no_contracts() -> None:
    """Unknown is None and never 0: a quanto contract, a size that is not known, a price that is needed."""
    assert QUANTO.contracts(notional=D(100), price=D(3000)) is None
    assert attrs.evolve(LINEAR, contract_size=None).contracts(base=D(1)) is None
    assert LINEAR.contracts(notional=D(100)) is None
    assert INVERSE.contracts(base=D(1)) is None


@pytest.mark.parametrize("amounts", [{}, {"notional": D(1), "base": D(1)}])
def test_one_amount_is_given(amounts: dict[str, Any]) -> None:
    """None and both are a mistake of the program."""
    with pytest.raises(TypeError, match="give one of them"):
        LINEAR.contracts(**amounts)


@pytest.mark.parametrize("price", [D(0), D(-1), D("NaN")])
def test_a_price_is_above_0(price: Decimal) -> None:
    """Nothing is counted with another one."""
    with pytest.raises(ValueError, match="above 0"):
        LINEAR.contracts(notional=D(1), price=price)
    with pytest.raises(ValueError, match="above 0"):
        LINEAR.pnl(D(1), price, D(1))
    with pytest.raises(ValueError, match="above 0"):
        LINEAR.pnl(price, D(1), D(1))


def test_profit_of_known_trades() -> None:
    """Documented positions; a quanto contract pays its multiplier for each point, and a short earns what falls."""
    profit = attrs.evolve(LINEAR, base="COMP").pnl(D("70.92841"), D("49.72023376"), D(-1))
    assert profit == D("21.20817624")
    inverse = INVERSE.pnl(D("11707.70000003"), D("11788.66626667"), D(1))
    assert inverse is not None
    assert inverse.quantize(D("1E-8"), ROUND_DOWN) == D("0.00005866")
    assert QUANTO.pnl(D(3000), D(3100), D(-10)) == D("-0.001")
    assert attrs.evolve(QUANTO, multiplier=None).pnl(D(1), D(2), D(1)) is None
    assert attrs.evolve(LINEAR, contract_size=None).pnl(D(1), D(2), D(1)) is None


@given(
    contract=st.sampled_from([LINEAR, INVERSE]),
    size=SIZES,
    step=STEPS,
    steps=st.integers(-(10**9), 10**9),
    price=PRICES,
    rounding=st.sampled_from(MODES),
)
def test_contracts_of_a_notional_are_those_that_have_it(
    *, contract: Instrument, size: Decimal, step: Decimal, steps: int, price: Decimal, rounding: str
) -> None:
    """Whatever size, step, price and mode of rounding: the way there and back changes nothing."""
    contract = attrs.evolve(contract, contract_size=size, quantity_step=step)
    quantity = steps * step
    notional = contract.notional(quantity, price)

    assert contract.contracts(notional=notional, price=price, rounding=rounding) == quantity


@given(
    contract=st.sampled_from([LINEAR, INVERSE]),
    size=SIZES,
    step=STEPS,
    amount=st.decimals(min_value=-(10**9), max_value=10**9, places=9),
    price=PRICES,
    in_base=st.booleans(),
)
def test_rounding_goes_the_way_of_its_mode(
    *, contract: Instrument, size: Decimal, step: Decimal, amount: Decimal, price: Decimal, in_base: bool
) -> None:
    """Every result is a whole number of steps, as near to the exact quotient as the mode says."""
    contract = attrs.evolve(contract, contract_size=size, quantity_step=step)
    amounts: dict[str, Any] = {"base" if in_base else "notional": amount}
    exactly = attrs.evolve(contract, quantity_step=None).contracts(**amounts, price=price)
    assert exactly is not None
    found = {mode: contract.contracts(**amounts, price=price, rounding=mode) for mode in MODES}

    with localcontext(Context(prec=200)):
        for mode, contracts in found.items():
            assert contracts is not None
            assert contracts % step == 0
            assert abs(contracts - exactly) <= step, mode
        low, high = found[ROUND_FLOOR], found[ROUND_CEILING]
        assert low is not None
        assert high is not None
        assert {high - low} <= {D(0), step}
        assert {*found.values()} <= {low, high}
        assert found[ROUND_DOWN] == (low if amount >= 0 else high)


@given(entry=PRICES, left=PRICES, quantity=st.integers(-(10**6), 10**6))
def test_a_context_of_few_digits_changes_no_result(entry: Decimal, left: Decimal, quantity: int) -> None:
    """Another library may have changed the decimal context of the thread."""

    def results() -> list[Decimal | None]:
        found = [one.pnl(entry, left, D(quantity)) for one in (LINEAR, INVERSE, QUANTO)]
        found += [INVERSE.notional(D(quantity), None), LINEAR.notional(D(quantity), entry), LINEAR.round_price(entry)]
        return [*found, LINEAR.contracts(notional=D(quantity), price=entry), INVERSE.contracts(base=left, price=entry)]

    expected = results()
    with localcontext(Context(prec=3, rounding=ROUND_UP)):
        assert results() == expected


async def test_instruments_are_found_by_what_is_known_of_them() -> None:
    """By key, assets and kind, in any case of letters; nothing that fits is an empty tuple."""
    async with on_stage(TOY_SWAP) as stage:
        reader = InstrumentReader.of(stage.account)
        listed = await reader.get_instruments()
        one = listed[0]

        assert await reader.find() == listed
        assert one in await reader.find(base=one.base.lower(), quote=one.quote, settle=one.settle, kind=one.kind)
        assert await reader.find(key=one.key.lower()) == (one,)
        assert await reader.find(base=one.base, settle="NONE") == ()
        assert await reader.find(kind=InstrumentKind("option")) == ()
