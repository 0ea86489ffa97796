"""Candles that a venue writes as lists."""

from __future__ import annotations

from decimal import Decimal

import pytest

from venuekit.errors import PayloadMismatch
from venuekit.parts.candles import CandleColumns

COLUMNS = CandleColumns(within=("result", "list"), turnover=6, trades=7)
ROW = '["1600000000000", "10.1", "12", "9.5", "11", "300", "27.3", 41]'


def test_a_list_becomes_a_candle() -> None:
    """Prices, volume and turnover are exact, the time is UTC, and rows keep their order."""
    (candle, other) = COLUMNS(f'{{"result": {{"list": [{ROW}, {ROW.replace("12", "13")}]}}}}'.encode())

    assert candle.opens_at.isoformat() == "2020-09-13T12:26:40+00:00"
    assert (candle.open, candle.high, candle.low, candle.close) == (Decimal("10.1"), 12, Decimal("9.5"), 11)
    assert (candle.volume, candle.turnover, candle.trades) == (300, Decimal("27.3"), 41)
    assert other.high == 13


@pytest.mark.parametrize(
    "body",
    [
        '{"result": null}',
        '{"result": {"list": {}}}',
        "[1]",
        '{"result": {"list": [["1600000000000", "1"]]}}',
        '{"result": {"list": [[null, "1", "1", "1", "1", "1", "1", 1]]}}',
        '{"result": {"list": [["1600000000000", "x", "1", "1", "1", "1", "1", 1]]}}',
        '{"result": {"list": [7]}}',
    ],
)
def test_what_is_no_list_of_candles_is_said(body: str) -> None:
    """The error names the place of the list, or the row."""
    with pytest.raises(PayloadMismatch, match=r"row 0|no list of candles"):
        COLUMNS(body.encode())
