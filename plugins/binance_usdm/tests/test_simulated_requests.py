"""What a request passes before it is carried out: its key, its window, its signature, its weight, its path."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from tests.plugins.binance.exchange import START, Exchange

from venuekit.simulator import Response, SimRequest, make_key
from venuekit.testing.recorded import Recorded
from venuekit_binance_usdm.endpoints import USDM

LEVERAGE = "/fapi/v1/leverage"

D = Decimal


def test_key_is_checked_before_everything_else(exchange: Exchange) -> None:
    """Format, then whether it is known, then the signature, then the window, then the parameters."""
    wrong = {"secret": "x" * 64, "stamp": START - 60_000}
    bad_format, unknown = (401, -2014, "API-key format invalid."), "a" * 64
    not_allowed = (401, -2015, "Invalid API-key, IP, or permissions for action.")
    not_signed = (400, -1022, "Signature for this request is not valid.")
    too_late = (400, -1021, "Timestamp for this request is outside of the recvWindow.")

    assert exchange.refusal("POST", LEVERAGE, key="short", **wrong) == bad_format
    assert exchange.refusal("POST", LEVERAGE, key="", **wrong) == bad_format
    assert exchange.refusal("POST", LEVERAGE, key="ä" * 64, **wrong) == bad_format
    assert exchange.refusal("POST", LEVERAGE, key=unknown, **wrong) == not_allowed
    assert exchange.refusal("POST", LEVERAGE, **wrong) == not_signed
    assert exchange.refusal("POST", LEVERAGE, stamp=START - 60_000) == too_late
    assert exchange.refusal("POST", LEVERAGE)[1] == -1102


@pytest.mark.parametrize(
    ("offset", "window", "expected"),
    [
        (-5000, None, None),
        (-5001, None, "Timestamp for this request is outside of the recvWindow."),
        (999, None, None),
        (1000, None, "Timestamp for this request was 1000ms ahead of the server's time."),
        (-59_000, 60_000, None),
        (-11, 10, "Timestamp for this request is outside of the recvWindow."),
    ],
)
def test_window_of_a_request(exchange: Exchange, offset: int, window: int | None, expected: str | None) -> None:
    """A request is valid from one second before its timestamp until its window has passed."""
    parameters = {} if window is None else {"recvWindow": window}

    response = exchange.ask("GET", "/fapi/v3/balance", stamp=START + offset, **parameters)

    if expected is None:
        assert response.status == 200
    else:
        assert (response.status, json.loads(response.body)) == (400, {"code": -1021, "msg": expected})


@pytest.mark.parametrize("window", [0, 60_001])
def test_window_has_a_most(exchange: Exchange, window: int) -> None:
    """More than a minute is no window, nor is none."""
    assert exchange.refusal("GET", "/fapi/v3/balance", recvWindow=window)[1] == -1130


def test_late_request_is_refused_by_the_matching_engine(exchange: Exchange) -> None:
    """A request that was let in and then waited is checked again before it is applied."""
    request = exchange.request("POST", LEVERAGE, symbol="ETHUSDT", leverage=7)
    admission = exchange.service.admit(request)
    assert not isinstance(admission, Response)

    exchange.clock[0] += 5001
    outcome = exchange.service.apply(admission)

    assert json.loads(outcome.response.body)["code"] == -5028
    assert not outcome.applied
    assert exchange.ledger.leverage("ETHUSDT") == D(20)


def test_request_that_waited_within_its_window_is_applied(exchange: Exchange) -> None:
    """The second check is no stricter than the first."""
    admission = exchange.service.admit(exchange.request("POST", LEVERAGE, symbol="ETHUSDT", leverage=7))
    assert not isinstance(admission, Response)

    exchange.clock[0] += 5000

    assert exchange.service.apply(admission).applied
    assert exchange.ledger.leverage("ETHUSDT") == D(7)


def edited(request: SimRequest, edit: Callable[[str], str]) -> SimRequest:
    return SimRequest.of(request.verb, request.path, query=edit(request.query), headers=request.headers)


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda query: query.partition("&signature=")[0], -1102),
        (lambda query: "signature=" + query.rpartition("=")[2] + "&" + query.partition("&signature=")[0], -1022),
        (lambda query: query + "0", -1022),
        (lambda query: query.replace("leverage=7", "leverage=8"), -1022),
        (lambda query: query.upper().replace("SIGNATURE", "signature").replace("TIMESTAMP", "timestamp"), -1022),
        (lambda query: "signature=" + query.rpartition("=")[2], -1102),
    ],
)
def test_signature_covers_everything_and_comes_last(exchange: Exchange, edit: Callable[[str], str], code: int) -> None:
    """Whatever is changed, moved or left out after signing is refused."""
    request = edited(exchange.request("POST", LEVERAGE, symbol="ETHUSDT", leverage=7), edit)

    assert json.loads(exchange.service.answer(request).body)["code"] == code
    assert exchange.ledger.leverage("ETHUSDT") == D(20)


def test_parameters_may_travel_in_a_form_body(exchange: Exchange) -> None:
    """Body parameters count, and where a name is in both, the query string wins."""
    assert exchange.fetch(USDM.SET_LEVERAGE, body={"symbol": "ETHUSDT", "leverage": 7})["leverage"] == 7

    told = exchange.fetch(USDM.SET_LEVERAGE, symbol="ETHUSDT", body={"symbol": "BNBUSDT", "leverage": 9})

    assert (told["symbol"], told["leverage"]) == ("ETHUSDT", 9)


def test_read_only_key_reads_and_does_not_write(exchange: Exchange) -> None:
    """A write with it is -2015 and changes nothing."""
    key = make_key(0, read_only=True)

    assert exchange.ask("GET", "/fapi/v3/balance", key=key.key, secret=key.secret).status == 200
    refused = exchange.refusal("POST", LEVERAGE, key=key.key, secret=key.secret, symbol="ETHUSDT", leverage=7)
    assert refused == (401, -2015, "Invalid API-key, IP, or permissions for action.")
    assert exchange.ledger.leverage("ETHUSDT") == D(20)


def test_used_weight_is_counted_by_the_minute_of_the_clock(exchange: Exchange) -> None:
    """Each answer has the use of the running minute, refusals included; the next minute starts at nothing."""
    header = "X-MBX-USED-WEIGHT-1M"

    assert exchange.ask("GET", "/fapi/v3/balance").headers[header] == "5"
    assert exchange.ask("GET", "/fapi/v1/ping").headers[header] == "6"
    assert exchange.ask("GET", "/fapi/v1/openOrders").headers[header] == "46"
    assert exchange.ask("GET", "/fapi/v1/openOrders", symbol="BTCUSDT").headers[header] == "47"
    assert exchange.ask("POST", LEVERAGE).headers[header] == "48"
    exchange.clock[0] += 60_000
    assert exchange.ask("GET", "/fapi/v1/time").headers[header] == "1"


def test_too_much_weight_is_refused_until_the_next_minute(exchange: Exchange, recorded: Recorded) -> None:
    """Beyond the limit the answer is 429 with the documented words and the seconds to wait."""
    for _ in range(80):
        assert exchange.ask("GET", "/fapi/v1/multiAssetsMargin").status == 200

    response = exchange.ask("GET", "/fapi/v1/ping")

    assert response.status == 429
    assert json.loads(response.body) == json.loads(recorded.case("get_fapi_v3_balance_429").body)
    wait = int(response.headers["Retry-After"])
    assert 1 <= wait <= 60
    exchange.clock[0] += wait * 1000
    assert exchange.ask("GET", "/fapi/v1/ping").status == 200


def test_unknown_and_retired_paths(exchange: Exchange) -> None:
    """A path that never was and one that is gone are both -5000, each in its own words."""
    assert exchange.refusal("GET", "/fapi/v9/nothing") == (
        404,
        -5000,
        "Path /fapi/v9/nothing, Method GET is invalid",
    )
    assert exchange.refusal("GET", "/fapi/v1/positionRisk") == (
        400,
        -5000,
        "GET /fapi/v1/positionRisk is retired, please use GET /fapi/v2/positionRisk",
    )
