"""Orders: how they trade against the mark, wait, and close."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.core.ledger.made_up import D
from tests.core.ledger.order_requests import ONE, order, reason_of, stop

from venuekit.capabilities import OrderStatus, OrderType, PositionMode, PositionSide, TimeInForce
from venuekit.simulator.ledger import Ledger, LedgerOrder, Reason, Side


def test_a_market_order_fills_at_the_mark_as_taker(trading: Callable[..., Ledger]) -> None:
    """It is filled when place returns, with average price, value and the taker's commission."""
    ledger = trading()

    placed = ledger.place(order(quantity="2"))

    (fill,) = ledger.fills(order_id=placed.id)
    assert (placed.status, placed.filled, placed.average_price) == (OrderStatus.FILLED, D(2), D(50_000))
    assert (placed.filled_value, placed.commission) == (D(100_000), D(-40))
    assert (fill.price, fill.value, fill.commission, fill.is_maker) == (D(50_000), D(100_000), D(-40), False)
    assert ledger.position(ONE).quantity == 2


def test_a_limit_order_waits_and_fills_at_its_price_when_the_mark_crosses_it(trading: Callable[..., Ledger]) -> None:
    """Below the mark a buy order rests, binds margin, and fills as maker once the mark is there."""
    ledger = trading()
    placed = ledger.place(order(price="48000"))
    bound = ledger.balance("USDT").open_order_initial_margin
    ledger.set_mark(ONE, D("48000.1"))
    still = ledger.order(placed.id)

    ledger.set_mark(ONE, D(47_900))

    done = ledger.order(placed.id)
    assert (placed.status, bound, still.status) == (OrderStatus.OPEN, D(4800), OrderStatus.OPEN)
    assert (done.status, done.average_price, done.commission) == (OrderStatus.FILLED, D(48_000), D("-9.6"))
    assert ledger.balance("USDT").open_order_initial_margin == 0


def test_a_marketable_limit_order_trades_at_the_better_mark(trading: Callable[..., Ledger]) -> None:
    """A buy above the mark pays the mark, as taker."""
    placed = trading().place(order(price="51000"))

    assert (placed.status, placed.average_price, placed.commission) == (OrderStatus.FILLED, D(50_000), D(-20))


@pytest.mark.parametrize(
    ("lasting", "price", "depth", "expected"),
    [
        (TimeInForce.IOC, "49000", None, OrderStatus.EXPIRED),
        (TimeInForce.IOC, "50000", "0.4", OrderStatus.EXPIRED),
        (TimeInForce.IOC, "50000", None, OrderStatus.FILLED),
        (TimeInForce.FOK, "49000", None, Reason.FOK_REJECTED),
        (TimeInForce.FOK, "50000", "0.4", Reason.FOK_REJECTED),
        (TimeInForce.FOK, "50000", None, OrderStatus.FILLED),
        (TimeInForce.POST_ONLY, "49000", None, OrderStatus.OPEN),
        (TimeInForce.POST_ONLY, "50000", None, Reason.POST_ONLY_REJECTED),
        (TimeInForce.GTC, "50000", "0.4", OrderStatus.PARTIALLY_FILLED),
    ],
)
def test_time_in_force(
    trading: Callable[..., Ledger],
    lasting: TimeInForce,
    price: str,
    depth: str | None,
    expected: OrderStatus | Reason,
) -> None:
    """IOC never waits, FOK trades whole or not at all, GTX never takes, GTC waits with what is left."""
    ledger = trading()
    ledger.set_depth(ONE, None if depth is None else D(depth))
    before = ledger.snapshot()

    if isinstance(expected, Reason):
        assert reason_of(lambda: ledger.place(order(price=price, time_in_force=lasting))) is expected
        assert ledger.snapshot() == before
    else:
        placed = ledger.place(order(price=price, time_in_force=lasting))
        assert placed.status is expected
        assert placed.filled == (D(0) if price == "49000" else D(depth or 1))


def test_a_market_order_never_waits(trading: Callable[..., Ledger]) -> None:
    """What the market does not take of a market order expires, although its time in force says good till canceled."""
    ledger = trading()
    ledger.set_depth(ONE, D("0.4"))

    placed = ledger.place(order(type=OrderType.MARKET, price=None))

    assert (placed.status, placed.filled) == (OrderStatus.EXPIRED, D("0.4"))
    assert placed.time_in_force is TimeInForce.GTC
    assert ledger.orders(is_open=True) == ()


def test_partial_fills_add_up_to_a_mean_price(trading: Callable[..., Ledger]) -> None:
    """Two scripted fills of a waiting order leave their mean price, their values and a full order behind."""
    ledger = trading()
    placed = ledger.place(order(price="48000", quantity="3"))

    ledger.fill_order(placed.id, D(1), D(48_000))
    half, bound = ledger.order(placed.id), ledger.balance("USDT").open_order_initial_margin
    ledger.fill_order(placed.id, price=D(47_000), is_maker=False)

    done = ledger.order(placed.id)
    assert (half.status, half.remaining) == (OrderStatus.PARTIALLY_FILLED, D(2))
    assert (half.remaining, bound) == (D(2), D(9600))
    assert (done.status, done.filled_value) == (OrderStatus.FILLED, D(142_000))
    assert done.average_price == D("47333.333333333333")
    assert [fill.is_maker for fill in ledger.fills(order_id=placed.id)] == [True, False]
    assert ledger.position(ONE).entry_price == D("47333.333333333333")


def test_an_order_is_not_filled_beyond_what_is_left_of_it(trading: Callable[..., Ledger]) -> None:
    """More than the rest is refused, an order that waits for a trigger cannot be filled by hand."""
    ledger = trading()
    placed, waits = ledger.place(order(price="48000")), ledger.place(stop(Side.SELL, "45000"))

    assert reason_of(lambda: ledger.fill_order(placed.id, D(2))) is Reason.QUANTITY_OUT_OF_RANGE
    with pytest.raises(ValueError, match="plain book"):
        ledger.fill_order(waits.id)


def test_a_reduce_only_order_never_opens(trading: Callable[..., Ledger]) -> None:
    """It is refused with nothing to reduce, trades no more than there is, and expires when the position is gone."""
    ledger = trading()
    nothing = reason_of(lambda: ledger.place(order(Side.SELL, "1", "55000", reduce_only=True)))
    ledger.place(order(quantity="1"))
    same_way = reason_of(lambda: ledger.place(order(Side.BUY, "1", "45000", reduce_only=True)))
    waits = ledger.place(order(Side.SELL, "3", "55000", reduce_only=True))
    other = ledger.place(order(Side.SELL, "1", "56000", reduce_only=True))

    ledger.set_mark(ONE, D(55_500))

    assert (nothing, same_way) == (Reason.REDUCE_ONLY_REJECTED, Reason.REDUCE_ONLY_REJECTED)
    assert (ledger.order(waits.id).filled, ledger.order(waits.id).status) == (D(1), OrderStatus.EXPIRED)
    assert ledger.order(other.id).status is OrderStatus.EXPIRED
    assert (ledger.position(ONE).quantity, ledger.open_orders()) == (D(0), ())


def test_reduce_only_orders_bind_no_margin_and_may_be_small(trading: Callable[..., Ledger]) -> None:
    """They cost nothing, and the smallest notional is not asked of them."""
    ledger = trading()
    ledger.place(order(quantity="15"))
    before = ledger.balance("USDT")

    ledger.place(order(Side.SELL, "1", "60", time_in_force=TimeInForce.GTC, reduce_only=True))
    ledger.place(order(Side.SELL, "9", "60000", reduce_only=True))

    after = ledger.balance("USDT")
    assert after.open_order_initial_margin == before.open_order_initial_margin == 0


def test_in_hedge_mode_the_closing_side_closes_only(trading: Callable[..., Ledger]) -> None:
    """Selling a long leg needs one to sell, and leaves the short leg alone."""
    ledger = trading()
    ledger.set_position_mode(PositionMode.HEDGE)
    long = {"position_side": PositionSide.LONG}

    early = reason_of(lambda: ledger.place(order(Side.SELL, **long)))
    ledger.place(order(Side.BUY, "2", **long))
    ledger.place(order(Side.SELL, "5", **long))

    assert early is Reason.REDUCE_ONLY_REJECTED
    assert [ledger.position(ONE, side).quantity for side in PositionSide] == [0, 0, 0]


def test_labels_come_back_as_they_were(trading: Callable[..., Ledger]) -> None:
    """What a simulated venue has attached to a request is on the order, and on the order it becomes."""
    ledger = trading()
    placed = ledger.place(stop(Side.BUY, "51000", labels={"working": "mark"}))

    ledger.set_mark(ONE, D(51_000))

    child: LedgerOrder = ledger.order(ledger.order(placed.id).triggered_order_id)
    assert (placed.labels, child.labels) == ({"working": "mark"}, {"working": "mark"})
