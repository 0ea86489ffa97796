"""Closing positions: of which leg, how much, in which orders; what a report says, and what is refused."""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.closing.closing_stage import HELD, modes, opened
from tests.plugins.stages import PRICE, VENUES

import venuekit
from venuekit.capabilities import OrderSide, OrderStatus, PositionSide
from venuekit.cli.close_reports import status_of_legs
from venuekit.cli.errors import Status
from venuekit.errors import (
    AnswerLost,
    GuardRefused,
    InvalidArgument,
    InvalidRequest,
    NotExecuted,
    Outcome,
    OutcomeUnknown,
)
from venuekit.pipeline import Guard
from venuekit.simulator import ApplyLater, Delay, DropBefore, Market, Reject, SecondActor
from venuekit.simulator.ledger import Reason, Side

pytestmark = pytest.mark.looptime
D = Decimal
HEDGED = (("binance_usdm", True), ("binance_coinm", True))
hedged = pytest.mark.parametrize(("venue", "is_hedge"), HEDGED, ids=[venue for venue, _ in HEDGED])
every_venue = pytest.mark.parametrize("venue", VENUES)


@modes
async def test_two_calls_at_once_close_once(venue: str, is_hedge: bool) -> None:
    """Each has a report, and the position is closed by one order of each leg."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        first, second = await asyncio.gather(
            stage.account.flatten(stage.symbol), stage.account.with_options(max_wait=5).flatten(all=True)
        )

        assert first.is_flat, str(first)
        assert second.is_flat, str(second)
        assert sorted(len(one.orders) for one in (first, second)) == [0, len(stage.legs)]
        assert len(stage.market_orders()) == len(stage.legs)


@every_venue
async def test_a_call_that_gets_no_turn(venue: str) -> None:
    """Where an earlier call lasts longer, the later one sends nothing, and reports what it has read."""
    async with opened(venue) as stage:
        stage.disturb(stage.placing, DropBefore())
        first = asyncio.create_task(stage.account.flatten(stage.symbol))
        await stage.account.pause(0.5)

        second = await stage.account.flatten(stage.symbol, deadline=2)

        assert [one.quantity for one in second.positions or ()] == [HELD * stage.quantity]
        assert second.doubt == "another closing of these symbols was still under way"
        assert second.orders == ()
        assert (await first).is_flat


@modes
async def test_a_report(venue: str, is_hedge: bool) -> None:
    """It has the orders, what was closed of each leg and at which price."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        held = stage.quantities()

        report = await stage.account.flatten(stage.symbol)

        assert [leg.held for leg in report.legs] == held
        assert [leg.closed for leg in report.legs] == [abs(one) for one in held]
        assert {leg.average_price for leg in report.legs} == {stage.ledger.mark(stage.symbol)}
        assert [leg.why_left for leg in report.legs] == [None] * len(held)
        assert {order.status for order in report.orders} == {OrderStatus.FILLED}
        assert len({order.client_id for order in report.orders}) == len(report.orders)
        assert str(report) == "flat"


@modes
async def test_a_maker_that_lost_an_opening_order(venue: str, is_hedge: bool) -> None:
    """An opening order that arrives during the call is closed or cancelled, and flat is said only after its fence."""
    for price in (None, 2000):
        async with opened(venue, is_hedge=is_hedge) as stage:
            leg = {"position_side": stage.legs[0]} if is_hedge else {}
            bid = stage.bid(price=price, **leg) if price else stage.market(**leg)
            stage.disturb(stage.placing, ApplyLater(4))
            lost = asyncio.create_task(stage.account.place_order(bid))
            await stage.account.pause(0.1)
            began = stage.account.monotonic()

            report = await stage.account.flatten(stage.symbol)

            assert report.is_flat, str(report)
            assert stage.account.monotonic() - began > 3
            await stage.check(report)
            await asyncio.wait([lost])
            lost.exception()


@modes
async def test_a_lost_opening_order_is_told_where_the_time_is_short(venue: str, is_hedge: bool) -> None:
    """An order that may still arrive is not flat, and the report says until when."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        leg = {"position_side": stage.legs[0]} if is_hedge else {}
        stage.disturb(stage.placing, DropBefore())
        with pytest.raises(OutcomeUnknown) as unknown:
            await stage.account.with_options(deadline=0.5).place_order(stage.market(**leg))

        report = await stage.account.flatten(stage.symbol, deadline=3)

        assert (report.positions, report.open_orders) == ((), ())
        assert not report.is_flat
        (late,) = report.late
        assert (late.client_id, late.until, late.symbols) == (
            unknown.value.client_id,
            unknown.value.fence,
            (stage.symbol,),
        )
        assert "may still arrive until" in str(report)
        with pytest.raises(NotExecuted):
            await unknown.value.resolve()
        assert (await stage.account.flatten(stage.symbol)).is_flat


@modes
async def test_a_part(venue: str, is_hedge: bool) -> None:
    """A quantity of one leg is closed, and no more of it however its orders fare."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        side = stage.legs[0] if is_hedge else None
        stage.disturb(stage.placing, ApplyLater(3))

        report = await stage.account.close_position(stage.symbol, side=side, quantity=stage.quantity)

        assert stage.quantities()[0] == (HELD - 1) * stage.quantity
        assert [leg.closed for leg in report.legs] == [stage.quantity]
        assert [leg.why_left for leg in report.legs] == [None]
        assert not report.is_flat
        await stage.check(report)
        assert stage.quantities()[0] == (HELD - 1) * stage.quantity


@modes
async def test_two_parts_at_once_are_two(venue: str, is_hedge: bool) -> None:
    """Two calls that each close a part close two parts, one after the other."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        side = stage.legs[0] if is_hedge else None
        part = {"side": side, "quantity": stage.quantity}

        await asyncio.gather(*(stage.account.close_position(stage.symbol, **part) for _ in range(2)))

        assert stage.quantities()[0] == (HELD - 2) * stage.quantity


@modes
async def test_more_than_is_held(venue: str, is_hedge: bool) -> None:
    """A quantity above the position closes the position."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        side = stage.legs[0] if is_hedge else None

        report = await stage.account.close_position(stage.symbol, side=side, quantity=100 * stage.quantity)

        assert [leg.closed for leg in report.legs] == [HELD * stage.quantity]
        assert stage.quantities()[0] == 0


@modes
async def test_at_a_limit(venue: str, is_hedge: bool) -> None:
    """With a price the order rests, reduces only, and is left for later."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        side = stage.legs[0] if is_hedge else None

        report = await stage.account.close_position(stage.symbol, side=side, price=D(4000))

        (order,) = report.orders
        (resting,) = stage.ledger.open_orders(stage.symbol)
        assert (order.id, order.price, resting.only_closes) == (resting.id, 4000, True)
        assert [leg.why_left for leg in report.legs] == [f"order {order.id} rests at its price"]
        assert not report.is_flat


@hedged
async def test_one_leg(venue: str, is_hedge: bool) -> None:
    """One leg is closed and the other stays; a quantity of both at once, or BOTH, is refused."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        close = stage.account.close_position
        with pytest.raises(InvalidArgument, match="name the side"):
            await close(stage.symbol, quantity=stage.quantity)
        with pytest.raises(InvalidArgument, match="name the side long or short"):
            await close(stage.symbol, side=PositionSide.BOTH)

        report = await close(stage.symbol, side=PositionSide.SHORT)

        assert stage.quantities() == [HELD * stage.quantity, 0]
        assert [(leg.side, leg.why_left) for leg in report.legs] == [(PositionSide.SHORT, None)]


@every_venue
async def test_refused_before_sending(venue: str) -> None:
    """A call that is not clear sends nothing: no symbols, symbols and all, a side or a quantity that does not fit."""
    async with opened(venue) as stage:
        account, symbol = stage.account, stage.symbol
        for call, words in (
            (account.flatten, "all=True"),
            (lambda: account.flatten(symbol, all=True), "not both"),
            (lambda: account.flatten(symbol, deadline=0), "deadline is"),
            (lambda: account.close_position(symbol, quantity=D(0)), "quantity must be"),
            (lambda: account.close_position(symbol, price=D(-1)), "price must be"),
            (lambda: account.close_position(symbol, quantity=stage.quantity / 7), "is not a multiple"),
            (lambda: account.close_position(symbol, side=PositionSide.LONG), "one-way"),
        ):
            with pytest.raises(InvalidArgument, match=words):
                await call()
        assert stage.market_orders() == []


@every_venue
async def test_a_flat_position(venue: str) -> None:
    """Nothing is sent for a symbol without a position."""
    async with opened(venue) as stage:
        await stage.account.flatten(stage.symbol)
        before = len(stage.market_orders())

        report = await stage.account.close_position(stage.symbol)

        assert (report.legs, report.orders, len(stage.market_orders())) == ((), (), before)


@every_venue
async def test_a_symbol_that_is_not_listed(venue: str) -> None:
    """The others are closed at once, and the report has the venue's words about it; alone it is an error."""
    async with opened(venue) as stage:
        began = stage.account.monotonic()

        report = await stage.account.flatten(stage.symbol, "NOSUCH")

        assert stage.quantities() == [0]
        assert stage.account.monotonic() - began < 6
        assert (report.positions, report.open_orders, report.is_flat) == ((), None, False)
        assert any(isinstance(error, InvalidRequest) for error in report.errors)
        with pytest.raises(InvalidRequest):
            await stage.account.flatten("NOSUCH")


@every_venue
async def test_slices(venue: str) -> None:
    """A position above the largest market order is closed by several, each with its own client id."""
    async with opened(venue) as stage:
        (instrument,) = await stage.account.get_instruments(symbol=stage.symbol)
        largest = instrument.max_market_quantity or instrument.max_quantity
        stage.ledger.set_leverage(stage.symbol, D(1))
        stage.ledger.deposit(instrument.settle, D(10) ** 12, purse=stage.ledger.contract(stage.symbol).purse)
        more = 2 * largest + instrument.quantity_step
        stage.ledger.fill(stage.symbol, Side.BUY, more, stage.ledger.mark(stage.symbol))
        (held,) = stage.quantities()

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        assert len(report.orders) == math.ceil(held / largest)
        assert len({order.client_id for order in report.orders}) == len(report.orders)
        assert [leg.closed for leg in report.legs] == [held]


@every_venue
async def test_a_limit_for_more_than_ten_of_the_largest_orders(venue: str) -> None:
    """All of it is ordered, in orders that the venue takes, and all of them rest."""
    symbol, largest = VENUES[venue]
    async with opened(venue, markets=[Market(symbol, max_quantity=largest)]) as stage:
        (instrument,) = await stage.account.get_instruments(symbol=symbol)
        stage.ledger.fill(stage.symbol, Side.BUY, 9 * largest, stage.ledger.mark(stage.symbol))
        held = stage.quantities()[0]
        price = instrument.round_price(2 * stage.ledger.mark(stage.symbol))

        report = await stage.account.close_position(stage.symbol, price=price)

        assert sum(order.quantity for order in report.orders) == held
        assert max(order.quantity for order in report.orders) <= largest
        assert len(report.orders) > 10
        assert [leg.why_left for leg in report.legs] == [f"{len(report.orders)} orders rest at their price"]
        assert [leg.unordered for leg in report.legs] == [0]
        assert stage.quantities() == [held]


async def test_a_limit_of_which_a_part_is_refused() -> None:
    """The report says how much has no order, and the venue's words."""
    symbol, largest = VENUES["binance_usdm"]
    async with opened("binance_usdm", markets=[Market(symbol, max_quantity=largest)]) as stage:
        held = stage.quantities()[0]
        stage.disturb(stage.placing, Delay(before=0.001))
        stage.disturb(stage.placing, Reject(Reason.INSUFFICIENT_MARGIN), times=20)

        report = await stage.account.close_position(stage.symbol, price=2 * PRICE)

        (order,) = report.orders
        (leg,) = report.legs
        assert leg.unordered == held - order.quantity > 0
        assert leg.why_left is not None
        assert leg.why_left.startswith(
            f"order {order.id} rests at its price; {leg.unordered:f} contracts are not ordered: binance_usdm"
        )
        assert "-2019" in leg.why_left
        assert status_of_legs([report]) is Status.REFUSED


@pytest.mark.parametrize("side", ["buy", OrderSide.SELL, "LONG", 1])
@pytest.mark.parametrize("method", ["close_position", "get_position"])
async def test_a_side_that_is_none_of_a_position(method: str, side: Any) -> None:
    """It is refused before anything is read, and is not a position that is not held."""
    async with opened("binance_usdm") as stage:
        read = len(stage.sim.requests)

        with pytest.raises(InvalidArgument, match="the side is both, long or short, not") as refused:
            await getattr(stage.account, method)(stage.symbol, side=side)

        assert (refused.value.operation, refused.value.venue) == (method, "binance_usdm")
        assert len(stage.sim.requests) == read
        assert stage.quantities() == [HELD * stage.quantity]


@every_venue
async def test_a_close_passes_a_halted_guard_and_keeps_to_its_symbols(venue: str) -> None:
    """A halted account still closes, whatever its limits are; a symbol that its guard does not name is refused."""
    guard = Guard(symbols={VENUES[venue][0]}, max_notional=D(1), max_position_notional=D(1), max_leverage=D(1))
    async with opened(venue, guard=guard) as stage:
        stage.account.halt()
        with pytest.raises(GuardRefused, match="OTHER is not among the allowed symbols"):
            await stage.account.flatten("OTHER")
        with pytest.raises(GuardRefused):
            await stage.account.close_position("OTHER")

        report = await stage.account.flatten(all=True)

        assert report.is_flat, str(report)
        assert report.symbols == (stage.symbol,)


@every_venue
async def test_all_of_a_guard_is_not_all_of_the_account(venue: str) -> None:
    """A report about the symbols of the guard says so: the position of another symbol is left, and not called flat."""
    async with opened(venue, guard=Guard(symbols={"OTHER1", "OTHER2"})) as stage:
        read = [one.path for one in stage.sim.requests]

        report = await stage.account.flatten(all=True, deadline=0.5)

        assert (report.symbols, report.is_guarded) == (("OTHER1", "OTHER2"), True)
        assert "flat (the guard allows only OTHER1, OTHER2)" in str(report)
        assert stage.quantities() == [HELD * stage.quantity]
        assert len(stage.sim.requests) > len(read)


@every_venue
async def test_a_guard_that_allows_no_symbol_is_refused(venue: str) -> None:
    """Where the guard leaves nothing to look at, all is not flat: it is an error with the mend, and nothing is read."""
    async with opened(venue, guard=Guard(symbols=())) as stage:
        read = len(stage.sim.requests)

        with pytest.raises(GuardRefused, match=r"allows no symbol.*name some in `symbols` of the Guard") as refused:
            await stage.account.flatten(all=True)
        results = await venuekit.flatten(stage.account, all=True)

        assert (refused.value.operation, refused.value.outcome) == ("flatten", Outcome.NOT_SENT)
        assert [type(error) for error in results.errors.values()] == [GuardRefused]
        assert len(stage.sim.requests) == read
        assert stage.quantities() == [HELD * stage.quantity]


@every_venue
async def test_a_close_waits_for_no_fence(venue: str) -> None:
    """After a lost cancellation of all orders, the market order leaves at once."""
    async with opened(venue) as stage:
        stage.disturb(stage.cancel_all, DropBefore(), times=8)
        with pytest.raises(OutcomeUnknown):
            await stage.account.with_options(deadline=0.5).cancel_all_orders(symbol=stage.symbol)
        began = stage.account.monotonic()

        await stage.account.close_position(stage.symbol)

        assert stage.quantities() == [0]
        assert stage.account.monotonic() - began < 1


@every_venue
async def test_a_read_only_account(venue: str) -> None:
    """An account that may change nothing is told so by its guard, and nothing was sent."""
    async with opened(venue, read_only=True) as stage:
        for call in (stage.account.flatten(stage.symbol), stage.account.close_position(stage.symbol)):
            with pytest.raises(GuardRefused, match="read-only"):
                await call
        assert stage.quantities() == [HELD * stage.quantity]


@every_venue
async def test_a_close_that_the_venue_refuses(venue: str) -> None:
    """A refusal that comes again and again ends the attempts; the report has the venue's words and the position."""
    async with opened(venue) as stage:
        stage.disturb(stage.placing, Reject(Reason.INSUFFICIENT_MARGIN), times=20)
        began = stage.account.monotonic()

        report = await stage.account.flatten(stage.symbol)

        assert [one.quantity for one in report.positions or ()] == [HELD * stage.quantity]
        assert [leg.why_left for leg in report.legs] == [str(report.errors[-1])]
        assert not report.is_flat
        assert stage.account.monotonic() - began < 15


@every_venue
async def test_positions_that_cannot_be_read(venue: str) -> None:
    """Where no position can be read nothing is sent, and nothing is said to be flat."""
    async with opened(venue) as stage:
        stage.disturb(stage.read_positions, DropBefore(), times=900)

        report = await stage.account.flatten(stage.symbol)

        assert (report.positions, report.orders, report.is_flat) == (None, (), False)
        assert "positions unknown" in str(report)
        assert report.errors
        with pytest.raises(AnswerLost):
            await stage.account.close_position(stage.symbol)


@every_venue
async def test_an_order_that_is_filled_right_before_it_is_cancelled(venue: str) -> None:
    """What the read shows beyond the fill is newer by its own time: it is closed at once, without waiting for a lag."""
    async with opened(venue) as stage:
        await stage.account.pause(1)
        await stage.account.place_order(stage.bid())
        mark = stage.ledger.mark(stage.symbol)
        stage.disturb(
            stage.placing,
            (Delay(before=0.5), SecondActor(lambda ledger: ledger.fill(stage.symbol, Side.BUY, stage.quantity, mark))),
        )
        began = stage.account.monotonic()

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        assert len(report.orders) == 2
        assert stage.account.monotonic() - began < 4


@every_venue
async def test_a_thin_market(venue: str) -> None:
    """A market order of which only a part is filled is followed by others until nothing is left."""
    async with opened(venue) as stage:
        stage.ledger.set_depth(stage.symbol, stage.quantity)

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        assert len(report.orders) == HELD
        assert [leg.closed for leg in report.legs] == [HELD * stage.quantity]


async def test_less_than_a_step() -> None:
    """The rest below a step is left, and the report says why no order can close it."""
    async with opened("bybit_inverse") as stage:  # the others write no digits below the step
        (instrument,) = await stage.account.get_instruments(symbol=stage.symbol)
        dust = instrument.quantity_step * D("0.4")
        stage.ledger.fill(stage.symbol, Side.BUY, dust, stage.ledger.mark(stage.symbol))

        report = await stage.account.flatten(stage.symbol)

        assert [one.quantity for one in report.positions or ()] == [dust]
        assert [leg.why_left for leg in report.legs] == [
            f"{dust:f} contracts are less than a step: no order can close them"
        ]
        assert report.errors == ()
        assert not report.is_flat


async def test_several_accounts() -> None:
    """Each has its report or its error, whatever becomes of the others."""
    async with opened("binance_usdm") as one, opened("bybit_inverse") as two:
        results = await venuekit.flatten(one.account, two.account, symbols=(one.symbol,))

        assert {account.venue.id: report.is_flat for account, report in results.values.items()} == {
            "binance_usdm": True
        }
        assert [account.venue.id for account in results.errors] == ["bybit_inverse"]
        assert two.quantities() == [HELD * two.quantity]
        again = await venuekit.flatten(one.account, two.account, all=True)
        assert again.is_complete
        assert two.quantities() == [0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "name the symbols or say all=True"),
        ({"symbols": (), "all": False}, "name the symbols or say all=True"),
        ({"symbols": ["ETHUSDT"], "all": True}, "name symbols or all, not both"),
        ({"symbols": "ETHUSDT"}, r"a text is one: write \['ETHUSDT'\]"),
        ({"symbols": [["ETHUSDT"]]}, "each of them a text, not"),
        ({"all": True, "deadline": -1}, "deadline is a number of seconds above 0, not -1"),
    ],
)
async def test_several_accounts_with_a_mistake_of_the_caller(arguments: dict[str, Any], words: str) -> None:
    """It is raised before anything is sent, and is no error of the accounts beside a call that closed nothing."""
    async with opened("binance_usdm") as stage:
        read = len(stage.sim.requests)

        with pytest.raises(InvalidArgument, match=words) as refused:
            await venuekit.flatten(stage.account, **arguments)

        assert refused.value.operation == "flatten"
        assert len(stage.sim.requests) == read
        assert stage.quantities() == [HELD * stage.quantity]


@every_venue
async def test_what_is_flat_already(venue: str) -> None:
    """One look is no proof: the report says so, and not that something is left."""
    async with opened(venue) as stage:
        assert (await stage.account.flatten(stage.symbol)).is_flat
        await stage.account.pause(60)

        report = await stage.account.close_position(stage.symbol)

        assert (report.positions, report.legs, report.orders) == ((), (), ())
        assert str(report) == "not certainly flat: it was read only once"


@pytest.mark.parametrize(
    ("symbols", "deadline", "words"),
    [
        ((["ETHUSDT"],), 30, r"each of them a text, not \['ETHUSDT'\]"),
        (("ETHUSDT",), "3", "deadline is a number of seconds above 0, not '3'"),
        (("ETHUSDT",), None, "deadline is a number of seconds above 0, not None"),
    ],
)
async def test_arguments_of_another_type(symbols: tuple[Any, ...], deadline: Any, words: str) -> None:
    """They are refused by a sentence, before anything is read."""
    async with opened("binance_usdm") as stage:
        read = len(stage.sim.requests)

        with pytest.raises(InvalidArgument, match=words) as refused:
            await stage.account.flatten(*symbols, deadline=deadline)

        assert (refused.value.operation, refused.value.venue) == ("flatten", "binance_usdm")
        assert len(stage.sim.requests) == read


async def test_without_cancelling() -> None:
    """With cancel=False open orders stay, and are told."""
    async with opened("binance_usdm") as stage:
        order = await stage.account.place_order(stage.bid())

        report = await stage.account.flatten(stage.symbol, cancel=False)

        assert [one.id for one in report.open_orders or ()] == [order.id]
        assert report.positions == ()
        assert str(report) == "not flat: 1 open order"


def test_a_report_that_has_everything_left() -> None:
    """The text of a report names everything that is left."""
    report = venuekit.capabilities.CloseReport(doubt="it was read only once")
    assert str(report) == "not flat: positions unknown; open orders unknown; it was read only once"
    flat = attrs.evolve(report, positions=(), open_orders=(), doubt=None)
    assert str(flat) == "flat"
    guarded = attrs.evolve(flat, symbols=tuple("ABCDEFGHIJ"), is_guarded=True)
    assert str(guarded) == "flat (the guard allows only A, B, C, D, E, F, G, H and 2 more)"
    assert str(attrs.evolve(guarded, positions=None, symbols=("A",))) == (
        "not flat (the guard allows only A): positions unknown"
    )
