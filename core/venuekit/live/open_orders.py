"""Open orders: those of an account, by events, reads and the answers to own requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, TypeAlias

import attrs

from venuekit.capabilities import Order, OrderKind, OrderStatus
from venuekit.live.holdings import Knowledge
from venuekit.live.live_values import LiveOrder
from venuekit.live.provenance import Provenance, ValueSource
from venuekit.live.recency import LONG_LAG, READ_LAG, ChangeTime, ReadWindow, Recency, compare

OrderKey: TypeAlias = tuple[str, OrderKind, str]

#: ended orders that are remembered, so that a late event does not open one again
_REMEMBERED = 10_000
_state_of: Any = attrgetter(*(field.name for field in attrs.fields(Order) if field.name not in {"received_at", "raw"}))
_RANK = {OrderStatus.PENDING: 0, OrderStatus.UNTRIGGERED: 1, OrderStatus.OPEN: 1, OrderStatus.PARTIALLY_FILLED: 2}
#: the statuses of a conditional order after its trigger
_TRIGGERED = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


@attrs.define(eq=False)
class _Known:
    """One open order; ``at`` is when the venue surely had it, ``generation`` the number of gaps before."""

    order: Order
    learnt: Provenance
    at: float
    generation: int
    doubt: str | None = None


class OpenOrders:
    """
    The open orders of one account.

    An order is open from the first event, read or answer on that has it, and until one that ended it: whichever comes
    first. An ended order is never opened again, but for a conditional one that has expired: at some venues that is how
    a triggered one ends, which goes on under its id.

    Args:
        is_ordered: Whether events of one connection come in the order of their changes.
    """

    def __init__(self, *, is_ordered: bool = True) -> None:
        self._is_ordered = is_ordered
        self.doubted: dict[OrderKey, None] = {}
        self._orders: dict[OrderKey, _Known] = {}
        #: the end of each that may go on, else None
        self._ended: OrderedDict[OrderKey, Order | None] = OrderedDict()
        self._window: ReadWindow | None = None
        self._generation = 0

    def get(self, key: OrderKey) -> LiveOrder | None:
        """Return an open order, None without one."""
        known = self._orders.get(key)
        return None if known is None else LiveOrder(known.order, known.learnt, known.doubt)

    def all(self) -> list[LiveOrder]:
        """Return the open orders."""
        return [LiveOrder(known.order, known.learnt, known.doubt) for known in self._orders.values()]

    def note_gap(self) -> None:
        """Note that events may be missing: every order has to be confirmed by an event or read from now on."""
        self._generation += 1

    def take(self, order: Order, learnt: Provenance, now: float, *, asked_at: float | None = None) -> bool:
        """
        Take an order as an event or answer gives it; return whether it was news.

        ``asked_at`` is, of an answer, when its request was made on the monotonic clock.
        """
        key = order.key
        if self._has_ended(order):
            return False
        known = self._orders.get(key)
        if known is None:
            return self._open(key, order, learnt, now, asked_at) if order.is_open else self._end(key, order)
        if _state_of(order) == _state_of(known.order):
            self._confirm(known, key, now)
            return False
        if not _is_newer(order, known, learnt):
            return False
        if not order.is_open:
            return self._end(key, order)
        if not self._is_ordered and learnt.source is ValueSource.STREAM and not _is_older(known.order, order):
            known.doubt, known.at = "two states are of one moment, and their order is unknown", now
            self.doubted[key] = None
            return False
        known.order, known.learnt = order, learnt
        self._confirm(known, key, now)
        return True

    def take_read(
        self, rows: Iterable[Order], window: ReadWindow, knowledge: Knowledge
    ) -> tuple[list[Order], list[Order]]:
        """Take the rows of a read; return the orders that are news, and those that are not open any more."""
        news: list[Order] = []
        gone: list[Order] = []
        listed = set()
        is_first = self._window is None
        for order in rows:
            listed.add(order.key)
            if self._take_row(order, window):
                news.append(order)
        if knowledge.is_complete:
            for key, known in list(self._orders.items()):
                if key not in listed and self._is_gone(key, known, window, knowledge.is_streaming):
                    self._end(key)
                    gone.append(known.order)
            self._window = window
        return ([] if is_first else news), gone

    def end(self, key: OrderKey) -> None:
        """Note that an order is not open any more."""
        self._end(key)

    def _open(self, key: OrderKey, order: Order, learnt: Provenance, now: float, asked_at: float | None) -> bool:
        """Add an order that the last read did not have; that counts if it was sent after the order's last change."""
        doubt, window = None, self._window
        if window is not None and (asked_at is None or asked_at < window.sent):
            recency = compare(ChangeTime(order.updated_at, order.updated_at), window.stamp)
            if recency is Recency.OLDER:
                return False
            if recency is not Recency.NEWER and learnt.source is ValueSource.ANSWER:
                doubt = "a read does not have it, and whether it was before or after it is unknown"
        self._orders[key] = _Known(order, learnt, now, self._generation, doubt)
        if doubt is not None:
            self.doubted[key] = None
        return True

    def _take_row(self, order: Order, window: ReadWindow) -> bool:
        key = order.key
        if not order.is_open or self._has_ended(order):
            return False
        read = Provenance(ValueSource.READ, order.updated_at, window.sent_at)
        known = self._orders.get(key)
        if known is None:
            self._orders[key] = _Known(order, read, window.sent, self._generation)
            return True
        is_same = _state_of(order) == _state_of(known.order)
        if not is_same and not _is_newer(order, known, read) and window.sent < known.at + READ_LAG:
            return False
        if not is_same and _is_older(order, known.order):
            return False
        known.order, known.learnt = order, read
        self._confirm(known, key, max(known.at, window.sent))
        return not is_same

    def _is_gone(self, key: OrderKey, known: _Known, window: ReadWindow, is_streaming: bool) -> bool:
        """Say whether an order that a read lacks is not open any more; where that is not known, it is doubted."""
        is_continuous = is_streaming and known.generation == self._generation
        if window.sent < known.at + READ_LAG:
            if is_continuous and known.learnt.source is not ValueSource.ANSWER:
                return False  # placed after the read, or too late for it
        elif not is_continuous or (known.doubt is not None and window.sent >= known.at + LONG_LAG):
            return True
        known.doubt = "a read does not have it, and no event ended it"
        self.doubted[key] = None
        return False

    def _has_ended(self, order: Order) -> bool:
        """Say whether an order has ended before, and forget that of one that was triggered and goes on."""
        key = order.key
        end = self._ended.get(key)
        if end is not None and order.status in _TRIGGERED and not _is_before(order, end):
            del self._ended[key]
        elif end is not None and not order.is_open and order.status is not OrderStatus.EXPIRED:
            self._ended[key] = None  # it had gone on, and has ended for good
        return key in self._ended

    def _end(self, key: OrderKey, end: Order | None = None) -> bool:
        self._orders.pop(key, None)
        self.doubted.pop(key, None)
        may_go_on = end is not None and (end.kind, end.status) == (OrderKind.CONDITIONAL, OrderStatus.EXPIRED)
        self._ended[key] = end if may_go_on else None
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        return True

    def _confirm(self, known: _Known, key: OrderKey, now: float) -> None:
        known.at, known.generation = now, self._generation
        if known.doubt is not None:
            known.doubt = None
            self.doubted.pop(key, None)


def _is_newer(order: Order, known: _Known, learnt: Provenance) -> bool:
    """Say whether a state of an order replaces the known one: by its time, its progress, else by its arrival."""
    if learnt.source is ValueSource.ANSWER and order.status is OrderStatus.PENDING:
        return False  # it repeats the request, not the venue's decision
    if not order.is_open:
        return True  # nothing follows the end of an order
    if _is_older(order, known.order):
        return False
    return learnt.source is not ValueSource.READ or _is_later(order, known.order)


def _is_later(order: Order, known: Order) -> bool:
    return order.updated_at is not None and known.updated_at is not None and order.updated_at > known.updated_at


def _is_before(order: Order, other: Order) -> bool:
    return order.updated_at is not None and other.updated_at is not None and order.updated_at < other.updated_at


def _is_older(order: Order, known: Order) -> bool:
    """Say whether a state of an order was before the known one."""
    if order.updated_at is not None and known.updated_at is not None and order.updated_at != known.updated_at:
        return order.updated_at < known.updated_at
    if order.filled is not None and known.filled is not None and order.filled != known.filled:
        return order.filled < known.filled
    return _rank(order) < _rank(known)


def _rank(order: Order) -> int:
    return 3 if order.status.is_final else _RANK.get(order.status, 1)
