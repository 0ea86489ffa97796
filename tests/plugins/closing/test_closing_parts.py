"""Closing a part, a leg, at a limit and in slices: of which leg, how much, in which orders."""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal

import pytest
from tests.plugins.closing.closing_stage import HELD, every_venue, hedged, modes, opened
from tests.plugins.stages import PRICE, VENUES

from venuekit.capabilities import PositionSide
from venuekit.cli.close_reports import status_of_legs
from venuekit.cli.errors import Status
from venuekit.errors import InvalidArgument
from venuekit.simulator import ApplyLater, Delay, Market, Reject
from venuekit.simulator.ledger import Reason, Side

pytestmark = pytest.mark.looptime
D = Decimal


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
async def test_a_flat_position(venue: str) -> None:
    """Nothing is sent for a symbol without a position."""
    async with opened(venue) as stage:
        await stage.account.flatten(stage.symbol)
        before = len(stage.market_orders())

        report = await stage.account.close_position(stage.symbol)

        assert (report.legs, report.orders, len(stage.market_orders())) == ((), (), before)


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
