"""The simulated venue: shapes of the answers, who may ask, what is refused, how limits are told. No sockets."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import MarginType
from venuekit.plugin import from_milliseconds
from venuekit.simulator import Response, Service, SimKey, SimRequest, open_ledger
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BYBIT_INVERSE
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.simulated.venue import SimulatedBybit

D = Decimal
NOW = 1_795_000_000_000
KEY = SimKey("K" * 64, "S" * 64)
READ_ONLY = SimKey("R" * 64, "T" * 64, read_only=True)
Ask = Callable[..., Response]


@pytest.fixture
def service() -> Service:
    """A venue whose account holds what the first scenario says."""
    simulated = SimulatedBybit()
    ledger = open_ledger([simulated], lambda: from_milliseconds(NOW))
    simulated.scenarios[0].stage(ledger)
    return Service(BYBIT_INVERSE, simulated, ledger, keys={key.key: key for key in (KEY, READ_ONLY)}, now=lambda: NOW)


@pytest.fixture
def ask(service: Service) -> Ask:
    """Send a signed request and return the answer."""

    def send(
        verb: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        key: SimKey = KEY,
        timestamp: object = NOW,
        window: str = "5000",
        secret: str | None = None,
        leave_out: str = "",
    ) -> Response:
        fields = parameters or {}
        query = "&".join(f"{name}={value}" for name, value in fields.items()) if verb == "GET" else ""
        body = b"" if verb == "GET" else json.dumps(fields).encode()
        payload = f"{timestamp}{key.key}{window}{query}".encode() + body
        signature = hmac.new((secret or key.secret).encode(), payload, hashlib.sha256).hexdigest()
        headers = {
            "X-BAPI-API-KEY": key.key,
            "X-BAPI-TIMESTAMP": str(timestamp),
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": signature,
            "Content-Type": "application/json",
        }
        headers.pop(leave_out, None)
        return service.answer(SimRequest.of(verb, path, query=query, body=body, headers=headers))

    return send


def code(response: Response) -> int:
    """The return code of an answer."""
    found = json.loads(response.body)["retCode"]
    assert isinstance(found, int)
    return found


def shape(value: Any) -> Any:
    """Keys and JSON types; of a list its first row."""
    match value:
        case dict():
            return {name: shape(inner) for name, inner in value.items()}
        case list():
            return [shape(value[0])] if value else []
        case _:
            return type(value).__name__


def test_every_endpoint_has_a_handler() -> None:
    """What the client declares is answered, and what it must not have is refused."""
    simulated = SimulatedBybit()
    assert set(simulated.handlers()) == set(BYBIT)
    assert set(simulated.refusals) == {
        ("POST", "/v5/position/switch-isolated"),
        ("POST", "/v5/position/set-auto-add-margin"),
        ("GET", "/v5/market/premium-index-price-kline"),
        ("POST", "/v5/order/pre-check"),
    }
    assert not simulated.refusals.keys() & {(endpoint.verb, endpoint.path) for endpoint in BYBIT}


@pytest.mark.parametrize(
    ("case", "parameters"),
    [
        ("get_v5_market_time", {}),
        ("get_v5_market_instruments_info", {"category": "inverse"}),
        ("get_v5_market_risk_limit", {"category": "inverse"}),
        ("get_v5_account_info", {}),
        ("get_v5_account_wallet_balance", {"accountType": "UNIFIED"}),
        ("get_v5_account_collateral_info", {}),
        ("get_v5_position_list_long_and_flat", {"category": "inverse"}),
        ("get_v5_position_list_long_and_flat", {"category": "inverse", "symbol": "ETHUSD"}),
        ("get_v5_position_symbol_info", {"category": "inverse", "symbol": "BTCUSD"}),
        (
            "post_v5_position_set_leverage",
            {"category": "inverse", "symbol": "BTCUSD", "buyLeverage": "6", "sellLeverage": "6"},
        ),
        (
            "post_v5_position_set_leverage_not_modified",
            {"category": "inverse", "symbol": "BTCUSD", "buyLeverage": "10", "sellLeverage": "10"},
        ),
        ("post_v5_account_set_margin_mode", {"setMarginMode": "REGULAR_MARGIN"}),
        ("post_v5_account_set_margin_mode_refused", {"setMarginMode": "PORTFOLIO_MARGIN"}),
        ("post_v5_position_switch_mode_not_modified", {"category": "inverse", "symbol": "BTCUSD", "mode": 0}),
    ],
)
def test_answers_have_the_keys_and_types_of_the_documented_body(
    ask: Ask, recorded: Recorded, case: str, parameters: dict[str, Any]
) -> None:
    """Nothing is missing, nothing added, and text stays text."""
    known = recorded.case(case)
    answer = json.loads(ask(known.verb, known.path, parameters).body)
    documented = json.loads(known.body)
    assert shape(answer) == shape(documented)
    assert answer["retCode"] == documented["retCode"]


def test_open_orders_have_the_keys_and_types_of_the_documented_body(
    service: Service, ask: Ask, recorded: Recorded
) -> None:
    """Plain and conditional orders; fees by coin are there once something was filled."""
    service.ledger.rest_order("BTCUSD", Side.BUY, D(100), D(70_000), client_id="mine")
    service.ledger.rest_order("ETHUSD", Side.SELL, D(100), D(4000), book=Book.CONDITIONAL)
    answer = json.loads(ask("GET", "/v5/order/realtime", {"category": "inverse"}).body)
    documented = shape(json.loads(recorded.case("get_v5_order_realtime").body))
    # the first has no fee, and the examples lack a field of the table
    documented["result"]["list"][0] |= {"cumFeeDetail": {}, "createType": "str"}
    assert shape(answer) == documented
    rows = answer["result"]["list"]
    assert [(row["symbol"], row["orderStatus"], row["stopOrderType"]) for row in rows] == [
        ("ETHUSD", "Untriggered", "Stop"),
        ("BTCUSD", "New", "UNKNOWN"),
    ]
    of_coin = json.loads(ask("GET", "/v5/order/realtime", {"category": "inverse", "settleCoin": "BTC"}).body)
    assert [row["orderLinkId"] for row in of_coin["result"]["list"]] == ["mine"]


def test_wrong_secret(ask: Ask) -> None:
    """The venue answers with the text that it signed."""
    answer = ask("GET", "/v5/account/info", secret="X" * 64)
    assert code(answer) == 10004
    assert json.loads(answer.body)["retMsg"] == f"error sign! origin_string[{NOW}{KEY.key}5000]"


def test_unknown_key(ask: Ask) -> None:
    """A key that does not exist comes before everything else that is wrong with a request."""
    assert code(ask("GET", "/v5/account/info", key=SimKey("Q" * 64, "S" * 64), timestamp=1)) == 10003


@pytest.mark.parametrize("header", ["X-BAPI-API-KEY", "X-BAPI-TIMESTAMP", "X-BAPI-SIGN"])
def test_missing_headers(ask: Ask, header: str) -> None:
    """Without one of the headers the answer is a bare 401."""
    answer = ask("GET", "/v5/account/info", leave_out=header)
    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize(
    ("ahead", "window", "refused"),
    [(999, "5000", False), (1000, "5000", True), (-5000, "5000", False), (-5001, "5000", True), (-5001, "6000", False)],
)
def test_window(ask: Ask, ahead: int, window: str, refused: bool) -> None:
    """From the whole window ago to less than a second ahead; the refusal names all three numbers."""
    answer = ask("GET", "/v5/account/info", timestamp=NOW + ahead, window=window)
    assert code(answer) == (10002 if refused else 0)
    if refused:
        assert json.loads(answer.body)["retMsg"] == (
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{NOW + ahead}],server_timestamp[{NOW}],recv_window[{window}]"
        )


@pytest.mark.parametrize(("timestamp", "window"), [("now", "5000"), (NOW, "long")])
def test_unreadable_time(ask: Ask, timestamp: object, window: str) -> None:
    """What is no number is a parameter error."""
    assert code(ask("GET", "/v5/account/info", timestamp=timestamp, window=window)) == 10001


def test_window_is_checked_again_before_a_request_is_applied(service: Service) -> None:
    """A request that waited too long is refused then, whatever it would have done."""
    headers = {"X-BAPI-TIMESTAMP": str(NOW), "X-BAPI-RECV-WINDOW": "100"}
    request = SimRequest.of("POST", "/v5/position/set-leverage", headers=headers)
    service.simulated.recheck(request, NOW + 100)
    with pytest.raises(Exception, match="outside_window"):
        service.simulated.recheck(request, NOW + 101)


def test_read_only_key_may_not_write(service: Service, ask: Ask) -> None:
    """10005, before parameters are looked at, and nothing changes."""
    before = service.ledger.snapshot()
    assert code(ask("GET", "/v5/account/info", key=READ_ONLY)) == 0
    assert code(ask("POST", "/v5/position/set-leverage", key=READ_ONLY)) == 10005
    assert service.ledger.snapshot() == before


def leverage(buy: str, sell: str | None = None, symbol: str = "BTCUSD") -> dict[str, str]:
    """The parameters of a change of leverage."""
    return {"category": "inverse", "symbol": symbol, "buyLeverage": buy, "sellLeverage": buy if sell is None else sell}


SET_LEVERAGE, SWITCH_MODE = "/v5/position/set-leverage", "/v5/position/switch-mode"
SET_MARGIN_TYPE = "/v5/account/set-margin-mode"


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        (SET_LEVERAGE, leverage("5") | {"category": ""}, 10001),
        (SET_LEVERAGE, leverage("5") | {"category": "linear"}, 10001),
        (SET_LEVERAGE, leverage("5", symbol="NOPE"), 10001),
        (SET_LEVERAGE, leverage("5", "6"), 10001),
        (SET_LEVERAGE, leverage("5", ""), 10001),
        (SET_LEVERAGE, leverage("x"), 10001),
        (SET_LEVERAGE, leverage("NaN"), 10001),
        (SET_LEVERAGE, leverage("0.5"), 10001),
        (SET_LEVERAGE, leverage("10.005"), 10001),
        (SET_LEVERAGE, leverage("100"), 110013),
        (SET_LEVERAGE, leverage("101", symbol="ETHUSD"), 110013),
        (SET_LEVERAGE, leverage("10.00", "10"), 110043),
        (SET_LEVERAGE, leverage("2"), 110044),
        (SWITCH_MODE, {"category": "inverse", "symbol": "BTCUSD", "mode": 0}, 110025),
        (SWITCH_MODE, {"category": "inverse", "coin": "BTC", "mode": 3}, 110029),
        (SWITCH_MODE, {"category": "inverse", "symbol": "BTCUSD", "mode": 1}, 10001),
        (SWITCH_MODE, {"category": "inverse", "symbol": "NOPE", "mode": 0}, 10001),
        (SWITCH_MODE, {"category": "inverse", "mode": 0}, 10001),
        (SET_MARGIN_TYPE, {"setMarginMode": "CROSS"}, 10001),
        (SET_MARGIN_TYPE, {}, 10001),
        (SET_MARGIN_TYPE, {"setMarginMode": "PORTFOLIO_MARGIN"}, 3400045),
        ("/v5/position/switch-isolated", {"category": "inverse", "symbol": "BTCUSD", "tradeMode": 1}, 100028),
    ],
)
def test_refused_writes(service: Service, ask: Ask, path: str, parameters: dict[str, Any], expected: int) -> None:
    """Each refusal has its code, and changes nothing."""
    before = service.ledger.snapshot()
    assert code(ask("POST", path, parameters)) == expected
    assert service.ledger.snapshot() == before


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("/v5/market/instruments-info", {}, 10001),
        ("/v5/market/instruments-info", {"category": "spotty"}, 10001),
        ("/v5/market/instruments-info", {"category": "inverse", "symbol": "NOPE"}, 10001),
        ("/v5/market/instruments-info", {"category": "inverse", "limit": "1001"}, 10001),
        ("/v5/market/risk-limit", {"category": "inverse", "symbol": "NOPE"}, 10001),
        ("/v5/position/list", {"category": "inverse", "symbol": "NOPE"}, 10001),
        ("/v5/position/list", {"category": "inverse", "limit": "0"}, 10001),
        ("/v5/position/list", {"category": "inverse", "cursor": "what"}, 10001),
        ("/v5/position/list", {"category": "linear"}, 10001),
        ("/v5/position/list", {"category": "linear", "settleCoin": "USDT"}, 0),
        ("/v5/position/list", {"category": "option"}, 0),
        ("/v5/order/realtime", {"category": "linear"}, 10001),
        ("/v5/order/realtime", {"category": "inverse", "symbol": "NOPE"}, 10001),
        ("/v5/order/realtime", {"category": "option"}, 0),
        ("/v5/account/wallet-balance", {}, 10001),
        ("/v5/account/wallet-balance", {"accountType": "FUND"}, 10001),
        ("/v5/position/symbol-info", {"category": "inverse", "symbol": "NOPE"}, 10001),
    ],
)
def test_refused_reads(ask: Ask, path: str, parameters: dict[str, Any], expected: int) -> None:
    """Parameters that the venue does not take."""
    assert code(ask("GET", path, parameters)) == expected


def test_bare_answers(service: Service, ask: Ask) -> None:
    """Wrong path 404, wrong verb 400, another kind of account 404, a read with a body 403."""
    assert ask("GET", "/v5/nowhere").status == 404
    assert ask("GET", "/v5/position/set-leverage").status == 400
    assert ask("GET", "/v5/account/wallet-balance", {"accountType": "CONTRACT"}).status == 404
    assert service.answer(SimRequest.of("GET", "/v5/account/info", body=b"{}")).status == 403


def test_wallet_lists_named_coins_also_when_empty(service: Service, ask: Ask) -> None:
    """Without names only coins that hold something."""
    service.ledger.deposit("ETH", D(-250))
    every = json.loads(ask("GET", "/v5/account/wallet-balance", {"accountType": "UNIFIED"}).body)
    assert [coin["coin"] for coin in every["result"]["list"][0]["coin"]] == ["BTC", "USDT"]
    named = json.loads(ask("GET", "/v5/account/wallet-balance", {"accountType": "UNIFIED", "coin": "ETH,BTC,X"}).body)
    assert {coin["coin"] for coin in named["result"]["list"][0]["coin"]} == {"ETH", "BTC"}


def test_margin_mode_moves_the_whole_account(service: Service, ask: Ask) -> None:
    """Every position changes its margin with it, and cross positions have no liquidation price of their own."""

    def rows() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(ask("GET", "/v5/position/list", {"category": "inverse"}).body)[
            "result"
        ]["list"]
        return found

    service.ledger.fill("ETHUSD", Side.BUY, D(3000), D(3000))
    assert all(row["liqPrice"] for row in rows())
    assert code(ask("POST", "/v5/account/set-margin-mode", {"setMarginMode": "REGULAR_MARGIN"})) == 0
    assert service.ledger.margin_type() is MarginType.CROSS
    assert [row["liqPrice"] for row in rows()] == ["", ""]
    assert {row["tradeMode"] for row in rows()} == {0}


def test_worked_example_of_the_help_page(service: Service, ask: Ask) -> None:
    """Long 10,000 at 80,000, 10x, maintenance rate 0.5 %: liquidation at 73,090.91."""
    service.ledger.fill("BTCUSD", Side.SELL, D(16_000_000), D(82_000))
    service.ledger.fill("BTCUSD", Side.BUY, D(10_000), D(80_000))
    (row,) = json.loads(ask("GET", "/v5/position/list", {"category": "inverse", "symbol": "BTCUSD"}).body)["result"][
        "list"
    ]
    assert (row["liqPrice"], row["positionValue"], row["unrealisedPnl"]) == ("73090.91", "0.125", "0.01136364")
    assert (row["curRealisedPnl"], row["avgPrice"], row["size"]) == ("-0.00006875", "80000", "10000")


def test_limit_headers(ask: Ask) -> None:
    """Quota, what is left, and the present moment while nothing is exceeded; public routes tell nothing."""
    headers = ask("GET", "/v5/account/info").headers
    assert headers["X-Bapi-Limit"] == "50"
    assert headers["X-Bapi-Limit-Status"] == "49"
    assert headers["X-Bapi-Limit-Reset-Timestamp"] == str(NOW)
    assert "X-Bapi-Limit" not in ask("GET", "/v5/market/time").headers


def test_too_many_visits(ask: Ask) -> None:
    """More than the endpoint's quota in a second is 10006 and says when the second is over; others go on."""
    refused = [ask("GET", "/v5/position/symbol-info", {"category": "inverse"}) for _ in range(3)]
    assert [code(answer) for answer in refused] == [0, 0, 10006]
    assert refused[-1].headers["X-Bapi-Limit-Status"] == "0"
    assert refused[-1].headers["X-Bapi-Limit-Reset-Timestamp"] == str(NOW + 1000)
    assert code(ask("GET", "/v5/account/info")) == 0


def test_too_many_visits_from_one_address(ask: Ask) -> None:
    """Six hundred requests in five seconds are a bare 403."""
    answers = [ask("GET", "/v5/market/time") for _ in range(601)]
    assert {answer.status for answer in answers[:600]} == {200}
    assert (answers[600].status, answers[600].body) == (403, b"access too frequent")


@pytest.mark.parametrize("name", ["holding", "flat"])
def test_example_target_changes_something(name: str) -> None:
    """The target of a scenario differs from what it holds, in symbols that are listed."""
    simulated = SimulatedBybit()
    scenario = next(each for each in simulated.scenarios if each.name == name)
    ledger = open_ledger([simulated], lambda: from_milliseconds(NOW))
    scenario.stage(ledger)
    symbols = scenario.target["symbols"]
    assert {symbol: ledger.leverage(symbol) for symbol in symbols} != {
        symbol: values["leverage"] for symbol, values in symbols.items()
    }
    assert (scenario.held is None) == (not ledger.positions())
    assert not ledger.position(scenario.flat).quantity
