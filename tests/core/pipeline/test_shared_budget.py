"""A runtime that shares its budgets: what its store hears and says, on the way of a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from venuekit import Account, Runtime
from venuekit.endpoint import Priority
from venuekit.errors import Banned, BudgetUnavailable, ConfigurationError, OperationError, Outcome, Throttled
from venuekit.hooks import hookimpl
from venuekit.pipeline import Event, EventKind, PoolName, PoolReport, PoolState, Receipt, WaitingRequest
from venuekit.simulator import CannedAnswer, DropBefore, Simulation
from venuekit.testing import plugins_with
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

PAID = Receipt(0.0)


@attrs.define
class ScriptedStore:
    """A store whose answers a test sets; it pays when there are none."""

    answers: list[Receipt | Exception] = attrs.field(factory=list)
    payments: list[dict[str, Any]] = attrs.field(factory=list)
    reports: list[PoolReport] = attrs.field(factory=list)
    left: list[str] = attrs.field(factory=list)
    is_open: bool = True
    seconds: float = 0.0

    async def pay(self, due: Sequence[tuple[PoolName, int]], priority: Priority, **details: Any) -> Receipt:
        self.payments.append({"due": due, "priority": priority, **details})
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else PAID
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def report(self, reports: Sequence[PoolReport]) -> None:
        self.reports += reports

    async def leave(self, waiter: str) -> None:
        self.left.append(waiter)
        raise BudgetUnavailable("the store is lost")  # a request that is over does not mind

    async def states(self) -> tuple[PoolState, ...]:
        return ()

    async def aclose(self) -> None:
        self.is_open = False

    @hookimpl
    def venuekit_make_budget_store(self) -> ScriptedStore:
        return self


@attrs.define
class Shop:
    sim: Simulation
    runtime: Runtime
    account: Account
    store: ScriptedStore
    clock: LoopClock
    events: list[Event]

    @property
    def weight(self) -> PoolName:
        return next(one.name for one in self.runtime.pools() if one.name.limit.name == "weight")


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """An account of the toy venue that pays from a scripted store."""
    store, clock, events = ScriptedStore(), LoopClock(), list[Event]()

    class Watch:
        @hookimpl
        def venuekit_observe(self) -> Any:
            return events.append

    async with (
        Simulation((TOY_PERP,), clock=clock) as sim,
        Runtime(clock=clock, journal=False, plugins=plugins_with(store, Watch())) as runtime,
    ):
        account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        sim.requests.clear()
        store.payments.clear()
        events.clear()
        yield Shop(sim, runtime, account, store, clock, events)
    assert not store.is_open


@pytest.mark.looptime
async def test_a_request_pays_in_one_step_and_says_who_it_is(shop: Shop) -> None:
    """One payment a request, with rank and method, and the venue's count of the answer before."""
    await shop.account.call(TOY.SETTINGS)
    await shop.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    first, second = shop.store.payments
    assert (first["due"], first["priority"]) == ([(shop.weight, 2)], Priority.READ)
    assert (second["operation"], second["priority"]) == ("set_leverage", Priority.RISK)
    assert first["waiter"] != second["waiter"]
    assert second["reports"] == [PoolReport(shop.weight, used=shop.runtime.pools()[0].used - 1)]  # type: ignore[operator]  # it is kept by core
    assert shop.store.left == []


@pytest.mark.looptime
async def test_a_refused_payment_is_tried_again_under_one_name(shop: Shop) -> None:
    """It waits as long as the store says; the others of this process are not held up by what it lacks elsewhere."""
    shop.store.answers = [Receipt(3.0), PAID]
    began = shop.clock.monotonic()
    first = asyncio.ensure_future(shop.account.call(TOY.SETTINGS))
    await asyncio.sleep(1)
    await shop.account.call(TOY.SETTINGS)
    assert shop.clock.monotonic() - began == pytest.approx(1, abs=0.1)

    await first

    assert shop.clock.monotonic() - began == pytest.approx(3, abs=0.1)
    names = [payment["waiter"] for payment in shop.store.payments]
    assert names[0] == names[2] != names[1]


@pytest.mark.looptime
async def test_a_closure_of_another_process_stops_the_waiters_of_this_one(shop: Shop) -> None:
    """Whoever learns of it first has all others look again; observers hear of it, and the error says until when."""
    shop.store.answers = [Receipt(50.0), Receipt(600.0, (PoolReport(shop.weight, closed_for=600.0, is_banned=True),))]
    patient = asyncio.ensure_future(shop.account.with_options(max_wait=100).call(TOY.SETTINGS))
    await asyncio.sleep(1)

    for call in (shop.account.call(TOY.SETTINGS), patient):
        with pytest.raises(Banned, match="an earlier refusal keeps pool weight closed") as caught:
            await call
        assert caught.value.outcome is Outcome.NOT_SENT
    await asyncio.sleep(0)

    assert shop.clock.monotonic() < 10
    assert shop.sim.requests == []
    assert len(shop.store.left) == 2  # both may wait in the store
    closed = [event for event in shop.events if event.kind is EventKind.BUDGET]
    assert [(event.pool, event.is_closed) for event in closed] == [("weight", True)]
    assert shop.runtime.pools()[0].is_banned

    await asyncio.sleep(600)
    shop.sim.disturb("toy_perp", TOY.SETTINGS, CannedAnswer(429, b"{}"))
    began = shop.clock.monotonic()
    await shop.account.call(TOY.SETTINGS)
    assert (
        1.0 <= shop.clock.monotonic() - began < 2.0
    )  # the first refusal of this process: its pauses do not double yet


@pytest.mark.looptime
async def test_a_refusal_of_the_venue_is_handed_over_at_once(shop: Shop) -> None:
    """The closure is in the store before anything else is sent."""
    shop.sim.disturb("toy_perp", TOY.SETTINGS, CannedAnswer(429, b"{}", {"Retry-After": "7"}))
    with pytest.raises(Throttled):
        await shop.account.with_options(max_wait=0).call(TOY.SETTINGS)
    await asyncio.sleep(0)

    (report,) = [one for one in shop.store.reports if one.closed_for]
    assert report.pool == shop.weight
    assert not report.is_banned


@pytest.mark.looptime
async def test_a_store_that_is_lost_sends_nothing(shop: Shop) -> None:
    """The error says so, for a read and a write; the next request asks again."""
    shop.store.answers = [BudgetUnavailable("the store is lost"), BudgetUnavailable("the store is lost")]
    for call in (shop.account.call(TOY.SETTINGS), shop.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)):
        with pytest.raises(BudgetUnavailable, match="the store is lost") as caught:
            await call
        assert (caught.value.venue, caught.value.outcome) == ("toy_perp", Outcome.NOT_SENT)
    assert shop.sim.requests == []

    await shop.account.call(TOY.SETTINGS)


@pytest.mark.looptime
async def test_a_store_that_fails_in_its_own_way_sends_nothing(shop: Shop) -> None:
    """A plugin may raise what it likes: the caller gets one error, and nothing leaves."""
    shop.store.answers = [ConnectionResetError("gone")]
    with pytest.raises(BudgetUnavailable, match=r"the store of shared budgets failed: .*gone") as caught:
        await shop.account.call(TOY.SETTINGS)
    assert (caught.value.outcome, shop.sim.requests) == (Outcome.NOT_SENT, [])


@pytest.mark.looptime
async def test_a_store_that_is_lost_between_attempts_hides_none_of_them(shop: Shop) -> None:
    """A write that the venue refused had left; one whose answer was lost may have arrived."""
    busy = CannedAnswer.json(503, {"error": {"code": 3002, "message": "busy"}})
    for disturbance, outcome in ((busy, Outcome.NOT_APPLIED), (DropBefore(), Outcome.UNKNOWN)):
        shop.store.answers = [PAID, *(BudgetUnavailable("the store is lost") for _ in range(9))]
        shop.sim.disturb("toy_perp", TOY.SET_LEVERAGE, disturbance)
        with pytest.raises(OperationError) as caught:
            await shop.account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        assert caught.value.outcome is outcome


@pytest.mark.looptime
async def test_a_pool_that_is_closed_while_the_store_answers_lets_nothing_pass(shop: Shop) -> None:
    """The payment was made before the venue's refusal was heard of; the request stops all the same."""
    session, shop.store.seconds = shop.account._session, 0.5
    pool = session.pool(TOY_PERP.limits[0])
    call = asyncio.ensure_future(shop.account.with_options(max_wait=1).call(TOY.SETTINGS))
    await asyncio.sleep(0.1)

    pool.close(60.0, shop.clock.monotonic(), banned=True)
    session.venue_session.note_closed([pool])

    with pytest.raises(Banned, match="keeps pool weight closed"):
        await call
    assert shop.sim.requests == []


@pytest.mark.looptime
async def test_the_time_that_a_slow_store_takes_is_a_wait(shop: Shop) -> None:
    """Its answers count among the waits that the caller bounds."""
    shop.store.answers, shop.store.seconds = [Receipt(0.4) for _ in range(9)], 0.9
    began = shop.clock.monotonic()

    with pytest.raises(Throttled):
        await shop.account.with_options(max_wait=2).call(TOY.SETTINGS)

    assert shop.clock.monotonic() - began < 3


@pytest.mark.looptime
async def test_a_pool_that_took_over_another_one_is_handed_over(shop: Shop) -> None:
    """Accounts that turn out to be one have spent from one pool: the store learns of the sum."""
    pool = shop.account._session.pool(TOY_PERP.limits[0])
    pool.spend(100, shop.clock.monotonic())
    shop.runtime._budgets.note_joined(pool)

    await shop.account.call(TOY.SETTINGS)

    ((report,),) = [payment["reports"] for payment in shop.store.payments]
    assert report.pool == shop.weight
    assert report.used is not None
    assert report.used >= 100


@pytest.mark.looptime
async def test_a_statement_that_is_cancelled_leaves_nothing(shop: Shop) -> None:
    """A loop that ends cancels all tasks; the runtime is closed all the same."""
    shared = shop.runtime._budgets.shared
    assert shared is not None
    shared.close([shop.account._session.pool(TOY_PERP.limits[0])])
    for task in shared._tasks:
        task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not shared._tasks


@pytest.mark.looptime
async def test_a_cancelled_payment_may_have_been_made(shop: Shop) -> None:
    """The request leaves the store's lines, and the lines of this process."""
    shop.store.answers = [Receipt(50.0)]
    task = asyncio.ensure_future(shop.account.with_options(max_wait=100).call(TOY.SETTINGS))
    await asyncio.sleep(1)
    assert shop.store.left == []

    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0)

    assert shop.store.left == [shop.store.payments[0]["waiter"]]
    assert all(state.waiting == () for state in shop.runtime.pools())


def test_a_url_or_an_address_that_is_none_is_refused_at_once() -> None:
    """One sentence, without the password, before a runtime is there."""
    with pytest.raises(ConfigurationError, match=r"^budget: ") as caught:
        Runtime(budget="http://:hunter2@host")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(
        ConfigurationError, match=r"^address: 'a b' names no address; write the one that the venue sees"
    ):
        Runtime(address="a b")


def test_a_state_says_what_each_priority_leaves() -> None:
    """Reads leave a fifth and walks two fifths, of a share as of the whole."""
    waiting = (WaitingRequest("get_balances", Priority.READ, datetime(2026, 1, 1, tzinfo=UTC)),)
    name = PoolName("toy", "live", TOY_PERP.limits[0])

    state = PoolState(name, used=1, amount=50, waiting=waiting)

    assert state.reserves == {Priority.URGENT: 0, Priority.RISK: 0, Priority.READ: 10, Priority.HISTORY: 20}
