"""
The invariant of writes, by a state machine: every write of every venue under every fate, on a real socket.

No order and no margin move leaves twice after its first byte unless the caller opted in; each has its effect at most
once; whatever was reported as applied is applied, and whatever was reported as not executed is not and never will be.
Writes are cancelled at any moment, two are under way at once, somebody else acts or sets our clock, and the process
dies and is started again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

import looptime
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.proof import writes
from tests.proof.fates import PLAIN
from tests.proof.turn import Turn
from tests.proof.world import World, Write, open_world

from venuekit.capabilities import OrderType, TpSlMode

#: examples of all venues together, the same ones each time; `make invariant` and `make soak` ask for more, and others
ASKED = os.environ.get("VENUEKIT_MACHINE_EXAMPLES")
EXAMPLES = int(ASKED or "200")
#: how long the newest orders may be hidden from reads, in seconds, within what an absence proof allows for
LAGS = {"bybit_inverse": 4}
#: a failing history is made shorter, which takes minutes, unless so many are played that its seed finds it again
SHRINKS = ASKED is None or bool(os.environ.get("VENUEKIT_MACHINE_SHRINK"))
PHASES = list(Phase) if SHRINKS else [Phase.generate]
#: answers that venues document, by the family of the venue; those that leave it open come both ways
STATED = {
    "binance": ("waf", "too-many-requests", "banned", "unavailable", "internal-error", "throttled"),
    "aster": ("waf", "too-many-requests", "banned"),
    "bybit": ("waf", "too-frequent", "too-many-visits"),
}
UNSTATED = {
    "binance": ("unknown", "timeout"),
    "aster": ("unknown",),
    "bybit": ("overloaded", "timeout", "server-error"),
}
VENUES = ("binance_usdm", "binance_coinm", "aster_usdm", "aster_usdm_v1", "bybit_inverse")


#: writes that may undo each other; those of one spell are of one family
FAMILIES: tuple[tuple[Write, ...], ...] = (
    (
        partial(writes.place, kind=OrderType.LIMIT),
        partial(writes.place, kind=OrderType.MARKET),
        partial(writes.place, kind=OrderType.STOP_MARKET),
        writes.place_many,
        partial(writes.cancel, by_client_id=False),
        partial(writes.cancel, by_client_id=True),
        writes.cancel_many,
        writes.cancel_all,
    ),
    (writes.amend, writes.amend_many, partial(writes.cancel, by_client_id=False)),
    (partial(writes.place, kind=OrderType.LIMIT), writes.cancel_all),
    (
        partial(writes.move_margin, adds=True),
        partial(writes.move_margin, adds=False),
    ),
    (
        partial(writes.close, kind=OrderType.MARKET),
        partial(writes.close, kind=OrderType.LIMIT),
        partial(writes.close, kind=OrderType.STOP_MARKET),
        partial(writes.move_margin, adds=True),
        writes.cancel_all,
    ),
    (
        partial(writes.set_countdown, is_armed=True),
        partial(writes.set_countdown, is_armed=False),
        partial(writes.place, kind=OrderType.LIMIT),
        partial(writes.cancel, by_client_id=True),
        writes.amend,
    ),
    (writes.set_leverage,),
    (
        writes.set_leverage,
        partial(writes.set_tpsl_mode, mode=TpSlMode.FULL),
        partial(writes.set_tpsl_mode, mode=TpSlMode.PARTIAL),
        writes.set_trading_stop,
        writes.add_partial_stop,
        partial(writes.call_raw, path="/v5/position/set-risk-limit", holds=False, category="inverse", riskId=1),
        partial(writes.call_raw, path="/v5/position/switch-mode", holds=True, category="inverse", mode=0),
        partial(
            writes.call_raw,
            path="/v5/order/disconnected-cancel-all",
            holds=True,
            product="DERIVATIVES",
            timeWindow=10,
        ),
    ),
    (
        writes.set_leverage,
        partial(writes.set_margin_type, isolated=True),
        partial(writes.set_margin_type, isolated=False),
        partial(writes.set_position_mode, hedge=True),
        partial(writes.set_position_mode, hedge=False),
        partial(writes.set_asset_mode, multi=True),
        partial(writes.set_asset_mode, multi=False),
    ),
)


async def wait(world: World, seconds: float) -> None:
    """Let time pass."""
    await asyncio.sleep(seconds)


async def set_clock(world: World, seconds: float) -> None:
    """Set the clock of our machine, by up to two minutes either way."""
    world.set_clock(round((seconds - 10) * 12_000))


async def look_again(world: World, seconds: float) -> None:
    """Look again at the oldest write of unknown outcome, after a while."""
    await asyncio.sleep(seconds)
    if world.unknown:
        await world.resolve(0)


async def restart(world: World, seconds: float) -> None:
    """End the process and start it again after a while; it works off its journal."""
    await world.die()
    await asyncio.sleep(seconds)
    await world.resolve_unfinished()


Interlude = Callable[[World, float], Coroutine[Any, Any, None]]
INTERLUDES: tuple[Interlude, ...] = (wait, look_again, restart, set_clock)


def turns(venue: str) -> st.SearchStrategy[Turn]:
    """Return how writes of a venue may be carried out."""
    family = venue.partition("_")[0]
    unstated = [f"{name}, {end}" for name in UNSTATED[family] for end in ("not applied", "but applied")]
    names = st.sampled_from([*PLAIN, *STATED[family], *unstated])
    return st.builds(
        Turn,
        fates=st.lists(names, max_size=3),
        reads=st.lists(names, max_size=2),
        moment=st.none() | st.none() | st.floats(0, 9) | st.integers(0, 80),
        options=st.sampled_from(({}, {"max_wait": 120}, {"max_wait": 120}, {"deadline": 1.5})),
        dies=st.booleans(),
        resends=st.sampled_from((False, False, True)),
        actor=st.sampled_from((None, None, None, None, "leverage", "order", "cancel", "clock")),
    )


def spells(venue: str) -> st.SearchStrategy[list[tuple[Write, Turn]]]:
    """Return a few writes of one family, one after another."""
    turn = turns(venue)
    return st.sampled_from(FAMILIES).flatmap(
        lambda family: st.lists(st.tuples(st.sampled_from(family), turn), min_size=2, max_size=4)
    )


def machine_of(venue: str) -> type[RuleBasedStateMachine]:
    """Return the state machine of one venue."""

    class Machine(RuleBasedStateMachine):
        """One account that writes to a venue whose wire misbehaves."""

        def __init__(self) -> None:
            super().__init__()
            self.loop = looptime.new_event_loop()
            self.opened: World | None = None

        @property
        def world(self) -> World:
            assert self.opened is not None
            return self.opened

        def run(self, work: Coroutine[Any, Any, Any]) -> None:
            self.loop.run_until_complete(work)

        @initialize(scenario=st.sampled_from(("holding", "holding", "flat")), lags=st.booleans())
        def open(self, scenario: str, lags: bool) -> None:
            lag = timedelta(seconds=LAGS.get(venue, 8)) if lags else None
            self.opened = self.loop.run_until_complete(open_world(venue, scenario, lag))

        @rule(spell=spells(venue))
        def write(self, spell: list[tuple[Write, Turn]]) -> None:
            for write, turn in spell:
                self.run(write(self.world, turn))
                self.reported_is_so()

        @rule(spell=spells(venue), apart=st.sampled_from((0, 0, 0.01, 0.5, 3)))
        def write_at_once(self, spell: list[tuple[Write, Turn]], apart: float) -> None:
            self.run(self.world.write_at_once(spell[0], spell[1], apart))
            self.reported_is_so()

        @rule(interlude=st.sampled_from(INTERLUDES), seconds=st.floats(0, 20))
        def between(self, interlude: Interlude, seconds: float) -> None:
            self.run(interlude(self.world, seconds))

        @invariant()
        def reported_is_so(self) -> None:
            if self.opened is not None:
                self.run(self.check())

        async def check(self) -> None:
            self.world.check()

        def teardown(self) -> None:
            try:
                if self.opened is not None:
                    self.run(self.world.end())
            finally:
                self.loop.close()

    return Machine


@pytest.mark.parametrize("venue", VENUES)
def test_the_invariant_of_writes(venue: str) -> None:
    """No effect comes twice, and every report is true for ever."""
    run_state_machine_as_test(
        machine_of(venue),
        settings=settings(
            max_examples=EXAMPLES // len(VENUES),
            stateful_step_count=6,
            deadline=None,
            derandomize=ASKED is None,
            report_multiple_bugs=SHRINKS,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
        ),
    )
