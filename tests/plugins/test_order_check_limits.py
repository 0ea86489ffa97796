"""Pre-flight of orders: open orders up to the most of a contract, prices around the mark, and collateral."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import (
    AssetMode,
    InstrumentReader,
    MarginType,
    OrderBehaviour,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingStopControl,
)
from venuekit.errors import InvalidArgument, VenueError
from venuekit.plugins import make_plugins
from venuekit.simulator.ledger import Book, Side
from venuekit.testing import Stage, on_stage

D = Decimal
SYMBOLS = {
    "binance_usdm": "ETHUSDT",
    "binance_coinm": "ETHUSD_PERP",
    "bybit_inverse": "ETHUSD",
    "aster_usdm": "ETHUSDT",
}
#: the most plain orders of a symbol, and the most conditional ones
MOST = {"binance_usdm": (200, 200), "binance_coinm": (200, 200), "bybit_inverse": (500, 10)}


def bid(stage: Stage, **terms: Any) -> OrderRequest:
    """Return an order to buy that rests below the mark, with other terms."""
    symbol = SYMBOLS[stage.venue.id]
    usual: dict[str, Any] = {
        "side": OrderSide.BUY,
        "type": OrderType.LIMIT,
        "quantity": D(10),
        "price": near(stage, "0.99"),
    }
    return OrderRequest(symbol=symbol, **(usual | terms))


def near(stage: Stage, ratio: str) -> Decimal:
    """Return a price at a ratio of the mark, on a whole number."""
    return (stage.ledger.mark(SYMBOLS[stage.venue.id]) * D(ratio)).to_integral_value()


def fill_book(stage: Stage, book: Book, *names: int) -> None:
    """Have orders of a book wait, with client ids of these numbers."""
    price = near(stage, "0.98" if book is Book.PLAIN else "1.5")
    for name in names:
        stage.ledger.rest_order(SYMBOLS[stage.venue.id], Side.BUY, D(1), price, book=book, client_id=f"mine-{name}")


async def refused_by_venue(stage: Stage, request: OrderRequest) -> bool:
    """Place an order that nobody looks at, and say whether the venue refused it, at once or later."""
    orders = OrderControl.of(stage.account)
    try:
        placed = await orders.place_order(request)
    except VenueError:
        return True
    await stage.account.pause(1)
    return (await orders.get_order(placed.symbol, order_id=placed.id)).status is OrderStatus.REJECTED


@pytest.mark.parametrize("venue_id", MOST)
async def test_no_order_is_added_to_the_most_that_may_rest(venue_id: str) -> None:
    """One below the most passes and the next one is refused, here and by the venue; one that never rests passes."""
    async with on_stage(make_plugins().venue(venue_id), "flat") as stage:
        most, _ = MOST[venue_id]
        fill_book(stage, Book.PLAIN, *range(1, most))
        await venuekit.check_order(stage.account, bid(stage))
        fill_book(stage, Book.PLAIN, most)
        with pytest.raises(
            InvalidArgument, match=f"{most} plain orders are open, and the most is {most}: cancel one first"
        ):
            await venuekit.check_order(stage.account, bid(stage))
        assert await refused_by_venue(stage, bid(stage))
        for never in (TimeInForce.IOC, TimeInForce.FOK):
            await venuekit.check_order(stage.account, bid(stage, time_in_force=never))
        await venuekit.check_order(stage.account, bid(stage, type=OrderType.MARKET, price=None))


@pytest.mark.parametrize("venue_id", MOST)
async def test_no_order_is_added_to_the_most_that_may_wait_for_a_trigger(venue_id: str) -> None:
    """They are counted by themselves: a plain order still passes."""
    async with on_stage(make_plugins().venue(venue_id), "flat") as stage:
        _, most = MOST[venue_id]
        stop = bid(stage, type=OrderType.STOP_MARKET, price=None, trigger_price=near(stage, "1.2"))
        fill_book(stage, Book.CONDITIONAL, *range(1, most))
        await venuekit.check_order(stage.account, stop)
        fill_book(stage, Book.CONDITIONAL, most)
        with pytest.raises(InvalidArgument, match=f"{most} conditional orders are open, and the most is {most}"):
            await venuekit.check_order(stage.account, stop)
        assert await refused_by_venue(stage, stop)
        await venuekit.check_order(stage.account, bid(stage))


async def test_orders_that_guard_a_position_do_not_count() -> None:
    """The venue makes them itself; the contract has room for as many others as before."""
    async with on_stage(make_plugins().venue("bybit_inverse"), "flat") as stage:
        stage.ledger.fill("ETHUSD", Side.BUY, D(100), stage.ledger.mark("ETHUSD"))
        guards = TradingStopControl.of(stage.account)
        await guards.set_trading_stop("ETHUSD", take_profit=near(stage, "1.4"), stop_loss=near(stage, "0.6"))
        fill_book(stage, Book.CONDITIONAL, *range(9))
        stop = bid(stage, type=OrderType.STOP_MARKET, price=None, trigger_price=near(stage, "1.2"))
        assert len(await OrderControl.of(stage.account).get_open_orders(symbol="ETHUSD")) == 11
        await venuekit.check_order(stage.account, stop)
        assert not await refused_by_venue(stage, stop)


async def test_the_instrument_and_the_behaviour_say_how_many_orders_may_be_open() -> None:
    """By the venue's own filters where it lists them, else by its documentation; Aster has no limit of its own."""
    for venue_id, waiting in {"binance_usdm": 200, "binance_coinm": 200, "aster_usdm": None}.items():
        async with on_stage(make_plugins().venue(venue_id), "flat") as stage:
            (one,) = await InstrumentReader.of(stage.account).get_instruments(symbol=SYMBOLS[venue_id])
            assert (one.max_open_orders, one.max_conditional_orders) == (200, None)
            assert stage.venue.behaviour(OrderBehaviour).max_conditional_orders == waiting


@pytest.mark.parametrize("venue_id", ["binance_usdm", "binance_coinm", "aster_usdm"])
async def test_a_price_too_far_from_the_mark_is_refused(venue_id: str) -> None:
    """By the bounds of the contract on the side of the order, and the venue refuses the same prices."""
    async with on_stage(make_plugins().venue(venue_id), "flat") as stage:
        high = bid(stage, price=near(stage, "1.06"))
        with pytest.raises(InvalidArgument, match=r"1\.0500 times the mark price .*: buy lower"):
            await venuekit.check_order(stage.account, high)
        low = bid(stage, price=near(stage, "0.94"), side=OrderSide.SELL)
        with pytest.raises(InvalidArgument, match=r"0\.9500 times the mark price .*: sell higher"):
            await venuekit.check_order(stage.account, low)
        assert await refused_by_venue(stage, high)
        assert await refused_by_venue(stage, low)
        for side, price in ((OrderSide.BUY, "0.90"), (OrderSide.SELL, "1.10")):  # the bounds are those of one side
            await venuekit.check_order(stage.account, bid(stage, price=near(stage, price), side=side))


async def test_an_inverse_order_in_cross_margin_needs_its_settle_asset_as_collateral() -> None:
    """The venue refuses what would grow a position, and says so; nothing of it holds in isolated margin."""
    async with on_stage(make_plugins().venue("bybit_inverse"), "flat") as stage:
        stage.ledger.set_collateral("ETH", False)
        buy = bid(stage, quantity=D(100))
        if stage.ledger.margin_type() is not MarginType.ISOLATED:
            stage.ledger.set_margin_type(MarginType.ISOLATED)
        await venuekit.check_order(stage.account, buy)
        stage.ledger.set_margin_type(MarginType.CROSS)
        with pytest.raises(InvalidArgument, match="ETH must be collateral, and it is not: switch it on at the venue"):
            await venuekit.check_order(stage.account, buy)
        assert await refused_by_venue(stage, buy)
        reducing = attrs.evolve(buy, reduce_only=True)
        with pytest.raises(InvalidArgument, match="there is no open position that it could reduce"):
            await venuekit.check_order(stage.account, reducing)


async def test_multi_assets_mode_refuses_no_order() -> None:
    """There every symbol is in cross margin already: the venue refuses the setting alone, and takes the order."""
    async with on_stage(make_plugins().venue("binance_usdm"), "flat") as stage:
        stage.ledger.set_asset_mode(AssetMode.MULTI)
        await venuekit.check_order(stage.account, bid(stage))
        assert not await refused_by_venue(stage, bid(stage))
