"""Orders in trouble: what is wrong is refused before anything leaves, and one failure hides or hinders no other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import (
    Amendment,
    IncomeKind,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Unit,
)
from venuekit.errors import GuardRefused, InvalidArgument, NotFound, Outcome, Rejected
from venuekit.pipeline import Guard
from venuekit.simulator import Answer, Simulation
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.clock import LoopClock
from venuekit_binance_common.income import decode_income
from venuekit_binance_common.order_decoders import decode_trades
from venuekit_binance_common.order_values import Size, fill_of

pytestmark = pytest.mark.looptime
D = Decimal
PRODUCTS = {"binance_usdm": ("ETHUSDT", D("0.1")), "binance_coinm": ("ETHUSD_PERP", D(10))}
REFUSED = {"code": -2012, "msg": "Batch cancel failure."}


@attrs.frozen
class Stage:
    """An account of either product, and an order that rests far from the market."""

    sim: Simulation
    clock: LoopClock
    account: Any
    order: OrderRequest

    @property
    def symbol(self) -> str:
        """What is traded."""
        return self.order.symbol

    @property
    def other(self) -> str:
        """Another symbol."""
        return self.symbol.replace("ETH", "BTC")

    @property
    def stop(self) -> OrderRequest:
        """A conditional order."""
        return attrs.evolve(self.order, type=OrderType.STOP_MARKET, price=None, trigger_price=D(4000))

    @property
    def sent(self) -> list[str]:
        """Return the paths of what was not a read."""
        return [one.path for one in self.sim.requests if one.verb != "GET"]

    @property
    def resting(self) -> set[Book]:
        """Return the books in which an order waits."""
        return {order.book for order in self.sim.ledger.orders(is_open=True)}


@pytest.fixture(params=PRODUCTS)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """An account of either product."""
    venue, (symbol, quantity) = request.param, PRODUCTS[request.param]
    clock = LoopClock()
    wanted = OrderRequest(symbol=symbol, side=OrderSide.BUY, type=OrderType.LIMIT, quantity=quantity, price=D(2000))
    async with (
        venuekit.simulate(venue, scenario="flat", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account,
    ):
        yield Stage(sim, clock, account, wanted)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"position_side": "LONG"}, "no position side"),
        ({"type": "stop"}, "needs a trigger_price"),
        ({"type": "iceberg"}, "not known here"),
        ({"client_id": 5}, "a client id is like"),
        ({"type": OrderType.MARKET, "price": None, "time_in_force": "gtc"}, "takes no time_in_force"),
        ({"reduce_only": True, "position_side": PositionSide.LONG}, "does not reduce the long leg"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_wrong_words_stop_a_whole_batch(stage: Stage, change: dict[str, Any], words: str) -> None:
    """No order of a batch has left when another one of it turns out to be wrong."""
    wrong = attrs.evolve(stage.stop if "position_side" in change else stage.order, **change)
    with pytest.raises(InvalidArgument, match=words) as caught:
        await stage.account.place_orders([stage.order, wrong])
    assert caught.value.outcome is Outcome.NOT_SENT
    assert stage.sent == []


async def test_expiry_is_a_whole_second(stage: Stage) -> None:
    """The venue keeps no fractions of it, and nothing is cut off silently."""
    at = await stage.account.get_server_time() + timedelta(hours=1)
    with pytest.raises(InvalidArgument, match=r"whole second|do not expire"):
        await stage.account.place_order(attrs.evolve(stage.order, expires_at=at.replace(microsecond=1)))


@pytest.mark.parametrize("client_id", ["not good!", ""])
async def test_cancelled_client_ids_are_checked_before_sending(stage: Stage, client_id: str) -> None:
    """Also those of a batch, whose list the venue takes as it comes."""
    with pytest.raises(InvalidArgument, match="a client id is like"):
        await stage.account.cancel_orders(stage.symbol, client_ids=["good", client_id])
    with pytest.raises(InvalidArgument, match="an order id is a number"):
        await stage.account.cancel_order(stage.symbol, order_id=5)
    with pytest.raises(InvalidArgument, match="there is no side"):
        await stage.account.amend_order(stage.symbol, "up", order_id="5", price=D(1))
    assert stage.sent == []


async def test_order_that_is_gone_hinders_no_other_amendment(stage: Stage) -> None:
    """Its place in the results says so; the others are amended."""
    placed = await stage.account.place_order(stage.order)
    changes = [Amendment(symbol=stage.symbol, side=OrderSide.BUY, id=one, price=D(2100)) for one in ("999", placed.id)]
    gone, amended = await stage.account.amend_orders(changes)
    assert isinstance(gone, NotFound)
    assert isinstance(amended, Order)
    assert amended.price == D(2100)
    assert [type(one) for one in await stage.account.amend_orders(changes[:1])] == [NotFound]


@pytest.mark.parametrize("symbol_named", [True, False], ids=["symbol", "all"])
async def test_refused_cancellation_leaves_only_its_own_book(stage: Stage, symbol_named: bool) -> None:
    """What cannot be cancelled keeps nothing else from being cancelled, and is said at the end."""
    await stage.account.place_orders([stage.order, stage.stop])
    stage.sim.disturb(stage.account.venue.id, stage.account.ORDERS.cancel_all, Answer.json(400, REFUSED), times=9)
    with pytest.raises(Rejected, match="Batch cancel failure"):
        await stage.account.cancel_all_orders(stage.symbol if symbol_named else None)
    assert stage.resting == {Book.PLAIN}


async def test_guard_of_symbols_lets_orders_of_them_come_and_go(stage: Stage) -> None:
    """Batches are judged by their items; a conditional order, which is cancelled by its id alone, can be."""
    venue, guard = stage.account.venue.id, Guard(symbols={stage.symbol})
    async with (
        venuekit.Runtime(clock=stage.clock, journal=False) as runtime,
        venuekit.connect(venue, stage.sim.credentials(venue), runtime=runtime, guard=guard) as account,
    ):
        plain, stop = await account.place_orders([stage.order, stage.stop])
        assert (await account.cancel_order(stage.symbol, order_id=stop.id)).status is OrderStatus.CANCELED
        change = Amendment(symbol=stage.symbol, side=OrderSide.BUY, id=plain.id, price=D(2100))
        assert [order.price for order in await account.amend_orders([change])] == [D(2100)]
        await account.place_order(stage.stop)
        assert await account.cancel_all_orders(stage.symbol) == ()
        with pytest.raises(GuardRefused, match="not among the allowed"):
            await account.place_orders([stage.order, attrs.evolve(stage.order, symbol=stage.other)])
    assert stage.resting == set()


async def test_limited_notional_keeps_no_position_open(stage: Stage) -> None:
    """What an order is worth that has no price cannot be told; one that only reduces passes all the same."""
    venue, guard = stage.account.venue.id, Guard(max_notional=D(1000))
    market = attrs.evolve(stage.order, type=OrderType.MARKET, price=None)
    await stage.account.place_order(market)
    async with (
        venuekit.Runtime(clock=stage.clock, journal=False) as runtime,
        venuekit.connect(venue, stage.sim.credentials(venue), runtime=runtime, guard=guard) as account,
    ):
        with pytest.raises(GuardRefused, match="cannot be told"):
            await account.place_order(market)
        close = attrs.evolve(market, side=OrderSide.SELL, reduce_only=True)
        assert (await account.place_order(close)).status is OrderStatus.FILLED


async def test_reduction_of_a_leg(stage: Stage) -> None:
    """In hedge mode the venue refuses the flag; the closing side says as much, to a halted account, too."""
    await stage.account.set_position_mode(PositionMode.HEDGE)
    market = attrs.evolve(stage.order, type=OrderType.MARKET, price=None, position_side=PositionSide.LONG)
    await stage.account.place_order(market)
    stage.account.halt()
    close = attrs.evolve(market, side=OrderSide.SELL, reduce_only=True)
    assert (await stage.account.place_order(close)).status is OrderStatus.FILLED
    assert "reduceOnly" not in stage.sim.requests[-1].parameters
    with pytest.raises(GuardRefused):
        await stage.account.place_order(market)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), "30", True], ids=str)
async def test_countdown_is_a_number_of_seconds(stage: Stage, seconds: Any) -> None:
    """Anything else is refused before sending."""
    with pytest.raises(InvalidArgument, match="at least a millisecond"):
        await stage.account.set_countdown(stage.symbol, seconds)
    assert stage.sent == []


async def test_trades_behind_one_from_before_the_stretch(stage: Stage) -> None:
    """Resuming never reaches back behind the beginning that was asked for."""
    for _ in range(4):
        stage.sim.ledger.fill(stage.symbol, Side.BUY, stage.order.quantity, stage.sim.ledger.mark(stage.symbol))
        await stage.account.pause(60)
    fills = await stage.account.iter_trades(stage.symbol).all()
    resumed = await stage.account.iter_trades(stage.symbol, start=fills[2].time, after=fills[0]).all()
    assert [fill.id for fill in resumed] == [fill.id for fill in fills[2:]]


async def test_words_of_histories(stage: Stage) -> None:
    """A kind may be named by its word; an unknown one and an instant without a zone are refused, not searched for."""
    stage.sim.ledger.fill(stage.symbol, Side.BUY, stage.order.quantity, stage.sim.ledger.mark(stage.symbol))
    (fee,) = await stage.account.iter_income(kind="commission").all()
    assert fee.kind is IncomeKind.COMMISSION
    with pytest.raises(InvalidArgument, match="there is no kind"):
        stage.account.iter_income(kind="gift")
    aware = await stage.account.get_server_time()
    with pytest.raises(InvalidArgument, match="no time zone"):
        await stage.account.iter_orders(stage.symbol, start=datetime(2025, 6, 1), end=aware).all()  # noqa: DTZ001


@pytest.mark.parametrize("nothing", ['""', "null"])
@pytest.mark.parametrize("name", ["commission", "realizedPnl", "commissionAsset"])
def test_nothing_in_a_row(name: str, nothing: str) -> None:
    """Empty text and null both say that there is nothing, wherever a row may lack something."""
    row = {"symbol": "A", "id": 1, "orderId": 2, "side": "BUY", "price": "1", "qty": "2", "time": 3}
    body = f'[{json.dumps(row)[:-1]}, "{name}": {nothing}}}]'.encode()
    fill = fill_of(decode_trades(body)[0], Size(D(1), Unit.BASE))
    assert getattr(fill, {"realizedPnl": "realized_pnl", "commissionAsset": "commission_asset"}.get(name, name)) is None


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_in_a_movement(nothing: str | None) -> None:
    """A movement without a symbol, trade or words is read whichever way the venue leaves them out."""
    row = {"incomeType": "TRANSFER", "income": "1", "asset": "USDT", "time": 1, "tranId": 2}
    (found,) = decode_income(json.dumps([{**row, "symbol": nothing, "tradeId": nothing, "info": nothing}]).encode())
    assert not any((found.symbol, found.trade_id, found.info))
