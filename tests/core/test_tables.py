"""Tables of values, and the representations of values: what is set is shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import venuekit
from venuekit.capabilities import AccountInfo, Income, IncomeKind, Position, PositionSide, Price, Unit
from venuekit.errors import ConfigurationError

D = Decimal
LONG = Position("ONEUSDT", PositionSide.BOTH, D(20), D(1), Unit.BASE, entry_price=D("6563.665"), raw={"huge": 1})
FUNDING = Income("7", datetime(2026, 11, 1, 8, tzinfo=UTC), "USDT", D("-1.50"), IncomeKind.FUNDING, "<FUNDING>")


def test_a_representation_shows_what_is_set() -> None:
    """Defaults and the venue's own object are left out, and an equal value comes of it when it is evaluated."""
    shown = "Position(symbol='ONEUSDT', side=<PositionSide.BOTH: 'both'>, quantity=Decimal('20'), "
    shown += "contract_size=Decimal('1'), contract_unit=<Unit.BASE: 'base'>, entry_price=Decimal('6563.665'))"
    assert repr(LONG) == shown
    assert repr(AccountInfo(fee_tier=0)) == "AccountInfo(fee_tier=0)"
    assert "order_id=None" not in repr(FUNDING)


@given(
    st.fixed_dictionaries(
        {}, optional={name: st.none() | st.decimals(allow_nan=False) for name in ("bid", "ask", "last", "mark")}
    )
)
def test_what_is_left_out_is_the_default(fields: Mapping[str, Any]) -> None:
    """The representation of a value, evaluated, is an equal value."""
    price = Price("ONEUSDT", **fields)
    assert eval(repr(price), {"Price": Price, "Decimal": Decimal}) == price  # noqa: S307 - of our own text


def test_a_table_has_the_flat_fields_of_its_values() -> None:
    """A mapping gives its values; nested values and the venue's own object are no columns."""
    table = venuekit.table({"one": LONG, "other": attrs.evolve(LONG, quantity=D(-1))})
    assert [row["quantity"] for row in table.rows] == [D(20), D(-1)]
    assert table.columns["entry_price"] is Decimal
    assert "raw" not in table.columns
    assert "balances" not in venuekit.table([AccountInfo()]).columns
    assert repr(table) == "<Table of 2 rows: symbol, side, quantity, contract_size, contract_unit, entry_price>"
    assert (len(venuekit.table([])), dict(venuekit.table([]).columns)) == (0, {})


def test_a_notebook_shows_the_columns_that_are_set() -> None:
    """Texts are escaped, numbers are plain and times are in UTC."""
    shown = venuekit.table([FUNDING])._repr_html_()
    assert shown.startswith("<table><thead><tr><th>id</th><th>time</th><th>asset</th><th>amount</th>")
    assert "<td>2026-11-01T08:00:00.000Z</td><td>USDT</td><td>-1.50</td>" in shown
    assert "&lt;FUNDING&gt;" in shown
    assert "order_id" not in shown


def test_a_table_has_values_of_one_kind() -> None:
    """The error names the kinds, or the one that is no value."""
    with pytest.raises(TypeError, match="values of one kind, not Income, Position: make a table of each"):
        venuekit.table([LONG, FUNDING])
    wrong: Any = [3]
    with pytest.raises(TypeError, match="values such as positions, not of int"):
        venuekit.table(wrong)


def test_arrow_takes_a_table_as_it_is() -> None:
    """Numbers are exact, times aware, and what is not set is null."""
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed here")
    read = arrow.table(venuekit.table([FUNDING])).to_pylist()
    assert read[0]["amount"] == D("-1.50")
    assert (read[0]["time"], read[0]["kind"], read[0]["symbol"]) == (FUNDING.time, "funding", None)
    huge = attrs.evolve(FUNDING, amount=D("0.1234567890123456789"))
    with pytest.raises(ConfigurationError, match=r"the table: amount .* does not fit"):
        arrow.table(venuekit.table([huge]))


def test_pandas_makes_a_frame_of_a_table() -> None:
    """Decimals stay Decimals, times stay aware, and enums are texts."""
    pytest.importorskip("pandas", reason="pandas is not installed here")
    frame = venuekit.table([FUNDING, FUNDING]).to_pandas()
    assert list(frame["amount"]) == [D("-1.50")] * 2
    assert (frame["kind"][0], frame["time"][0]) == ("funding", FUNDING.time)


@pytest.mark.parametrize(
    ("missing", "words"),
    [("pandas", "a frame needs pandas, which is missing: pip install pandas"), ("pyarrow", "a table in Arrow needs")],
)
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, missing: str, words: str) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, missing, None)
    table = venuekit.table([FUNDING])
    with pytest.raises(ConfigurationError, match=words):
        table.to_pandas() if missing == "pandas" else table.__arrow_c_stream__()
