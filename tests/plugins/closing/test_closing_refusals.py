"""Closings that are refused, by arguments, guards, keys and venues, and what they leave as it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.closing.closing_stage import HELD, every_venue, opened
from tests.plugins.stages import VENUES

import venuekit
from venuekit.capabilities import OrderSide, PositionSide
from venuekit.errors import (
    GuardRefused,
    InvalidArgument,
    InvalidRequest,
    Outcome,
)
from venuekit.pipeline import Guard
from venuekit.simulator import Reject
from venuekit.simulator.ledger import Reason

pytestmark = pytest.mark.looptime
D = Decimal


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
