"""Amending: what comes back is the order as it is, and what becomes of take profit and stop loss."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import Amendment, Order, OrderKind, OrderRequest, OrderSide, OrderStatus, OrderType
from venuekit.errors import InvalidArgument
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore, Simulation
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
ETH: dict[str, Any] = {"category": "inverse", "symbol": "ETHUSD"}
Amend = Callable[[BybitInverseAccount, str], Any]


def stop() -> OrderRequest:
    """Return an order that waits for a trigger."""
    return OrderRequest(
        symbol="ETHUSD", side=OrderSide.BUY, type=OrderType.STOP, quantity=D(100), price=D(4000), trigger_price=D(3900)
    )


def bid() -> OrderRequest:
    """Return an order that rests far from the market."""
    return OrderRequest(symbol="ETHUSD", side=OrderSide.BUY, type=OrderType.LIMIT, quantity=D(100), price=D(2000))


async def alone(account: BybitInverseAccount, order_id: str) -> Order:
    """Amend one order."""
    return await account.amend_order("ETHUSD", OrderSide.BUY, order_id=order_id, quantity=D(50))


async def batched(account: BybitInverseAccount, order_id: str) -> Order:
    """Amend one order by a batch."""
    change = Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=order_id, quantity=D(50))
    (found,) = await account.amend_orders([change])
    assert isinstance(found, Order)
    return found


ways = pytest.mark.parametrize("amend", [alone, batched])


@ways
async def test_a_conditional_order_stays_one(account: BybitInverseAccount, amend: Amend) -> None:
    """Its book, type, trigger and key are its own, and what was asked for is pending."""
    placed = await account.place_order(stop())
    amended = await amend(account, placed.id)
    assert amended.key == placed.key
    assert (amended.kind, amended.type, amended.trigger_price) == (OrderKind.CONDITIONAL, OrderType.STOP, D(3900))
    assert (amended.status, amended.quantity, amended.price) == (OrderStatus.PENDING, D(50), D(4000))
    assert (await account.get_order("ETHUSD", order_id=placed.id)).key == amended.key


@ways
async def test_an_order_that_ended_meanwhile_is_told_so(
    account: BybitInverseAccount, sim: Simulation, amend: Amend
) -> None:
    """An order that the amendment filled up has ended."""
    placed = await account.place_order(bid())
    sim.ledger.fill_order(placed.id, D(50))
    assert (await amend(account, placed.id)).status is OrderStatus.CANCELED


@ways
async def test_an_order_that_cannot_be_looked_up_is_amended_all_the_same(
    account: BybitInverseAccount, sim: Simulation, amend: Amend
) -> None:
    """The venue took the amendment: no error of the look hides that."""
    placed = await account.place_order(bid())
    for endpoint in (BYBIT.OPEN_ORDERS, BYBIT.ORDER_HISTORY):
        sim.disturb(VENUE, endpoint, CannedAnswer.json(200, {"retCode": 10005, "retMsg": "no"}), times=20)
    amended = await amend(account, placed.id)
    assert (amended.id, amended.status, amended.quantity) == (placed.id, OrderStatus.PENDING, D(50))
    assert sim.ledger.order(placed.id).quantity == D(50)


BRACKET = {"takeProfit": D("2500.00"), "stopLoss": D("1500.00"), "tpLimitPrice": D("2499.00")}
WORDS = {"tpslMode": "Partial", "tpTriggerBy": "MarkPrice", "slTriggerBy": "IndexPrice"}


@pytest.mark.parametrize("fate", [None, DropBefore(), DropAfter()], ids=["answered", "never arrived", "answer lost"])
async def test_take_profit_and_stop_loss_are_amended(
    account: BybitInverseAccount, sim: Simulation, fate: DropBefore | DropAfter | None
) -> None:
    """They go by the venue's names, are shown, and are what a lost answer is found out by."""
    placed = await account.place_order(bid())
    if fate is not None:
        sim.disturb(VENUE, BYBIT.AMEND_ORDER, fate)
    await account.call(BYBIT.AMEND_ORDER, **ETH, orderId=placed.id, **BRACKET, **WORDS)
    (row,) = (await account.call(BYBIT.OPEN_ORDERS, **ETH, orderId=placed.id)).rows
    assert {name: row.terms[name] for name in BRACKET} == BRACKET
    assert {name: row.terms[name] for name in WORDS} == WORDS


@pytest.mark.parametrize("name", ["tpTriggerBy", "slTriggerBy", "tpslMode"])
async def test_words_of_a_bracket_are_checked(account: BybitInverseAccount, name: str) -> None:
    """What the venue does not know is not sent."""
    with pytest.raises(InvalidArgument, match=name):
        await account.call(BYBIT.AMEND_ORDER, **ETH, orderId="1", **{name: "Moon"})
