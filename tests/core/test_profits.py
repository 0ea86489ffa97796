"""Profits: sums of movements by day, symbol and asset, exact and without what only moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import Income, IncomeKind
from venuekit.profits import Profit, profits_of, sum_profits

D = Decimal
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def movement(amount: str | Decimal, kind: IncomeKind = IncomeKind.FUNDING, **details: Any) -> Income:
    values: dict[str, Any] = {"id": "1", "time": NOON, "asset": "USDT", "symbol": "ETHUSDT", "venue_kind": "x"}
    return Income(**values | {"amount": D(amount), "kind": kind} | details)


def test_each_kind_has_its_part() -> None:
    """A delivery is realised profit; rebates and words of the venue are the other part; money that moved is none."""
    (one,) = profits_of(
        [
            movement("10", IncomeKind.REALIZED_PNL),
            movement("-3", IncomeKind.DELIVERY),
            movement("-0.5"),
            movement("-0.25", IncomeKind.COMMISSION),
            movement("0.1", IncomeKind.REBATE),
            movement("-0.01", IncomeKind.OTHER),
            movement("5000", IncomeKind.TRANSFER),
            movement("7", IncomeKind.CONVERSION),
        ]
    )

    parts = (one.realized_pnl, one.funding, one.commission, one.other, one.total)
    assert parts == (D(7), D("-0.5"), D("-0.25"), D("0.09"), D("6.34"))
    assert (one.day, one.symbol, one.asset) == (date(2026, 11, 28), "ETHUSDT", "USDT")


def test_days_are_those_of_utc() -> None:
    """A moment of another zone belongs to the day that it has in UTC."""
    east = timezone(timedelta(hours=10))
    (one,) = profits_of([movement("1", time=datetime(2026, 11, 29, 3, tzinfo=east))])

    assert one.day == date(2026, 11, 28)


AMOUNTS = st.decimals(-(10**9), 10**9, places=8)
MOVEMENTS = st.lists(
    st.builds(
        movement,
        AMOUNTS,
        st.sampled_from(list(IncomeKind)),
        time=st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 5), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis
        asset=st.sampled_from(["BTC", "USDT"]),
        symbol=st.sampled_from([None, "A", "B"]),
    ),
    max_size=12,
)


@given(MOVEMENTS)
def test_sums_lose_nothing(movements: list[Income]) -> None:
    """However they are grouped, the profits of an asset are together the change of the wallet that made them."""
    made = {IncomeKind.TRANSFER, IncomeKind.CONVERSION}
    profits = profits_of(movements)
    by_day = sum_profits(profits, lambda one: (one.day, one.asset))

    for asset in ("BTC", "USDT"):
        wanted = sum((one.amount for one in movements if one.asset == asset and one.kind not in made), D(0))
        for groups in (profits, by_day):
            assert sum((one.total for one in groups if one.asset == asset), D(0)) == wanted
    keys = [(one.day, one.symbol or "", one.asset) for one in profits]
    assert keys == sorted(set(keys))


def test_a_profit_of_many_digits_is_exact() -> None:
    """Nothing is rounded, whatever the context of the caller."""
    one = Profit(day=NOON.date(), symbol=None, asset="X", funding=D("1E-18"), other=D("123456789012345678901234567890"))

    assert one.total == D("123456789012345678901234567890.000000000000000001")
