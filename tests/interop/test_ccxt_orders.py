"""ccxt, unchanged but for its URLs, blocking and asynchronous: orders and histories of three venues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from tests.interop.ccxt_desk import EVERY_FACE, EVERY_PRODUCT, CcxtDesk, Product, exact, open_desk

from venuekit.capabilities import OrderStatus
from venuekit.simulator.ledger import Side

pytestmark = [pytest.mark.interop(subject="orders"), pytest.mark.parametrize("scenario", ["flat"])]

D = Decimal
BINANCE = pytest.mark.parametrize("product", EVERY_PRODUCT[:2])
BYBIT = pytest.mark.parametrize("product", EVERY_PRODUCT[2:])


@pytest.fixture(name="desk")
async def _desk(product: Product, face: str, scenario: str) -> AsyncIterator[CcxtDesk]:
    async with open_desk(product, face, scenario) as desk:
        yield desk


@pytest.fixture(params=EVERY_PRODUCT)
def product(request: pytest.FixtureRequest) -> Any:
    """Either product of Binance, or Bybit's inverse one."""
    return request.param


@pytest.fixture(params=EVERY_FACE)
def face(request: pytest.FixtureRequest) -> Any:
    """The module with the blocking clients, or that with the asynchronous ones."""
    return request.param


async def test_place_query_amend_and_cancel(desk: CcxtDesk) -> None:
    """An order rests, is found, changes, ends, and is found among the ended ones."""
    product = desk.product
    placed = await desk.place(clientOrderId="mine")
    held = desk.ledger.order(placed["id"])
    assert (held.client_id, held.quantity, held.price) == ("mine", exact(product.quantity), exact(product.price))
    found = await desk.call("fetch_open_order", placed["id"], product.flat)
    assert (found["id"], found["clientOrderId"], found["status"]) == (placed["id"], "mine", "open")
    assert (found["amount"], found["price"], found["filled"]) == (product.quantity, product.price, 0)
    changes = (product.flat, "limit", "buy", product.quantity * 2, product.price - 100)
    await desk.call("edit_order", placed["id"], *changes)
    held = desk.ledger.order(placed["id"])
    assert (held.quantity, held.price) == (exact(product.quantity * 2), exact(product.price - 100))
    (listed,) = await desk.call("fetch_open_orders", product.flat)
    assert (listed["id"], listed["price"]) == (placed["id"], product.price - 100)
    await desk.call("cancel_order", placed["id"], product.flat)
    assert desk.ledger.order(placed["id"]).status is OrderStatus.CANCELED
    (ended,) = await desk.call("fetch_canceled_orders", product.flat)
    assert (ended["id"], ended["status"]) == (placed["id"], "canceled")


@BINANCE
async def test_an_order_by_its_id(desk: CcxtDesk) -> None:
    """At Binance one request finds an order, be it open or not."""
    placed = await desk.place()
    for status in ("open", "canceled"):
        assert (await desk.call("fetch_order", placed["id"], desk.product.flat))["status"] == status
        if status == "open":
            await desk.call("cancel_order", placed["id"], desk.product.flat)


@BYBIT
async def test_an_order_among_the_last(desk: CcxtDesk) -> None:
    """At Bybit the list of open orders has the ended ones, too, when it is asked for an id."""
    placed = await desk.place()
    acknowledged = {"acknowledged": True}  # that only the last 500 orders are found
    for status in ("open", "canceled"):
        found = await desk.call("fetch_order", placed["id"], desk.product.flat, acknowledged)
        assert (found["id"], found["status"]) == (placed["id"], status)
        if status == "open":
            await desk.call("cancel_order", placed["id"], desk.product.flat)


async def test_a_market_order(desk: CcxtDesk) -> None:
    """It is filled at the mark; the trade has price, quantity and fee; a reduce-only one closes the position."""
    product, ledger = desk.product, desk.ledger
    placed = await desk.call("create_order", product.flat, "market", "buy", product.quantity)
    (fill,) = ledger.fills(product.flat_id)
    assert fill.order_id == placed["id"]
    (trade,) = await desk.call("fetch_my_trades", product.flat)
    assert (trade["order"], trade["side"], trade["amount"]) == (placed["id"], "buy", product.quantity)
    assert (exact(trade["price"]), trade["takerOrMaker"]) == (ledger.mark(product.flat_id), "taker")
    assert exact(trade["fee"]["cost"]) == -fill.commission
    (closed,) = await desk.call("fetch_closed_orders", product.flat)
    assert (closed["id"], closed["status"], closed["filled"]) == (placed["id"], "closed", product.quantity)
    reduce_only = {"reduceOnly": True}
    await desk.call("create_order", product.flat, "market", "sell", product.quantity, None, reduce_only)
    assert ledger.position(product.flat_id).quantity == 0


async def test_batches(desk: CcxtDesk) -> None:
    """Several orders are placed and amended in one request each."""
    product = desk.product
    order = {"symbol": product.flat, "type": "limit", "side": "buy", "amount": product.quantity}
    placed = await desk.call("create_orders", [{**order, "price": product.price - n} for n in range(3)])
    ids = [one["id"] for one in placed]
    assert [exact(product.price - n) for n in range(3)] == [desk.ledger.order(one).price for one in ids]
    changes = [{**order, "id": one, "price": product.price - 100 - n} for n, one in enumerate(ids)]
    amended = await desk.call("edit_orders", changes)
    assert [one["id"] for one in amended] == ids
    assert [desk.ledger.order(one).price for one in ids] == [exact(product.price - 100 - n) for n in range(3)]


@BINANCE
async def test_cancelling_several(desk: CcxtDesk) -> None:
    """Several orders are cancelled in one request."""
    ids = [(await desk.place(2000 - n))["id"] for n in range(2)]
    ended = await desk.call("cancel_orders", ids, desk.product.flat)
    assert [(one["id"], one["status"]) for one in ended] == [(one, "canceled") for one in ids]
    assert desk.ledger.open_orders() == ()


async def test_cancelling_everything(desk: CcxtDesk) -> None:
    """All orders of a symbol are cancelled, others stay."""
    for n in range(3):
        await desk.place(2000 - n)
    other = desk.ledger.rest_order(desk.product.held_id, Side.BUY, D(1), D(10_000))
    await desk.call("cancel_all_orders", desk.product.flat)
    assert [one.id for one in desk.ledger.open_orders()] == [other]


async def test_a_conditional_order(desk: CcxtDesk) -> None:
    """It waits for its price, is listed and cancelled; another one triggers and is filled."""
    product, ledger = desk.product, desk.ledger
    mark = float(ledger.mark(product.flat_id))
    trigger = {"triggerPrice": mark + 500, "triggerDirection": "ascending"}
    if product.exchange != "bybit":
        del trigger["triggerDirection"]
    buy = (product.flat, "market", "buy", product.quantity, None, trigger)
    placed = await desk.call("create_order", *buy)
    assert ledger.order(placed["id"]).trigger_price == exact(mark + 500)
    (listed,) = await desk.call("fetch_open_orders", product.flat, None, None, {"trigger": True})
    assert (listed["id"], listed["triggerPrice"], listed["side"]) == (placed["id"], mark + 500, "buy")
    await desk.call("cancel_order", placed["id"], product.flat, {"trigger": True})
    assert ledger.open_orders() == ()
    await desk.call("create_order", *buy)
    ledger.set_mark(product.flat_id, exact(mark + 500))
    assert ledger.position(product.flat_id).quantity == exact(product.quantity)


@pytest.mark.interop(subject="histories")
@BINANCE
async def test_all_orders(desk: CcxtDesk) -> None:
    """Open and ended ones, oldest first."""
    ids = [(await desk.place(2000 - n))["id"] for n in range(3)]
    await desk.call("cancel_order", ids[0], desk.product.flat)
    rows = await desk.call("fetch_orders", desk.product.flat)
    assert [(row["id"], row["status"]) for row in rows] == [(ids[0], "canceled"), (ids[1], "open"), (ids[2], "open")]


@pytest.mark.interop(subject="histories")
async def test_trades(desk: CcxtDesk) -> None:
    """Each fill of the ledger is a trade."""
    product, ledger = desk.product, desk.ledger
    for side in (Side.BUY, Side.SELL, Side.BUY):
        ledger.fill(product.flat_id, side, exact(product.quantity), ledger.mark(product.flat_id))
    rows = await desk.call("fetch_my_trades", product.flat)
    # ccxt sorts what has one time by its id, as text
    assert {row["id"]: (row["side"], exact(row["fee"]["cost"])) for row in rows} == {
        fill.trade_id: ("buy" if fill.side is Side.BUY else "sell", -fill.commission)
        for fill in ledger.fills(product.flat_id)
    }


@pytest.mark.interop(subject="histories")
async def test_funding(desk: CcxtDesk) -> None:
    """What a position paid or received."""
    product, ledger = desk.product, desk.ledger
    ledger.fill(product.flat_id, Side.BUY, exact(product.quantity) * 100, ledger.mark(product.flat_id))
    ledger.fund(product.flat_id, D("0.0001"))
    (row,) = await desk.call("fetch_funding_history", product.flat)
    paid = next(one for one in ledger.incomes() if one.kind == "funding")
    # of Bybit ccxt shows the fee of an execution, which is positive when it was paid
    amount = -paid.amount if product.exchange == "bybit" else paid.amount
    assert (row["symbol"], exact(row["amount"])) == (product.flat, amount)


@pytest.mark.interop(subject="histories")
async def test_wallet_log(desk: CcxtDesk) -> None:
    """Each booking of an asset, with its amount."""
    product, ledger = desk.product, desk.ledger
    contract = ledger.contract(product.flat_id)
    ledger.deposit(contract.settle, D(7), purse=contract.purse)
    rows = await desk.call("fetch_ledger", contract.settle)
    assert any(exact(row["amount"]) == 7 and row["direction"] == "in" for row in rows)


@pytest.mark.interop(subject="refusals")
async def test_an_order_that_is_none(desk: CcxtDesk) -> None:
    """An unknown order is told by ccxt's own error."""
    with pytest.raises(ccxt.OrderNotFound):
        await desk.call("cancel_order", "999999", desk.product.flat)


@pytest.mark.interop(subject="refusals")
async def test_an_id_for_the_second_time(desk: CcxtDesk) -> None:
    """An id of the client is taken once while its order is open."""
    await desk.place(clientOrderId="once")
    with pytest.raises(ccxt.BaseError, match=r"110072|-4116"):
        await desk.place(clientOrderId="once")
    assert len(desk.ledger.open_orders()) == 1


@pytest.mark.interop(subject="refusals")
async def test_nothing_to_reduce(desk: CcxtDesk) -> None:
    """A reduce-only order without a position is refused at once."""
    with pytest.raises(ccxt.BaseError, match=r"-2022|110017"):
        await desk.place(reduceOnly=True)
    assert desk.ledger.open_orders() == ()


@pytest.mark.interop(subject="refusals")
@BINANCE
async def test_more_than_the_account_carries(desk: CcxtDesk) -> None:
    """Too large an order is refused, and not placed."""
    product = desk.product
    with pytest.raises(ccxt.BaseError, match="-2019"):
        await desk.call("create_order", product.flat, "limit", "buy", product.quantity * 40_000, product.price)
    assert desk.ledger.orders() == ()
