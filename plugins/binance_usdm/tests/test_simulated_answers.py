"""The simulator's answers: the shapes of the documented bodies, in the figures of the ledger."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import START, Exchange, open_exchange, scenario_of, shape

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide
from venuekit.endpoint import Endpoint, Security
from venuekit.simulator import SimRequest
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.recorded import Recorded
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.venue import VENUE

_ALGO: Any = USDM.ORDERS.algo

D = Decimal


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


def test_exchange_of_every_asset_is_a_text(exchange: Exchange) -> None:
    """An asset that is no collateral has a threshold of zero, as the venue sends it; an old example prints null."""
    assets = {row["asset"]: row for row in exchange.fetch(USDM.EXCHANGE_INFO)["assets"]}

    assert {type(row["autoAssetExchange"]) for row in assets.values()} == {str}
    assert (assets["BNB"]["marginAvailable"], assets["BNB"]["autoAssetExchange"]) == (False, "0")


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


def test_every_declared_endpoint_is_answered_by_exactly_one_handler() -> None:
    """The routing keys are the client's own endpoints."""
    assert VENUE.simulated is not None
    assert set(VENUE.simulated().handlers()) == set(VENUE.endpoints)


def test_public_routes_need_no_key() -> None:
    """Time, instruments, prices, histories of the market and ping are answered to anybody."""
    exchange = open_exchange(VENUE, "flat")
    public = [endpoint.path for endpoint in VENUE.endpoints if endpoint.security is Security.NONE]

    for path in [*public, "/fapi/v1/ping"]:
        query = "symbol=ETHUSDT&interval=1h" if path == USDM.CANDLES.path else ""
        assert exchange.service.answer(SimRequest.of("GET", path, query=query)).status == 200


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
