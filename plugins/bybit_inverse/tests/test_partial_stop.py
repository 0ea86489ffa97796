"""Adding stops of a part of a position through an account, also where the answer is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest

from venuekit import Runtime
from venuekit.capabilities import OrderStatus, OrderType, PartialStop, PositionSide, WorkingPrice
from venuekit.errors import GuardRefused, InvalidArgument, InvalidRequest, NotExecuted, OutcomeUnknown
from venuekit.simulator import CannedAnswer, DropAfter, DropBefore, Simulation
from venuekit.simulator.ledger import Side
from venuekit.testing import InstantClock
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Arrivals = Callable[[str], list[str]]


@pytest.fixture
def mark(sim: Simulation) -> Decimal:
    """The mark of the long position that the scenario holds."""
    return sim.ledger.mark("BTCUSD")


@pytest.fixture
def clock() -> InstantClock:
    """A clock that does not wait, so that the proof of an absence takes no time."""
    return InstantClock()


@pytest.fixture
async def sim(clock: InstantClock) -> AsyncIterator[Simulation]:
    """Bybit on this machine, at that clock."""
    async with Simulation((BYBIT_INVERSE,), clock=clock) as simulation:
        yield simulation


@pytest.fixture
async def account(sim: Simulation, clock: InstantClock) -> AsyncIterator[BybitInverseAccount]:
    """An account at the same clock."""
    async with Runtime(clock=clock, journal=False) as runtime:
        opened = await runtime.open(BYBIT_INVERSE, sim.credentials(VENUE))
        yield opened


def _stop_row(trigger: Decimal, quantity: str, **more: str) -> dict[str, str]:
    """Return the row of a stop-loss of a part of a position."""
    words = {"orderId": "stranger", "symbol": "BTCUSD", "side": "Sell", "orderType": "Market", "orderStatus": "New"}
    return {**words, "stopOrderType": "PartialStopLoss", "qty": quantity, "triggerPrice": str(trigger), **more}


async def test_parts_are_added_one_beside_the_other(account: BybitInverseAccount, mark: Decimal) -> None:
    """Each call adds its own, by the market or a limit order, and the position shows none of them."""
    first = await account.add_partial_stop("BTCUSD", D(1000), take_profit=mark + 1000, stop_loss=mark - 1000)
    second = await account.add_partial_stop(
        "BTCUSD",
        D(2000),
        take_profit=mark + 1000,
        take_profit_limit=mark + 900,
        take_profit_working_price=WorkingPrice.INDEX,
    )
    orders = await account.get_open_orders(symbol="BTCUSD")
    position = await account.get_position("BTCUSD")
    assert first == PartialStop("BTCUSD", PositionSide.BOTH, D(1000), mark + 1000, mark - 1000)
    assert (second.quantity, second.take_profit_limit, second.take_profit_working_price) == (2000, mark + 900, "index")
    assert {
        (order.type, order.quantity, order.trigger_price, order.price, order.working_price) for order in orders
    } == {
        (OrderType.TAKE_PROFIT_MARKET, 1000, mark + 1000, None, WorkingPrice.LAST),
        (OrderType.STOP_MARKET, 1000, mark - 1000, None, WorkingPrice.LAST),
        (OrderType.TAKE_PROFIT, 2000, mark + 1000, mark + 900, WorkingPrice.INDEX),
    }
    assert (position.take_profit, position.stop_loss) == (None, None)


async def test_a_part_is_closed_and_removed(account: BybitInverseAccount, sim: Simulation, mark: Decimal) -> None:
    """Its trigger closes as much as it says, and one that is cancelled by its id closes nothing."""
    before = sim.ledger.position("BTCUSD").quantity
    await account.add_partial_stop("BTCUSD", D(1000), stop_loss=mark - 1000)
    await account.add_partial_stop("BTCUSD", D(3000), stop_loss=mark - 1000)
    (unwanted,) = [order for order in await account.get_open_orders(symbol="BTCUSD") if order.quantity == 3000]
    ended = await account.cancel_order("BTCUSD", order_id=unwanted.id)

    sim.ledger.set_mark("BTCUSD", mark - 1000)

    assert ended.status is OrderStatus.CANCELED
    assert sim.ledger.position("BTCUSD").quantity == before - 1000


async def test_a_lost_answer_is_found_out_about_by_the_orders(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal, arrivals: Arrivals
) -> None:
    """Both stops are there that were not there before; the request is not sent again."""
    await account.add_partial_stop("BTCUSD", D(1000), stop_loss=mark - 1000)
    sim.disturb(VENUE, BYBIT.ADD_PARTIAL_STOP, DropAfter())
    stops: dict[str, Any] = {"take_profit": mark + 1000, "stop_loss": mark - 1000, "stop_loss_limit": mark - 1100}
    added = await account.add_partial_stop("BTCUSD", D(1000), **stops, stop_loss_working_price=WorkingPrice.MARK)
    assert (added.take_profit, added.stop_loss) == (mark + 1000, mark - 1000)
    assert len(await account.get_open_orders(symbol="BTCUSD")) == 3
    assert len(arrivals(BYBIT.ADD_PARTIAL_STOP.path)) == 2


async def test_a_stop_that_has_triggered_meanwhile_is_found(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal
) -> None:
    """It is in the history of orders, and open no more."""
    nothing: dict[str, Any] = {"retCode": 0, "result": {"list": []}}
    ended = {"retCode": 0, "result": {"list": [_stop_row(mark - 1000, "1000", orderStatus="Filled")]}}
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, CannedAnswer.json(200, nothing), times=2)
    sim.disturb(VENUE, BYBIT.ORDER_HISTORY, CannedAnswer.json(200, ended))
    sim.disturb(VENUE, BYBIT.ADD_PARTIAL_STOP, DropAfter())
    added = await account.add_partial_stop("BTCUSD", D(1000), stop_loss=mark - 1000)
    assert added.quantity == 1000


async def test_a_request_that_did_not_arrive_is_proven_absent(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal, arrivals: Arrivals
) -> None:
    """Nothing is added, and nothing is sent a second time."""
    sim.disturb(VENUE, BYBIT.ADD_PARTIAL_STOP, DropBefore())
    with pytest.raises(NotExecuted, match="no stop of a part of the position is there that was not there before"):
        await account.add_partial_stop("BTCUSD", D(1000), stop_loss=mark - 1000)
    assert not sim.ledger.open_orders("BTCUSD")
    assert len(arrivals(BYBIT.ADD_PARTIAL_STOP.path)) <= 1


async def test_another_new_stop_leaves_the_outcome_unknown(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal
) -> None:
    """Somebody else has added one at the same time, and no id tells them apart."""
    nothing: dict[str, Any] = {"retCode": 0, "result": {"list": []}}
    one: dict[str, Any] = {"retCode": 0, "result": {"list": [_stop_row(mark - 1000, "7")]}}
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, CannedAnswer.json(200, nothing))
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, CannedAnswer.json(200, one), times=20)
    sim.disturb(VENUE, BYBIT.ADD_PARTIAL_STOP, DropBefore())
    with pytest.raises(OutcomeUnknown, match="1 new stops of parts of the position are there, and 1 others were asked"):
        await account.add_partial_stop("BTCUSD", D(1000), stop_loss=mark - 1000)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"quantity": D(1)}, "give take_profit, stop_loss or both"),
        ({"quantity": None, "stop_loss": D(1)}, "quantity must be a Decimal above 0, not None"),
        ({"quantity": D(0), "stop_loss": D(1)}, "quantity must be a Decimal above 0, not Decimal"),
        ({"quantity": D("0.5"), "stop_loss": D(1)}, "quantity 0.5 is not a multiple of 1; it is never rounded here"),
        ({"quantity": D(1), "stop_loss": D(0)}, "stop_loss must be a Decimal above 0, not Decimal"),
        ({"quantity": D(1), "take_profit": 99999.5}, "take_profit must be a Decimal above 0, not 99999.5"),
        ({"quantity": D(1), "stop_loss": D("1.01")}, "stop_loss 1.01 is not a multiple of 0.10"),
        ({"quantity": D(1), "stop_loss": D(1), "stop_loss_limit": D("1.01")}, "stop_loss_limit 1.01 is not a multiple"),
        (
            {"quantity": D(1), "stop_loss": D(1), "take_profit_limit": D(9)},
            "take_profit_limit needs a take_profit",
        ),
        (
            {"quantity": D(1), "stop_loss": D(1), "take_profit_working_price": WorkingPrice.MARK},
            "take_profit_working_price needs a take_profit above 0 beside it",
        ),
        ({"quantity": D(1), "stop_loss": D(1), "stop_loss_working_price": WorkingPrice("moon")}, "is not known here"),
        ({"quantity": D(1), "stop_loss": D(1), "side": PositionSide.LONG}, "a position in one-way mode has no side"),
    ],
)
async def test_a_stop_that_does_not_fit_is_refused_before_sending(
    account: BybitInverseAccount, arrivals: Arrivals, arguments: dict[str, Any], words: str
) -> None:
    """The error says which term, and why."""
    with pytest.raises(InvalidArgument, match=words):
        await account.add_partial_stop("BTCUSD", **arguments)
    assert arrivals(BYBIT.ADD_PARTIAL_STOP.path) == []


@pytest.mark.parametrize(
    ("symbol", "quantity", "words"),
    [("ETHUSD", D(1), "zero position"), ("BTCUSD", D(16_000_001), "larger than the position")],
)
async def test_a_part_that_there_is_not_is_refused_by_the_venue(
    account: BybitInverseAccount, sim: Simulation, symbol: str, quantity: Decimal, words: str
) -> None:
    """The venue's words are in the error, and nothing is added."""
    with pytest.raises(InvalidRequest, match=words):
        await account.add_partial_stop(symbol, quantity, stop_loss=sim.ledger.mark(symbol).quantize(D(1)) // 2)
    assert not sim.ledger.open_orders(symbol)


async def test_parts_end_with_the_position(account: BybitInverseAccount, sim: Simulation, mark: Decimal) -> None:
    """The venue cancels them when it is closed."""
    await account.add_partial_stop("BTCUSD", D(1000), stop_loss=mark - 1000)
    sim.ledger.fill("BTCUSD", Side.SELL, sim.ledger.position("BTCUSD").quantity, mark)
    assert await account.get_open_orders(symbol="BTCUSD") == ()


async def test_a_halted_account_adds_none(account: BybitInverseAccount, mark: Decimal) -> None:
    """It is an order like any other."""
    account.halt()
    with pytest.raises(GuardRefused, match="the account is halted"):
        await account.add_partial_stop("BTCUSD", D(1000), stop_loss=mark - 1000)
