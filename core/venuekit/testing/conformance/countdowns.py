"""Checks of countdowns: the venue's deadline is the one that was set, and a block renews it in time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from venuekit._util.times import from_milliseconds
from venuekit.capabilities import CountdownBehaviour, CountdownControl, CountdownScope, OrderReader
from venuekit.errors import InvalidArgument, InvalidRequest
from venuekit.message import HttpRequest
from venuekit.simulator.ledger import Book, Ledger
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import orders_of, other_symbols, rest
from venuekit.testing.conformance.order_refusals import NO_SYMBOL
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import FakeStage, fake_stage, on_stage
from venuekit.venue import Venue

_SECONDS = 30.0
#: beats to wait for, and turns of the loop after which a heart that has none is dead
_BEATS, _TURNS = 5, 5_000


def countdown_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the venue has no countdown."""
    has_one = CountdownControl in inventory.capabilities
    return {"countdown_control": {CountdownControl.__name__: CountdownControl} if has_one else {}}


class CountdownChecks(Checks):
    """A countdown ends the orders of its scope when it is not renewed in time, and no others."""

    tier = Tier.GOLD

    async def test_countdown_has_its_deadline(self, countdown_control: type[CountdownControl]) -> None:
        """A countdown that is set ends after so many seconds; set again it begins anew, and None disarms it."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            account, symbol = countdown_control.of(stage.account), _subject(stage.venue, stage.scenario.flat)
            for seconds in (_SECONDS, 4 * _SECONDS):
                await account.set_countdown(symbol, seconds)
                left = _time_of(stage.ledger, symbol, stage.simulation.milliseconds())
                assert left == timedelta(seconds=seconds), f"a countdown of {seconds} s was set, and ends in {left}"
                armed = _find_armed(stage.ledger)
                assert armed == {symbol}, f"the countdown of {symbol} was set, and there are those of {armed}"
                await stage.clock.sleep(1)
            await account.set_countdown(symbol, None)
            assert not _find_armed(stage.ledger), (
                f"a countdown was disarmed, and there are those of {_find_armed(stage.ledger)}"
            )

    async def test_countdown_that_runs_out(self, countdown_control: type[CountdownControl]) -> None:
        """When it ends the plain orders of its scope are cancelled and no others, which reads show."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            flat = stage.scenario.flat
            account, symbol = countdown_control.of(stage.account), _subject(stage.venue, flat)
            orders = {rest(stage, one): one for one in (flat, *other_symbols(stage))}
            await account.set_countdown(symbol, _SECONDS)
            await stage.clock.sleep(_SECONDS - 1)
            assert all(orders_of(stage)[one].is_open for one in orders), "orders ended before the countdown did"
            await stage.clock.sleep(2)
            left = {one for one, of in orders.items() if symbol is not None and of != symbol}
            held = {one.id for one in stage.ledger.open_orders(book=Book.PLAIN)}
            assert held == left, f"orders {sorted(left)} should be open after the countdown, and {sorted(held)} are"
            told = await OrderReader.of(stage.account).get_open_orders()
            assert {one.id for one in told} == left

    async def test_countdown_block_beats_in_time(self, countdown_control: type[CountdownControl]) -> None:
        """A block renews its countdown before it ends, and disarms it when it ends without an exception."""
        async with fake_stage(self.inventory.venue, "flat") as stage:
            ledger = stage.simulation.ledger_of(stage.venue.id)
            flat = stage.simulation.scenario(stage.venue.id).flat
            symbol = _subject(stage.venue, flat)
            async with countdown_control.of(stage.account).countdown(symbol, _SECONDS):
                margins = await _margins(stage, ledger, symbol)
                assert len(margins) >= _BEATS, f"the countdown was renewed {len(margins)} times, and then no more"
                assert min(margins) > timedelta(0), f"a countdown of {_SECONDS} s was renewed too late: {margins}"
            assert not _find_armed(ledger), "the block has ended, and its countdown is armed"
            sent = len(_beats(stage))
            await _turn(100)
            assert len(_beats(stage)) == sent, "the block has ended, and its countdown is renewed"

    async def test_countdown_stays_armed_after_an_exception(self, countdown_control: type[CountdownControl]) -> None:
        """A block that ends with an exception leaves its countdown armed, and renews it no more."""
        async with fake_stage(self.inventory.venue, "flat") as stage:
            flat = stage.simulation.scenario(stage.venue.id).flat
            symbol = _subject(stage.venue, flat)
            with pytest.raises(LookupError):
                async with countdown_control.of(stage.account).countdown(symbol, _SECONDS):
                    raise LookupError
            assert _find_armed(stage.simulation.ledger_of(stage.venue.id)) == {symbol}, "the countdown was disarmed"
            sent = len(_beats(stage))
            await _turn(100)
            assert len(_beats(stage)) == sent, "the block has ended, and its countdown is renewed"

    async def test_countdown_of_an_unknown_symbol(self, countdown_control: type[CountdownControl]) -> None:
        """A symbol that the venue does not list, or any where the countdown is the account's, is refused."""
        async with on_stage(self.inventory.venue, "flat") as stage:
            with pytest.raises((InvalidRequest, InvalidArgument)):
                await countdown_control.of(stage.account).set_countdown(NO_SYMBOL, _SECONDS)
            assert not _find_armed(stage.ledger)


def _subject(venue: Venue[Any], symbol: str) -> str | None:
    """Return the symbol of a countdown, None where it is the account's."""
    declared = venue.has_behaviour(CountdownBehaviour)
    of_account = declared and venue.behaviour(CountdownBehaviour).scope is CountdownScope.ACCOUNT
    return None if of_account else symbol


def _find_armed(ledger: Ledger) -> set[str | None]:
    """Return the symbols whose countdown is armed, None for that of the account."""
    subjects: Iterable[str | None] = (None, *ledger.contracts)
    return {subject for subject in subjects if ledger.deadline(subject) is not None}


def _time_of(ledger: Ledger, symbol: str | None, milliseconds: int) -> timedelta | None:
    """Return the time until a countdown ends, None for one that is not armed."""
    deadline: datetime | None = ledger.deadline(symbol)
    return None if deadline is None else deadline - from_milliseconds(milliseconds)


def _beats(stage: FakeStage) -> list[HttpRequest]:
    """Return the requests that armed or disarmed a countdown."""
    return [one for one in stage.transport.requests if _is_beat(stage, one)]


def _is_beat(stage: FakeStage, request: HttpRequest) -> bool:
    endpoint = stage.venue.endpoint_at(*stage.arrival(request).endpoint_name)
    return endpoint is not None and CountdownControl.set_countdown in endpoint.serves


async def _margins(stage: FakeStage, ledger: Ledger, symbol: str | None) -> list[timedelta]:
    """Return the time that a countdown had left at each of the next beats; fewer where no more come."""
    margins: list[timedelta] = []
    answer = stage.transport.reply

    def reply(request: HttpRequest) -> Any:
        if _is_beat(stage, request):
            margins.append(_time_of(ledger, symbol, stage.simulation.milliseconds()) or timedelta(0))
        return answer(request)

    stage.transport.reply = reply
    for _ in range(_TURNS):
        if len(margins) >= _BEATS:
            break
        await asyncio.sleep(0)
    stage.transport.reply = answer
    return margins


async def _turn(times: int) -> None:
    """Let other tasks run."""
    for _ in range(times):
        await asyncio.sleep(0)
