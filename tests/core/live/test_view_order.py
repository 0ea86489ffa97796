"""Events and reads that cross each other: the newer one counts, news keep their order, and no fill is left out."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.core.ledger.made_up import D
from tests.core.live.opened import Opened, in_view, trade

from venuekit.capabilities import (
    FillUpdate,
    Gap,
    PositionMode,
    PositionUpdate,
    SettingsUpdate,
    StreamEvent,
    UnknownEvent,
)
from venuekit.live import AccountView, StaleView, ViewPart
from venuekit.simulator.ledger import LedgerOrderRequest, Side

pytestmark = pytest.mark.looptime


def mode_of(view: AccountView) -> str | None:
    """Return the position mode."""
    return None if view.position_mode is None else str(view.position_mode[0])


@in_view
async def test_a_setting_from_before_its_last_read_changes_nothing(opened: Opened) -> None:
    """Nor does a read that was sent before the setting was changed: the venue's time decides."""
    account, view = opened
    trade(account)
    account.stream.deliver()
    await asyncio.sleep(60)
    await view.refresh()
    (position,) = view.positions()
    leverage = position.position.leverage
    details: dict[str, Any] = {"received_at": account.now(), "message": 0}
    late = account.now() - timedelta(hours=1)
    account.stream.put(
        SettingsUpdate(symbol="ONEUSDT", leverage=D(99), time=late, **details),
        SettingsUpdate(position_mode=PositionMode.HEDGE, time=late, **details),
    )
    await asyncio.sleep(0.1)
    (position,) = view.positions()
    assert position.position.leverage == leverage
    assert mode_of(view) == "one_way"

    await asyncio.sleep(10)
    account.read_time = 2.0
    reading = asyncio.create_task(view.refresh(ViewPart.MODES))
    await asyncio.sleep(1.5)
    account.stream.put(SettingsUpdate(position_mode=PositionMode.HEDGE, time=account.now(), **details))
    await reading
    assert mode_of(view) == "hedge"
    with pytest.raises(StaleView, match="a read and the events of position mode do not agree yet"):
        view.fresh(parts=[ViewPart.MODES])
    await view.wait_fresh(20, parts=[ViewPart.MODES])
    assert mode_of(view) == "one_way"  # as the ledger has it


@in_view
async def test_news_of_a_read_are_not_handed_out_behind_later_events(opened: Opened) -> None:
    """An order whose end has to be asked for holds no position back."""
    account, view = opened
    order = account.ledger.place(LedgerOrderRequest(symbol="ONEUSDT", side=Side.BUY, quantity=D(1), price=D(900)))
    account.emit()
    account.stream.deliver()
    await asyncio.sleep(2)
    quantities: list[object] = []
    view.subscribe(
        lambda change: (
            quantities.append(change.event.position.quantity) if isinstance(change.event, PositionUpdate) else None
        )
    )
    account.stream.cut()
    trade(account, 3)
    account.ledger.cancel_order(order.id)
    account.emit()
    account.stream.outbox.clear()
    account.read_time = 1.0
    account.stream.reconnect()
    await asyncio.sleep(1.5)  # the state has been read, and how the order ended is being asked for
    trade(account, 2)
    account.stream.deliver()
    await asyncio.sleep(5)
    assert quantities == [3, 5]


@in_view
async def test_a_fill_that_the_stream_left_out_is_found_though_later_messages_came(opened: Opened) -> None:
    """The gap that a read shows reaches back to the read before it, and not to the last message."""
    account, view = opened
    await asyncio.sleep(40)
    events: list[StreamEvent] = []
    view.subscribe(lambda change: events.append(change.event) if change.event is not None else None)
    trade(account, 3)
    account.stream.outbox.clear()
    for _ in range(20):
        await asyncio.sleep(1.5)
        account.ledger.deposit("ONE", D(1))
        account.emit()
        account.stream.deliver()
    await view.wait_for(lambda _: any(isinstance(event, FillUpdate) for event in events), 120)
    fills = [event for event in events if isinstance(event, FillUpdate)]
    assert [(event.fill.quantity, str(event.origin)) for event in fills] == [(3, "recovered")]
    assert [type(event) for event in events].count(Gap) == 1


@in_view
async def test_unknown_events_have_everything_read_but_not_each_time(opened: Opened) -> None:
    """The state may have changed by any of them; a venue that sends many of them costs no more than its limits."""
    account, view = opened
    await asyncio.sleep(10)
    account.counts.clear()
    trade(account)
    account.stream.outbox.clear()
    unknown = UnknownEvent(kind="NEW_KIND", body=b"{}", received_at=account.now(), message=0)
    account.stream.put(unknown)
    await asyncio.sleep(2)
    assert view.position("ONEUSDT") is not None
    account.counts.clear()
    for _ in range(600):
        account.stream.put(unknown)
        await asyncio.sleep(0.1)
    assert {name: count <= 20 for name, count in account.counts.items()} == dict.fromkeys(account.counts, True)
    assert account.counts["orders"] >= 6
