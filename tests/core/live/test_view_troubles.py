"""The account view in trouble: reads that fail or lack rows, a stream that delivers nothing, slow readers, its end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.core.ledger.made_up import D
from tests.core.live.ledger_account import LedgerAccount, order_of
from tests.core.live.opened import Opened, in_view, make_account, quantity_of, trade

from venuekit.capabilities import FillUpdate, Gap, GapReason, Position, PositionUpdate, StreamEvent
from venuekit.errors import AnswerLost, OddRow
from venuekit.live import AccountView, StaleView, ViewChange, ViewPart, ViewPhase
from venuekit.live.view_policy import ViewPolicy
from venuekit.payloads import note_odd_row
from venuekit.simulator.ledger import LedgerOrderRequest, Side

pytestmark = pytest.mark.looptime
FILLS = (ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS, ViewPart.FILLS)


def gather_events(view: AccountView) -> list[StreamEvent]:
    """Return a list that gets every event of a view."""
    events: list[StreamEvent] = []
    view.subscribe(lambda change: events.append(change.event) if change.event is not None else None)
    return events


@in_view
async def test_a_failed_read_is_not_an_account_without_positions(opened: Opened) -> None:
    """The view keeps its values, says why they may be old, and is fresh once the read succeeds."""
    account, view = opened
    trade(account)
    account.stream.deliver()
    await asyncio.sleep(1)
    account.trouble = {"positions"}
    account.stream.cut()
    account.stream.reconnect()
    await asyncio.sleep(20)

    with pytest.raises(
        StaleView, match=r"positions may be out of date: .*reading positions failed: .*no answer"
    ) as stale:
        view.fresh()
    assert stale.value.part is ViewPart.POSITIONS
    assert quantity_of(view) == 3
    with pytest.raises(AnswerLost):
        await view.refresh(ViewPart.POSITIONS)
    account.trouble = set()
    await view.wait_fresh(20)
    assert quantity_of(view) == 3


@in_view
async def test_rows_that_cannot_be_read_prove_nothing(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that lacks rows does not close a position, and does not end a gap."""
    account, view = opened
    trade(account)
    account.stream.deliver()
    await asyncio.sleep(1)

    async def get_positions(self: LedgerAccount, **_: Any) -> tuple[Position, ...]:
        note_odd_row(OddRow("row 0: quantity is no number"))
        return ()

    with monkeypatch.context() as patch:
        patch.setattr(LedgerAccount, "get_positions", get_positions)
        account.stream.put(
            Gap(received_at=account.now(), message=0, reason=GapReason.OVERFLOW, words="the queue was full")
        )
        await asyncio.sleep(20)
        assert quantity_of(view) == 3
        with pytest.raises(StaleView, match=r"positions .* 1 rows that cannot be read: row 0: quantity is no number"):
            view.fresh()
    await view.wait_fresh(30)
    assert quantity_of(view) == 3


@pytest.mark.parametrize("is_confirmed", [False, True])
@in_view
async def test_a_stream_that_delivers_nothing_is_noticed(opened: Opened, *, is_confirmed: bool) -> None:
    """A read shows a change, and no event of it comes: that is a gap, and its fills are read."""
    account, view = opened
    events = gather_events(view)
    account.stream.is_confirmed = is_confirmed
    trade(account)
    account.stream.outbox.clear()
    await view.wait_for(lambda view: quantity_of(view) == 3, 61)
    await view.wait_for(lambda _: any(isinstance(event, Gap) for event in events), 10)
    await view.wait_fresh(60, parts=FILLS)

    gap = next(event for event in events if isinstance(event, Gap))
    assert (gap.reason, str(gap.origin)) == (GapReason.UNCONFIRMED, "inferred")
    assert [str(event.origin) for event in events if isinstance(event, PositionUpdate)] == ["inferred"]
    fills = [event for event in events if isinstance(event, FillUpdate)]
    assert [(event.fill.quantity, str(event.origin)) for event in fills] == [(3, "recovered")]


@in_view
async def test_an_own_order_is_there_before_its_event_and_is_one_order(opened: Opened) -> None:
    """Whichever comes first; and available amounts are stale from the request on until they were read after it."""
    account, view = opened
    request = LedgerOrderRequest(symbol="ONEUSDT", side=Side.BUY, quantity=D(1), price=D(900))
    await view.refresh()
    view.fresh(parts=[ViewPart.AVAILABLE])
    begun = view.begin_write()
    with pytest.raises(StaleView, match="an own write is under way"):
        view.fresh(parts=[ViewPart.AVAILABLE])
    placed = order_of(account.ledger.place(request))
    view.end_write(begun, placed)
    (live,) = view.fresh().open_orders()
    assert (live.order, str(live.learnt.source)) == (placed, "answer")
    account.emit()
    account.stream.deliver()
    await asyncio.sleep(1)
    assert [live.order.id for live in view.fresh().open_orders()] == [placed.id]
    with pytest.raises(StaleView, match="something was ordered or moved"):
        view.fresh(parts=[ViewPart.AVAILABLE])
    await view.refresh(ViewPart.AVAILABLE)
    view.fresh(parts=[ViewPart.AVAILABLE])

    begun = view.begin_write()
    second = order_of(account.ledger.place(request))
    account.emit()
    account.stream.deliver()
    await asyncio.sleep(1)
    view.note_answer((second, AnswerLost("of another item")))
    view.end_write(begun, second)
    assert [live.order.id for live in view.fresh().open_orders(symbol="ONEUSDT")] == [placed.id, second.id]
    view.note_answer(order_of(account.ledger.cancel_order(second.id)))
    assert view.open_order("ONEUSDT", second.id) is None


@in_view
async def test_an_event_from_before_the_snapshot_changes_nothing(opened: Opened) -> None:
    """Neither of a position nor of an order, however late it comes; nor does one of a symbol that it never saw."""
    account, view = opened
    trade(account)
    order = account.ledger.place(LedgerOrderRequest(symbol="ONEUSDT", side=Side.BUY, quantity=D(1), price=D(900)))
    account.emit()
    late = list(account.stream.outbox)
    account.stream.outbox.clear()
    await asyncio.sleep(1)
    account.ledger.cancel_order(order.id)
    trade(account, -3)
    account.stream.cut()
    account.stream.reconnect()
    await view.wait_fresh(20)
    await asyncio.sleep(3600)
    for message in late:
        account.stream.put(*message)
    await asyncio.sleep(1)
    assert (quantity_of(view), view.fresh().open_orders()) == (None, ())
    event = next(event for message in late for event in message if isinstance(event, PositionUpdate))
    stranger = Position("TWOUSDT", event.position.side, D(1), D(1), event.position.contract_unit)
    account.stream.put(
        PositionUpdate(position=stranger, time=account.now() - timedelta(hours=1), received_at=account.now(), message=0)
    )
    await asyncio.sleep(1)
    assert view.fresh().position("TWOUSDT") is None


@in_view
async def test_slow_and_broken_readers_harm_no_other(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    """A full queue has one gap in place of the rest; a callback that raises is logged."""
    account, view = opened

    def fail(change: ViewChange) -> None:
        raise ZeroDivisionError

    with pytest.raises(ValueError, match="a queue holds at least 1 change, not 0"):
        view.changes(queue=0)
    slow = view.changes(queue=1)
    with view.subscribe(fail):
        events = gather_events(view)
        trade(account)
        account.stream.deliver()
        await asyncio.sleep(0.1)
    assert len(events) > 1
    first, second = await anext(slow), await anext(slow)
    assert first.event == events[0]
    assert isinstance(second.event, Gap)
    assert second.event.reason is GapReason.OVERFLOW
    assert f"{len(events) - 1} changes were dropped" in second.event.words
    assert "a callback of an account view failed" in caplog.text
    with pytest.raises(TimeoutError, match="ledger: not within 2 s"):
        await view.wait_for(lambda view: quantity_of(view) == 99, 2)
    with pytest.raises(ZeroDivisionError):
        await view.wait_for(lambda view: 1 / len(view.positions()) > len(view.open_orders()) / 0, 2)


async def test_the_end_of_a_view_ends_its_readers() -> None:
    """A wait raises, an iteration ends, values stay; and nothing is left running."""
    account = make_account()
    async with AccountView(account) as view:
        waiting = asyncio.create_task(view.wait_for(lambda _: False, 1000))
        changes = view.changes()
        await asyncio.sleep(1)
    with pytest.raises(StaleView, match="the view may be out of date: the view was left"):
        await waiting
    assert [change.status.phase async for change in changes] == [ViewPhase.CLOSED]
    for part in ViewPart:
        with pytest.raises(StaleView, match="the view was left"):
            view.fresh(parts=[part])
    assert view.balance("USDT") is not None
    with pytest.raises(RuntimeError, match="a view is entered once"):
        await view.__aenter__()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert account.write_scopes.watchers == ()


@pytest.mark.parametrize("moment", [0.1, 0.7, 1.4, 3.0])
async def test_cancelling_leaves_nothing(moment: float) -> None:
    """At whatever moment: no task, no watcher, and the stream is left."""
    account = make_account()
    account.read_time = 1.0

    async def use() -> None:
        async with AccountView(account) as view:
            await view.wait_for(lambda _: False, 1000)

    task = asyncio.create_task(use())
    await asyncio.sleep(moment)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert account.write_scopes.watchers == ()
    assert account.closed == 1


async def test_entering_raises_the_error_of_the_first_reads() -> None:
    """And leaves the stream again."""
    account = make_account()
    account.trouble = {"orders"}
    with pytest.raises(AnswerLost, match="ledger: orders"):
        async with AccountView(account):
            pass
    assert account.closed == 1


async def test_parts_that_are_put_off_are_read_when_they_are_asked_for() -> None:
    """Until then they are stale; by then the stream has been up for long enough that one read is for good."""
    account = make_account()
    other = LedgerAccount(account.ledger, account._clock, is_ordered=True)
    policy = ViewPolicy(put_off=frozenset({ViewPart.ORDERS, ViewPart.MODES}))
    account.ledger.place(LedgerOrderRequest(symbol="ONEUSDT", side=Side.BUY, quantity=D(1), price=D(900)))
    async with AccountView(account, policy, orders=other) as view:
        await asyncio.sleep(10)
        view.fresh(30, parts=(ViewPart.WALLETS, ViewPart.POSITIONS))
        for part in policy.put_off:
            with pytest.raises(StaleView, match=f"{part} may be out of date: it was not read yet"):
                view.fresh(parts=(part,))
        assert (view.open_orders(), view.status.phase) == ((), ViewPhase.STALE)
        assert (account.counts, other.counts) == ({"balances": 2, "positions": 2}, {})
        events = gather_events(view)

        await view.refresh(ViewPart.ORDERS)
        await asyncio.sleep(10)
        view.fresh(30)
        assert view.status.phase is ViewPhase.LIVE
        assert [live.order.price for live in view.open_orders()] == [900]
        assert (events, other.counts) == ([], {"orders": 1})  # a first read is no news
        account.stream.put(Gap(received_at=account.now(), message=0, reason=GapReason.OVERFLOW, words="full"))
        await asyncio.sleep(10)
        assert (account.counts.get("orders"), other.counts) == (None, {"orders": 3})
    for part in (ViewPart.WALLETS, ViewPart.POSITIONS):
        with pytest.raises(ValueError, match=f"orders and modes may be put off, not {part}"):
            ViewPolicy(put_off=frozenset({part}))


async def test_a_gap_has_orders_read_that_are_put_off() -> None:
    """Everything is read again then, and they are a part of it."""
    account = make_account()
    async with AccountView(account, ViewPolicy(put_off=frozenset({ViewPart.ORDERS}))) as view:
        await asyncio.sleep(10)
        assert "orders" not in account.counts
        account.stream.cut()
        account.stream.reconnect()
        await view.wait_fresh(30)
        assert account.counts["orders"] >= 1


async def test_a_quiet_hour_costs_no_more_than_the_policy_says() -> None:
    """Reads are made as often as asked for, and the view stays fresh."""
    account = make_account()
    with pytest.raises(ValueError, match="read_every must be above 0 seconds, not 0"):
        ViewPolicy(read_every=0)
    async with AccountView(account, ViewPolicy(read_every=60, orders_every=120, modes_every=1800)) as view:
        await asyncio.sleep(3599)
        view.fresh(121, parts=[part for part in ViewPart if part is not ViewPart.MODES])
    assert {name: round(count, -1) for name, count in account.counts.items()} == {
        "balances": 60,
        "positions": 60,
        "orders": 30,
        "mode": 0,
    }


async def test_fills_that_cannot_be_read_have_nothing_else_read() -> None:
    """Positions, balances and orders are read twice after a gap, and then as often as ever."""
    account = make_account()
    async with AccountView(account) as view:
        trade(account)
        account.stream.deliver()
        await asyncio.sleep(60)
        account.trouble = {"fills"}
        account.stream.cut()
        account.stream.reconnect()
        account.counts.clear()
        await asyncio.sleep(600)
        view.fresh(60)
        with pytest.raises(StaleView, match="missed fills cannot be read"):
            view.fresh(3600, parts=[ViewPart.FILLS])
        assert account.counts["fills"] > 20
        assert all(account.counts[name] <= 25 for name in ("positions", "balances", "orders"))


async def test_those_who_wait_for_a_read_are_told_that_the_view_was_left() -> None:
    """A caller of another task is not cancelled, and does not wait for ever."""
    account = make_account()
    async with AccountView(account) as view:
        account.read_time = 5
        waiting = [asyncio.create_task(view.refresh()) for _ in range(2)]
        await asyncio.sleep(1)
        waiting[1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[1]
    async with asyncio.timeout(60):
        with pytest.raises(StaleView, match="the view was closed meanwhile"):
            await waiting[0]
