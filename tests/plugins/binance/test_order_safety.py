"""Orders in trouble: what is wrong is refused before anything leaves, and one failure hides or hinders no other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage, leaping

import venuekit
from venuekit.capabilities import (
    Amendment,
    IncomeKind,
    MarginType,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    TimeInForce,
)
from venuekit.errors import Fenced, GuardRefused, InvalidArgument, NotFound, Outcome, OutcomeUnknown, Rejected
from venuekit.pipeline import Guard
from venuekit.simulator import ApplyLater, CannedAnswer
from venuekit.simulator.ledger import Book, Side
from venuekit.testing.clocks import LoopClock
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.orders.rows import plain_rows
from venuekit_binance_common.wallet import INCOME

pytestmark = pytest.mark.looptime
D = Decimal
PRODUCTS = ("binance_usdm", "binance_coinm")
REFUSED = {"code": -2012, "msg": "Batch cancel failure."}


@attrs.frozen
class Stage(LeapingStage):
    """An account of either product, and an order that rests far from the market."""

    @property
    def order(self) -> OrderRequest:
        """An order that rests."""
        return self.bid()

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
    async with leaping(request.param, "flat") as (sim, account):
        yield Stage(sim, account)


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
    """The venue keeps no fractions of it, and nothing is cut off silently; one product has no such orders."""
    at = await stage.account.get_server_time() + timedelta(hours=1)
    words = "whole second" if stage.account.venue.id == "binance_usdm" else "orders do not expire here"
    with pytest.raises(InvalidArgument, match=words):
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
    changes = [
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=one, price=D(2100)) for one in ("999", placed.id)
    ]
    gone, amended = await stage.account.amend_orders(changes)
    assert isinstance(gone, NotFound)
    assert isinstance(amended, Order)
    assert amended.price == D(2100)
    assert [type(one) for one in await stage.account.amend_orders(changes[:1])] == [NotFound]


@pytest.mark.parametrize("symbol_named", [True, False], ids=["symbol", "all"])
async def test_refused_cancellation_leaves_only_its_own_book(stage: Stage, symbol_named: bool) -> None:
    """What cannot be cancelled keeps nothing else from being cancelled, and is said at the end."""
    await stage.account.place_orders([stage.order, stage.stop])
    stage.sim.disturb(
        stage.account.venue.id, stage.account.endpoints.ORDERS.cancel_all, CannedAnswer.json(400, REFUSED), times=9
    )
    with pytest.raises(Rejected, match="Batch cancel failure"):
        await stage.account.cancel_all_orders(symbol=stage.symbol if symbol_named else None)
    assert stage.resting == {Book.PLAIN}


async def test_guard_of_symbols_lets_orders_of_them_come_and_go(stage: Stage) -> None:
    """Batches are judged by their items; a conditional order, which is cancelled by its id alone, can be."""
    venue, guard = stage.account.venue.id, Guard(symbols={stage.symbol})
    async with (
        venuekit.Runtime(clock=LoopClock(), journal=False) as runtime,
        venuekit.connect(venue, stage.sim.credentials(venue), runtime=runtime, guard=guard) as account,
    ):
        plain, stop = await account.place_orders([stage.order, stage.stop])
        assert (await account.cancel_order(stage.symbol, order_id=stop.id)).status is OrderStatus.CANCELED
        change = Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=plain.id, price=D(2100))
        assert [order.price for order in await account.amend_orders([change])] == [D(2100)]
        await account.place_order(stage.stop)
        assert await account.cancel_all_orders(symbol=stage.symbol) == ()
        with pytest.raises(GuardRefused, match="not among the allowed"):
            await account.place_orders([stage.order, attrs.evolve(stage.order, symbol=stage.other)])
    assert stage.resting == set()


async def test_limited_notional_keeps_no_position_open(stage: Stage) -> None:
    """Without a price it can be told of contracts of the quote asset alone; what only reduces is not limited."""
    venue, guard = stage.account.venue.id, Guard(max_notional=D(99))
    market = attrs.evolve(stage.order, type=OrderType.MARKET, price=None)
    await stage.account.place_order(market)
    async with (
        venuekit.Runtime(clock=LoopClock(), journal=False) as runtime,
        venuekit.connect(venue, stage.sim.credentials(venue), runtime=runtime, guard=guard) as account,
    ):
        untold = "above 99" if venue == "binance_coinm" else "is unknown"
        with pytest.raises(GuardRefused, match=untold):
            await account.place_order(market)
        close = attrs.evolve(market, side=OrderSide.SELL, reduce_only=True)
        assert (await account.place_order(close)).status is OrderStatus.FILLED


async def test_limited_notional_of_every_request(stage: Stage) -> None:
    """Orders of either book, amendments and batches are told what a contract is worth, which does not travel."""
    venue, guard = stage.account.venue.id, Guard(max_notional=D(450))
    large = attrs.evolve(stage.order, quantity=stage.quantity * 10)
    async with (
        venuekit.Runtime(clock=LoopClock(), journal=False) as runtime,
        venuekit.connect(venue, stage.sim.credentials(venue), runtime=runtime, guard=guard) as account,
    ):
        (placed,) = await account.place_orders([stage.order])
        await account.place_order(stage.stop)
        change = Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=placed.id, price=D(2100))
        (amended,) = await account.amend_orders([change])
        before = len(stage.sent)
        calls = [
            account.place_order(large),
            account.place_order(attrs.evolve(stage.stop, quantity=large.quantity)),
            account.place_orders([stage.order, large]),
            account.amend_order(stage.symbol, OrderSide.BUY, order_id=amended.id, quantity=large.quantity),
            account.amend_orders([change, attrs.evolve(change, quantity=large.quantity)]),
        ]
        for call in calls:
            with pytest.raises(GuardRefused, match="is above 450"):
                await call
    assert len(stage.sent) == before
    assert not any("contractSize" in name for one in stage.sim.requests for name in one.parameters)


async def test_a_lost_cancel_of_everything_ends_no_later_order(stage: Stage) -> None:
    """While its first attempt may still arrive no order of the symbol is sent; one that may wait is, and stays."""
    account, orders = stage.account, stage.account.endpoints.ORDERS
    await account.place_order(stage.order)
    stage.sim.disturb(account.venue.id, orders.cancel_all, ApplyLater(3))
    assert await account.cancel_all_orders(symbol=stage.symbol) == ()
    for call in (
        account.place_order(stage.order),
        account.place_order(stage.stop),
        account.place_orders([attrs.evolve(stage.order, symbol=stage.other, price=D(60_000)), stage.order]),
    ):
        with pytest.raises(Fenced, match="may still arrive") as caught:
            await call
        assert caught.value.outcome is Outcome.NOT_SENT
    other = attrs.evolve(stage.order, symbol=stage.other, quantity=stage.quantity / 10, price=D(60_000))
    placed = [await account.place_order(other), await account.with_options(max_wait=10).place_order(stage.order)]
    await account.pause(10)
    assert {order.id for order in stage.sim.ledger.open_orders()} == {order.id for order in placed}


async def test_cancelling_everything_is_as_urgent_as_an_order(stage: Stage) -> None:
    """What it reads may spend the last of a pool, for which other reads wait."""
    await stage.account.place_order(stage.order)
    for _ in range(23):
        await stage.account.get_open_orders()
    before = stage.account.monotonic()
    assert await stage.account.cancel_all_orders() == ()
    assert stage.account.monotonic() - before < 1
    await stage.account.with_options(max_wait=100).get_open_orders()
    assert stage.account.monotonic() - before > 10


@pytest.mark.parametrize("code", [-1007, -1008])
async def test_item_of_which_the_venue_does_not_know(stage: Stage, code: int) -> None:
    """Such an order is looked for by its client id: it is found, or its outcome is unknown and can be settled later."""
    said = {"code": code, "msg": "Send status unknown; execution status unknown."}
    answer = [said, {"code": "-2019", "msg": "Margin is insufficient."}]
    for executed in (True, False):
        stage.sim.disturb(
            stage.account.venue.id,
            stage.account.endpoints.ORDERS.place_batch,
            CannedAnswer.json(200, answer, applied=executed),
        )
        one, refused = await stage.account.place_orders([stage.order, stage.order])
        assert isinstance(refused, Rejected)
        if executed:
            assert stage.sim.ledger.order(one.id).client_id == one.client_id
        else:
            assert isinstance(one, OutcomeUnknown)
            assert (one.code, one.outcome, "refused" in str(one)) == (code, Outcome.UNKNOWN, False)
            with pytest.raises(OutcomeUnknown):
                await one.resolve()
            late = stage.ledger.rest_order(stage.symbol, Side.BUY, stage.quantity, D(2000), client_id=one.client_id)
            assert (await one.resolve()).id == late


async def test_changed_item_of_which_the_venue_does_not_know(stage: Stage) -> None:
    """An amendment or a cancellation like that is read: it is as was asked, or its outcome is unknown."""
    venue, orders = stage.account.venue.id, stage.account.endpoints.ORDERS
    answer = [{"code": -1007, "msg": "Send status unknown; execution status unknown."}]
    placed = await stage.account.place_order(stage.order)
    change = Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=placed.id, price=D(2100))
    for executed in (False, True):
        for endpoint in (orders.amend_batch, orders.cancel_batch):
            stage.sim.disturb(venue, endpoint, CannedAnswer.json(200, answer, applied=executed))
        (amended,) = await stage.account.amend_orders([change])
        (ended,) = await stage.account.cancel_orders(stage.symbol, order_ids=[placed.id])
        if executed:
            assert (amended.price, ended.status) == (D(2100), OrderStatus.CANCELED)
        else:
            assert [type(one) for one in (amended, ended)] == [OutcomeUnknown] * 2


async def test_conditional_orders_are_not_amended(stage: Stage) -> None:
    """Whoever tries is told that, by either id, with one number or both, alone and in a batch."""
    stop = await stage.account.place_order(stage.stop)
    for name in ({"order_id": stop.id}, {"client_id": stop.client_id}):
        for numbers in ({"price": D(2100)}, {"price": D(2100), "quantity": stage.order.quantity}):
            with pytest.raises(Rejected, match="conditional orders cannot be amended") as caught:
                await stage.account.amend_order(stage.symbol, OrderSide.BUY, **name, **numbers)
            assert (caught.value.operation, caught.value.outcome) == ("amend_order", Outcome.NOT_APPLIED)
    change = Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=stop.id, price=D(2100))
    whole = attrs.evolve(change, quantity=stage.order.quantity)
    for refused in await stage.account.amend_orders([change, whole]):
        assert isinstance(refused, Rejected)
        assert "cannot be amended" in str(refused)


async def test_orders_that_expire(stage: Stage) -> None:
    """One product has orders that are good till a date, and of use to retail price improvement alone."""
    if stage.account.venue.id == "binance_coinm":
        for word in (TimeInForce.GTD, TimeInForce.RPI):
            with pytest.raises(InvalidArgument, match="not known here"):
                await stage.account.place_order(attrs.evolve(stage.order, time_in_force=word))
        return
    at = (await stage.account.get_server_time()).replace(microsecond=0) + timedelta(hours=1)
    await stage.account.place_order(attrs.evolve(stage.order, expires_at=at))
    (placed,) = await stage.account.iter_orders(symbol=stage.symbol).all()
    assert (placed.time_in_force, placed.expires_at) == (TimeInForce.GTD, at)
    await stage.account.pause(3700)
    assert stage.resting == set()
    improving = attrs.evolve(stage.order, time_in_force=TimeInForce.RPI)
    assert (await stage.account.place_order(improving)).time_in_force is TimeInForce.RPI


async def test_forced_orders_behind_one_seen_before(stage: Stage) -> None:
    """A walk of them goes on behind any of them."""
    ledger = stage.sim.ledger
    for _ in range(3):
        ledger.fill(stage.symbol, Side.BUY, stage.quantity, ledger.mark(stage.symbol))
        ledger.deleverage(stage.symbol)
        await stage.account.pause(3 * 86_400)
    forced = await stage.account.iter_forced_orders(symbol=stage.symbol).all()
    assert len(forced) == 3
    for index, one in enumerate(forced):
        rest = await stage.account.iter_forced_orders(symbol=stage.symbol, after=one).all()
        assert [order.id for order in rest] == [order.id for order in forced[index + 1 :]]


async def test_margin_that_was_added_can_be_taken_out(stage: Stage) -> None:
    """All of it, while the price stands still: an initial margin that is cut off asks for no more than it is."""
    await stage.account.set_margin_type(stage.symbol, MarginType.ISOLATED)
    stage.sim.ledger.fill(stage.symbol, Side.BUY, stage.quantity, stage.sim.ledger.mark(stage.symbol))
    await stage.account.add_margin(stage.symbol, D("0.01"))
    with pytest.raises(Rejected) as caught:
        await stage.account.reduce_margin(stage.symbol, D("0.01000001"))
    assert caught.value.code == -4051
    assert (await stage.account.reduce_margin(stage.symbol, D("0.01"))).amount == D("-0.01")


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
        stage.sim.ledger.fill(stage.symbol, Side.BUY, stage.quantity, stage.sim.ledger.mark(stage.symbol))
        await stage.account.pause(60)
    fills = await stage.account.iter_fills(stage.symbol).all()
    resumed = await stage.account.iter_fills(stage.symbol, start=fills[2].time, after=fills[0]).all()
    assert [fill.id for fill in resumed] == [fill.id for fill in fills[2:]]


async def test_words_of_histories(stage: Stage) -> None:
    """A kind may be named by its word; an unknown one and an instant without a zone are refused, not searched for."""
    stage.sim.ledger.fill(stage.symbol, Side.BUY, stage.quantity, stage.sim.ledger.mark(stage.symbol))
    (fee,) = await stage.account.iter_income(kind="commission").all()
    assert fee.kind is IncomeKind.COMMISSION
    with pytest.raises(InvalidArgument, match="there is no kind"):
        stage.account.iter_income(kind="gift")
    aware = await stage.account.get_server_time()
    with pytest.raises(InvalidArgument, match="no time zone"):
        await stage.account.iter_orders(symbol=stage.symbol, start=datetime(2025, 6, 1), end=aware).all()  # noqa: DTZ001


@pytest.mark.parametrize("nothing", ['""', "null"])
@pytest.mark.parametrize("name", ["commission", "realizedPnl", "commissionAsset"])
def test_nothing_in_a_row(name: str, nothing: str) -> None:
    """Empty text and null both say that there is nothing, wherever a row may lack something."""
    row = {"symbol": "A", "id": 1, "orderId": 2, "side": "BUY", "price": "1", "qty": "2", "time": 3}
    body = f'[{json.dumps(row)[:-1]}, "{name}": {nothing}}}]'.encode()
    fill = plain_rows(in_base=True).fills.read_all(body)[0]
    assert getattr(fill, {"realizedPnl": "realized_pnl", "commissionAsset": "commission_asset"}.get(name, name)) is None


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_in_a_movement(nothing: str | None) -> None:
    """A movement without a symbol, trade or words is read whichever way the venue leaves them out."""
    row = {"incomeType": "TRANSFER", "income": "1", "asset": "USDT", "time": 1, "tranId": 2}
    (found,) = INCOME.read_all(json.dumps([{**row, "symbol": nothing, "tradeId": nothing, "info": nothing}]).encode())
    assert not any((found.symbol, found.trade_id, found.info))


@pytest.mark.parametrize(("word", "name"), [("LONG", "LONG"), ("SIDEWAYS", "OTHER")])
def test_unknown_sides_stay_readable(word: str, name: str) -> None:
    """A leg that nobody knows keeps the venue's word."""
    assert (POSITION_SIDES[word].name, str(POSITION_SIDES[word]).upper()) == (name, word)
    row = {"symbol": "A", "id": 1, "orderId": 2, "side": "BUY", "price": "1", "qty": "2", "time": 3}
    body = json.dumps([{**row, "positionSide": word}]).encode()
    assert plain_rows(in_base=True).fills.read_all(body)[0].position_side == POSITION_SIDES[word]
