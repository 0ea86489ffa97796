"""Account book: everything that is known of one account, changed by events, reads and answers; it waits for nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.times import EPOCH
from venuekit.capabilities import (
    Balance,
    BalanceUpdate,
    EventOrigin,
    Fill,
    FillUpdate,
    Gap,
    Order,
    OrderUpdate,
    OrderUpdateKind,
    Position,
    PositionUpdate,
    SettingsUpdate,
    StreamEvent,
)
from venuekit.live.account_modes import AccountModes
from venuekit.live.fill_log import FillLog
from venuekit.live.holdings import Holdings, Knowledge
from venuekit.live.open_orders import OpenOrders
from venuekit.live.provenance import Provenance, ValueSource
from venuekit.live.recency import READ_LAG, ChangeTime, ReadWindow
from venuekit.live.shapes import BALANCES, POSITIONS

#: events without a state of their own that are remembered, so that a repeated one is no news
_REMEMBERED = 1_000
#: fills that are held back at most while missed ones are being read
MOST_HELD = 10_000
#: the step of an order that a read found to be open, and of one that is not open any more
FOUND_OPEN = OrderUpdateKind("found_open")
FOUND_ENDED = OrderUpdateKind("found_ended")


class AccountBook:
    """
    Everything that is known of one account.

    Each change gives the events that are news: those of the stream that were not known before, and INFERRED ones for
    changes that a read or an answer has shown first.
    """

    def __init__(self, *, is_ordered: bool = True) -> None:
        self.wallets: Holdings[Balance] = Holdings(BALANCES, is_ordered=is_ordered)
        self.positions: Holdings[Position] = Holdings(POSITIONS, is_ordered=is_ordered)
        self.orders = OpenOrders(is_ordered=is_ordered)
        self.fills = FillLog()
        self.modes = AccountModes()
        #: fills that came while missed ones were being read; None while none are
        self.held_fills: list[FillUpdate] | None = None
        self._seen: OrderedDict[StreamEvent, None] = OrderedDict()
        #: of the last event: the events of one message share them
        self._provenance = Provenance(ValueSource.STREAM, None, EPOCH)
        self._stamp = ChangeTime()

    # -- events

    def apply(self, events: Iterable[StreamEvent], now: float) -> list[StreamEvent]:
        """Apply the events of one message, and return those that are news; ``now`` is the monotonic clock."""
        return [event for event in events if self._take(event, now)]

    def note_gap(self) -> None:
        """Note that events may be missing."""
        self.wallets.note_gap()
        self.positions.note_gap()
        self.orders.note_gap()

    def missing_since(self) -> float | None:
        """Return since when, on the monotonic clock, the event of a change is missing that a read has shown."""
        moments = (self.wallets.missing_since(), self.positions.missing_since())
        return min((moment for moment in moments if moment is not None), default=None)

    def release_fills(self, missed: Iterable[FillUpdate], now: float) -> list[StreamEvent]:
        """Count missed fills and those held back behind them; return those that are news, in their order."""
        held, self.held_fills = self.held_fills or [], None
        streamed = {event.fill.key for event in held}
        ordered = sorted(
            (event for event in missed if event.fill.key not in streamed), key=lambda event: event.fill.time
        )
        return [event for event in (*ordered, *held) if self.fills.count(event.fill, now)]

    def _take(self, event: StreamEvent, now: float) -> bool:
        if isinstance(event, BalanceUpdate):
            balance = event.balance
            stamp = self._stamp_of(balance.updated_at or event.time, event.sequence)
            return self.wallets.take_event(balance, stamp, self._learnt(event), now)
        if isinstance(event, PositionUpdate):
            position = event.position
            sequence = event.sequence if position.sequence is None else position.sequence
            stamp = self._stamp_of(position.updated_at or event.time, sequence)
            is_news = self.positions.take_event(position, stamp, self._learnt(event), now)
            if is_news:
                self.fills.note_activity(position.symbol, now)
            return is_news
        if isinstance(event, OrderUpdate):
            return self.orders.take(event.order, self._learnt(event), now)
        if isinstance(event, FillUpdate):
            return self._take_fill(event, now)
        if isinstance(event, SettingsUpdate):
            return self._is_first(event) and self._take_settings(event)
        return isinstance(event, Gap) or self._is_first(event)

    def _take_fill(self, event: FillUpdate, now: float) -> bool:
        if event.is_preliminary:
            return not self.fills.has(event.fill) and self._is_first(event)  # the full one counts
        if self.held_fills is not None:
            if not self.fills.has(event.fill):
                self.held_fills.append(event)
            return False
        return self.fills.count(event.fill, now)

    def _take_settings(self, event: SettingsUpdate) -> bool:
        self.modes.take_event(event, self._learnt(event))
        if event.symbol is not None and event.leverage is not None:
            if not self.modes.is_newest_leverage(event, self.positions.read_at):
                return False
            self._set_leverage(event.symbol, event.leverage)
        return True

    def _set_leverage(self, symbol: str, leverage: Decimal) -> None:
        for holding in self.positions.all():
            if holding.value.symbol == symbol:
                holding.value = attrs.evolve(holding.value, leverage=leverage)

    def _is_first(self, event: StreamEvent) -> bool:
        """Say whether an event has not come before; one without a time is always taken for another one."""
        if event.time is None:
            return True
        plain = attrs.evolve(event, received_at=EPOCH, message=0, raw=None)
        if plain in self._seen:
            return False
        self._seen[plain] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _learnt(self, event: StreamEvent) -> Provenance:
        """Return where and when the state of an event was learnt."""
        known = self._provenance
        if known.time is not event.time or known.received_at is not event.received_at:
            known = self._provenance = Provenance(ValueSource.STREAM, event.time, event.received_at)
        return known

    def _stamp_of(self, time: datetime | None, sequence: int | None) -> ChangeTime:
        """Return the place of an event in the venue's own order."""
        known = self._stamp
        if known.last is not time or known.sequence != sequence:
            known = self._stamp = ChangeTime(time, time, sequence)
        return known

    # -- reads and answers

    def take_balances(
        self, rows: Sequence[Balance], window: ReadWindow, received_at: datetime, knowledge: Knowledge
    ) -> list[StreamEvent]:
        """Take the rows of a read of balances."""
        changes = self.wallets.take_read(rows, window, knowledge)
        details = _details_of_inference(received_at)
        return [BalanceUpdate(balance=row, time=row.updated_at, **details) for row, _ in changes]

    def take_positions(
        self, rows: Sequence[Position], window: ReadWindow, received_at: datetime, knowledge: Knowledge
    ) -> list[StreamEvent]:
        """Take the rows of a read of positions."""
        changes = self.positions.take_read(rows, window, knowledge)
        for row, _ in changes:
            self.fills.note_activity(row.symbol, window.answered)
        is_sure = knowledge.is_complete and knowledge.awaits_events and not self.positions.doubted
        if is_sure and self.held_fills is None:
            self.fills.balance(self.open_positions(), window.sent - READ_LAG)
        details = _details_of_inference(received_at)
        return [PositionUpdate(position=row, time=row.updated_at, **details) for row, _ in changes]

    def take_orders(
        self, rows: Sequence[Order], window: ReadWindow, received_at: datetime, knowledge: Knowledge
    ) -> tuple[list[StreamEvent], list[Order]]:
        """Take the rows of a read of open orders; return the events, and the orders that are not open any more."""
        news, gone = self.orders.take_read(rows, window, knowledge)
        details = _details_of_inference(received_at)
        events: list[StreamEvent] = [
            OrderUpdate(order=order, time=order.updated_at, change=FOUND_OPEN, **details) for order in news
        ]
        return events, gone

    def take_answer(self, order: Order, now: float, asked_at: float | None, received_at: datetime) -> list[StreamEvent]:
        """Take the order that a request of our own was answered with."""
        learnt = Provenance(ValueSource.ANSWER, order.updated_at, received_at)
        if not self.orders.take(order, learnt, now, asked_at=asked_at):
            return []
        change = FOUND_OPEN if order.is_open else FOUND_ENDED
        return [OrderUpdate(order=order, time=order.updated_at, change=change, **_details_of_inference(received_at))]

    @property
    def has_doubts(self) -> bool:
        """Whether any value may be out of date."""
        return bool(self.wallets.doubted or self.positions.doubted or self.orders.doubted or self.modes.has_doubts)

    def open_positions(self) -> list[Position]:
        """Return the positions that are open."""
        return [holding.value for holding in self.positions.all()]

    def symbols(self) -> set[str]:
        """Return the symbols that have a position or an open order."""
        symbols = {position.symbol for position in self.open_positions()}
        return symbols | {live.order.symbol for live in self.orders.all()}


def recovery_of(fill: Fill, received_at: datetime) -> FillUpdate:
    """Return the event of a fill that was read from the history."""
    return FillUpdate(
        fill=fill, time=fill.time, received_at=received_at, message=0, origin=EventOrigin.RECOVERED, raw=fill.raw
    )


def _details_of_inference(received_at: datetime) -> dict[str, Any]:
    return {"received_at": received_at, "message": 0, "origin": EventOrigin.INFERRED}
