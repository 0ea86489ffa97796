"""Margin, income and risk in the simulator: the shapes of the documented bodies, and what each tells."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import Exchange, open_exchange, scenario_of, shape

from venuekit.capabilities import PositionMode, PositionSide
from venuekit.endpoint import Endpoint
from venuekit.simulator.ledger import Side
from venuekit.testing.recorded import find_recorded, load_recorded
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.venue import VENUE as BINANCE_COINM
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.venue import VENUE as BINANCE_USDM

D = Decimal
PRODUCTS = {"binance_usdm": (BINANCE_USDM, USDM, "fapi"), "binance_coinm": (BINANCE_COINM, COINM, "dapi")}


class Client:
    """Somebody else's client of an account that holds an isolated position, to which margin was added."""

    def __init__(self, product: str) -> None:
        self.venue, self.endpoints, self.root = PRODUCTS[product]
        assert self.venue.simulated is not None
        self.held = str(scenario_of(self.venue.simulated(), "holding").held)
        self.exchange: Exchange = open_exchange(self.venue, "holding")
        self.ledger = self.exchange.ledger
        self.ledger.adjust_margin(self.held, D("0.5"))

    def told(self, name: str, **parameters: Any) -> Any:
        """Return what an endpoint answers."""
        endpoint: Endpoint[Any] = getattr(self.endpoints, name)
        return self.exchange.fetch(endpoint, **parameters)

    def documented(self, verb: str, case: str) -> Any:
        """Return the documented body of a path."""
        name = f"{verb}_{self.root}_v1_{case}"
        return json.loads(load_recorded(find_recorded(self.venue)).case(name).body)

    def refused(self, verb: str, path: str, parameters: dict[str, Any]) -> tuple[int, int, str]:
        """Return status, code and words of a refusal; the text ``held`` stands for the symbol with a position."""
        sent = {name: self.held if value == "held" else value for name, value in parameters.items()}
        return self.exchange.refusal(verb, f"/{self.root}/v1/{path}", **sent)


@pytest.fixture(params=PRODUCTS)
def client(request: pytest.FixtureRequest) -> Client:
    """A client of either product."""
    return Client(request.param)


@pytest.mark.parametrize(
    ("name", "case", "is_of_a_symbol"),
    [
        ("MARK_PRICE", "premiumIndex", True),
        ("COMMISSION", "commissionRate", True),
        ("INCOME", "income", False),
        ("MARGIN_HISTORY", "positionMargin_history", True),
    ],
)
def test_answers_have_the_documented_shape(client: Client, name: str, case: str, is_of_a_symbol: bool) -> None:
    """Every documented field is there, no other one is, and each has its JSON type."""
    told = client.told(name, **({"symbol": client.held} if is_of_a_symbol else {}))

    assert shape(told) == shape(client.documented("get", case))


def test_moved_margin_has_the_documented_shape(client: Client) -> None:
    """The amount is a JSON number."""
    told = client.told("POSITION_MARGIN", symbol=client.held, amount="0.1", type=1)

    assert shape(told) == shape(client.documented("post", "positionMargin"))
    assert client.ledger.margin_changes()[-1].amount == D("0.1")


def test_ranks_have_the_documented_shape(client: Client) -> None:
    """Both documented rows come about: BOTH in one-way mode, the marker HEDGE in hedge mode while cross."""
    with_marker, with_both = client.documented("get", "adlQuantile")
    ledger = client.ledger
    assert shape(client.told("ADL")[0]) == shape(with_both)
    ledger.fill(client.held, Side.SELL, ledger.position(client.held).quantity, ledger.mark(client.held))
    ledger.set_position_mode(PositionMode.HEDGE)
    symbol = client.told("ADL")[1]["symbol"]
    ledger.fill(symbol, Side.BUY, D(1), ledger.mark(symbol), PositionSide.LONG)
    ledger.set_mark(symbol, ledger.mark(symbol) * 2)
    (row,) = client.told("ADL", symbol=symbol)

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
def test_malformed_question_about_income(client: Client, parameters: dict[str, Any], code: int) -> None:
    """Refused with a code of its own."""
    assert client.refused("GET", "income", parameters)[1] == code


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, -1102),
        ({"symbol": "held"}, -1102),
        ({"symbol": "held", "type": 3, "amount": 1}, -1102),
        ({"symbol": "held", "type": 1, "amount": "much"}, -1102),
        ({"symbol": "held", "type": 1, "amount": "NaN"}, -1102),
        ({"symbol": "held", "type": 1, "amount": "0"}, -4055),
        ({"symbol": "held", "type": 1, "amount": "0.123456789"}, -1111),
        ({"symbol": "held", "type": 1, "amount": "1", "positionSide": "UP"}, -1102),
        ({"symbol": "held", "type": 1, "amount": "1", "positionSide": "LONG"}, -4061),
        ({"symbol": "NOPE", "type": 1, "amount": "1"}, -1121),
    ],
)
def test_malformed_move_of_margin(client: Client, parameters: dict[str, Any], code: int) -> None:
    """Parameters first, then the symbol, then what the ledger says."""
    assert client.refused("POST", "positionMargin", parameters)[1] == code
    assert len(client.ledger.margin_changes()) == 1


def test_hedge_mode_without_a_side_meets_a_misleading_refusal(client: Client) -> None:
    """The venue looks at BOTH, which holds nothing."""
    ledger = client.ledger
    ledger.fill(client.held, Side.SELL, ledger.position(client.held).quantity, ledger.mark(client.held))
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill(client.held, Side.BUY, D(1), ledger.mark(client.held), PositionSide.LONG)

    said = client.refused("POST", "positionMargin", {"symbol": "held", "type": 1, "amount": "0.1"})

    assert said[1:] == (-4054, "Cannot add position margin: position is 0.")


def test_without_a_start_the_newest_rows_are_told(client: Client) -> None:
    """With one, the oldest behind it; both run from old to new, and a page number is not heeded."""
    rows = client.told("INCOME")

    assert client.told("INCOME", limit=2) == rows[-2:]
    assert client.told("INCOME", limit=2, startTime=rows[0]["time"]) == rows[:2]
    assert client.told("INCOME", limit=2, page=2) == rows[-2:]
