"""pybit, unchanged but for its endpoint: pages of every history, forced executions, and refusals in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError

from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="pybit", venue="bybit_inverse", subject="histories")

INVERSE = {"category": "inverse"}
ETH = {**INVERSE, "symbol": "ETHUSD"}
D = Decimal
#: no history here is longer than this many pages of one row
PAGES = 9


async def result(desk: Any, method: str, **arguments: Any) -> dict[str, Any]:
    """Return the result of an answer."""
    answer = await desk.call(method, **arguments)
    assert answer["retCode"] == 0
    found: dict[str, Any] = answer["result"]
    return found


async def paged(desk: Any, method: str, rows_name: str = "list", **arguments: Any) -> list[dict[str, Any]]:
    """Return a history read one row at a time, each cursor given back as it came."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(PAGES):
        page = await result(desk, method, **arguments, limit=1, **({"cursor": cursor} if cursor else {}))
        rows += page[rows_name]
        cursor = page["nextPageCursor"]
        if not cursor:
            return rows
    raise AssertionError(f"{method} has no last page")


async def refused(desk: Any, method: str, **arguments: Any) -> tuple[int, str]:
    """Return code and words of the refusal that the client raises."""
    with pytest.raises(InvalidRequestError) as caught:
        await desk.call(method, **arguments)
    return caught.value.status_code, caught.value.message


# -- orders


@pytest.mark.interop(subject="orders")
async def test_open_orders_page_by_page(inverse: Any) -> None:
    """B19: newest first, of a symbol, a base or a settle coin."""
    ids = [inverse.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000 + n)) for n in range(3)]
    inverse.ledger.rest_order("BTCUSD", Side.BUY, D(100), D(50_000))
    for which in ({"symbol": "ETHUSD"}, {"baseCoin": "ETH"}, {"settleCoin": "ETH"}):
        rows = await paged(inverse, "get_open_orders", **INVERSE, **which)
        assert [row["orderId"] for row in rows] == ids[::-1]


async def test_ended_orders_page_by_page(inverse: Any) -> None:
    """B19: newest first; what is still open is not among them."""
    ids = [inverse.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000 + n)) for n in range(4)]
    for order_id in ids[:3]:
        await result(inverse, "cancel_order", **ETH, orderId=order_id)
    rows = await paged(inverse, "get_order_history", **ETH)
    assert [(row["orderId"], row["orderStatus"]) for row in rows] == [(one, "Cancelled") for one in ids[2::-1]]


@pytest.mark.interop(subject="orders")
async def test_conditional_order_is_amended_and_cancelled(inverse: Any) -> None:
    """B19: under one id for life, in the same lists and by the same calls as a plain one."""
    trigger = {"triggerPrice": "2500", "triggerDirection": 2, "triggerBy": "MarkPrice"}
    order = {"side": "Sell", "orderType": "Market", "qty": "100", "orderLinkId": "stop"}
    placed = await result(inverse, "place_order", **ETH, **order, **trigger)
    await result(inverse, "amend_order", **ETH, orderLinkId="stop", triggerPrice="2400")
    assert inverse.ledger.order(placed["orderId"]).trigger_price == 2400
    await result(inverse, "cancel_order", **ETH, orderLinkId="stop")
    (row,) = (await result(inverse, "get_order_history", **ETH))["list"]
    assert row["orderId"] == placed["orderId"]
    assert row["orderStatus"] in {"Cancelled", "Deactivated"}


# -- executions and what they gained


async def test_executions_page_by_page(inverse: Any) -> None:
    """B19: newest first, each as the ledger has it."""
    ledger = inverse.ledger
    for side in (Side.BUY, Side.SELL, Side.BUY):
        ledger.fill("ETHUSD", side, D(1000), ledger.mark("ETHUSD"))
    rows = await paged(inverse, "get_executions", **ETH)
    assert [(row["execId"], D(row["execValue"]), -D(row["execFee"])) for row in rows] == [
        (fill.trade_id, fill.value, fill.commission) for fill in reversed(ledger.fills("ETHUSD"))
    ]


async def test_forced_executions(inverse: Any) -> None:
    """B19: what the venue itself closed is told by the kind of its execution, and can be asked for by it."""
    ledger = inverse.ledger
    ledger.fill("ETHUSD", Side.BUY, D(1000), ledger.mark("ETHUSD"))
    adl = ledger.deleverage("ETHUSD")
    price, tick = ledger.position("BTCUSD").liquidation_price, ledger.contract("BTCUSD").price_tick
    ledger.set_mark("BTCUSD", price * D("0.99") // tick * tick)
    told = {}
    for symbol in ("ETHUSD", "BTCUSD"):
        row = (await result(inverse, "get_executions", **INVERSE, symbol=symbol))["list"][0]
        told[row["execType"]] = (row["symbol"], row["side"])
    assert told == {"AdlTrade": ("ETHUSD", "Sell"), "BustTrade": ("BTCUSD", "Sell")}
    (row,) = (await result(inverse, "get_order_history", **INVERSE, orderId=adl.id))["list"]
    assert (row["orderStatus"], D(row["cumExecQty"])) == ("Filled", adl.quantity)
    (row,) = (await result(inverse, "get_executions", **INVERSE, symbol="BTCUSD", execType="BustTrade"))["list"]
    assert D(row["execQty"]) == ledger.fills("BTCUSD")[-1].quantity


async def test_closed_pnl_page_by_page(inverse: Any) -> None:
    """B07: one row per closing order, newest first, of a symbol or of all."""
    ledger = inverse.ledger
    for price in (82_000, 83_000, 84_000):
        ledger.fill("BTCUSD", Side.SELL, D(1000), D(price))
    held = [(one.order_id, one.pnl) for one in reversed(ledger.closed_pnls())]
    for which in ({}, {"symbol": "BTCUSD"}):
        rows = await paged(inverse, "get_closed_pnl", **INVERSE, **which)
        assert [(row["orderId"], D(row["closedPnl"])) for row in rows] == held
    assert (await result(inverse, "get_closed_pnl", **ETH))["list"] == []


# -- wallet


async def test_withdrawals_page_by_page(inverse: Any) -> None:
    """B10: newest first, of a coin or of all."""
    ledger = inverse.ledger
    sent = [
        ledger.withdraw(coin, D("0.1"), fee=D("0.0005"), chain=coin, address="a", tx_id=f"f{number}")
        for number, coin in enumerate(("BTC", "ETH", "BTC"))
    ]
    rows = await paged(inverse, "get_withdrawal_records", "rows", withdrawType=2)
    assert [row["withdrawId"] for row in rows] == [one.id for one in reversed(sent)]
    rows = await paged(inverse, "get_withdrawal_records", "rows", withdrawType=2, coin="ETH")
    assert [row["txID"] for row in rows] == ["f1"]


async def test_conversions_page_by_page(inverse: Any) -> None:
    """B03: one history goes by cursors, the other by numbered pages; both newest first."""
    made = [inverse.ledger.convert("BTC", D(1), "ETH", D(27 + number)) for number in range(3)]
    ids = [one.id for one in reversed(made)]
    rows = await paged(inverse, "get_coin_exchange_records", "orderBody")
    assert [row["exchangeTxId"] for row in rows] == ids
    pages = [await result(inverse, "get_convert_history", index=index, limit=2) for index in (1, 2)]
    assert [row["exchangeTxId"] for page in pages for row in page["list"]] == ids


async def test_log_of_one_kind_and_coin(inverse: Any) -> None:
    """B09: the log can be narrowed by coin and by kind."""
    ledger = inverse.ledger
    ledger.fund("BTCUSD", D("0.0001"))
    ledger.fill("ETHUSD", Side.BUY, D(1000), ledger.mark("ETHUSD"))
    unified = {"accountType": "UNIFIED"}
    rows = await paged(inverse, "get_transaction_log", **unified, currency="ETH")
    assert {row["currency"] for row in rows} == {"ETH"}
    (row,) = await paged(inverse, "get_transaction_log", **unified, currency="BTC", type="SETTLEMENT")
    assert D(row["change"]) == D(row["funding"]) != 0


# -- ranks


@pytest.mark.interop(subject="positions")
async def test_ranks(inverse: Any) -> None:
    """B21: a position has a rank from 1 to 5, a flat symbol has 0."""
    (held,) = (await result(inverse, "get_positions", **INVERSE, symbol="BTCUSD"))["list"]
    (flat,) = (await result(inverse, "get_positions", **ETH))["list"]
    assert held["adlRankIndicator"] in range(1, 6)
    assert flat["adlRankIndicator"] == 0


# -- refusals

ORDER = {"symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": "2000"}
UNKNOWN = "params error: symbol invalid NOSUCH"
NOSUCH = {**INVERSE, "symbol": "NOSUCH"}
WIDE = {"startTime": 1_749_000_000_000, "endTime": 1_749_700_000_000}
BATCH = "The number of orders in a batch must be from 1 to 20."
TOO_WIDE = "The time range between startTime and endTime cannot exceed the limit"

REFUSALS: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "hedge": ("place_order", {**INVERSE, **ORDER, "positionIdx": 1}, 10001, "position idx not match position mode"),
    "too small": ("place_order", {**INVERSE, **ORDER, "qty": "1"}, 10001, "The order value must be at least 5 USD"),
    "off the tick": (
        "place_order", {**INVERSE, **ORDER, "price": "2000.005"},
        10001, "params error: price is not on the tick",
    ),
    "no price": ("place_order", {**INVERSE, **ORDER, "price": ""}, 10001, "params error: price is required"),
    "no side": ("place_order", {**INVERSE, **ORDER, "side": "Hold"}, 10001, "params error: side or orderType invalid"),
    "no such time": (
        "place_order", {**INVERSE, **ORDER, "timeInForce": "EVER"},
        10001, "params error: timeInForce invalid",
    ),
    "no direction": ("place_order", {**INVERSE, **ORDER, "triggerPrice": "2500"}, 10001, "TriggerDirection invalid"),
    "order of an unknown symbol": ("place_order", {**INVERSE, **ORDER, "symbol": "NOSUCH"}, 10001, UNKNOWN),
    "an empty batch": ("place_batch_order", {**INVERSE, "request": []}, 10001, BATCH),
    "21 in a batch": ("place_batch_order", {**INVERSE, "request": [ORDER] * 21}, 10001, BATCH),
    "21 to cancel": ("cancel_batch_order", {**INVERSE, "request": [{"orderId": "1"}] * 21}, 10001, BATCH),
    "cancel all of what": (
        "cancel_all_orders", {**INVERSE},
        10001, "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin",
    ),
    "cancel all of an unknown symbol": ("cancel_all_orders", NOSUCH, 10001, UNKNOWN),
    "open orders of an unknown symbol": ("get_open_orders", NOSUCH, 10001, UNKNOWN),
    "history of an unknown symbol": ("get_order_history", NOSUCH, 10001, UNKNOWN),
    "executions of an unknown symbol": ("get_executions", NOSUCH, 10001, UNKNOWN),
    "gains of an unknown symbol": ("get_closed_pnl", NOSUCH, 10001, UNKNOWN),
    "fees of an unknown symbol": ("get_fee_rates", NOSUCH, 10001, UNKNOWN),
    "margin of an unknown symbol": ("add_or_reduce_margin", {**NOSUCH, "margin": "1"}, 10001, UNKNOWN),
    "TP/SL of an unknown symbol": ("set_tp_sl_mode", {**NOSUCH, "tpSlMode": "Full"}, 10001, UNKNOWN),
    "risk limit of an unknown symbol": ("set_risk_limit", {**NOSUCH, "riskId": 1}, 10001, UNKNOWN),
    "orders of too wide a span": ("get_order_history", {**INVERSE, **WIDE}, 10001, TOO_WIDE),
    "executions of too wide a span": ("get_executions", {**INVERSE, **WIDE}, 10001, TOO_WIDE),
    "log of too wide a span": ("get_transaction_log", {"accountType": "UNIFIED", **WIDE}, 10001, TOO_WIDE),
    "more margin than there is": (
        "add_or_reduce_margin", {**INVERSE, "symbol": "BTCUSD", "margin": "1000"},
        110014, "Available balance is insufficient to add margin.",
    ),
}  # fmt: skip


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize("expected", REFUSALS.values(), ids=REFUSALS)
async def test_refusal(inverse: Any, expected: tuple[str, dict[str, Any], int, str]) -> None:
    """What the venue refuses has its code and words, and changes nothing."""
    method, arguments, code, words = expected
    before = inverse.ledger.snapshot()
    assert await refused(inverse, method, **arguments) == (code, words)
    assert inverse.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
async def test_order_that_has_ended(inverse: Any) -> None:
    """110001: what has ended is neither amended nor cancelled."""
    await result(inverse, "place_order", **INVERSE, **ORDER, orderLinkId="mine")
    await result(inverse, "cancel_order", **ETH, orderLinkId="mine")
    words = "order not exists or too late to cancel"
    assert await refused(inverse, "cancel_order", **ETH, orderLinkId="mine") == (110001, words)
    code, _ = await refused(inverse, "amend_order", **ETH, orderLinkId="mine", price="2100")
    assert code == 110001


@pytest.mark.interop(subject="orders")
@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"timeInForce": "PostOnly", "price": "3500"}, "Cancelled", id="a maker that would take"),
        pytest.param({"timeInForce": "FOK"}, "Cancelled", id="all at once, or nothing"),
        pytest.param({"timeInForce": "IOC"}, "Cancelled", id="at once, or not"),
        pytest.param({"timeInForce": "IOC", "price": "3500"}, "Filled", id="at once"),
    ],
)
async def test_times_in_force(inverse: Any, change: dict[str, str], status: str) -> None:
    """B19: the venue accepts first, and the history tells what it decided."""
    placed = await result(inverse, "place_order", **INVERSE, **{**ORDER, **change})
    (row,) = (await result(inverse, "get_order_history", **INVERSE, orderId=placed["orderId"]))["list"]
    assert row["orderStatus"] == status
