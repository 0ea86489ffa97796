"""A world of the state machine: one simulated venue, one account with a journal on disk, and one leaping clock."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import attrs
from tests.plugins.stages import VENUES, LeapingStage
from tests.proof.claims import Claim, moved_margin, orders_named, orders_of
from tests.proof.fates import Fate, fates_of
from tests.proof.local_clock import LocalClock
from tests.proof.rounds import Round
from tests.proof.turn import Turn

import venuekit
from venuekit.endpoint import Effect, Endpoint, EndpointName, WriteScope
from venuekit.errors import OperationError, Outcome
from venuekit.pipeline.journal_lines import Unresolved, read_line
from venuekit.plugins import Plugins, make_plugins
from venuekit.simulator import Delay, SecondActor, Simulation
from venuekit.simulator.ledger import Ledger, Record, Refused, Side
from venuekit.testing.clocks import LoopClock

#: seconds of quiet after which nothing can arrive any more, and nothing lags
QUIET = 60
#: the methods whose reads resolve writes
RESOLVING = frozenset(
    {
        *("get_order", "get_open_order", "get_open_orders", "iter_orders", "iter_margin_changes", "get_positions"),
        *("get_leverage", "get_margin_type", "get_position_mode", "get_asset_mode", "get_server_time"),
    }
)


class Stage(LeapingStage):
    """A stage of any venue: both versions of Aster list the same."""

    @property
    def symbol(self) -> str:
        """The symbol to trade."""
        return _traded(self.venue)[0]

    @property
    def quantity(self) -> Decimal:
        """A quantity of it, in the venue's unit."""
        return _traded(self.venue)[1]


def _traded(venue: str) -> tuple[str, Decimal]:
    return VENUES.get(venue) or VENUES[f"{venue}_v1"]


def _as_it_is(value: Any) -> Any:
    return value


Write = Callable[["World", Turn], Coroutine[Any, Any, None]]


@attrs.define(eq=False)
class World:
    """One account that trades on a venue whose wire misbehaves; it dies and starts again."""

    sim: Simulation
    clock: LocalClock
    directory: Path
    fates: dict[str, Fate]
    stack: contextlib.AsyncExitStack
    account: Any = None
    #: of the runtime and its account, which die before the venue does
    life: contextlib.AsyncExitStack = attrs.field(factory=contextlib.AsyncExitStack)
    claims: list[Claim] = attrs.field(factory=list)
    #: errors of unknown outcome, with the claims they are about
    unknown: list[tuple[OperationError, list[Claim], Callable[[Any], Any]]] = attrs.field(factory=list)
    #: orders that some other write may have ended
    may_have_ended: set[str] = attrs.field(factory=set)
    #: whether a countdown may end any order
    counts_down: bool = False
    #: the calls under way, and the last requests of each endpoint
    under_way: list[asyncio.Task[Any]] = attrs.field(factory=list)
    rounds: dict[EndpointName, Round] = attrs.field(factory=dict)
    #: the reads by which writes are resolved
    reads: tuple[Endpoint[Any], ...] = attrs.field(init=False)
    count: int = 0

    def __attrs_post_init__(self) -> None:
        endpoints = self.sim.venue(self.venue).endpoints
        self.reads = tuple(
            one for one in endpoints if not one.is_write and {method.__name__ for method in one.serves} & RESOLVING
        )

    def endpoint(self, method: str, *, is_conditional: bool = False) -> Endpoint[Any] | None:
        """Return the endpoint of a write by the method it serves; None where the venue has none."""
        endpoints = self.sim.venue(self.venue).endpoints
        found = [one for one in endpoints if one.verb != "GET" and any(each.__name__ == method for each in one.serves)]
        apart = [one for one in found if ("algo" in one.path) is is_conditional]
        return next(iter(apart or found), None)

    def named(self, path: str) -> Endpoint[Any] | None:
        """Return the endpoint of a write by its path; None where the venue has none."""
        return next((one for one in self.sim.venue(self.venue).endpoints if one.is_write and one.path == path), None)

    @property
    def venue(self) -> str:
        return self.sim.venue_ids[0]

    @property
    def stage(self) -> Stage:
        """What to trade."""
        return Stage(self.sim, self.account)

    @property
    def ledger(self) -> Any:
        return self.sim.ledger

    def rest_orders(self) -> None:
        """Have two more orders there that no write of ours has placed."""
        stage = self.stage
        for number in (self.number(), self.number()):
            price, name = Decimal(2000), f"before-{number}"
            self.ledger.rest_order(stage.symbol, Side.BUY, stage.quantity, price, client_id=name)

    def number(self) -> int:
        """Return a number that no other write of this world has."""
        self.count += 1
        return self.count

    async def start(self) -> None:
        """Open an account, as a new process does."""
        self.life = contextlib.AsyncExitStack()
        runtime = venuekit.Runtime(plugins=installed(), clock=self.clock, journal=self.directory)
        await self.life.enter_async_context(runtime)
        connection = venuekit.connect(self.venue, self.sim.credentials(self.venue), runtime=runtime)
        self.account = await self.life.enter_async_context(connection)

    def set_clock(self, by: int) -> None:
        """Set the clock of our machine ahead, or back, by so many milliseconds."""
        self.clock.ahead += by

    async def die(self) -> None:
        """End the process, without a chance to write a line or to send a byte, and start the next one."""
        kept = self.directory.with_name(self.directory.name + ".kept")
        shutil.copytree(self.directory, kept) if self.directory.exists() else kept.mkdir()
        for task in self.under_way:
            task.cancel()
        await asyncio.gather(*self.under_way, return_exceptions=True)
        await self.life.aclose()
        shutil.rmtree(self.directory, ignore_errors=True)
        kept.rename(self.directory)
        self.sim.script.clear()
        await self.start()

    async def write(
        self,
        endpoint: Endpoint[Any],
        call: Callable[[Any], Any],
        claims: list[Claim],
        turn: Turn,
        parted: Callable[[Any], Any] = _as_it_is,
    ) -> None:
        """
        Carry out one write, and take over its end; ``parted`` makes of its value one result for each claim.

        A result of None is no news.

        Raises:
            AssertionError: an order or a margin move left twice.
        """
        for claim in claims:
            self._supersede(claim.subject)
        self.claims += claims
        round_ = self._begin(endpoint, turn)
        # of a batch the venue may refuse each item, and some calls go to several endpoints
        if endpoint.item_refusals is None and self._is_sole(endpoint):
            for claim in claims:
                claim.round = round_
        until = self.account.now() + timedelta(minutes=2) if turn.resends else None
        account = self.account.with_options(**turn.options, resend_until=until)
        task = asyncio.ensure_future(call(account))
        self.under_way.append(task)
        ended = await self._until(task, turn)
        self.under_way.remove(task)
        if turn.actor == "leverage":
            self._supersede("leverage")
        if not self.under_way:
            self.sim.script.clear()
            for one in filter(lambda one: one.is_open, self.rounds.values()):
                one.is_open = False
                one.check(self.fates)
        self._take(ended, claims, parted)

    async def write_at_once(self, first: tuple[Write, Turn], second: tuple[Write, Turn], apart: float) -> None:
        """Begin a second write so many seconds behind a first one, which may be under way then."""
        (write_first, turn_of_first), (write_second, turn_of_second) = first, second
        running = asyncio.ensure_future(write_first(self, turn_of_first))
        await asyncio.sleep(apart)
        # of the death of a process, one moment is enough
        await write_second(self, attrs.evolve(turn_of_second, dies=False))
        await running

    def _begin(self, endpoint: Endpoint[Any], turn: Turn) -> Round:
        """Script the fates of a write, and return the round that its requests belong to."""
        arrived, found = len(self.sim.requests), self.rounds.get(endpoint.name)
        for one in self.rounds.values():
            if not one.is_open and one.end is None:  # a cancellation of all may send to endpoints of other writes
                one.end = arrived
        if found is None or not found.is_open:
            found = self.rounds[endpoint.name] = Round(self.sim, endpoint, arrived)
        found.writes += 1
        found.fates += turn.fates or (("nothing",) if turn.actor is not None else ())
        found.resends |= turn.resends
        self._script(endpoint, turn)
        return found

    def _is_sole(self, endpoint: Endpoint[Any]) -> bool:
        """Say whether a call of its method sends nothing to another endpoint, as a cancellation of all may."""
        if endpoint.write_scope is not WriteScope.ALL_ORDERS:
            return True
        endpoints = self.sim.venue(self.venue).endpoints
        return sum(one.write_scope is WriteScope.ALL_ORDERS for one in endpoints) == 1

    def _supersede(self, subject: object) -> None:
        for claim in self.claims:
            if subject is not None and claim.subject == subject:
                claim.is_over = True

    def _script(self, endpoint: Endpoint[Any], turn: Turn) -> None:
        steps: list[Any] = [self.fates[name].make() or Delay() for name in turn.fates]
        if turn.actor is not None:
            first = steps[0] if steps else Delay()
            steps[:1] = [(SecondActor(self._action(turn.actor)), first)]
        self.sim.disturb(self.venue, endpoint, *steps)
        reads = [self.fates[name].make() or Delay() for name in turn.reads]
        for read in self.reads if reads else ():
            self.sim.disturb(self.venue, read, *reads)

    def _action(self, name: str) -> Callable[[Any], object]:
        """Return what somebody else does, and expect its effects from now on."""
        stage, number = self.stage, self.number()
        if name == "clock":
            return lambda _: self.set_clock((-1) ** number * 7_000 * number)
        if name == "leverage":
            self._supersede("leverage")
            return lambda ledger: _set_leverage(ledger, stage.symbol, Decimal(2 + 2 * number))
        if name == "order":
            return lambda ledger: ledger.rest_order(
                stage.symbol, Side.BUY, stage.quantity, Decimal(2000), client_id=f"other-{number}"
            )
        self.may_have_ended.update(order.id for order in orders_of(self.ledger))
        return lambda ledger: ledger.cancel_orders(stage.symbol)

    async def _until(self, task: asyncio.Task[Any], turn: Turn) -> Any:
        if turn.moment is not None:
            if isinstance(turn.moment, int):
                for _ in range(turn.moment):
                    await asyncio.sleep(0)
            else:
                await asyncio.sleep(turn.moment)
            if turn.dies:
                await self.die()
                return asyncio.CancelledError()
            task.cancel()
        try:
            return await task
        except (OperationError, asyncio.CancelledError) as error:
            return error

    def _take(self, ended: Any, claims: list[Claim], parted: Callable[[Any], Any]) -> None:
        """Take over the end of a write for all its claims, each item of a batch for one."""
        value = ended if isinstance(ended, BaseException) else parted(ended)
        items = value if isinstance(value, tuple) else (value,) * len(claims)
        assert len(items) == len(claims), f"{len(items)} results of {len(claims)} items"
        for claim, item in zip(claims, items, strict=True):
            if item is not None:
                claim.take(item)
        if isinstance(value, tuple):
            parts = [(item, [claim]) for claim, item in zip(claims, value, strict=True)]
        else:
            parts = [(value, claims)]
        for item, of in parts:
            if isinstance(item, OperationError) and item.outcome is Outcome.UNKNOWN and item.can_resolve:
                self.unknown.append((item, of, parted if item is value else _as_it_is))

    async def resolve(self, index: int) -> None:
        """Look again at a write of unknown outcome."""
        error, claims, parted = self.unknown.pop(index)
        ended: Any
        try:
            ended = await error.resolve()
        except OperationError as again:
            ended = again
        self._take(ended, claims, parted)

    async def resolve_unfinished(self) -> None:
        """Work off the journal, as a process does that was started again."""
        for entry in self.account.unresolved:
            with contextlib.suppress(OperationError):
                await self.account.resolve(entry)

    def check(self) -> None:
        """Compare everything that was ever reported with the ledger."""
        for claim in self.claims:
            claim.check()

    def check_journal(self) -> None:
        """Compare the outcomes in the journal with the ledger."""
        begun: dict[str, Unresolved] = {}
        for path in self.directory.glob("*.jsonl"):
            for text in filter(None, path.read_bytes().splitlines()):
                line = read_line(text)
                if isinstance(line, Unresolved):
                    begun[line.id] = line
                    continue
                entry = begun[line.id]
                times = self._times(entry)
                if times is None or line.outcome == Outcome.UNKNOWN:
                    continue
                assert times == (line.outcome == Outcome.APPLIED), f"{entry} is {line.outcome}, and there {times} times"

    def _times(self, entry: Unresolved) -> int | None:
        if entry.effect is Effect.DELTA:
            amount = entry.parameters.get("amount", entry.parameters.get("margin"))
            if amount is None:  # a stop of a part of a position
                trigger = Decimal(entry.parameters["takeProfit"])
                return len([order for order in orders_of(self.ledger) if order.trigger_price == trigger])
            return moved_margin(self.ledger, abs(amount))
        if entry.effect is Effect.KEYED and len(entry.client_ids) == 1:
            return len(orders_named(self.ledger, entry.client_ids[0]))
        return None

    async def end(self) -> None:
        """Let everything arrive, check, work off what is open, and check again."""
        try:
            await asyncio.sleep(QUIET)
            self.check()
            for _ in range(len(self.unknown)):
                await self.resolve(0)
            await self.resolve_unfinished()
            self.check()
            self.check_journal()
        finally:
            await self.life.aclose()
            await self.stack.aclose()
            shutil.rmtree(self.directory, ignore_errors=True)


@cache
def installed() -> Plugins:
    """Return everything installed, found once: it takes longer than a whole history."""
    return make_plugins()


async def open_world(venue: str, scenario: str, lag: timedelta | None) -> World:
    """
    Simulate a venue, and open an account of it with a journal of its own.

    Reads do not show an order before ``lag``.
    """
    clock = LoopClock()
    stack = contextlib.AsyncExitStack()
    simulation = venuekit.simulate(venue, clock=clock, scenario=scenario, plugins=installed())
    sim = await stack.enter_async_context(simulation)
    directory = Path(tempfile.mkdtemp(prefix="machine-", dir=_MEMORY))
    world = World(sim, LocalClock(clock), directory, fates_of(sim, venue), stack)
    await world.start()
    world.rest_orders()
    if lag is not None:
        sim.ledger.lag(Record.ORDERS, lag)
    return world


def _set_leverage(ledger: Ledger, symbol: str, leverage: Decimal) -> None:
    with contextlib.suppress(Refused):  # it holds already, or is too high
        ledger.set_leverage(symbol, leverage)


#: where journals need no disk, if there is such a place
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - for directories of random names
