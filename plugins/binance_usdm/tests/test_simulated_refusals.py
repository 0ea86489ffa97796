"""The simulator's refusals: the documented codes and words, parameter by parameter."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import Exchange, open_exchange

from venuekit.capabilities import AssetMode
from venuekit.endpoint import Endpoint
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.recorded import Recorded
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.venue import VENUE

D = Decimal

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
