"""Errors, events and the journal name the method that was called, whatever else its endpoint serves."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.capabilities import (
    LeverageControl,
    LeverageReader,
    MarginTypeReader,
    PositionMarginControl,
    PositionReader,
    SettingsReader,
)
from venuekit.simulator import CannedAnswer, Delay
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime
#: one endpoint for both ways of moving margin, and nothing that could be read of it
MOVE = attrs.evolve(
    TOY.ADD_COLLATERAL, serves=(PositionMarginControl.add_margin, PositionMarginControl.reduce_margin), resolve=None
)
REFUSED = CannedAnswer.json(400, {"error": {"code": 2001, "message": "no"}})


@pytest.mark.parametrize(
    ("endpoint", "method", "name"),
    [
        (TOY.SETTINGS, lambda account: LeverageReader.of(account).get_leverage("GEMUSD"), "get_leverage"),
        (
            TOY.SETTINGS,
            lambda account: MarginTypeReader.of(account).get_margin_type(symbol="GEMUSD"),
            "get_margin_type",
        ),
        (TOY.SETTINGS, lambda account: SettingsReader.of(account).get_settings(["GEMUSD"]), "get_settings"),
        (TOY.POSITIONS, lambda account: PositionReader.of(account).get_position("GEMUSD"), "get_position"),
        (TOY.SETTINGS, lambda account: account.call(TOY.SETTINGS), "get_leverage"),
    ],
)
async def test_an_error_names_what_was_called(
    stage: Any, endpoint: Any, method: Callable[[Any], Any], name: str
) -> None:
    """Of the methods that an endpoint serves it is the one under way; a raw call has the first one's name."""
    stage.sim.disturb("toy_perp", endpoint, REFUSED)

    with pytest.raises(errors.VenueError) as caught:
        await method(stage.account)

    assert caught.value.operation == name
    assert f"{name} refused" in str(caught.value)
    assert {event.operation for event in stage.events} == {name}


async def test_what_is_resolved_later_bears_the_name_of_what_was_called(stage: Any) -> None:
    """When resolve() is called the method is long over, and its errors are still its."""

    class Mover(type(stage.account), PositionMarginControl):  # type: ignore[misc]
        __slots__ = ()

        async def add_margin(self, symbol: str, amount: Decimal, *, side: Any = None) -> Any:
            return await self.call(MOVE, contract=symbol, amount=amount)

        async def reduce_margin(self, symbol: str, amount: Decimal, *, side: Any = None) -> Any:
            return await self.call(MOVE, contract=symbol, amount=-amount)

    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Delay(before=3))
    mover = Mover(stage.account._session).with_options(deadline=1)
    with pytest.raises(errors.OutcomeUnknown, match="reduce_margin") as caught:
        await mover.reduce_margin("TOYUSD", Decimal(5))
    with pytest.raises(errors.OutcomeUnknown, match="reduce_margin"):
        await caught.value.resolve()


async def test_errors_of_an_account_bear_the_name_of_the_method_also_when_it_is_over(stage: Any) -> None:
    """A refusal needs no name of its own, and resolve() of a write whose result cannot be read keeps the name."""

    class Mover(type(stage.account), PositionMarginControl):  # type: ignore[misc]
        __slots__ = ()

        async def add_margin(self, symbol: str, amount: Decimal, *, side: Any = None) -> Any:
            raise self.refuse("no amount is right", subject=symbol)

        async def reduce_margin(self, symbol: str, amount: Decimal, *, side: Any = None) -> Any:
            async def look() -> Any:
                raise self.make_error(errors.NotFound, "it is gone", outcome=errors.Outcome.NOT_APPLIED)

            return await self.look_after(look, subject=symbol)

    mover = Mover(stage.account._session)
    with pytest.raises(errors.InvalidArgument, match="toy_perp: add_margin was not sent for TOYUSD: no amount is"):
        await mover.add_margin("TOYUSD", Decimal(5))
    with pytest.raises(errors.OutcomeUnknown, match="reduce_margin has") as caught:
        await mover.reduce_margin("TOYUSD", Decimal(5))
    with pytest.raises(errors.OutcomeUnknown, match="reduce_margin has") as again:
        await caught.value.resolve()
    assert again.value.operation == "reduce_margin"
    assert isinstance(again.value.__cause__, errors.NotFound)
    assert again.value.__cause__.operation == "reduce_margin"


async def test_tasks_that_a_method_starts_bear_its_name(stage: Any) -> None:
    """Reads side by side are all part of the method that asked for them."""

    class Reader(type(stage.account), SettingsReader):  # type: ignore[misc]
        __slots__ = ()

        async def get_settings(self, *_: Any, **__: Any) -> Any:
            return await asyncio.gather(self.call(TOY.SETTINGS), self.call(TOY.SETTINGS), return_exceptions=True)

    stage.sim.disturb("toy_perp", TOY.SETTINGS, REFUSED, REFUSED)
    both = await Reader(stage.account._session).get_settings([])

    assert [one.operation for one in both] == ["get_settings", "get_settings"]


async def test_a_method_keeps_its_signature_and_its_words(stage: Any) -> None:
    """What tells the name is seen by nobody else."""
    told, promise = type(stage.account).set_leverage, LeverageControl.set_leverage

    assert [*inspect.signature(told).parameters] == [*inspect.signature(promise).parameters]
    assert inspect.iscoroutinefunction(told)
    assert told.__qualname__.endswith(".set_leverage")
