"""Pre-flight of random orders: the venue takes no order that is refused here, alone or in a batch."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import venuekit
from venuekit.capabilities import (
    OrderBatchControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    TimeInForce,
)
from venuekit.errors import InvalidArgument, VenueError
from venuekit.plugins import make_plugins
from venuekit.simulator.ledger import Refused, Side
from venuekit.testing import Stage, on_stage

D = Decimal
SYMBOLS = {"binance_usdm": "ETHUSDT", "binance_coinm": "ETHUSD_PERP", "bybit_inverse": "ETHUSD"}
#: contracts, from fewer than one order takes up to more than one takes
QUANTITIES = st.sampled_from([1, 2, 10, 50, 1_000, 100_000, 100_000_000]).map(Decimal)


@attrs.frozen
class Scene:
    """An account: its leverage, mode, and position, in contracts with a sign."""

    leverage: Decimal
    mode: PositionMode
    position: Decimal
    open_orders: int


SCENES = st.builds(
    Scene,
    leverage=st.sampled_from([1, 10, 50, 100]).map(Decimal),
    mode=st.sampled_from(PositionMode),
    position=st.sampled_from([0, 0, 20, -20, 1_000]).map(Decimal),
    open_orders=st.sampled_from([0, 0, 200]),
)


@st.composite
def terms_of_orders(draw: st.DrawFn) -> dict[str, Any]:
    """Terms of an order at the market, or of one at a ratio of the mark."""
    terms: dict[str, Any] = {
        "side": draw(st.sampled_from(OrderSide)),
        "quantity": draw(QUANTITIES),
        "reduce_only": draw(st.booleans()),
        "position_side": draw(st.sampled_from([None, PositionSide.LONG, PositionSide.SHORT])),
        "type": draw(st.sampled_from([OrderType.MARKET, OrderType.LIMIT])),
    }
    if terms["type"] is OrderType.LIMIT:
        terms["ratio"] = draw(st.sampled_from(["0.9", "0.96", "0.999", "1.001", "1.04", "1.1"]))
        terms["time_in_force"] = draw(st.sampled_from([None, TimeInForce.IOC, TimeInForce.POST_ONLY]))
    if terms["position_side"] is not None:
        terms["reduce_only"] = False  # a leg says itself whether an order reduces
    return terms


def request_of(stage: Stage, terms: dict[str, Any]) -> OrderRequest:
    """Return the order of terms, at the present mark."""
    symbol = SYMBOLS[stage.venue.id]
    price = None
    if "ratio" in terms:
        price = (stage.ledger.mark(symbol) * D(terms["ratio"])).to_integral_value()
    others = {name: value for name, value in terms.items() if name != "ratio"}
    if stage.venue.id == "bybit_inverse":  # its positions have no legs, and an order that names one is no order there
        others["position_side"] = None
    return OrderRequest(symbol=symbol, price=price, **others)


def set_scene(stage: Stage, scene: Scene) -> None:
    """Give the account leverage, mode, position and orders; one that it cannot have is left out."""
    ledger, symbol = stage.ledger, SYMBOLS[stage.venue.id]
    is_linear = stage.venue.id == "binance_usdm"
    if ledger.leverage(symbol) != scene.leverage:
        ledger.set_leverage(symbol, scene.leverage)
    if scene.mode is not ledger.position_mode and stage.venue.id != "bybit_inverse":
        ledger.set_position_mode(scene.mode)
    hedge = ledger.position_mode is PositionMode.HEDGE
    with suppress(Refused):
        if scene.position:
            is_long = scene.position > 0
            leg = (PositionSide.LONG if is_long else PositionSide.SHORT) if hedge else PositionSide.BOTH
            side = Side.BUY if is_long else Side.SELL
            ledger.fill(symbol, side, abs(scene.position), ledger.mark(symbol), leg)
        price = (ledger.mark(symbol) / 2).to_integral_value()
        for _ in range(scene.open_orders):
            leg = PositionSide.LONG if hedge else PositionSide.BOTH
            ledger.rest_order(symbol, Side.BUY, D("0.01") if is_linear else D(1), price, position_side=leg)


async def is_refused_by_venue(stage: Stage, request: OrderRequest) -> bool:
    """Place an order that nobody looks at, and say whether the venue refused it, at once or later."""
    orders = OrderControl.of(stage.account)
    try:
        placed = await orders.place_order(request)
    except VenueError:
        return True
    await stage.account.pause(1)
    return (await orders.get_order(placed.symbol, order_id=placed.id)).status is OrderStatus.REJECTED


@pytest.mark.parametrize("venue_id", SYMBOLS)
@settings(max_examples=20, deadline=None)
@given(scene=SCENES, terms=terms_of_orders())
def test_the_venue_takes_no_order_that_is_refused_here(venue_id: str, scene: Scene, terms: dict[str, Any]) -> None:
    """Whatever the account holds: an order that the check refuses is refused by the venue, too."""

    async def run() -> None:
        async with on_stage(make_plugins().venue(venue_id), "flat") as stage:
            set_scene(stage, scene)
            request = request_of(stage, terms)
            words = await words_of_refusal(stage, request)
            assert words is None or await is_refused_by_venue(stage, request), words

    asyncio.run(run())


@pytest.mark.parametrize("venue_id", SYMBOLS)
@settings(max_examples=12, deadline=None)
@given(scene=SCENES, several=st.lists(terms_of_orders(), min_size=1, max_size=4))
def test_an_order_of_a_batch_is_refused_only_if_it_is_refused_alone(
    venue_id: str, scene: Scene, several: list[dict[str, Any]]
) -> None:
    """Its place and its words stay the same, and where no other order of the batch is on the other side so does all."""

    async def run() -> None:
        async with on_stage(make_plugins().venue(venue_id), "flat") as stage:
            set_scene(stage, scene)
            requests = [request_of(stage, terms) for terms in several]
            alone = [await words_of_refusal(stage, request) for request in requests]
            careful = OrderBatchControl.of(stage.account.with_options(check_orders=True))
            results = await careful.place_orders(requests)
            together = [one.message if isinstance(one, InvalidArgument) else None for one in results]
            assert all(one in {None, before} for one, before in zip(together, alone, strict=True))
            if len({request.side for request in requests}) == 1:
                assert together == alone

    asyncio.run(run())


async def words_of_refusal(stage: Stage, request: OrderRequest) -> str | None:
    """Return why the check refuses an order, None where it does not."""
    try:
        await venuekit.check_order(stage.account, request)
    except InvalidArgument as refusal:
        return refusal.message
    return None
