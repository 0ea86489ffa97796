"""Orders that are refused, before they are sent or by the venue; on every product."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.binance.orders.order_stage import Stage, two_books

from venuekit.capabilities import (
    Amendment,
    OrderSide,
    OrderTestControl,
    OrderType,
    PositionSide,
    TimeInForce,
    WorkingPrice,
)
from venuekit.errors import InvalidArgument, InvalidRequest, OperationError, Outcome
from venuekit.simulator import Arrival

pytestmark = pytest.mark.looptime
D = Decimal


def writes(stage: Stage) -> list[Arrival]:
    """Return what arrived and was no read."""
    return [one for one in stage.sim.requests if one.verb != "GET"]


MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "off the quantity step": ({"quantity": D("0.12345")}, "not a multiple of"),
    "off the tick": ({"price": D("2000.001")}, "never rounded"),
    "trigger off the tick": ({"type": OrderType.STOP_MARKET, "price": None, "trigger_price": D("0.001")}, "trigger_"),
    "zero": ({"quantity": D(0)}, "above 0"),
    "negative": ({"quantity": D(-1)}, "above 0"),
    "a float": ({"quantity": 1.0}, "must be a Decimal"),
    "no number": ({"price": D("NaN")}, "must be a Decimal"),
    "client id too long": ({"client_id": "a" * 37}, "a client id is like"),
    "client id with a blank": ({"client_id": "a b"}, "a client id is like"),
    "no quantity": ({"quantity": None}, "needs a quantity"),
    "no price": ({"price": None}, "needs a price"),
    "two prices": ({"price_match": "QUEUE"}, "not both"),
    "a market order with a price": ({"type": OrderType.MARKET}, "takes no price"),
    "no trigger": ({"type": OrderType.STOP}, "needs a trigger_price"),
    "a trigger of a limit order": ({"trigger_price": D(1)}, "takes no trigger_price"),
    "trailing without a rate": ({"type": OrderType.TRAILING_STOP_MARKET, "price": None}, "needs a callback_rate"),
    "a rate out of range": (
        {"type": OrderType.TRAILING_STOP_MARKET, "price": None, "callback_rate": D("0.05")},
        "callback_rate must be",
    ),
    "limit order that closes": ({"close_position": True}, "neither quantity"),
    "limit order that closes all": ({"close_position": True, "quantity": None}, "cannot close"),
    "an unknown time in force": ({"time_in_force": TimeInForce("forever")}, "is not known here"),
    "a trigger price nobody watches": ({"working_price": WorkingPrice.MARK}, "watches no price"),
    "good till nothing": ({"time_in_force": TimeInForce.GTD}, "expires_at|not known here"),
}


# -- refused before sending


@pytest.mark.parametrize(("change", "words"), MISFITS.values(), ids=MISFITS)
async def test_misfits_are_refused_before_sending(stage: Stage, change: dict[str, Any], words: str) -> None:
    """What the venue cannot take never leaves, alone, within a batch, or as a test."""
    wrong = attrs.evolve(stage.order(), **change)
    calls = [stage.account.place_order(wrong), stage.account.place_orders([stage.order(), wrong])]
    if isinstance(stage.account, OrderTestControl):
        calls.append(stage.account.test_order(wrong))
    for call in calls:
        with pytest.raises(InvalidArgument, match=words) as caught:
            await call
        assert caught.value.outcome is Outcome.NOT_SENT
    assert writes(stage) == []


async def test_names_and_counts_are_refused_before_sending(stage: Stage) -> None:
    """Two names or none, an id that is no number, batches of 0, 6 and 11, two alike in one batch."""
    account, symbol, order = stage.account, stage.symbol, stage.order()
    calls = {
        "name the order": account.get_order(symbol),
        "name the order by": account.cancel_order(symbol, order_id="1", client_id="a"),
        "an order id is a number": account.get_open_order(symbol, order_id="mine"),
        "1 to 5 orders, not 0": account.place_orders([]),
        "1 to 5 orders, not 6": account.place_orders([order] * 6),
        "1 to 10 orders, not 0": account.cancel_orders(symbol),
        "1 to 10 orders, not 11": account.cancel_orders(symbol, order_ids=["1"] * 6, client_ids=["a"] * 5),
        "the same client id": account.place_orders([attrs.evolve(order, client_id="a")] * 2),
        "up to 1000": account.call(account.endpoints.ORDERS.all_orders, symbol=symbol, limit=1001),
        "up to 100": account.call(account.endpoints.ORDERS.forced, symbol=symbol, limit=101),
        "is reversed": account.iter_fills(
            symbol, start=await account.get_server_time(), end=(await account.get_server_time()) - timedelta(1)
        ).all(),
        "further back": account.iter_orders(
            symbol=symbol, start=(await account.get_server_time()) - timedelta(91)
        ).all(),
        "at least a millisecond": account.set_countdown(symbol, 0),
    }
    for words, call in calls.items():
        with pytest.raises(InvalidArgument, match=words):
            await call
    with pytest.raises(InvalidArgument, match="name a symbol"):
        account.iter_orders()
    with pytest.raises(InvalidRequest, match="lists no such symbol"):
        await account.place_order(attrs.evolve(order, symbol="NOSUCH"))
    assert {one.path for one in stage.sim.requests} == {
        f"{account.endpoints.ORDERS.order.path.rpartition('/')[0]}/{name}" for name in ("time", "exchangeInfo")
    }


@two_books
async def test_amendments_are_refused_before_sending(stage: Stage) -> None:
    """A batch of 6, and an amendment of nothing."""
    change = Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id="1", price=D(1))
    with pytest.raises(InvalidArgument, match="1 to 5 orders, not 6"):
        await stage.account.amend_orders([change] * 6)
    with pytest.raises(InvalidArgument, match="a quantity or a price"):
        await stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id="1")
    assert writes(stage) == []


# -- refused by the venue


async def test_refusals_of_the_venue(stage: Stage) -> None:
    """Mode, margin, trigger, reduce only, size: the venue's codes, and nothing was placed."""
    stage.ledger.set_mark(stage.symbol, D(3000))
    refusals = {
        -4061: stage.order(position_side=PositionSide.LONG),
        -2019: stage.order(quantity=D(9_000) if stage.symbol == "ETHUSDT" else D(400_000)),
        -2027: stage.order(quantity=D(900_000)),
        -2021: stage.order(OrderType.STOP_MARKET, trigger_price=D(2000)),
        -2022: stage.order(reduce_only=True),
        -4005: stage.order(quantity=D(2_000_000)),
        -4016: stage.order(price=D("3150.01") if stage.symbol == "ETHUSDT" else D("3150.1")),
        -4024: stage.order(side=OrderSide.SELL, price=D("2849.9")),
        -5022: stage.order(price=D(3100), time_in_force=TimeInForce.POST_ONLY),
        -5021: stage.order(price=D(2000), time_in_force=TimeInForce.FOK),
    }
    for code, request in refusals.items():
        with pytest.raises(OperationError) as caught:
            await stage.account.place_order(request)
        assert (caught.value.code, caught.value.outcome) == (code, Outcome.NOT_APPLIED), request
    assert stage.ledger.orders(stage.symbol) == ()


@two_books
async def test_stop_types_are_refused_by_the_plain_endpoint(stage: Stage) -> None:
    """A raw call learns from the venue that conditional types have an endpoint of their own."""
    with pytest.raises(InvalidRequest, match="Algo Order API") as caught:
        await stage.account.call(
            stage.account.endpoints.ORDERS.place,
            symbol=stage.symbol,
            side="BUY",
            type="STOP_MARKET",
            newClientOrderId="a",
        )
    assert caught.value.code == -4120


async def test_raw_refusals(stage: Stage) -> None:
    """Missing, too precise, zero: the venue's own words reach whoever calls it directly."""
    usual = {"symbol": stage.symbol, "side": "BUY", "type": "LIMIT", "newClientOrderId": "a", "timeInForce": "GTC"}
    for code, change in {
        -1102: {"quantity": stage.quantity},
        -1111: {"quantity": stage.quantity, "price": D("2000.12345")},
        -4003: {"quantity": D(0), "price": D(2000)},
    }.items():
        with pytest.raises(InvalidRequest) as caught:
            await stage.account.call(stage.account.endpoints.ORDERS.place, **usual, **change)
        assert caught.value.code == code
