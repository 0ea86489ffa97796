"""The simulator's half: shapes of the documented bodies, words and codes that are this product's own."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import START, Exchange, open_exchange, scenario_of, shape

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.endpoint import Endpoint
from venuekit.simulator import Response
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.recorded import Recorded
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.venue import VENUE

_ALGO: Any = COINM.ORDERS.algo

D = Decimal
LEVERAGE, MARGIN_TYPE = "/dapi/v1/leverage", "/dapi/v1/marginType"
POSITION_MODE = "/dapi/v1/positionSide/dual"
PERP, ETH = "BTCUSD_PERP", "ETHUSD_PERP"


@pytest.fixture
def exchange() -> Exchange:
    """An account that holds an isolated position on BTCUSD_PERP."""
    return open_exchange(VENUE, "holding")


@pytest.fixture
def flat() -> Exchange:
    """An account without positions."""
    return open_exchange(VENUE, "flat")


@pytest.mark.parametrize(
    ("endpoint", "case", "parameters"),
    [
        (COINM.SERVER_TIME, "get_dapi_v1_time", {}),
        (COINM.EXCHANGE_INFO, "get_dapi_v1_exchangeInfo", {}),
        (COINM.BALANCE, "get_dapi_v1_balance", {}),
        (COINM.BRACKETS, "get_dapi_v2_leverageBracket", {"symbol": PERP}),
        (COINM.PAIR_BRACKETS, "get_dapi_v1_leverageBracket", {"pair": "BTCUSD"}),
        (COINM.POSITION_MODE, "get_dapi_v1_positionSide_dual", {}),
        (_ALGO.open_orders, "get_dapi_v1_openAlgoOrders", {}),
        (COINM.SET_LEVERAGE, "post_dapi_v1_leverage", {"symbol": ETH, "leverage": 21}),
        (COINM.SET_MARGIN_TYPE, "post_dapi_v1_marginType", {"symbol": ETH, "marginType": "ISOLATED"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_answers_have_the_documented_shape(
    exchange: Exchange, recorded: Recorded, endpoint: Endpoint[Any], case: str, parameters: dict[str, Any]
) -> None:
    """Every documented field is there, no other one is, and each has its JSON type."""
    exchange.ledger.rest_order("BNBUSD_PERP", Side.BUY, D(10), D(500), book=Book.CONDITIONAL)

    assert shape(exchange.fetch(endpoint, **parameters)) == shape(json.loads(recorded.case(case).body))


def test_filters_and_limits_are_those_documented(exchange: Exchange, recorded: Recorded) -> None:
    """Each filter has its documented fields, and the pools are those of both products."""
    told = exchange.fetch(COINM.EXCHANGE_INFO)
    documented = json.loads(recorded.case("get_dapi_v1_exchangeInfo").body)

    assert told["rateLimits"] == documented["rateLimits"]
    ours, theirs = told["symbols"][0]["filters"], documented["symbols"][0]["filters"]
    assert [shape(each) for each in ours] == [shape(each) for each in theirs]


def test_open_order_has_the_documented_shape_of_a_limit_order(exchange: Exchange, recorded: Recorded) -> None:
    """The documented order trails; its two trailing fields are all that a limit order lacks."""
    exchange.ledger.rest_order(ETH, Side.BUY, D(10), D(2000), client_id="mine")
    (documented,) = json.loads(recorded.case("get_dapi_v1_openOrders").body)
    del documented["activatePrice"], documented["priceRate"]

    (told,) = exchange.fetch(COINM.ORDERS.open_orders)

    assert shape(told) == shape(documented)
    assert (told["clientOrderId"], told["origQty"], told["pair"]) == ("mine", "10", "ETHUSD")
    assert exchange.fetch(COINM.ORDERS.open_orders, pair="ETHUSD") == [told]
    assert exchange.fetch(COINM.ORDERS.open_orders, pair="BTCUSD") == []
    assert exchange.fetch(COINM.ORDERS.open_orders, symbol=PERP) == []


def test_position_is_told_in_the_figures_of_the_ledger(exchange: Exchange) -> None:
    """Quantities are contracts, money the base coin with eight decimals, cut toward zero."""
    (told,) = [row for row in exchange.fetch(COINM.POSITION_RISK, pair="BTCUSD") if row["symbol"] == PERP]

    assert told == {
        "symbol": PERP,
        "positionAmt": "5000",
        "entryPrice": "86500.00000000",
        "breakEvenPrice": "0.0",
        "markPrice": "88000.00000000",
        "unRealizedProfit": "0.09852863",
        "liquidationPrice": told["liquidationPrice"],
        "leverage": "20",
        "maxQty": "100",
        "marginType": "isolated",
        "isolatedMargin": "0.38754597",
        "isAutoAddMargin": "false",
        "positionSide": "BOTH",
        "notionalValue": "5.68181818",
        "isolatedWallet": "0.28901734",
        "updateTime": START,
    }
    assert D(80_000) < D(told["liquidationPrice"]) < D(86_500)


def test_hedge_mode_lists_both_beside_the_legs(flat: Exchange) -> None:
    """Every symbol has three rows then, and one in one-way mode, held or not."""
    assert {row["positionSide"] for row in flat.fetch(COINM.POSITION_RISK)} == {"BOTH"}

    flat.ledger.set_position_mode(PositionMode.HEDGE)
    flat.ledger.fill(ETH, Side.SELL, D(7), D(3000), PositionSide.SHORT)

    for rows in (flat.fetch(COINM.POSITION_RISK), flat.fetch(COINM.ACCOUNT)["positions"]):
        amounts = {row["positionSide"]: row["positionAmt"] for row in rows if row["symbol"] == ETH}
        assert amounts == {"BOTH": "0", "LONG": "0", "SHORT": "-7"}
        assert len(rows) == 3 * len(flat.ledger.contracts)


@pytest.mark.parametrize(
    ("parameters", "symbols"),
    [
        ({}, {PERP, ETH, "BNBUSD_PERP", "BTCUSD_270326"}),
        ({"pair": "BTCUSD"}, {PERP, "BTCUSD_270326"}),
        ({"marginAsset": "ETH"}, {ETH}),
        ({"pair": "BTCUSD", "marginAsset": "ETH"}, set()),
    ],
)
def test_position_information_is_filtered_by_pair_and_margin_asset(
    exchange: Exchange, parameters: dict[str, str], symbols: set[str]
) -> None:
    """Both filters may be combined."""
    assert {row["symbol"] for row in exchange.fetch(COINM.POSITION_RISK, **parameters)} == symbols


def test_brackets_of_a_pair_need_not_be_those_of_the_symbol(exchange: Exchange) -> None:
    """The version that knows pairs tells the tiers of one of its symbols, here the delivery's."""
    (by_symbol,) = exchange.fetch(COINM.BRACKETS, symbol=PERP)
    (by_pair,) = exchange.fetch(COINM.PAIR_BRACKETS, pair="BTCUSD")

    assert by_symbol["brackets"][0]["initialLeverage"] == 125
    assert by_pair["brackets"][0]["initialLeverage"] == 50
    assert [row["pair"] for row in exchange.fetch(COINM.PAIR_BRACKETS)] == ["BTCUSD", "ETHUSD", "BNBUSD"]
    assert len(exchange.fetch(COINM.BRACKETS)) == len(exchange.ledger.contracts)


@pytest.mark.parametrize(
    ("scenario", "path", "parameters", "case"),
    [
        ("holding", LEVERAGE, {"symbol": "NOPE", "leverage": 21}, "post_dapi_v1_leverage_1121"),
        ("holding", LEVERAGE, {"symbol": ETH, "leverage": 101}, "post_dapi_v1_leverage_4028"),
        ("holding", LEVERAGE, {"symbol": PERP, "leverage": 125}, "post_dapi_v1_leverage_2027"),
        ("holding", LEVERAGE, {"symbol": PERP, "leverage": 10}, "post_dapi_v1_leverage_4150"),
        ("holding", MARGIN_TYPE, {"symbol": PERP, "marginType": "ISOLATED"}, "post_dapi_v1_marginType_4046"),
        ("holding", MARGIN_TYPE, {"symbol": PERP, "marginType": "CROSSED"}, "post_dapi_v1_marginType_4048"),
        ("orders", MARGIN_TYPE, {"symbol": ETH, "marginType": "ISOLATED"}, "post_dapi_v1_marginType_4047"),
        ("holding", POSITION_MODE, {"dualSidePosition": "false"}, "post_dapi_v1_positionSide_dual_4059"),
        ("holding", POSITION_MODE, {"dualSidePosition": "true"}, "post_dapi_v1_positionSide_dual_4068"),
        ("orders", POSITION_MODE, {"dualSidePosition": "true"}, "post_dapi_v1_positionSide_dual_4067"),
    ],
)
def test_refusals_have_the_documented_code_and_words(
    *, recorded: Recorded, scenario: str, path: str, parameters: dict[str, Any], case: str
) -> None:
    """A refusal of the ledger is answered word for word, and changes nothing."""
    exchange = open_exchange(VENUE, "holding" if scenario == "holding" else "flat")
    if scenario == "orders":
        exchange.ledger.rest_order(ETH, Side.BUY, D(10), D(2000))
    before = exchange.ledger.snapshot()

    response = exchange.ask("POST", path, **parameters)

    assert (response.status, json.loads(response.body)) == (400, json.loads(recorded.case(case).body))
    assert exchange.ledger.snapshot() == before


def test_lack_of_margin_is_named_after_what_was_asked(flat: Exchange) -> None:
    """Lowering a leverage without the margin for it is -2028."""
    flat.ledger.set_leverage(PERP, D(75))
    flat.ledger.fill(PERP, Side.BUY, D(8_000), D(88_000))

    assert flat.refusal("POST", LEVERAGE, symbol=PERP, leverage=2)[:2] == (400, -2028)


@pytest.mark.parametrize(
    ("endpoint", "name", "code"),
    [
        (COINM.BRACKETS, "symbol", -1121),
        (COINM.ORDERS.open_orders, "symbol", -1121),
        (COINM.ORDERS.open_orders, "pair", -4087),
        (COINM.PAIR_BRACKETS, "pair", -4087),
        (COINM.POSITION_RISK, "pair", -4087),
    ],
    ids=str,
)
def test_unknown_and_empty_names_are_refused(exchange: Exchange, endpoint: Endpoint[Any], name: str, code: int) -> None:
    """Every read that takes a symbol or a pair checks it."""
    assert exchange.refusal("GET", endpoint.path, **{name: "NOPE"})[:2] == (400, code)
    assert exchange.refusal("GET", endpoint.path, **{name: ""}) == (400, -1105, f"Parameter '{name}' was empty.")


def test_late_request_is_refused_by_the_matching_engine(exchange: Exchange) -> None:
    """A request that was let in and then waited is checked again before it is applied: -4188 here."""
    admission = exchange.service.admit(exchange.request("POST", LEVERAGE, symbol=ETH, leverage=7))
    assert not isinstance(admission, Response)

    exchange.clock[0] += 5001
    outcome = exchange.service.apply(admission)

    assert json.loads(outcome.response.body)["code"] == -4188
    assert not outcome.applied
    assert exchange.ledger.leverage(ETH) == 20


def test_all_conditional_orders_of_a_symbol_are_canceled(flat: Exchange) -> None:
    """Plain orders and those of other symbols stay."""
    for symbol in (ETH, PERP):
        flat.ledger.rest_order(symbol, Side.BUY, D(10), flat.ledger.mark(symbol) * 2, book=Book.CONDITIONAL)
    flat.ledger.rest_order(ETH, Side.BUY, D(10), D(2000))

    response = flat.ask("DELETE", "/dapi/v1/algoOpenOrders", symbol=ETH)

    assert (response.status, json.loads(response.body)["code"]) == (200, 200)
    left = {(order.symbol, order.book) for order in flat.ledger.open_orders()}
    assert left == {(PERP, Book.CONDITIONAL), (ETH, Book.PLAIN)}


def test_amendments_are_listed_with_their_pair(flat: Exchange) -> None:
    """A limit order that was amended has one row with price and contracts before and after."""
    amend: Any = COINM.ORDERS.amend
    order_id = flat.ledger.rest_order(ETH, Side.BUY, D(10), D(2900))
    flat.fetch(amend, symbol=ETH, side="BUY", orderId=order_id, quantity=12, price=2850)

    response = flat.ask("GET", "/dapi/v1/orderAmendment", symbol=ETH, orderId=order_id)

    (row,) = json.loads(response.body)
    assert (row["symbol"], row["pair"], row["orderId"]) == (ETH, "ETHUSD", int(order_id))
    assert row["amendment"] == {
        "price": {"before": "2900", "after": "2850"},
        "origQty": {"before": "10", "after": "12"},
        "count": 1,
    }


@pytest.mark.parametrize("scenario", ["holding", "flat"])
def test_scenarios_hold_what_they_say(scenario: str) -> None:
    """The held symbol is isolated and too large for its highest leverage; the flat one is listed and flat."""
    exchange = open_exchange(VENUE, scenario)
    declared = scenario_of(exchange.service.simulated, scenario)
    ledger = exchange.ledger

    assert declared.flat == ETH
    assert ledger.position(ETH).quantity == 0
    assert ledger.position_mode is PositionMode.ONE_WAY
    assert {held.asset for held in ledger.balances() if held.wallet} == {"BTC", "ETH"}
    if declared.held is None:
        assert ledger.positions() == ()
    else:
        assert declared.held == PERP
        assert ledger.margin_type(PERP) is MarginType.ISOLATED
        assert ledger.max_leverage(PERP) < ledger.contract(PERP).max_leverage
