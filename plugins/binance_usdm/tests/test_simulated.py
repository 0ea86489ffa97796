"""The simulator's half: shapes of the documented bodies, order of checks, exact words, headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import START, Exchange, open_exchange, scenario_of, shape

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide
from venuekit.endpoint import Endpoint, Security
from venuekit.simulator import Response, SimRequest, make_key
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.recorded import Recorded
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.venue import VENUE

_ALGO: Any = USDM.ORDERS.algo

D = Decimal


@pytest.fixture
def exchange() -> Exchange:
    """An account that holds an isolated position on BTCUSDT."""
    return open_exchange(VENUE, "holding")


@pytest.fixture
def flat() -> Exchange:
    """An account without positions."""
    return open_exchange(VENUE, "flat")


@pytest.mark.parametrize(
    ("endpoint", "case", "parameters"),
    [
        (USDM.SERVER_TIME, "get_fapi_v1_time", {}),
        (USDM.ACCOUNT_CONFIG, "get_fapi_v1_accountConfig", {}),
        (USDM.SYMBOL_CONFIG, "get_fapi_v1_symbolConfig", {"symbol": "BTCUSDT"}),
        (USDM.BALANCE, "get_fapi_v3_balance", {}),
        (USDM.ACCOUNT, "get_fapi_v3_account", {}),
        (USDM.POSITION_RISK, "get_fapi_v3_positionRisk", {}),
        (USDM.BRACKETS, "get_fapi_v1_leverageBracket", {}),
        (USDM.BRACKETS, "get_fapi_v1_leverageBracket_symbol", {"symbol": "ETHUSDT"}),
        (USDM.POSITION_MODE, "get_fapi_v1_positionSide_dual", {}),
        (USDM.ASSET_MODE, "get_fapi_v1_multiAssetsMargin", {}),
        (_ALGO.open_orders, "get_fapi_v1_openAlgoOrders", {}),
        (USDM.SET_LEVERAGE, "post_fapi_v1_leverage", {"symbol": "ETHUSDT", "leverage": 21}),
        (USDM.SET_MARGIN_TYPE, "post_fapi_v1_marginType", {"symbol": "ETHUSDT", "marginType": "ISOLATED"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_answers_have_the_documented_shape(
    exchange: Exchange, recorded: Recorded, endpoint: Endpoint[Any], case: str, parameters: dict[str, Any]
) -> None:
    """Every documented field is there, no other one is, and each has its JSON type."""
    exchange.ledger.rest_order("ADAUSDT", Side.BUY, D(10), D("0.3"), book=Book.CONDITIONAL)

    assert shape(exchange.fetch(endpoint, **parameters)) == shape(json.loads(recorded.case(case).body))


def test_changes_of_modes_have_the_documented_shape(flat: Exchange, recorded: Recorded) -> None:
    """Both modes are acknowledged alike."""
    done = json.loads(recorded.case("post_fapi_v1_positionSide_dual").body)

    assert flat.fetch(USDM.SET_POSITION_MODE, dualSidePosition="true") == done
    assert flat.fetch(USDM.SET_ASSET_MODE, multiAssetsMargin="true") == done
    assert (flat.ledger.position_mode, flat.ledger.asset_mode) == (PositionMode.HEDGE, AssetMode.MULTI)


def test_instruments_have_the_documented_shape(exchange: Exchange, recorded: Recorded) -> None:
    """Limits, assets, symbols and each filter have their documented fields and types."""
    told, documented = (
        exchange.fetch(USDM.EXCHANGE_INFO),
        json.loads(recorded.case("get_fapi_v1_exchangeInfo").body),
    )

    assert shape(told) == shape(documented)
    assert told["rateLimits"] == documented["rateLimits"]
    ours, theirs = told["symbols"][0]["filters"], documented["symbols"][0]["filters"]
    assert [shape(each) for each in ours] == [shape(each) for each in theirs]


def test_open_order_has_the_documented_shape_of_a_limit_order(exchange: Exchange, recorded: Recorded) -> None:
    """The documented order trails; its two trailing fields are all that a limit order lacks."""
    exchange.ledger.rest_order("ADAUSDT", Side.BUY, D(10), D("0.3"), client_id="mine")
    (documented,) = json.loads(recorded.case("get_fapi_v1_openOrders").body)
    del documented["activatePrice"], documented["priceRate"]

    (told,) = exchange.fetch(USDM.ORDERS.open_orders)

    assert shape(told) == shape(documented)
    assert (told["clientOrderId"], told["origQty"], told["price"], told["status"]) == ("mine", "10", "0.3", "NEW")
    assert exchange.fetch(USDM.ORDERS.open_orders, symbol="BTCUSDT") == []
    assert exchange.fetch(_ALGO.open_orders) == []


def test_position_is_told_in_the_figures_of_the_ledger(exchange: Exchange) -> None:
    """Numbers travel as text with the venue's own decimals."""
    (told,) = exchange.fetch(USDM.POSITION_RISK)

    assert told == {
        "symbol": "BTCUSDT",
        "positionSide": "BOTH",
        "positionAmt": "1.500",
        "entryPrice": "86500",
        "breakEvenPrice": "86543.25",
        "markPrice": "88000.00000000",
        "unRealizedProfit": "2250.00000000",
        "liquidationPrice": told["liquidationPrice"],
        "isolatedMargin": "8737.50000000",
        "notional": "132000.00000000",
        "marginAsset": "USDT",
        "isolatedWallet": "6487.50000000",
        "initialMargin": "6600.00000000",
        "maintMargin": "610.00000000",
        "positionInitialMargin": "6600.00000000",
        "openOrderInitialMargin": "0",
        "adl": 2,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": START,
    }
    assert D(80_000) < D(told["liquidationPrice"]) < D(86_500)


def test_rows_exist_where_there_is_a_position_or_an_order(flat: Exchange) -> None:
    """Hedge mode lists the legs that hold or wait, a short leg negative in size and notional."""
    flat.ledger.set_position_mode(PositionMode.HEDGE)
    flat.ledger.fill("ETHUSDT", Side.SELL, D(1), D(3000), PositionSide.SHORT)
    flat.ledger.rest_order("ADAUSDT", Side.BUY, D(100), D("0.3"), position_side=PositionSide.LONG)

    short, waiting = flat.fetch(USDM.POSITION_RISK)

    assert (short["symbol"], short["positionSide"], short["positionAmt"]) == ("ETHUSDT", "SHORT", "-1.000")
    assert (short["notional"], short["isolatedMargin"]) == ("-3000.00000000", "0")
    assert (waiting["symbol"], waiting["positionSide"], waiting["positionAmt"]) == ("ADAUSDT", "LONG", "0")
    assert (waiting["entryPrice"], waiting["bidNotional"], waiting["updateTime"]) == ("0", "30.00000000", 0)
    assert [row["symbol"] for row in flat.fetch(USDM.POSITION_RISK, symbol="ADAUSDT")] == ["ADAUSDT"]
    assert flat.fetch(USDM.POSITION_RISK, symbol="BTCUSDT") == []


def test_totals_are_those_of_usdt_or_of_all(flat: Exchange) -> None:
    """Single-asset mode counts USDT alone, multi-assets mode everything in USD."""
    assert flat.fetch(USDM.ACCOUNT)["totalWalletBalance"] == "25000.00000000"

    flat.ledger.set_asset_mode(AssetMode.MULTI)

    assert flat.fetch(USDM.ACCOUNT)["totalWalletBalance"] == "30000.00000000"


LEVERAGE, MARGIN_TYPE = "/fapi/v1/leverage", "/fapi/v1/marginType"
POSITION_MODE, ASSET_MODE = "/fapi/v1/positionSide/dual", "/fapi/v1/multiAssetsMargin"


@pytest.mark.parametrize(
    ("scenario", "path", "parameters", "case"),
    [
        ("holding", LEVERAGE, {"symbol": "NOPE", "leverage": 21}, "post_fapi_v1_leverage_1121"),
        ("holding", LEVERAGE, {"symbol": "ETHUSDT", "leverage": 101}, "post_fapi_v1_leverage_4028"),
        ("holding", LEVERAGE, {"symbol": "BTCUSDT", "leverage": 125}, "post_fapi_v1_leverage_2027"),
        ("holding", LEVERAGE, {"symbol": "BTCUSDT", "leverage": 10}, "post_fapi_v1_leverage_4161"),
        ("holding", MARGIN_TYPE, {"symbol": "BTCUSDT", "marginType": "ISOLATED"}, "post_fapi_v1_marginType_4046"),
        ("holding", MARGIN_TYPE, {"symbol": "BTCUSDT", "marginType": "CROSSED"}, "post_fapi_v1_marginType_4048"),
        ("orders", MARGIN_TYPE, {"symbol": "ADAUSDT", "marginType": "ISOLATED"}, "post_fapi_v1_marginType_4047"),
        ("multi", MARGIN_TYPE, {"symbol": "ADAUSDT", "marginType": "ISOLATED"}, "post_fapi_v1_marginType_4168"),
        ("holding", POSITION_MODE, {"dualSidePosition": "false"}, "post_fapi_v1_positionSide_dual_4059"),
        ("holding", POSITION_MODE, {"dualSidePosition": "true"}, "post_fapi_v1_positionSide_dual_4068"),
        ("orders", POSITION_MODE, {"dualSidePosition": "true"}, "post_fapi_v1_positionSide_dual_4067"),
        ("holding", ASSET_MODE, {"multiAssetsMargin": "true"}, "post_fapi_v1_multiAssetsMargin_4167"),
        ("orders", ASSET_MODE, {"multiAssetsMargin": "true"}, "post_fapi_v1_multiAssetsMargin_4170"),
        ("holding", ASSET_MODE, {"multiAssetsMargin": "false"}, "post_fapi_v1_multiAssetsMargin_4171"),
    ],
)
def test_refusals_have_the_documented_code_and_words(
    *, recorded: Recorded, scenario: str, path: str, parameters: dict[str, Any], case: str
) -> None:
    """A refusal of the ledger is answered word for word, and changes nothing."""
    exchange = open_exchange(VENUE, "holding" if scenario == "holding" else "flat")
    if scenario == "orders":
        exchange.ledger.rest_order("ADAUSDT", Side.BUY, D(100), D("0.3"), book=Book.CONDITIONAL)
    if scenario == "multi":
        exchange.ledger.set_asset_mode(AssetMode.MULTI)
    before = exchange.ledger.snapshot()

    response = exchange.ask("POST", path, **parameters)

    assert (response.status, json.loads(response.body)) == (400, json.loads(recorded.case(case).body))
    assert exchange.ledger.snapshot() == before


def test_lack_of_margin_is_named_after_what_was_asked(flat: Exchange) -> None:
    """Lowering a leverage without the margin for it is -2028."""
    flat.ledger.set_leverage("BTCUSDT", D(100))
    flat.ledger.fill("BTCUSDT", Side.BUY, D(5), D(88_000))

    assert flat.refusal("POST", LEVERAGE, symbol="BTCUSDT", leverage=2)[:2] == (400, -2028)


@pytest.mark.parametrize(
    ("path", "parameters", "name"),
    [
        (LEVERAGE, {"leverage": 5}, "symbol"),
        (LEVERAGE, {"symbol": "", "leverage": 5}, "symbol"),
        (LEVERAGE, {"symbol": "NOPE"}, "leverage"),
        (LEVERAGE, {"symbol": "BTCUSDT", "leverage": "ten"}, "leverage"),
        (LEVERAGE, {"symbol": "BTCUSDT", "leverage": "2.5"}, "leverage"),
        (MARGIN_TYPE, {"symbol": "BTCUSDT"}, "marginType"),
        (MARGIN_TYPE, {"symbol": "BTCUSDT", "marginType": "CROSS"}, "marginType"),
        (POSITION_MODE, {}, "dualSidePosition"),
        (POSITION_MODE, {"dualSidePosition": "yes"}, "dualSidePosition"),
        (ASSET_MODE, {}, "multiAssetsMargin"),
    ],
)
def test_missing_or_malformed_parameter_is_named(
    exchange: Exchange, path: str, parameters: dict[str, Any], name: str
) -> None:
    """Parameters are looked at before the state is."""
    words = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."

    assert exchange.refusal("POST", path, **parameters) == (400, -1102, words)


@pytest.mark.parametrize("leverage", [0, -3, 126, 1000])
def test_leverage_out_of_range_is_not_valid(exchange: Exchange, leverage: int) -> None:
    """A whole number that no tier has is a matter of the ledger."""
    words = f"Leverage {leverage} is not valid"

    assert exchange.refusal("POST", LEVERAGE, symbol="ETHUSDT", leverage=leverage) == (400, -4028, words)


@pytest.mark.parametrize(
    "endpoint",
    [USDM.SYMBOL_CONFIG, USDM.POSITION_RISK, USDM.BRACKETS, USDM.ORDERS.open_orders],
    ids=str,
)
def test_unknown_and_empty_symbols_are_refused(exchange: Exchange, endpoint: Endpoint[Any]) -> None:
    """Every read that takes a symbol checks it."""
    assert exchange.refusal("GET", endpoint.path, symbol="NOPE") == (400, -1121, "Invalid symbol.")
    assert exchange.refusal("GET", endpoint.path, symbol="") == (400, -1105, "Parameter 'symbol' was empty.")


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


def test_every_declared_endpoint_is_answered_by_exactly_one_handler() -> None:
    """The routing keys are the client's own endpoints."""
    assert VENUE.simulated is not None
    assert set(VENUE.simulated().handlers()) == set(VENUE.endpoints)


def test_public_routes_need_no_key() -> None:
    """Time, instruments and ping are answered to anybody."""
    exchange = open_exchange(VENUE, "flat")
    public = [endpoint.path for endpoint in VENUE.endpoints if endpoint.security is Security.NONE]

    for path in [*public, "/fapi/v1/ping"]:
        assert exchange.service.answer(SimRequest.of("GET", path)).status == 200


@pytest.mark.parametrize("scenario", ["holding", "flat"])
def test_scenarios_hold_what_they_say(scenario: str) -> None:
    """The held symbol is isolated and too large for its highest leverage; the flat one is listed and flat."""
    exchange = open_exchange(VENUE, scenario)
    declared = scenario_of(exchange.service.simulated, scenario)
    ledger = exchange.ledger

    assert ledger.position(declared.flat).quantity == 0
    assert ledger.position_mode is PositionMode.ONE_WAY
    assert {held.asset for held in ledger.balances() if held.wallet} == {"USDT", "USDC"}
    if declared.held is None:
        assert ledger.positions() == ()
    else:
        assert ledger.margin_type(declared.held) is MarginType.ISOLATED
        assert ledger.max_leverage(declared.held) < ledger.contract(declared.held).max_leverage
