"""The invariant of the retry table, over every effect, fault and moment of cancellation, on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import cache
from typing import Any

import looptime
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import venuekit
from venuekit import errors
from venuekit.plugins import Plugins, make_plugins
from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    Cut,
    Delay,
    Disturbance,
    DropAfter,
    DropBefore,
    Truncate,
    Twice,
    Unasked,
)
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp.endpoints import TOY


def refusal(code: int, status: int) -> CannedAnswer:
    return CannedAnswer.json(status, {"error": {"code": code, "message": "scripted"}})


#: a success of either endpoint, of another question: no write of this test asks for its leverage
PLAUSIBLE = {"contract": "GEMUSD", "leverage": "25", "id": "stray", "amount": "0.5", "at": 1_700_000_000_000}
FAULTS: dict[str, Callable[[], Disturbance | None]] = {
    "none": lambda: None,
    "dropped before": DropBefore,
    "dropped after": DropAfter,
    "applied late": lambda: ApplyLater(2),
    "applied very late": lambda: ApplyLater(5.5),
    "applied too late": lambda: ApplyLater(7),
    "slow": lambda: Delay(before=2),
    "truncated": lambda: Truncate(4),
    "cut": lambda: Cut(4),
    "html": lambda: CannedAnswer.html(502),
    "firewall": lambda: CannedAnswer.html(403),
    "firewall but applied": lambda: CannedAnswer.html(403, applied=True),
    "shut out but applied": lambda: CannedAnswer(418, b"blocked", {"Retry-After": "1"}, applied=True),
    "nowhere but applied": lambda: CannedAnswer.html(404, applied=True),
    "unstated": lambda: refusal(3001, 500),
    "unstated but applied": lambda: CannedAnswer.json(500, {"error": {"code": 3001, "message": "?"}}, applied=True),
    "busy": lambda: refusal(3002, 503),
    "clock": lambda: refusal(1003, 400),
    "throttled": lambda: refusal(1005, 429),
    "refused": lambda: refusal(2999, 400),
    "answered twice": Twice,
    "stray behind": lambda: Unasked.json(PLAUSIBLE),
    "stray first": lambda: Unasked.json(PLAUSIBLE, first=True),
    "stray long before": lambda: Unasked.json(PLAUSIBLE, first=True, lead=0.5),
    "stray refusal first": lambda: Unasked.json({"error": {"code": 2999, "message": "?"}}, status=400, first=True),
}
faults = st.lists(st.sampled_from(sorted(FAULTS)), max_size=3)
#: after how many seconds a write is cancelled; None for not at all
moments = st.none() | st.floats(0, 9)


@cache
def installed() -> Plugins:
    """Return everything installed, found once for all histories."""
    return make_plugins()


class World(RuleBasedStateMachine):
    """One account that writes to a venue whose wire misbehaves."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = looptime.new_event_loop()
        self.stack = contextlib.AsyncExitStack()
        self.sim, self.account = self.run(self.open())
        self.amount = Decimal(0)
        #: amounts reported as applied and as not executed: each amount is used once, so it names its write
        self.applied: set[Decimal] = set()
        self.refused: set[Decimal] = set()
        #: the leverage last reported to hold; None while a write of unknown outcome may still change it
        self.holds: Decimal | None = None

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def open(self) -> Any:
        clock = LoopClock()
        simulation = venuekit.simulate("toy_perp", clock=clock, plugins=installed())
        sim = await self.stack.enter_async_context(simulation)
        runtime = venuekit.Runtime(plugins=installed(), clock=clock, journal=False)
        await self.stack.enter_async_context(runtime)
        connection = venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime)
        return sim, await self.stack.enter_async_context(connection)

    async def write(self, endpoint: Any, parameters: dict[str, Any], script: list[str], moment: float | None) -> Any:
        """Carry out one write under a script of faults; return its value or the error it ended in."""
        steps = [FAULTS[name]() for name in script]
        self.sim.script.clear()
        for step in steps:
            self.sim.disturb("toy_perp", endpoint, step or Delay())
        task = asyncio.create_task(self.account.call(endpoint, **parameters))
        if moment is not None:
            await asyncio.sleep(moment)
            task.cancel()
        try:
            return await task
        except (errors.OperationError, asyncio.CancelledError) as error:
            return error
        finally:
            self.sim.script.clear()

    @rule(script=faults, moment=moments)
    def add_margin(self, script: list[str], moment: float | None) -> None:
        self.amount += 1
        amount = self.amount
        before = len(self.sim.requests)

        ended = self.run(self.write(TOY.ADD_COLLATERAL, {"contract": "TOYUSD", "amount": amount}, script, moment))

        executable = sum(
            1
            for one in self.sim.requests[before:]
            if (one.verb, one.path) == ("POST", "/v1/collateral") and one.status not in {400, 429, 503}
        )
        assert executable <= 1
        if not isinstance(ended, BaseException):
            self.applied.add(amount)
        elif isinstance(ended, errors.OperationError) and ended.outcome is not errors.Outcome.UNKNOWN:
            self.refused.add(amount)

    @rule(leverage=st.integers(1, 20), script=faults, moment=moments)
    def set_leverage(self, leverage: int, script: list[str], moment: float | None) -> None:
        before = len(self.sim.requests)

        ended = self.run(self.write(TOY.SET_LEVERAGE, {"contract": "GEMUSD", "leverage": leverage}, script, moment))

        unanswered = [
            one
            for one in self.sim.requests[before:]
            # what a firewall answered may be sent as often as what a venue refused: a second copy sets the same
            if (one.verb, one.path) == ("PUT", "/v1/leverage") and one.status not in {400, 403, 418, 429, 503}
        ]
        assert len(unanswered) <= 2
        if not isinstance(ended, BaseException):
            self.holds = Decimal(leverage)
        elif not isinstance(ended, errors.OperationError) or ended.outcome is errors.Outcome.UNKNOWN:
            self.holds = None

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @invariant()
    def what_was_reported_is_so(self) -> None:
        """Applied is applied once, not executed is not and never will be, and a setting stays until the next write."""
        changes = [change.amount for change in self.sim.ledger.margin_changes("TOYUSD")]
        assert len(changes) == len(set(changes))
        assert self.applied <= set(changes)
        assert not self.refused & set(changes)
        assert self.holds in {None, self.sim.ledger.leverage("GEMUSD")}

    def teardown(self) -> None:
        self.run(asyncio.sleep(60))
        self.what_was_reported_is_so()
        self.run(self.stack.aclose())
        self.loop.close()


World.TestCase.settings = settings(
    max_examples=60, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
)
TestInvariant = World.TestCase
