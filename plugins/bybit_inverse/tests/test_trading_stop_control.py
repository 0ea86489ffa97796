"""Setting take-profit, stop-loss and trailing stop through an account, also where the answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import OrderType, PositionSide, TradingStopSetting, WorkingPrice
from venuekit.errors import GuardRefused, InvalidArgument, InvalidRequest, OutcomeUnknown
from venuekit.simulator import DropAfter, DropBefore, Simulation
from venuekit.simulator.ledger import Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Arrivals = Callable[[str], list[str]]


@pytest.fixture
def mark(sim: Simulation) -> Decimal:
    """The mark of the long position that the scenario holds."""
    return sim.ledger.mark("BTCUSD")


async def test_stops_are_set_changed_and_removed(account: BybitInverseAccount, mark: Decimal) -> None:
    """A call touches the stops that it names; 0 removes one, and the present value is no change."""
    first = await account.set_trading_stop("BTCUSD", take_profit=mark + 1000, stop_loss=mark - 1000)
    again = await account.set_trading_stop("BTCUSD", take_profit=mark + 1000)
    await account.set_trading_stop("BTCUSD", take_profit=D(0), trailing_stop=D(500))
    position = await account.get_position("BTCUSD")
    assert first == TradingStopSetting("BTCUSD", PositionSide.BOTH, mark + 1000, mark - 1000, None, changed=True)
    assert again.changed is False
    assert (position.take_profit, position.stop_loss, position.trailing_stop) == (None, mark - 1000, D(500))


@pytest.mark.parametrize("loss", [DropBefore(), DropAfter()])
async def test_a_lost_answer_is_found_out_about_by_the_position(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal, loss: Any
) -> None:
    """The stops of its row say whether the request arrived; one that did not is sent again."""
    sim.disturb(VENUE, BYBIT.SET_TRADING_STOP, loss)
    setting = await account.set_trading_stop("BTCUSD", stop_loss=mark - 1000)
    assert setting.stop_loss == (await account.get_position("BTCUSD")).stop_loss == mark - 1000


async def test_a_trigger_watches_the_price_that_is_named(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal, arrivals: Arrivals
) -> None:
    """A stop-loss by the index price is not reached by the mark, and closes the position once the index falls."""
    setting = await account.set_trading_stop(
        "BTCUSD",
        take_profit=mark + 1000,
        stop_loss=mark - 1000,
        take_profit_working_price=WorkingPrice.MARK,
        stop_loss_working_price=WorkingPrice.INDEX,
    )
    orders = {order.type: order for order in await account.get_open_orders(symbol="BTCUSD")}
    assert (setting.take_profit_working_price, setting.stop_loss_working_price) == ("mark", "index")
    assert orders[OrderType.TAKE_PROFIT_MARKET].working_price is WorkingPrice.MARK
    assert orders[OrderType.STOP_MARKET].working_price is WorkingPrice.INDEX
    assert '"slTriggerBy":"IndexPrice"' in arrivals(BYBIT.SET_TRADING_STOP.path)[0]

    sim.ledger.set_mark("BTCUSD", mark - 1500)
    assert sim.ledger.position("BTCUSD").quantity
    sim.ledger.move_prices({}, {"BTCUSD": mark - 1000})
    assert not sim.ledger.position("BTCUSD").quantity


async def test_a_stop_comes_to_watch_another_price(account: BybitInverseAccount, mark: Decimal) -> None:
    """The same price with another kind is a change, and the same kind again is none."""
    kinds = [WorkingPrice.MARK, WorkingPrice.INDEX, WorkingPrice.INDEX]
    changes = [
        (await account.set_trading_stop("BTCUSD", stop_loss=mark - 1000, stop_loss_working_price=kind)).changed
        for kind in kinds
    ]
    assert changes == [True, True, False]


async def test_a_trailing_stop_waits_for_its_activation_price(account: BybitInverseAccount, mark: Decimal) -> None:
    """The order shows it, and setting it again is no change."""
    price = mark + 300
    setting = await account.set_trading_stop("BTCUSD", trailing_stop=D(500), activation_price=price)
    again = await account.set_trading_stop("BTCUSD", trailing_stop=D(500), activation_price=price)
    (order,) = await account.get_open_orders(symbol="BTCUSD")
    assert (setting.trailing_stop, setting.activation_price, again.changed) == (D(500), mark + 300, False)
    assert (order.type, order.activation_price) == (OrderType.TRAILING_STOP_MARKET, mark + 300)
    assert order.trigger_price is None


@pytest.mark.parametrize("loss", [DropBefore(), DropAfter()])
async def test_a_lost_term_is_found_out_about_by_the_orders(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal, loss: Any
) -> None:
    """The price that a trigger watches, and the one that activates a trailing stop, are in no position's row."""
    await account.set_trading_stop("BTCUSD", stop_loss=mark - 1000)
    sim.disturb(VENUE, BYBIT.SET_TRADING_STOP, loss)
    await account.set_trading_stop(
        "BTCUSD",
        stop_loss=mark - 1000,
        stop_loss_working_price=WorkingPrice.MARK,
        trailing_stop=D(500),
        activation_price=mark + 300,
    )
    orders = {order.type: order for order in await account.get_open_orders(symbol="BTCUSD")}
    assert orders[OrderType.STOP_MARKET].working_price is WorkingPrice.MARK
    assert orders[OrderType.TRAILING_STOP_MARKET].activation_price == mark + 300


async def test_stops_of_a_position_that_is_gone_are_not_taken_for_set(
    account: BybitInverseAccount, sim: Simulation, mark: Decimal
) -> None:
    """Once the position was closed while the answer was lost, nothing says that its stops hold."""
    quantity = sim.ledger.position("BTCUSD").quantity
    sim.ledger.fill("BTCUSD", Side.SELL, quantity, mark)
    sim.disturb(VENUE, BYBIT.SET_TRADING_STOP, DropAfter())
    with pytest.raises((InvalidRequest, OutcomeUnknown)):
        await account.set_trading_stop("BTCUSD", stop_loss=D(0))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "give at least one of take_profit, stop_loss and trailing_stop"),
        ({"take_profit": D(-1)}, "take_profit must be a Decimal above 0, or 0 to remove it, not Decimal"),
        ({"stop_loss": 70000.5}, "stop_loss must be a Decimal above 0, or 0 to remove it, not 70000.5"),
        ({"take_profit": D("99999.123")}, "take_profit 99999.123 is not a multiple of 0.10; it is never rounded"),
        (
            {"stop_loss": D(1), "stop_loss_working_price": WorkingPrice("moon")},
            "'moon'.* is not known here",
        ),
        ({"stop_loss": D(0), "stop_loss_working_price": WorkingPrice.MARK}, "needs a stop_loss above 0 beside it"),
        ({"stop_loss": D(1), "take_profit_working_price": WorkingPrice.MARK}, "needs a take_profit above 0 beside it"),
        ({"stop_loss": D(1), "activation_price": D(2)}, "activation_price needs a trailing_stop above 0 beside it"),
        ({"trailing_stop": D(1), "activation_price": D(0)}, "activation_price must be a Decimal above 0, not Decimal"),
        ({"trailing_stop": D(1), "activation_price": D("0.01")}, "activation_price 0.01 is not a multiple of 0.10"),
        ({"stop_loss": D(1), "side": PositionSide.LONG}, "a position in one-way mode has no side long"),
    ],
)
async def test_a_stop_that_does_not_fit_is_refused_before_sending(
    account: BybitInverseAccount, arrivals: Arrivals, arguments: dict[str, Any], words: str
) -> None:
    """The error says which one, and why."""
    with pytest.raises(InvalidArgument, match=words):
        await account.set_trading_stop("BTCUSD", **arguments)
    assert arrivals(BYBIT.SET_TRADING_STOP.path) == []


async def test_a_price_that_is_reached_already_is_refused_by_the_venue(
    account: BybitInverseAccount, mark: Decimal
) -> None:
    """The venue's words are in the error."""
    with pytest.raises(InvalidRequest, match=r"TakeProfit:.* set for Buy position should be higher than base_price"):
        await account.set_trading_stop("BTCUSD", take_profit=mark - 1000)


async def test_a_halted_account_sets_none(account: BybitInverseAccount) -> None:
    """Removing a stop-loss opens a risk."""
    account.halt()
    with pytest.raises(GuardRefused, match="the account is halted"):
        await account.set_trading_stop("BTCUSD", stop_loss=D(0))
