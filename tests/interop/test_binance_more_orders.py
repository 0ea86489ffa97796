"""binance-futures-connector, unchanged: batches and their limits, histories of orders and trades, refusals."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from binance.error import ClientError
from tests.interop.desk import BOTH

from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="binance-futures-connector", subject="orders")

D = Decimal
#: a symbol that is flat, a quantity and a price far from the market
ORDERS = {"usdm": ("ETHUSDT", "0.1", "2000"), "coinm": ("ETHUSD_PERP", "10", "2000")}
HOUR = 3_600_000
NO_SYMBOL = (-1121, "Invalid symbol.")
REVERSED = {"startTime": 1_749_000_000_000, "endTime": 1_748_000_000_000}


@pytest.fixture(params=BOTH)
def desk(request: pytest.FixtureRequest, scenario: str) -> Any:
    """Either product behind its own client."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def order(desk: Any) -> dict[str, str]:
    """An order that rests far from the market."""
    symbol, quantity, price = ORDERS[desk.venue.removeprefix("binance_")]
    numbers = {"quantity": quantity, "price": price}
    return {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", **numbers}


async def refused(desk: Any, method: str, **arguments: Any) -> tuple[int, str]:
    """Return code and words of the refusal that the client raises."""
    with pytest.raises(ClientError) as caught:
        await desk.call(method, **arguments)
    return caught.value.error_code, caught.value.error_message


def listed(items: list[Any]) -> str:
    """Return a list as JSON, for the methods that leave it to the caller."""
    return json.dumps(items, separators=(",", ":"))


# -- batches


async def test_amend_batch(desk: Any, order: dict[str, str]) -> None:
    """U31: each item has its own answer, in the order of the request."""
    placed = await desk.call("new_order", **order, newClientOrderId="mine")
    change = {name: order[name] for name in ("symbol", "side", "quantity")}
    changes = [
        {**change, "orderId": str(placed["orderId"]), "price": "1900"},
        {**change, "origClientOrderId": "nobody", "price": "1900"},
    ]
    # only one of the two clients has a method for it
    if desk.venue == "binance_coinm":
        rows = await desk.call("modify_batch_order", batchOrders=listed(changes))
    else:
        client = desk.make(desk.sim.key, desk.sim.secret)
        sent = {"batchOrders": listed(changes)}
        rows = await asyncio.to_thread(client.sign_request, "PUT", "/fapi/v1/batchOrders", sent)
    assert [(row.get("status"), row.get("code")) for row in rows] == [("NEW", None), (None, -2013)]
    assert desk.ledger.order(client_id="mine").price == D(1900)


async def test_cancel_batch_by_client_id(desk: Any, order: dict[str, str]) -> None:
    """U10: by the client's own ids."""
    for name, price in (("a", "2000"), ("b", "1999")):
        await desk.call("new_order", **{**order, "price": price}, newClientOrderId=name)
    names: Any = ["a", "b", "nobody"]
    if desk.venue == "binance_coinm":
        names = listed(names)
    rows = await desk.call("cancel_batch_order", symbol=order["symbol"], orderIdList=[], origClientOrderIdList=names)
    assert [(row.get("clientOrderId"), row.get("code")) for row in rows] == [("a", None), ("b", None), (None, -2011)]
    assert desk.ledger.open_orders() == ()


async def test_batches_are_bounded(desk: Any, order: dict[str, str]) -> None:
    """-4082: six orders, or eleven to cancel, are too many; nothing is placed or cancelled."""
    code, words = await refused(desk, "new_batch_order", batchOrders=[order] * 6)
    assert (code, words) == (-4082, "Invalid number of batch place orders.")
    placed = await desk.call("new_order", **order)
    ids: Any = [placed["orderId"], *range(1, 11)]
    if desk.venue == "binance_coinm":
        ids = listed(ids)
    symbol = order["symbol"]
    code, _ = await refused(desk, "cancel_batch_order", symbol=symbol, orderIdList=ids, origClientOrderIdList=[])
    assert code in {-1130, -4082}
    assert [one.id for one in desk.ledger.open_orders()] == [str(placed["orderId"])]


# -- histories


@pytest.mark.interop(subject="histories")
async def test_history_of_orders(desk: Any, order: dict[str, str]) -> None:
    """U14: of a span, from an id on, and only the first so many; oldest first, ended and open ones."""
    symbol = order["symbol"]
    placed = [await desk.call("new_order", **{**order, "price": str(2000 - n)}) for n in range(5)]
    await desk.call("cancel_order", symbol=symbol, orderId=placed[1]["orderId"])
    ids = [row["orderId"] for row in placed]
    now = desk.sim.milliseconds()
    span = {"startTime": now - HOUR, "endTime": now + HOUR}
    rows = await desk.call("get_all_orders", symbol=symbol, **span)
    assert [row["orderId"] for row in rows] == ids
    assert [row["status"] for row in rows] == ["NEW", "CANCELED", "NEW", "NEW", "NEW"]
    assert await desk.call("get_all_orders", symbol=symbol, **span, limit=2) == rows[:2]
    assert await desk.call("get_all_orders", symbol=symbol, orderId=ids[3]) == rows[3:]


@pytest.mark.interop(subject="histories")
async def test_walk_of_trades(desk: Any, order: dict[str, str]) -> None:
    """U23: from an id on, oldest first, so many at a time, each as the ledger has it."""
    symbol, ledger = order["symbol"], desk.ledger
    for side in (Side.BUY, Side.SELL, Side.BUY, Side.SELL, Side.BUY):
        ledger.fill(symbol, side, D(order["quantity"]), ledger.mark(symbol))
    seen: list[dict[str, Any]] = []
    start = 1
    for _ in range(9):
        rows = await desk.call("get_account_trades", symbol=symbol, fromId=start, limit=2)
        seen += rows
        if len(rows) < 2:
            break
        start = rows[-1]["id"] + 1
    assert [(str(row["id"]), D(row["realizedPnl"]), -D(row["commission"])) for row in seen] == [
        (fill.trade_id, fill.realized_pnl, fill.commission) for fill in ledger.fills(symbol)
    ]


@pytest.mark.interop(subject="histories")
async def test_liquidation_and_deleveraging(desk: Any, order: dict[str, str]) -> None:
    """U27: both kinds are told apart by the filter and by the client id that the venue made."""
    held = str(desk.sim.scenario(desk.venue).held)
    symbol, ledger = order["symbol"], desk.ledger
    ledger.fill(symbol, Side.BUY, D(order["quantity"]), ledger.mark(symbol))
    adl = ledger.deleverage(symbol)
    price = ledger.position(held).liquidation_price
    ledger.set_mark(held, price * D("0.99") // ledger.contract(held).price_tick * ledger.contract(held).price_tick)
    kinds = {}
    for kind in ("LIQUIDATION", "ADL"):
        (row,) = await desk.call("force_orders", autoCloseType=kind)
        kinds[kind] = (row["symbol"], row["status"], row["clientOrderId"].partition("-")[0])
    assert kinds == {"LIQUIDATION": (held, "FILLED", "autoclose"), "ADL": (symbol, "FILLED", "adl_autoclose")}
    (row,) = await desk.call("force_orders", symbol=symbol)
    assert row["orderId"] == int(adl.id)
    types = {row["incomeType"] for row in await desk.call("get_income_history", symbol=held)}
    assert {"REALIZED_PNL", "INSURANCE_CLEAR"} & types


async def test_countdown_runs_out(desk: Any, order: dict[str, str]) -> None:
    """U11: what the client placed is cancelled when it falls silent."""
    symbol = order["symbol"]
    placed = await desk.call("new_order", **order)
    await desk.call("countdown_cancel_order", symbol=symbol, countdownTime=5_000)
    desk.sim.skew(10)
    row = await desk.call("query_order", symbol=symbol, orderId=placed["orderId"], recvWindow=20_000)
    assert row["status"] == "CANCELED"
    assert desk.ledger.open_orders() == ()


# -- refusals

REFUSALS: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "no such order": ("query_order", {"orderId": 99_999}, -2013, "Order does not exist."),
    "nothing open": ("get_open_orders", {"orderId": 99_999}, -2013, "Order does not exist."),
    "nothing to cancel": ("cancel_order", {"orderId": 99_999}, -2011, "Unknown order sent."),
    "cross": (
        "modify_isolated_position_margin", {"amount": "1", "type": 1},
        -4049, "Add margin only support for isolated position.",
    ),
    "orders reversed": ("get_all_orders", REVERSED, -1023, "Start time is greater than end time."),
    "trades reversed": ("get_account_trades", REVERSED, -1023, "Start time is greater than end time."),
    "income reversed": ("get_income_history", REVERSED, -1023, "Start time is greater than end time."),
    "margin reversed": ("get_position_margin_history", REVERSED, -1023, "Start time is greater than end time."),
    "orders of an unknown symbol": ("get_all_orders", {"symbol": "NOPE"}, *NO_SYMBOL),
    "open orders of an unknown symbol": ("get_orders", {"symbol": "NOPE"}, *NO_SYMBOL),
    "trades of an unknown symbol": ("get_account_trades", {"symbol": "NOPE"}, *NO_SYMBOL),
    "forced orders of an unknown symbol": ("force_orders", {"symbol": "NOPE"}, *NO_SYMBOL),
    "countdown of an unknown symbol": ("countdown_cancel_order", {"symbol": "NOPE", "countdownTime": 9}, *NO_SYMBOL),
    "everything of an unknown symbol": ("cancel_open_orders", {"symbol": "NOPE"}, *NO_SYMBOL),
    "rates of an unknown symbol": ("commission_rate", {"symbol": "NOPE"}, *NO_SYMBOL),
    "ranks of an unknown symbol": ("adl_quantile", {"symbol": "NOPE"}, *NO_SYMBOL),
    "mark of an unknown symbol": ("mark_price", {"symbol": "NOPE"}, *NO_SYMBOL),
}  # fmt: skip


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize("expected", REFUSALS.values(), ids=REFUSALS)
async def test_refusal(desk: Any, order: dict[str, str], expected: tuple[str, dict[str, Any], int, str]) -> None:
    """What the venue refuses has its code and words, and changes nothing."""
    method, arguments, code, words = expected
    before = desk.ledger.snapshot()
    symbol = {} if method == "get_income_history" else {"symbol": order["symbol"]}
    assert await refused(desk, method, **{**symbol, **arguments}) == (code, words)
    assert desk.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
async def test_refused_orders_in_words(desk: Any, order: dict[str, str]) -> None:
    """The words of a refusal reach the client's own exception."""
    words = "Order's position side does not match user's setting."
    assert await refused(desk, "new_order", **order, positionSide="LONG") == (-4061, words)
    assert await refused(desk, "new_order", **order, reduceOnly="true") == (-2022, "ReduceOnly Order is rejected.")
    large = {**order, "quantity": "400000" if desk.venue == "binance_coinm" else "9000"}
    assert await refused(desk, "new_order", **large) == (-2019, "Margin is insufficient.")
    assert desk.ledger.orders(order["symbol"]) == ()


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"timeInForce": "GTX", "price": "3100"}, -5022, id="a maker that would take"),
        pytest.param({"timeInForce": "FOK"}, -5021, id="all at once, or nothing"),
    ],
)
async def test_times_in_force_that_are_refused(
    desk: Any, order: dict[str, str], change: dict[str, str], code: int
) -> None:
    """What cannot be done as it was asked is refused, and not recorded in the history."""
    met, words = await refused(desk, "new_order", **{**order, **change})
    assert met == code
    assert words.endswith("The order will not be recorded in the order history")
    assert desk.ledger.orders(order["symbol"]) == ()


async def test_immediate_or_cancel(desk: Any, order: dict[str, str]) -> None:
    """What cannot be filled at once expires; what can is filled at the market."""
    far = await desk.call("new_order", **{**order, "timeInForce": "IOC"}, newOrderRespType="RESULT")
    near = await desk.call("new_order", **{**order, "timeInForce": "IOC", "price": "3100"}, newOrderRespType="RESULT")
    assert (far["status"], near["status"]) == ("EXPIRED", "FILLED")
    (fill,) = desk.ledger.fills(order["symbol"])
    assert (fill.order_id, fill.price) == (str(near["orderId"]), desk.ledger.mark(order["symbol"]))


@pytest.mark.parametrize("scenario", ["flat"])
async def test_hedge_mode(desk: Any, order: dict[str, str]) -> None:
    """-4061 the other way round: in hedge mode an order names its side, and the legs have ranks of their own."""
    await desk.call("change_position_mode", dualSidePosition="true")
    assert (await refused(desk, "new_order", **order))[0] == -4061
    taken = {"symbol": order["symbol"], "type": "MARKET", "quantity": order["quantity"]}
    await desk.call("new_order", **taken, side="BUY", positionSide="LONG")
    await desk.call("new_order", **taken, side="SELL", positionSide="SHORT")
    trades = await desk.call("get_account_trades", symbol=order["symbol"])
    assert [(row["side"], row["positionSide"]) for row in trades] == [("BUY", "LONG"), ("SELL", "SHORT")]
    (row,) = await desk.call("adl_quantile", symbol=order["symbol"])
    assert row["adlQuantile"].keys() == {"LONG", "SHORT", "HEDGE"}
