"""Reads of what limits the account and its symbols: orders per time, quantitative rules, the risk of deleveraging."""

from __future__ import annotations

import json
from typing import Any

from tests.plugins.binance.exchange import START, Exchange

from venuekit.simulator import SimRequest
from venuekit_binance_usdm.endpoints import USDM

_HALF_HOUR = 30 * 60 * 1000


def read(exchange: Exchange, path: str, **parameters: Any) -> Any:
    """Return the answer to a signed read, which must be a success."""
    response = exchange.ask("GET", path, **parameters)
    assert response.status == 200, response.body
    return json.loads(response.body)


def test_order_limits_are_those_of_the_list_of_instruments(flat: Exchange) -> None:
    """The account has the limits of orders that all have, and no other."""
    listed = flat.fetch(USDM.EXCHANGE_INFO)["rateLimits"]

    limits = read(flat, "/fapi/v1/rateLimit/order")

    assert limits == [limit for limit in listed if limit["rateLimitType"] == "ORDERS"]
    assert {(limit["interval"], limit["intervalNum"], limit["limit"]) for limit in limits} == {
        ("SECOND", 10, 300),
        ("MINUTE", 1, 1200),
    }


def test_no_indicator_of_the_quantitative_rules_is_exceeded(flat: Exchange) -> None:
    """The venue lists those alone that exceed a threshold; the read weighs 1 for a symbol and 10 for all."""
    path, header = "/fapi/v1/apiTradingStatus", "X-MBX-USED-WEIGHT-1M"

    assert read(flat, path) == {"indicators": {}, "updateTime": START}
    assert read(flat, path, symbol="BTCUSDT") == {"indicators": {}, "updateTime": START}
    assert flat.refusal("GET", path, symbol="NOPE")[1] == -1121
    assert flat.ask("GET", path).headers[header] == "22"
    assert flat.refusal("GET", path, key="")[1] == -2014


def test_risk_of_deleveraging_is_low_and_public(flat: Exchange) -> None:
    """One object for a symbol and a list of all without; the rating is of the last half hour."""

    def public(query: str = "") -> Any:
        response = flat.service.answer(SimRequest.of("GET", "/fapi/v1/symbolAdlRisk", query=query))
        return response.status, json.loads(response.body)

    status, one = public("symbol=BTCUSDT")
    _, rows = public()

    assert (status, one["symbol"], one["adlRisk"]) == (200, "BTCUSDT", "LOW")
    assert START - _HALF_HOUR < one["updateTime"] <= START
    assert one["updateTime"] % _HALF_HOUR == 0
    assert rows[0] == one
    assert [row["symbol"] for row in rows] == [row["symbol"] for row in flat.fetch(USDM.EXCHANGE_INFO)["symbols"]]
    assert public("symbol=NOPE") == (400, {"code": -1121, "msg": "Invalid symbol."})


def test_fundings_and_their_terms_share_a_pool(flat: Exchange) -> None:
    """500 requests in five minutes are answered without weight, the next one is refused until the window has passed."""
    rates, terms, header = "/fapi/v1/fundingRate", "/fapi/v1/fundingInfo", "X-MBX-USED-WEIGHT-1M"
    answers = [flat.ask("GET", path, key="") for path in (rates, terms) * 250]

    refused = flat.ask("GET", rates, key="")

    assert {answer.status for answer in answers} == {200}
    assert answers[-1].headers.get(header, "0") == "0"
    assert (refused.status, json.loads(refused.body)["code"]) == (429, -1003)
    assert flat.ask("GET", "/fapi/v1/time", key="").status == 200
    flat.clock[0] += 1000 * int(refused.headers["Retry-After"])
    assert flat.ask("GET", rates, key="").status == 200
