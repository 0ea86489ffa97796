"""Flattening under every disturbance: it ends flat or says what is left, and never closes more than was held."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.closing.closing_stage import modes, opened
from tests.plugins.test_every_disturbance import WRITTEN
from tests.plugins.test_resolution_matrix import FATES, STRAYS

from venuekit.simulator import DropAfter, DropBefore, Lag, SecondActor
from venuekit.simulator.ledger import Ledger, Side
from venuekit.simulator.scripted import read_disturbance

pytestmark = pytest.mark.looptime
FATED = {**FATES, **STRAYS}
fates = pytest.mark.parametrize("fate", FATED.values(), ids=FATED)


@fates
@modes
async def test_a_lost_closing_order(venue: str, is_hedge: bool, fate: Any) -> None:
    """Whatever becomes of the first closing order, the position is closed once and for all."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        await stage.account.place_order(stage.bid(position_side=stage.legs[0] if is_hedge else None))
        stage.disturb(stage.placing, fate)

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        await stage.check(report)


@fates
@modes
async def test_a_lost_cancellation(venue: str, is_hedge: bool, fate: Any) -> None:
    """The position is closed whatever becomes of the cancellation, and no order is left."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        await stage.account.place_order(stage.bid(position_side=stage.legs[0] if is_hedge else None))
        stage.disturb(stage.cancel_all, fate)

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        await stage.check(report)


@modes
async def test_every_kind_of_disturbance(venue: str, is_hedge: bool) -> None:
    """After each kind, on the first closing order and on the first three, the report is true a minute later, too."""
    for written, _ in WRITTEN:
        for times in (1, 3):
            async with opened(venue, is_hedge=is_hedge) as stage:
                mark = str(stage.ledger.mark(stage.symbol))
                actor = {"with": {"symbol": stage.symbol, "price": mark}} if written["kind"] == "actor" else {}
                route = {"route": str(stage.placing.name), "times": times}
                read_disturbance({**written, **actor, **route}).add_to(stage.sim)

                await stage.check(await stage.account.flatten(stage.symbol))


@modes
async def test_every_answer_is_lost(venue: str, is_hedge: bool) -> None:
    """Where no closing order ever arrives, the report says what is left, and by when nothing can arrive any more."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        stage.disturb(stage.placing, DropBefore(), times=20)
        held = stage.quantities()

        report = await stage.account.flatten(stage.symbol, deadline=5)

        assert report.positions is not None
        assert sorted(one.quantity for one in report.positions) == sorted(held)
        assert not report.is_flat
        assert {one.until is not None for one in report.late} == {True}
        assert len(report.late) == len(held)  # one order of each leg, and none was sent a second time
        assert all(leg.why_left and "unknown outcome" in leg.why_left for leg in report.legs)
        await stage.check(report)


@modes
async def test_a_lost_close_that_arrives_after_the_deadline(venue: str, is_hedge: bool) -> None:
    """An executed order whose answer is lost beyond the deadline is not sent again, and told as one that may arrive."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        stage.disturb(stage.placing, FATES["arrives before the fence"], times=len(stage.legs))

        report = await stage.account.flatten(stage.symbol, deadline=2)

        assert not report.is_flat
        assert len(report.late) == len(stage.legs)
        await stage.check(report)
        assert not any(stage.quantities())
        again = await stage.account.flatten(stage.symbol)
        assert again.is_flat
        assert again.orders == ()


@modes
async def test_positions_that_lag(venue: str, is_hedge: bool) -> None:
    """Reads that still show the position after it was closed close nothing a second time, and flat is said later."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        stage.disturb(stage.read_positions, Lag(reads=4))

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        assert len(stage.market_orders()) == len(stage.legs)
        assert report.errors == ()
        await stage.check(report)


@modes
async def test_a_second_actor_closes_it_first(venue: str, is_hedge: bool) -> None:
    """A position that another actor closes between read and order is never turned round."""
    async with opened(venue, is_hedge=is_hedge) as stage:

        def act(ledger: Ledger) -> None:
            quantity = ledger.position(stage.symbol, stage.legs[0]).quantity
            if quantity:
                ledger.fill(stage.symbol, Side.SELL, quantity, ledger.mark(stage.symbol), stage.legs[0])

        stage.disturb(stage.placing, SecondActor(act))

        report = await stage.account.flatten(stage.symbol)

        assert report.is_flat, str(report)
        await stage.check(report)


@modes
async def test_both_halves_are_lost(venue: str, is_hedge: bool) -> None:
    """With cancellations and closing orders lost again and again, the report is true."""
    async with opened(venue, is_hedge=is_hedge) as stage:
        await stage.account.place_order(stage.bid(position_side=stage.legs[0] if is_hedge else None))
        for endpoint in (stage.placing, stage.cancel_all):
            stage.disturb(endpoint, DropAfter(), DropBefore(), DropAfter())

        report = await stage.account.flatten(stage.symbol)

        await stage.check(report)
