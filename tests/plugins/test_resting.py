"""What every venue declares of orders, so that a lost write holds back what it could hurt and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.stages import VENUES, venues

from venuekit.endpoint import Effect, WriteScope
from venuekit.plugins import make_plugins
from venuekit.venue import Venue
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
DECLARED: dict[str, Venue[Any]] = {name: make_plugins().venue(name) for name in VENUES}


@venues
def test_every_placing_says_what_rests_and_every_amendment_what_it_amends(venue: str) -> None:
    """No endpoint that opens or amends an order leaves it to the guess that is on the safe side."""
    written = [one for one in DECLARED[venue].endpoints if one.is_write]
    placing = [one for one in written if one.effect is Effect.KEYED]
    assert placing
    assert all(one.write_scope is WriteScope.ORDER and one.rests is not None for one in placing)
    amends = [one for one in written if any("amend" in method.__name__ for method in one.serves)]
    assert bool(amends) is (venue != "aster_usdm_v1")
    for one in amends:
        assert one.write_scope is WriteScope.AMENDMENT
        example = {"symbol": "A", "orderId": 7, "orderLinkId": "mine", "origClientOrderId": "mine"}
        items = {name: [example, example | {"orderId": 8}] for name in ("batchOrders", "request")}
        names = {(name.symbol, name.id, name.client_id) for name in one.orders_of(example | items)}
        assert names == {("A", "7", "mine")} | ({("A", "8", "mine")} if one.orders else set())
    ends = [one for one in written if any(each.__name__ == "cancel_all_orders" for each in one.serves)]
    assert ends
    assert all(one.write_scope is WriteScope.ALL_ORDERS for one in ends)


RESTS: list[tuple[dict[str, str], bool]] = [
    ({"type": "MARKET"}, False),
    ({"type": "LIMIT", "timeInForce": "IOC"}, False),
    ({"type": "LIMIT", "timeInForce": "FOK"}, False),
    ({"type": "LIMIT", "timeInForce": "GTC"}, True),
    ({"type": "LIMIT", "timeInForce": "GTX"}, True),
    ({"type": "LIMIT"}, True),
    ({"type": "STOP_MARKET", "stopPrice": "1"}, True),
    ({"type": "TRAILING_STOP_MARKET", "callbackRate": "1"}, True),
    ({"type": "MARKET", "stopPrice": "1"}, True),
    ({"type": "a new one"}, True),
    ({}, True),
]


@venues
@pytest.mark.parametrize(("form", "rests"), RESTS)
def test_an_order_rests_unless_it_ends_at_once_with_nothing_attached(
    venue: str, form: dict[str, str], rests: bool
) -> None:
    """By itself, and in a batch as soon as one of its orders does."""
    if venue == "bybit_inverse":
        kinds = {"MARKET": "Market", "LIMIT": "Limit"}
        form = {"triggerPrice" if name == "stopPrice" else name: value for name, value in form.items()}
        form = {("orderType" if name == "type" else name): kinds.get(value, value) for name, value in form.items()}
    market = {"type": "MARKET", "orderType": "Market"}
    for one in DECLARED[venue].endpoints:
        if one.rests is None or "algo" in one.path:
            continue
        if any(parameter.name in {"batchOrders", "request"} for parameter in one.parameters):
            both = {name: [market, form] for name in ("batchOrders", "request")}
            assert one.rests(both) is rests
        else:
            assert one.rests(form) is rests


@pytest.mark.parametrize("attached", ["takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice", "triggerPrice"])
def test_what_comes_with_a_market_order_rests(attached: str) -> None:
    """A take profit or stop loss that is placed along with it is an order, too."""
    assert BYBIT.CREATE_ORDER.rests is not None
    assert BYBIT.CREATE_ORDER.rests({"orderType": "Market", attached: D(1)})
