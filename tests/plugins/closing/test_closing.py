"""Flattening: turns, reports, lost and late orders, and several accounts."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from tests.plugins.closing.closing_stage import HELD, every_venue, modes, opened

import venuekit
from venuekit.capabilities import OrderStatus
from venuekit.errors import (
    AnswerLost,
    NotExecuted,
    OutcomeUnknown,
)
from venuekit.simulator import ApplyLater, Delay, DropBefore, SecondActor
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.looptime


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


@every_venue
async def test_what_is_flat_already(venue: str) -> None:
    """One look is no proof: the report says so, and not that something is left."""
    async with opened(venue) as stage:
        assert (await stage.account.flatten(stage.symbol)).is_flat
        await stage.account.pause(60)

        report = await stage.account.close_position(stage.symbol)

        assert (report.positions, report.legs, report.orders) == ((), (), ())
        assert str(report) == "not certainly flat: it was read only once"


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
