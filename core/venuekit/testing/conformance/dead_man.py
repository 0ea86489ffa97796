"""Checks of dead man's switches: a clean end cancels nothing, an exception lets it fire, and it says what it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from venuekit.capabilities import CountdownScope, DeadManBehaviour, DeadManControl, DeadManKind, SwitchPhase
from venuekit.clock import SystemClock
from venuekit.errors import InvalidArgument
from venuekit.simulator.ledger import Book
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.order_examples import rest
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

#: the seconds of a switch, unless the venue's bounds exclude them
_SECONDS = 60.0
#: seconds of real time until the venue has noticed the end of a connection; it takes milliseconds
_PATIENCE = 10.0


def dead_man_cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the cases of these checks, by argument and readable id; none where the venue has no switch."""
    has_one = DeadManControl in inventory.capabilities and inventory.venue.simulated is not None
    return {"dead_man_control": {DeadManControl.__name__: DeadManControl} if has_one else {}}


class DeadManChecks(Checks):
    """A dead man's switch cancels orders when the program is gone, and not before."""

    tier = Tier.GOLD

    async def test_switch_that_is_left_cancels_nothing(self, dead_man_control: type[DeadManControl]) -> None:
        """A block that ends without an exception disarms its switch: orders are open when its time is over."""
        async with on_stage(self.inventory.venue, "flat", clock=SystemClock()) as stage:
            order, seconds = rest(stage, stage.scenario.flat), _seconds(stage)
            async with dead_man_control.of(stage.account).dead_man_switch(seconds, **_symbols(stage)) as switch:
                state, kind = switch.state, switch.behaviour.kind
                assert state.phase is SwitchPhase.ARMED, f"it is {state.phase} within its block: {state.reason}"
                is_watched = bool(stage.simulation.streams.connections)
                assert is_watched is (kind is DeadManKind.DISCONNECT), f"a {kind} that is watched: {is_watched}"
            assert switch.state.phase is SwitchPhase.CLOSED
            await _let_run_out(stage, seconds)
            assert stage.ledger.order(order).is_open, "the block ended well, and its switch has fired"

    async def test_switch_fires_after_an_exception(self, dead_man_control: type[DeadManControl]) -> None:
        """A block that ends with an exception leaves its switch armed: plain orders end when its time is over."""
        async with on_stage(self.inventory.venue, "flat", clock=SystemClock()) as stage:
            seconds = _seconds(stage)
            rest(stage, stage.scenario.flat)
            with pytest.raises(LookupError):
                async with dead_man_control.of(stage.account).dead_man_switch(seconds, **_symbols(stage)):
                    raise LookupError
            await _let_run_out(stage, seconds)
            left = stage.ledger.open_orders(book=Book.PLAIN)
            assert not left, f"the block failed, and {len(left)} plain orders outlived its switch"

    async def test_switch_is_refused_outside_its_bounds(self, dead_man_control: type[DeadManControl]) -> None:
        """Seconds outside the declared bounds, or symbols that do not fit the scope, are refused before sending."""
        async with on_stage(self.inventory.venue, "flat", clock=SystemClock()) as stage:
            account, behaviour = dead_man_control.of(stage.account), stage.venue.behaviour(DeadManBehaviour)
            good = _symbols(stage)
            other = {} if good else {"symbols": (stage.scenario.flat,)}
            bad: list[tuple[float, dict[str, Any]]] = [(0, good), (-1, good), (_seconds(stage), other)]
            bad += [(bound, good) for bound in (_below(behaviour.shortest), _above(behaviour.longest)) if bound]
            for seconds, symbols in bad:
                with pytest.raises(InvalidArgument):
                    await account.dead_man_switch(seconds, **symbols).__aenter__()
            assert not stage.simulation.requests


def _below(shortest: float | None) -> float | None:
    return None if shortest is None else shortest / 2


def _above(longest: float | None) -> float | None:
    return None if longest is None else longest + 1


def _seconds(stage: Stage) -> float:
    """Return seconds within the bounds of the venue's switch."""
    behaviour = stage.venue.behaviour(DeadManBehaviour)
    return max(behaviour.shortest or _SECONDS, min(_SECONDS, behaviour.longest or _SECONDS))


def _symbols(stage: Stage) -> dict[str, Any]:
    """Return the symbols of a switch, none where it is the account's."""
    of_symbols = stage.venue.behaviour(DeadManBehaviour).scope is CountdownScope.SYMBOL
    return {"symbols": (stage.scenario.flat,)} if of_symbols else {}


async def _let_run_out(stage: Stage, seconds: float) -> None:
    """Wait until the venue has seen the end of every connection, and move its clock beyond the time of the switch."""
    async with asyncio.timeout(_PATIENCE):
        while stage.simulation.streams.connections:  # noqa: ASYNC110 - the simulated venue has no event for it
            await asyncio.sleep(0.01)
    stage.simulation.skew(2 * seconds)
