"""Margin, income and risk in the simulator: the shapes of the documented bodies, and what each tells."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import PositionMode, PositionSide
from venuekit.endpoint import Endpoint
from venuekit.simulator.ledger import Side
from venuekit.testing.recorded import Recorded
from venuekit_binance_common.testing import Exchange, open_exchange, scenario_of, shape
from venuekit_binance_usdm import endpoints
from venuekit_binance_usdm.venue import VENUE

D = Decimal


@pytest.fixture
def exchange() -> Exchange:
    """An account that holds an isolated position, to which margin was added."""
    opened = open_exchange(VENUE, "holding")
    opened.ledger.adjust_margin(held(), D("0.5"))
    return opened


def held() -> str:
    """Return the symbol with a position."""
    assert VENUE.front is not None
    return str(scenario_of(VENUE.front(), "holding").held)


@pytest.mark.parametrize(
    ("endpoint", "case", "parameters"),
    [
        (endpoints.MARK_PRICE, "premiumIndex", {"symbol": held()}),
        (endpoints.COMMISSION, "commissionRate", {"symbol": held()}),
        (endpoints.INCOME, "income", {}),
        (endpoints.MARGIN_HISTORY, "positionMargin_history", {"symbol": held()}),
    ],
    ids=str,
)
def test_answers_have_the_documented_shape(
    exchange: Exchange, recorded: Recorded, endpoint: Endpoint[Any], case: str, parameters: dict[str, Any]
) -> None:
    """Every documented field is there, no other one is, and each has its JSON type."""
    documented = json.loads(recorded.named(f"get_fapi_v1_{case}").body)

    assert shape(exchange.told(endpoint, **parameters)) == shape(documented)


def test_moved_margin_has_the_documented_shape(exchange: Exchange, recorded: Recorded) -> None:
    """The amount is a JSON number."""
    told = exchange.told(endpoints.POSITION_MARGIN, symbol=held(), amount="0.1", type=1)

    assert shape(told) == shape(json.loads(recorded.named("post_fapi_v1_positionMargin").body))
    assert exchange.ledger.margin_changes()[-1].amount == D("0.1")


def test_ranks_have_the_documented_shape(exchange: Exchange, recorded: Recorded) -> None:
    """Both documented rows come about: BOTH in one-way mode, the marker HEDGE in hedge mode while cross."""
    with_marker, with_both = json.loads(recorded.named("get_fapi_v1_adlQuantile").body)
    ledger = exchange.ledger
    assert shape(exchange.told(endpoints.ADL)[0]) == shape(with_both)
    ledger.fill(held(), Side.SELL, ledger.position(held()).quantity, ledger.mark(held()))
    ledger.set_position_mode(PositionMode.HEDGE)
    symbol = exchange.told(endpoints.ADL)[1]["symbol"]
    ledger.fill(symbol, Side.BUY, D(1), ledger.mark(symbol), PositionSide.LONG)
    ledger.set_mark(symbol, ledger.mark(symbol) * 2)
    (row,) = exchange.told(endpoints.ADL, symbol=symbol)

    assert shape(row) == shape(with_marker)
    assert row["adlQuantile"] == {"LONG": 4, "SHORT": 0, "HEDGE": 0}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"startTime": "soon"}, -1130),
        ({"startTime": ""}, -1105),
        ({"startTime": 2, "endTime": 1}, -1023),
        ({"limit": 0}, -1130),
        ({"limit": 1001}, -1130),
        ({"symbol": "NOPE"}, -1121),
    ],
)
def test_malformed_question_about_income(exchange: Exchange, parameters: dict[str, Any], code: int) -> None:
    """Refused with a code of its own."""
    assert exchange.refused("GET", "/fapi/v1/income", **parameters)[1] == code


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, -1102),
        ({"symbol": held()}, -1102),
        ({"symbol": held(), "type": 3, "amount": 1}, -1102),
        ({"symbol": held(), "type": 1, "amount": "much"}, -1102),
        ({"symbol": held(), "type": 1, "amount": "NaN"}, -1102),
        ({"symbol": held(), "type": 1, "amount": "0"}, -4055),
        ({"symbol": held(), "type": 1, "amount": "0.123456789"}, -1111),
        ({"symbol": held(), "type": 1, "amount": "1", "positionSide": "UP"}, -1102),
        ({"symbol": held(), "type": 1, "amount": "1", "positionSide": "LONG"}, -4061),
        ({"symbol": "NOPE", "type": 1, "amount": "1"}, -1121),
    ],
)
def test_malformed_move_of_margin(exchange: Exchange, parameters: dict[str, Any], code: int) -> None:
    """Parameters first, then the symbol, then what the ledger says."""
    assert exchange.refused("POST", "/fapi/v1/positionMargin", **parameters)[1] == code
    assert len(exchange.ledger.margin_changes()) == 1


def test_hedge_mode_without_a_side_meets_a_misleading_refusal(exchange: Exchange) -> None:
    """The venue looks at BOTH, which holds nothing."""
    ledger = exchange.ledger
    ledger.fill(held(), Side.SELL, ledger.position(held()).quantity, ledger.mark(held()))
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill(held(), Side.BUY, D(1), ledger.mark(held()), PositionSide.LONG)

    said = exchange.refused("POST", "/fapi/v1/positionMargin", symbol=held(), type=1, amount="0.1")

    assert said[1:] == (-4054, "Cannot add position margin: position is 0.")


def test_pages_without_a_start_count_from_the_newest(exchange: Exchange) -> None:
    """The newest rows come first, each page from old to new."""
    rows = exchange.told(endpoints.INCOME)

    assert exchange.told(endpoints.INCOME, limit=2) == rows[-2:]
    assert exchange.told(endpoints.INCOME, limit=2, page=2) == rows[-4:-2]
    assert exchange.told(endpoints.INCOME, limit=2, page=9) == []
