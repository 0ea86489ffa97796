"""pybit, unchanged but for its endpoint: orders, margin and every history of the simulated inverse venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError

from venuekit.capabilities import MarginType
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="pybit", venue="bybit_inverse", subject="orders")

INVERSE = {"category": "inverse"}
ETH = {**INVERSE, "symbol": "ETHUSD"}
D = Decimal


async def result(desk: Any, method: str, **arguments: Any) -> dict[str, Any]:
    """Return the result of an answer."""
    answer = await desk.call(method, **arguments)
    assert answer["retCode"] == 0
    found: dict[str, Any] = answer["result"]
    return found


def bid(price: str = "2000", **details: Any) -> dict[str, Any]:
    """Return an order that rests far from the market."""
    return {"symbol": "ETHUSD", "side": "Buy", "orderType": "Limit", "qty": "100", "price": price, **details}


async def statuses(desk: Any, method: str, **which: Any) -> dict[str, str]:
    """Return the status of each listed order by its client id."""
    rows = (await result(desk, method, **ETH, **which))["list"]
    return {row["orderLinkId"]: row["orderStatus"] for row in rows}


# -- orders: B19


async def test_life_of_an_order(inverse: Any) -> None:
    """Placed, seen, amended, cancelled, and found in the history."""
    placed = await result(inverse, "place_order", **INVERSE, **bid(orderLinkId="mine"))
    assert (placed["orderLinkId"], inverse.ledger.order(placed["orderId"]).price) == ("mine", D(2000))
    assert await statuses(inverse, "get_open_orders") == {"mine": "New"}
    amended = await result(inverse, "amend_order", **ETH, orderLinkId="mine", qty="50", price="2100")
    assert amended["orderId"] == placed["orderId"]
    held = inverse.ledger.order(placed["orderId"])
    assert (held.quantity, held.price) == (D(50), D(2100))
    await result(inverse, "cancel_order", **ETH, orderId=placed["orderId"])
    assert await statuses(inverse, "get_open_orders") == {}
    assert await statuses(inverse, "get_order_history", orderLinkId="mine") == {"mine": "Cancelled"}


async def test_market_order_and_its_execution(inverse: Any) -> None:
    """A market order is filled and leaves an execution with its fee."""
    placed = await result(inverse, "place_order", **ETH, side="Sell", orderType="Market", qty="1000")
    (row,) = (await result(inverse, "get_executions", **ETH))["list"]
    fill = inverse.ledger.fills("ETHUSD")[0]
    assert (row["orderId"], row["side"], row["execType"]) == (placed["orderId"], "Sell", "Trade")
    assert (D(row["execQty"]), D(row["execFee"])) == (fill.quantity, -fill.commission)
    assert inverse.ledger.position("ETHUSD").quantity == -1000


async def test_conditional_order(inverse: Any) -> None:
    """It waits untriggered, triggers under the same id, and fills."""
    trigger = {"triggerPrice": "2500", "triggerDirection": 2, "triggerBy": "MarkPrice"}
    order = {"side": "Buy", "orderType": "Market", "qty": "100", "orderLinkId": "stop"}
    await result(inverse, "place_order", **ETH, **order, **trigger)
    (row,) = (await result(inverse, "get_open_orders", **ETH))["list"]
    assert (row["orderStatus"], row["stopOrderType"], row["triggerBy"]) == ("Untriggered", "Stop", "MarkPrice")
    inverse.ledger.set_mark("ETHUSD", D(2500))
    assert await statuses(inverse, "get_order_history") == {"stop": "Filled"}


async def test_accepted_then_rejected(inverse: Any) -> None:
    """The venue takes an order that the account can carry, and rejects it once it cannot any more."""
    inverse.ledger.set_decision_delay(None)
    placed = await result(inverse, "place_order", **INVERSE, **bid(orderLinkId="late"))
    inverse.ledger.deposit("ETH", D(-250))
    inverse.ledger.decide(placed["orderId"])
    assert await statuses(inverse, "get_order_history") == {"late": "Rejected"}


async def test_batches(inverse: Any) -> None:
    """Each item has its own code; what failed leaves the rest as it is."""
    inverse.ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000), client_id="b")
    answer = await inverse.call(
        "place_batch_order",
        **INVERSE,
        request=[bid(orderLinkId="a"), bid(orderLinkId="b"), bid("2001", orderLinkId="c")],
    )
    assert [one["code"] for one in answer["retExtInfo"]["list"]] == [0, 110072, 0]
    changes = [{"symbol": "ETHUSD", "orderLinkId": name, "price": "1500"} for name in ("a", "nowhere")]
    answer = await inverse.call("amend_batch_order", **INVERSE, request=changes)
    assert [one["code"] for one in answer["retExtInfo"]["list"]] == [0, 110001]
    assert inverse.ledger.order(client_id="a").price == 1500
    named = [{"symbol": "ETHUSD", "orderLinkId": name} for name in ("a", "c")]
    answer = await inverse.call("cancel_batch_order", **INVERSE, request=named)
    assert [one["code"] for one in answer["retExtInfo"]["list"]] == [0, 0]
    assert await statuses(inverse, "get_open_orders") == {"b": "New"}


@pytest.mark.parametrize("which", [{"symbol": "ETHUSD"}, {"baseCoin": "ETH"}, {"settleCoin": "ETH"}])
async def test_cancel_all(inverse: Any, which: dict[str, str]) -> None:
    """Of a symbol, a base or a settle coin; other orders stay."""
    for number in range(3):
        inverse.ledger.rest_order("ETHUSD", Side.BUY, D(100 + number), D(1000))
    inverse.ledger.rest_order("BTCUSD", Side.BUY, D(100), D(50_000))
    cancelled = await result(inverse, "cancel_all_orders", **INVERSE, **which)
    assert (len(cancelled["list"]), cancelled["success"]) == (3, "1")
    assert [order.symbol for order in inverse.ledger.open_orders()] == ["BTCUSD"]


# -- margin, fees, key, modes: B01, B02, B11, B15, B18


@pytest.mark.interop(subject="positions")
async def test_margin(inverse: Any) -> None:
    """Added and reduced by a signed amount."""
    before = inverse.ledger.position("BTCUSD").position_initial_margin
    row = await result(inverse, "add_or_reduce_margin", **INVERSE, symbol="BTCUSD", margin="0.5")
    assert D(row["positionIM"]) == before + D("0.5")
    await result(inverse, "add_or_reduce_margin", **INVERSE, symbol="BTCUSD", margin="-0.2")
    assert inverse.ledger.position("BTCUSD").position_initial_margin == before + D("0.3")


@pytest.mark.interop(subject="account")
async def test_fees_and_key(inverse: Any) -> None:
    """The contract's rates, and what the key may do."""
    (row,) = (await result(inverse, "get_fee_rates", **ETH))["list"]
    contract = inverse.ledger.contract("ETHUSD")
    assert (D(row["takerFeeRate"]), D(row["makerFeeRate"])) == (contract.taker_fee, contract.maker_fee)
    key = await result(inverse, "get_api_key_information")
    assert (key["apiKey"], key["readOnly"], key["isMaster"]) == (inverse.sim.key, 0, True)


@pytest.mark.interop(subject="account")
async def test_modes_of_the_past(inverse: Any) -> None:
    """The TP/SL mode is taken, a risk limit is without effect."""
    mode = await result(inverse, "set_tp_sl_mode", **INVERSE, symbol="BTCUSD", tpSlMode="Partial")
    assert mode == {"tpSlMode": "Partial"}
    risk = await result(inverse, "set_risk_limit", **INVERSE, symbol="BTCUSD", riskId=1)
    assert risk["riskId"] == inverse.ledger.position("BTCUSD").tier.tier


# -- histories: B03, B07, B09, B10


@pytest.mark.interop(subject="histories")
async def test_transaction_log(inverse: Any) -> None:
    """What each row did to the wallet adds up to it; page by page, the cursor given back as it came."""
    ledger = inverse.ledger
    ledger.fill("BTCUSD", Side.SELL, D(1_000_000), D(82_000))
    ledger.fund("BTCUSD", D("0.0001"))
    changes, cursor = [], ""
    for _ in range(9):
        more = {"cursor": cursor} if cursor else {}
        page = await result(inverse, "get_transaction_log", accountType="UNIFIED", currency="BTC", limit=1, **more)
        for row in page["list"]:
            parts = [D(row[name] or 0) for name in ("cashFlow", "funding", "fee")]
            assert parts[0] + parts[1] - parts[2] == D(row["change"])
            changes.append((row["type"], D(row["change"])))
        cursor = page["nextPageCursor"]
        if not cursor:
            break
    assert [kind for kind, _ in changes] == ["SETTLEMENT", "TRADE", "TRADE", "TRANSFER_IN"]
    assert sum(change for _, change in changes) == ledger.balance("BTC").wallet


@pytest.mark.interop(subject="histories")
async def test_closed_pnl(inverse: Any) -> None:
    """What a closing order gained, net of both fees; nothing is left from before the upgrade."""
    inverse.ledger.fill("BTCUSD", Side.SELL, D(1_000_000), D(82_000))
    (row,) = (await result(inverse, "get_closed_pnl", **INVERSE))["list"]
    (held,) = inverse.ledger.closed_pnls()
    assert (row["orderId"], D(row["closedPnl"])) == (held.order_id, held.pnl)
    assert (D(row["openFee"]), D(row["closeFee"])) == (-held.open_fee, -held.close_fee)
    old = await result(inverse, "get_pre_upgrade_closed_pnl", **INVERSE, symbol="BTCUSD")
    assert old["list"] == []


@pytest.mark.interop(subject="histories")
async def test_withdrawals(inverse: Any) -> None:
    """What left, in rows."""
    inverse.ledger.withdraw("BTC", D("0.1"), fee=D("0.0005"), chain="BTC", address="bc1q", tx_id="f00d")
    (row,) = (await result(inverse, "get_withdrawal_records", coin="BTC"))["rows"]
    assert (D(row["amount"]), D(row["withdrawFee"]), row["txID"]) == (D("0.1"), D("0.0005"), "f00d")


@pytest.mark.interop(subject="histories")
async def test_conversions(inverse: Any) -> None:
    """The same conversion stands in both histories."""
    held = inverse.ledger.convert("BTC", D(1), "ETH", D(27))
    (coarse,) = (await result(inverse, "get_coin_exchange_records"))["orderBody"]
    (fine,) = (await result(inverse, "get_convert_history"))["list"]
    assert coarse["exchangeTxId"] == fine["exchangeTxId"] == held.id
    assert int(coarse["createdTime"]) == int(fine["createdAt"]) // 1000


# -- refusals

REFUSALS: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "no order": ("cancel_order", {**ETH, "orderId": "9"}, 110001, "order not exists or too late to cancel"),
    "nothing to amend": ("amend_order", {**ETH, "orderId": "9", "qty": "1"}, 110001, "order not exists*"),
    "more than there is": ("place_order", {**INVERSE, **bid(qty="6000000")}, 110007, "ab not enough for new order"),
    "more than the last tier": (
        "place_order", {**INVERSE, **bid(qty="20000000")},
        110090, "Order placement failed as your position may exceed the max limit*",
    ),
    "nothing to reduce": (
        "place_order", {**INVERSE, **bid(reduceOnly=True)},
        110017, "current position is zero, cannot fix reduce-only order qty",
    ),
    "off the step": ("place_order", {**INVERSE, **bid(qty="1.5")}, 10001, "Qty invalid"),
    "flat": ("add_or_reduce_margin", {**ETH, "margin": "1"}, 110033, "Cannot set margin without an open position."),
    "too much back": (
        "add_or_reduce_margin", {**INVERSE, "symbol": "BTCUSD", "margin": "-1"},
        110078, "Added margin more than max can reduce margin.",
    ),
    "five decimals": (
        "add_or_reduce_margin", {**INVERSE, "symbol": "BTCUSD", "margin": "0.00001"},
        10001, "params error: margin invalid",
    ),
    "too wide": (
        "get_closed_pnl", {**INVERSE, "startTime": 1, "endTime": 700_000_000},
        10001, "The time range between startTime and endTime cannot exceed the limit",
    ),
    "too old": ("get_order_history", {**INVERSE, "startTime": 1}, 10001, "Can't query order earlier than 2 years"),
}  # fmt: skip


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(("method", "arguments", "code", "words"), list(REFUSALS.values()), ids=list(REFUSALS))
async def test_refusal(inverse: Any, method: str, arguments: dict[str, Any], code: int, words: str) -> None:
    """What the venue refuses has its code and words, and changes nothing."""
    before = inverse.ledger.snapshot()
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call(method, **arguments)
    assert caught.value.status_code == code
    assert caught.value.message.startswith(words.rstrip("*"))
    assert inverse.ledger.snapshot() == before


@pytest.mark.interop(subject="refusals")
async def test_duplicate_client_id(inverse: Any) -> None:
    """110072: an id is taken once and never again."""
    await result(inverse, "place_order", **INVERSE, **bid(orderLinkId="once"))
    await result(inverse, "cancel_order", **ETH, orderLinkId="once")
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call("place_order", **INVERSE, **bid(orderLinkId="once"))
    assert caught.value.status_code == 110072


@pytest.mark.interop(subject="refusals")
async def test_margin_in_cross(inverse: Any) -> None:
    """110015: a position in cross margin has none of its own."""
    inverse.ledger.set_margin_type(MarginType.CROSS)
    with pytest.raises(InvalidRequestError) as caught:
        await inverse.call("add_or_reduce_margin", **INVERSE, symbol="BTCUSD", margin="1")
    assert caught.value.status_code == 110015
