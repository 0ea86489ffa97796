"""The simulated Bybit: orders, margin and histories, in its shapes and words, asked by nobody's client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from venuekit.encoding import Encoding
from venuekit.endpoint import Endpoint
from venuekit.errors import VenueError
from venuekit.parameters import Kind, Parameter
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
INVERSE = {"category": "inverse"}


async def ask(account: BybitInverseAccount, verb: str, path: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the simulated venue by a raw call that checks nothing and decodes nothing."""
    kinds = {list: Kind.LIST, int: Kind.INTEGER, bool: Kind.BOOLEAN}
    raw = Endpoint(
        verb,
        path,
        decode=json.loads,
        parameters=tuple(Parameter(name, kinds.get(type(value), Kind.TEXT)) for name, value in parameters.items()),
        encoding=Encoding.QUERY if verb == "GET" else Encoding.JSON,
    )
    answer: dict[str, Any] = await account.call(raw, **parameters)
    return answer


def shape(value: Any) -> Any:
    """Return the names and JSON types of an answer; of a list, those of its rows together."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


#: what the simulator is asked, and the recorded body it is compared with: the row behind these steps
SHAPES: dict[str, tuple[str, str, dict[str, Any], tuple[str | int, ...]]] = {
    "get_v5_account_fee_rate": ("GET", "/v5/account/fee-rate", INVERSE, ("list", 0)),
    "get_v5_account_transaction_log": (
        "GET", "/v5/account/transaction-log", {"accountType": "UNIFIED"}, ("list", 0),
    ),
    "get_v5_position_closed_pnl": ("GET", "/v5/position/closed-pnl", INVERSE, ("list", 0)),
    "get_v5_user_query_api": ("GET", "/v5/user/query-api", {}, ()),
    "get_v5_asset_exchange_order_record": ("GET", "/v5/asset/exchange/order-record", {}, ("orderBody", 0)),
    "get_v5_asset_exchange_query_convert_history": (
        "GET", "/v5/asset/exchange/query-convert-history", {}, ("list", 0),
    ),
    "get_v5_asset_withdraw_query_record": ("GET", "/v5/asset/withdraw/query-record", {}, ("rows", 0)),
    "get_v5_execution_list": ("GET", "/v5/execution/list", INVERSE, ("list", 0)),
    "get_v5_order_history": ("GET", "/v5/order/history", INVERSE, ("list", 0)),
    "get_v5_order_realtime": ("GET", "/v5/order/realtime", INVERSE, ("list", 0)),
    "post_v5_position_add_margin": (
        "POST", "/v5/position/add-margin", {**INVERSE, "symbol": "BTCUSD", "margin": "0.5"}, (),
    ),
    "post_v5_position_set_tpsl_mode": (
        "POST", "/v5/position/set-tpsl-mode", {**INVERSE, "symbol": "BTCUSD", "tpSlMode": "Full"}, (),
    ),
    "post_v5_position_set_risk_limit": (
        "POST", "/v5/position/set-risk-limit", {**INVERSE, "symbol": "BTCUSD", "riskId": 1}, (),
    ),
    "post_v5_order_cancel_all": ("POST", "/v5/order/cancel-all", {**INVERSE, "symbol": "ETHUSD"}, ("list", 0)),
    "post_v5_order_create": (
        "POST", "/v5/order/create",
        {**INVERSE, "symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": "2000"}, (),
    ),
    "post_v5_order_create_batch": (
        "POST", "/v5/order/create-batch",
        {
            **INVERSE,
            "request": [{"symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": "2000"}],
        },
        ("list", 0),
    ),
}  # fmt: skip


@pytest.fixture
def busy(sim: Simulation) -> Simulation:
    """An account to which everything has happened once."""
    ledger = sim.ledger
    ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000), client_id="rests")
    ledger.cancel_order(ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000), client_id="gone"))
    ledger.fund("BTCUSD", D("0.0001"))
    ledger.convert("BTC", D(1), "ETH", D(27))
    ledger.withdraw("BTC", D("0.1"), fee=D("0.0005"), chain="BTC", address="bc1q", tx_id="f00d")
    ledger.fill("BTCUSD", Side.SELL, D(1_000_000), D(82_000))
    return sim


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("name", SHAPES)
async def test_answers_have_the_documented_shape(account: BybitInverseAccount, recorded: Recorded, name: str) -> None:
    """The same names with the same JSON types as the recorded body; nothing more, nothing less."""
    verb, path, parameters, steps = SHAPES[name]
    told: Any = (await ask(account, verb, path, parameters))["result"]
    documented: Any = json.loads(recorded.case(name).body)["result"]
    for step in steps:
        told, documented = told[step], documented[step]
    # What differs from account to account: fees by coin, permissions, extensions of a quote, the documented category.
    for free in ("cumFeeDetail", "permissions", "extInfo"):
        if isinstance(told, dict) and free in told:
            told, documented = {**told, free: None}, {**documented, free: None}
    if verb == "GET" and path.startswith(("/v5/order/", "/v5/execution/")):
        # in the table of the fields of contracts; the examples lack it
        assert told.pop("createType") == "CreateByUser"
    if name == "post_v5_position_set_risk_limit":
        assert told.pop("category") == "inverse"
        documented.pop("category")
    assert shape(told) == shape(documented)


ORDER = {**INVERSE, "symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": "2000"}
WEEK = 7 * 24 * 3600 * 1000
REFUSALS: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "no side": ("POST", "/v5/order/create", {**ORDER, "side": "Long"}, 10001, "side or orderType invalid"),
    "no price": ("POST", "/v5/order/create", {**ORDER, "price": ""}, 10001, "price is required"),
    "no quantity": ("POST", "/v5/order/create", {**ORDER, "qty": "0"}, 10001, "qu"),
    "off the step": ("POST", "/v5/order/create", {**ORDER, "qty": "1.5"}, 10001, "Qty invalid"),
    "off the tick": ("POST", "/v5/order/create", {**ORDER, "price": "1.001"}, 10001, "not on the tick"),
    "too small": ("POST", "/v5/order/create", {**ORDER, "qty": "1"}, 10001, "at least 5 USD"),
    "too large": ("POST", "/v5/order/create", {**ORDER, "qty": "99000000"}, 10001, "exceeds the limit"),
    "a leg": ("POST", "/v5/order/create", {**ORDER, "positionIdx": 1}, 10001, "position idx not match position mode"),
    "no direction": ("POST", "/v5/order/create", {**ORDER, "triggerPrice": "1"}, 10001, "TriggerDirection"),
    "another product": ("POST", "/v5/order/create", {**ORDER, "category": "linear"}, 10001, "Illegal category"),
    "no number": ("POST", "/v5/order/create", {**ORDER, "price": "cheap"}, 10001, "price invalid"),
    "long id": ("POST", "/v5/order/create", {**ORDER, "orderLinkId": "x" * 37}, 10001, "orderLinkId invalid"),
    "odd id": ("POST", "/v5/order/create", {**ORDER, "orderLinkId": "a b"}, 10001, "orderLinkId invalid"),
    "odd trigger": ("POST", "/v5/order/create", {**ORDER, "triggerBy": "Moon"}, 10001, "triggerBy invalid"),
    "odd smp": ("POST", "/v5/order/create", {**ORDER, "smpType": "Moon"}, 10001, "smpType invalid"),
    "half tpsl": ("POST", "/v5/order/create", {**ORDER, "tpslMode": "Half"}, 10001, "tpslMode invalid"),
    "odd loss": ("POST", "/v5/order/amend", {**ORDER, "orderId": "1", "slTriggerBy": "Moon"}, 10001, "slTriggerBy"),
    "odd type": ("POST", "/v5/order/create", {**ORDER, "tpOrderType": "Stop"}, 10001, "tpOrderType invalid"),
    "no limit": ("POST", "/v5/order/amend", {**ORDER, "orderId": "1", "tpLimitPrice": "x"}, 10001, "tpLimitPrice"),
    "no profit": ("POST", "/v5/order/create", {**ORDER, "takeProfit": "cheap"}, 10001, "takeProfit invalid"),
    "margin of a leg": (
        "POST", "/v5/position/add-margin", {**INVERSE, "symbol": "BTCUSD", "margin": "1", "positionIdx": 2}, 10001,
        "position idx not match position mode",
    ),
    "no name": ("POST", "/v5/order/cancel", {**INVERSE, "symbol": "ETHUSD"}, 10001, "orderId or orderLinkId"),
    "no order": ("POST", "/v5/order/cancel", {**INVERSE, "symbol": "ETHUSD", "orderId": "9"}, 110001, "not exists"),
    "cancel what": ("POST", "/v5/order/cancel-all", INVERSE, 10001, "symbol or settleCoin or baseCoin"),
    "empty batch": ("POST", "/v5/order/create-batch", {**INVERSE, "request": []}, 10001, "from 1 to 20"),
    "large batch": ("POST", "/v5/order/cancel-batch", {**INVERSE, "request": [{}] * 21}, 10001, "from 1 to 20"),
    "no batch": ("POST", "/v5/order/amend-batch", {**INVERSE, "request": "x"}, 10001, "request invalid"),
    "five decimals": (
        "POST", "/v5/position/add-margin", {**INVERSE, "symbol": "BTCUSD", "margin": "0.00001"}, 10001,
        "margin invalid",
    ),
    "half a mode": (
        "POST", "/v5/position/set-tpsl-mode", {**INVERSE, "symbol": "BTCUSD", "tpSlMode": "Half"}, 10001, "tpSlMode",
    ),
    "another account": (
        "GET", "/v5/account/transaction-log", {"accountType": "CONTRACT"}, 10001, "only support UNIFIED",
    ),
    "too wide": (
        "GET", "/v5/position/closed-pnl", {**INVERSE, "startTime": "1", "endTime": str(WEEK + 2)}, 10001, "exceed",
    ),
    "reversed": ("GET", "/v5/execution/list", {**INVERSE, "startTime": "2", "endTime": "1"}, 10001, "after endTime"),
    "too old": ("GET", "/v5/order/history", {**INVERSE, "startTime": "1"}, 10001, "earlier than 2 years"),
    "a month": (
        "GET", "/v5/asset/withdraw/query-record", {"startTime": "1", "endTime": str(30 * WEEK)}, 10001, "exceed",
    ),
    "too many rows": ("GET", "/v5/order/realtime", {**INVERSE, "limit": "51"}, 10001, "limit invalid"),
    "no symbol": ("GET", "/v5/pre-upgrade/position/closed-pnl", INVERSE, 10001, "symbol is required"),
}  # fmt: skip


@pytest.mark.parametrize(("verb", "path", "parameters", "code", "words"), REFUSALS.values(), ids=REFUSALS)
async def test_refusals(  # noqa: PLR0917
    account: BybitInverseAccount,
    sim: Simulation,
    verb: str,
    path: str,
    parameters: dict[str, Any],
    code: int,
    words: str,
) -> None:
    """Each has the venue's code and words, and changes nothing."""
    before = sim.ledger.snapshot()
    with pytest.raises(VenueError) as caught:
        await ask(account, verb, path, parameters)
    assert caught.value.code == code
    assert words.lower() in caught.value.message.lower()
    assert sim.ledger.snapshot() == before


async def test_a_batch_goes_on_behind_a_refused_item(account: BybitInverseAccount, sim: Simulation) -> None:
    """Codes and rows stand in two lists, item by item."""
    good = {name: value for name, value in ORDER.items() if name != "category"}
    answer = await ask(
        account,
        "POST",
        "/v5/order/create-batch",
        {**INVERSE, "request": [good, {**good, "side": "Long"}, {**good, "qty": "1.5", "orderLinkId": "x"}, good]},
    )
    assert [one["code"] for one in answer["retExtInfo"]["list"]] == [0, 10001, 10001, 0]
    assert [bool(one["orderId"]) for one in answer["result"]["list"]] == [True, False, False, True]
    assert answer["result"]["list"][2]["orderLinkId"] == "x"
    assert len(sim.ledger.open_orders("ETHUSD")) == 2


@pytest.mark.parametrize(
    ("book", "most", "code"), [(Book.PLAIN, 500, 110020), (Book.CONDITIONAL, 10, 110009)], ids=["plain", "conditional"]
)
async def test_so_many_orders_of_a_symbol_and_no_more(
    account: BybitInverseAccount, sim: Simulation, book: Book, most: int, code: int
) -> None:
    """Plain and conditional orders are counted apart, and each symbol's by themselves."""
    conditional = book is Book.CONDITIONAL
    for _ in range(most):
        sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(4000 if conditional else 2000), book=book)
    trigger = {"triggerPrice": "4000", "triggerDirection": 1}
    extra, other = (trigger, {}) if conditional else ({}, trigger)
    with pytest.raises(VenueError) as caught:
        await ask(account, "POST", "/v5/order/create", {**ORDER, **extra})
    assert caught.value.code == code
    await ask(account, "POST", "/v5/order/create", {**ORDER, **other})
    high = {"symbol": "BTCUSD", "triggerPrice": "90000"} if extra else {"symbol": "BTCUSD"}
    await ask(account, "POST", "/v5/order/create", {**ORDER, **extra, **high})
    assert len(sim.ledger.open_orders()) == most + 2


async def test_a_conditional_order_that_is_cancelled_is_deactivated(account: BybitInverseAccount) -> None:
    """The venue has a word of its own for what ends before it triggers."""
    trigger = {"triggerPrice": "4000", "triggerDirection": 1}
    for extra, word in ((trigger, "Deactivated"), ({}, "Cancelled")):
        placed = (await ask(account, "POST", "/v5/order/create", {**ORDER, **extra}))["result"]
        name = {**INVERSE, "symbol": "ETHUSD", "orderId": placed["orderId"]}
        await ask(account, "POST", "/v5/order/cancel", name)
        (row,) = (await ask(account, "GET", "/v5/order/history", name))["result"]["list"]
        assert row["orderStatus"] == word


async def test_the_log_tells_the_position_behind_each_trade(account: BybitInverseAccount, sim: Simulation) -> None:
    """Its size is what is left, short below zero; its quantity is what was traded."""
    for side, quantity in ((Side.BUY, 1000), (Side.SELL, 400), (Side.SELL, 900)):
        sim.ledger.fill("ETHUSD", side, D(quantity), D(3000))
    sim.ledger.fund("ETHUSD", D("0.0001"))
    answer = await ask(account, "GET", "/v5/account/transaction-log", {"accountType": "UNIFIED", "currency": "ETH"})
    told = [(row["type"], row["qty"], row["size"]) for row in answer["result"]["list"] if row["symbol"] == "ETHUSD"]
    assert told == [
        ("SETTLEMENT", "300", "-300"),
        ("TRADE", "900", "-300"),
        ("TRADE", "400", "600"),
        ("TRADE", "1000", "1000"),
    ]


async def test_funding_rate_of_a_short_position_is_negative(account: BybitInverseAccount, sim: Simulation) -> None:
    """The log tells the market's rate to who is long, and its negative to who is short."""
    sim.ledger.fill("ETHUSD", Side.SELL, D(1000), D(3000))
    for symbol in ("BTCUSD", "ETHUSD"):
        sim.ledger.fund(symbol, D("0.0001"))
    rows = await ask(account, "GET", "/v5/account/transaction-log", {"accountType": "UNIFIED", "type": "SETTLEMENT"})
    told = {row["symbol"]: (row["side"], row["feeRate"]) for row in rows["result"]["list"]}
    assert told == {"BTCUSD": ("Buy", "0.0001"), "ETHUSD": ("Sell", "-0.0001")}


async def test_take_profit_of_an_order_is_shown_again(account: BybitInverseAccount) -> None:
    """Kept with the order; what it brings about once the order is filled is told by the tests of trading stops."""
    await ask(account, "POST", "/v5/order/create", {**ORDER, "takeProfit": "4000", "stopLoss": "1000"})
    (row,) = (await ask(account, "GET", "/v5/order/realtime", INVERSE))["result"]["list"]
    assert (row["takeProfit"], row["stopLoss"]) == ("4000", "1000")


async def test_orders_tell_where_they_come_from(account: BybitInverseAccount, sim: Simulation) -> None:
    """The client's own, a conditional one of the client's, and one by which the venue closes a position."""
    mark = sim.ledger.mark("ETHUSD")
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), mark * 2, book=Book.CONDITIONAL)
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(100), mark / 2)
    sim.ledger.deleverage("BTCUSD", quantity=D(1000))
    waiting = await ask(account, "GET", "/v5/order/realtime", INVERSE)
    ended = await ask(account, "GET", "/v5/order/realtime", {**INVERSE, "openOnly": "1", "limit": "1"})
    rows = [*waiting["result"]["list"], *ended["result"]["list"]]
    assert [row["createType"] for row in rows] == ["CreateByUser", "CreateByStopOrder", "CreateByAdl_PassThrough"]


async def test_ended_orders_in_the_list_of_open_ones(account: BybitInverseAccount, busy: Simulation) -> None:
    """``openOnly=1`` asks for what has ended lately; the history can be narrowed by status."""
    open_ones = await ask(account, "GET", "/v5/order/realtime", {**INVERSE, "symbol": "ETHUSD"})
    ended = await ask(account, "GET", "/v5/order/realtime", {**INVERSE, "symbol": "ETHUSD", "openOnly": "1"})
    assert [row["orderLinkId"] for row in open_ones["result"]["list"]] == ["rests"]
    assert [row["orderLinkId"] for row in ended["result"]["list"]] == ["gone"]
    cancelled = await ask(account, "GET", "/v5/order/history", {**INVERSE, "orderStatus": "Cancelled"})
    assert [row["orderLinkId"] for row in cancelled["result"]["list"]] == ["gone"]
    busy.skew(25 * 3600)
    await account.sync_clock()
    later = await ask(account, "GET", "/v5/order/history", {**INVERSE, "symbol": "ETHUSD"})
    assert later["result"]["list"] == []


async def test_every_endpoint_is_declared_and_answered(account: BybitInverseAccount, sim: Simulation) -> None:
    """What the table of rows asks of this venue is there."""
    paths = {f"{one.verb} {one.path}" for one in BYBIT_INVERSE.endpoints}
    assert {
        *("POST /v5/position/add-margin", "GET /v5/user/query-api", "GET /v5/asset/exchange/order-record"),
        *("GET /v5/asset/exchange/query-convert-history", "GET /v5/account/wallet-balance", "GET /v5/position/list"),
        *("GET /v5/position/closed-pnl", "GET /v5/pre-upgrade/position/closed-pnl", "GET /v5/market/risk-limit"),
        *("GET /v5/account/transaction-log", "GET /v5/asset/withdraw/query-record", "POST /v5/position/set-tpsl-mode"),
        *("POST /v5/account/set-margin-mode", "POST /v5/position/set-leverage", "POST /v5/position/switch-mode"),
        *("POST /v5/position/trading-stop",),
        *("POST /v5/position/set-risk-limit", "GET /v5/account/info", "GET /v5/account/collateral-info"),
        *("GET /v5/account/fee-rate", "POST /v5/order/create", "POST /v5/order/amend", "POST /v5/order/cancel"),
        *("POST /v5/order/cancel-all", "GET /v5/order/realtime", "GET /v5/order/history", "GET /v5/execution/list"),
        *("POST /v5/order/create-batch", "POST /v5/order/amend-batch", "POST /v5/order/cancel-batch"),
        *("GET /v5/position/symbol-info", "GET /v5/market/instruments-info", "GET /v5/market/time"),
        *("GET /v5/market/tickers", "GET /v5/market/kline", "GET /v5/market/funding/history"),
        *("GET /v5/account/withdrawal",),
        *("GET /v5/account/query-dcp-info", "POST /v5/order/disconnected-cancel-all"),
    } == paths
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, CannedAnswer.json(200, {"retCode": 0, "result": {"list": []}}))
    assert await account.get_open_orders() == ()
