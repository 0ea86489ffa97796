"""Write scopes: writes that could overwrite each other run one after another, and wait for lost ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import attrs

from venuekit.endpoint import Endpoint, WriteScope
from venuekit.order_scope import ClientIds, OrderName
from venuekit.parameters import Role
from venuekit.pipeline.close_turns import CloseTurns

#: scopes whose writes run one after another
QUEUED = frozenset({WriteScope.ACCOUNT, WriteScope.SYMBOL, WriteScope.AMENDMENT})
#: scopes whose lost writes make others wait
FENCING = QUEUED | {WriteScope.ALL_ORDERS}
#: the write scopes that a write must wait for, where symbols and orders are the same
_MINDED: Mapping[WriteScope, frozenset[WriteScope]] = {
    WriteScope.ACCOUNT: QUEUED,
    WriteScope.SYMBOL: frozenset({WriteScope.ACCOUNT, WriteScope.SYMBOL}),
    WriteScope.AMENDMENT: frozenset({WriteScope.ACCOUNT, WriteScope.AMENDMENT}),
    WriteScope.ORDER: frozenset({WriteScope.ALL_ORDERS}),
    WriteScope.ALL_ORDERS: frozenset(),  # a cancel-all waits for nothing
}


class WriteWatcher(Protocol):
    """Watches the writes of an account, by whichever key they are made; its methods must not raise."""

    def begin_write(self) -> object:
        """Note that a write begins; the result is handed to :meth:`end_write`."""

    def end_write(self, begun: object, value: object) -> None:
        """Note its end; ``value`` is the result of the call, None where it failed or its outcome is unknown."""

    def note_answer(self, value: object) -> None:
        """Note the result of a method that writes orders: an order, or several, with errors in between."""


class Footprint(NamedTuple):
    """
    The part of an account that a write is about.

    No ``symbols`` are all of them; ``orders`` are those of an amendment; ``sets`` are the settings of the symbol that
    it touches, none for all of them and the margin.
    """

    scope: WriteScope
    symbols: tuple[str, ...] = ()
    orders: tuple[OrderName, ...] = ()
    sets: frozenset[str] = frozenset()

    def minds(self, other: Footprint) -> bool:
        """Say whether a write must wait while another one is under way, or may still arrive."""
        if other.scope not in _MINDED[self.scope]:
            return False
        if self.symbols and other.symbols and not any(symbol in other.symbols for symbol in self.symbols):
            return False
        if self.sets and other.sets and self.sets.isdisjoint(other.sets):
            return False
        if not self.orders or not other.orders:
            return True
        return any(one.may_be(another) for one in self.orders for another in other.orders)


#: the most orders of unknown outcome that are remembered; each can arrive for some seconds alone
_ORDERS_OUT_MAX = 4096
_ACCOUNT = Footprint(WriteScope.ACCOUNT)
_EVERY = (None,)


def footprint_of(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Footprint | None:
    """Return the footprint of a write, None for one that waits for no other."""
    scope = endpoint.write_scope
    if scope is WriteScope.ACCOUNT:
        return _ACCOUNT
    if scope is WriteScope.SYMBOL:
        return _of_symbol(endpoint, endpoint.value_of(Role.SYMBOL, parameters))
    if scope is WriteScope.AMENDMENT:
        orders = tuple(endpoint.orders_of(parameters))
        symbols = {order.symbol for order in orders}
        return Footprint(scope, tuple(symbol for symbol in symbols if symbol and None not in symbols), orders)
    if scope is None or (scope is WriteScope.ORDER and endpoint.rests is not None and not endpoint.rests(parameters)):
        return None
    return Footprint(scope, tuple(endpoint.symbols_of(parameters)))


@lru_cache(maxsize=4096)
def _of_symbol(endpoint: Endpoint[Any], symbol: str | None) -> Footprint:
    return Footprint(WriteScope.SYMBOL, () if symbol is None else (symbol,), (), endpoint.sets)


@attrs.frozen
class Fence:
    """
    A write that may still arrive until ``until`` (milliseconds on the venue's clock).

    ``write`` identifies it; the very same write need not wait. ``description`` is for errors. ``number`` is the signing
    key and the number that it carried, None where requests carry none.
    """

    footprint: Footprint
    until: int
    write: Hashable
    description: str = ""
    number: tuple[str, int] | None = None


class Described(Protocol):
    """A write that can describe itself."""

    @property
    def description(self) -> str:
        """Its name and subject."""


class Overwritable(Protocol):
    """A setting that a later write may undo or repeat: what holds then says nothing about it."""

    is_overwritten: bool


class _Waiter(NamedTuple):
    footprint: Footprint
    write: Described
    turn: asyncio.Future[None]


@attrs.define(eq=False)
class WriteScopes:
    """
    The write scopes of one account in one realm.

    A write waits for those that it must mind, whether they run or came before it and wait themselves: none starves,
    and none waits for an unrelated one.
    """

    # an account that is only held has no container of its own
    #: the writes under way
    _held: list[tuple[Footprint, Described]] | None = attrs.field(default=None, init=False)
    #: how many of them touch a symbol, None for those that touch all: a write that meets none of them waits for none;
    #: counted from the second one on, since most writes are alone
    _touched: dict[str | None, int] | None = attrs.field(default=None, init=False)
    _waiting: list[_Waiter] | None = attrs.field(default=None, init=False)
    #: writes that may still arrive
    fences: tuple[Fence, ...] = attrs.field(default=(), init=False)
    #: identities of history rows that writes of this account already explain
    claimed: set[str] | None = attrs.field(default=None, init=False)
    #: lost settings that are known by the value they found, as long as their errors are there; None where none ever was
    _lost: WeakKeyDictionary[Overwritable, Footprint] | None = attrs.field(default=None, init=False, repr=False)
    #: orders that were sent and may still arrive, as far as this process knows; None where none ever was
    orders_out: dict[Described, None] | None = attrs.field(default=None, init=False, repr=False)
    #: when an order of each symbol was last accepted (milliseconds on the venue's clock), None for one without a symbol
    accepted_at: dict[str | None, int] | None = attrs.field(default=None, init=False, repr=False)
    #: the closings of positions under way; None where none ever was
    closings: CloseTurns | None = attrs.field(default=None, init=False, repr=False)
    #: client ids that went out lately
    recent: ClientIds = attrs.field(factory=ClientIds, init=False, repr=False)
    #: those who watch the writes of this account
    watchers: tuple[WriteWatcher, ...] = attrs.field(default=(), init=False, repr=False)
    #: the countdowns and windows that blocks keep, by venue and symbol or kind of switch; None where none ever was
    countdowns: dict[Hashable, Any] | None = attrs.field(default=None, init=False, repr=False)
    #: those of the same account that these were joined with; writes under way end there
    _successor: WriteScopes | None = attrs.field(default=None, init=False, repr=False)

    def try_enter(self, footprint: Footprint, write: Described) -> bool:
        """Begin a write if none that it must mind runs or waits; say whether that is so."""
        if not self._held and not self._waiting:
            self._held = [(footprint, write)]
            return True
        if self._must_wait(footprint):
            return False
        self._count(footprint)
        self._hold(footprint, write)
        return True

    async def enter(self, footprint: Footprint, write: Described, timer: Callable[[], Awaitable[None]]) -> None:
        """
        Wait until a write may begin, and begin it.

        Raises:
            TimeoutError: ``timer`` ended before its turn came.
        """
        if self.try_enter(footprint, write):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = [*(self._waiting or ()), _Waiter(footprint, write, turn)]
        expiry = asyncio.ensure_future(_expire(turn, timer))
        try:
            await turn
        except (asyncio.CancelledError, TimeoutError):
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(footprint)  # its turn came in this very moment
            else:
                self._latest().wake()  # those behind it; a waiter that gave up is dropped there
            raise
        finally:
            expiry.cancel()

    def leave(self, footprint: Footprint) -> None:
        """End the write that began with this very footprint, and let those in that need not wait any more."""
        if self._successor is not None:
            self._latest().leave(footprint)
            return
        held = self._held or []
        # footprints are shared, and both of two joined accounts may hold the same one: each end is that of one of them
        index = 0
        while held[index][0] is not footprint:
            index += 1
        del held[index]
        if not held:
            self._held = self._touched = None
        elif self._touched is not None:
            for symbol in footprint.symbols or _EVERY:
                count = self._touched.pop(symbol) - 1
                if count:
                    self._touched[symbol] = count
        if self._waiting:
            self.wake()

    def ahead(self, footprint: Footprint) -> tuple[str, ...]:
        """Return in words the writes, running or waiting, that a new one has to wait for."""
        running = [write.description for held, write in self._under_way if footprint.minds(held)]
        return (*running, *(one.write.description for one in self._waiting or () if footprint.minds(one.footprint)))

    def claim(self, identity: str) -> None:
        """Remember that a history row belongs to a write that is explained."""
        self.claimed = (self.claimed or set()) | {identity}

    def watch(self, footprint: Footprint, setting: Overwritable) -> None:
        """Have later writes noted at a lost setting."""
        if self._lost is None:
            self._lost = WeakKeyDictionary()
        self._lost[setting] = footprint

    def note_write(self, footprint: Footprint | None) -> None:
        """Note a write that is about to leave, None for one without turns, at the lost settings that it may undo."""
        if not self._lost or footprint is None:
            return
        for setting, lost in self._lost.items():
            if footprint.minds(lost):
                setting.is_overwritten = True

    def note_order(self, write: Described) -> None:
        """Note that an order is sent; it may arrive until :meth:`forget_order`, or until its fence."""
        if self.orders_out is None:
            self.orders_out = {}
        self.orders_out[write] = None
        if len(self.orders_out) > _ORDERS_OUT_MAX:  # one whose outcome was never found out
            del self.orders_out[next(iter(self.orders_out))]

    def forget_order(self, write: Described, symbols: Iterable[str | None], accepted_at: int | None) -> None:
        """Note that the outcome of an order is known: when it was accepted, None where it was not."""
        if self.orders_out is not None:
            self.orders_out.pop(write, None)
        if accepted_at is not None:
            if self.accepted_at is None:
                self.accepted_at = {}
            for symbol in symbols:
                self.accepted_at[symbol] = accepted_at

    def take_closings(self) -> CloseTurns:
        """Return the closings of positions of this account, the same object for all its keys."""
        if self.closings is None:
            self.closings = CloseTurns()
        return self.closings

    def lower(self, fence: Fence) -> None:
        """Forget a write that is proven to have arrived: it cannot arrive once more."""
        self.fences = tuple(one for one in self.fences if one is not fence)

    def lower_below(self, signing_key: str, number: int) -> None:
        """Forget the writes that carried a lower number of a signing key: they cannot arrive any more."""
        self.fences = tuple(
            fence
            for fence in self.fences
            if fence.number is None or fence.number[0] != signing_key or fence.number[1] >= number
        )

    def watch_writes(self, watcher: WriteWatcher) -> None:
        """Have every write of the account watched from now on."""
        self.watchers += (watcher,)

    def unwatch_writes(self, watcher: WriteWatcher) -> None:
        """Have the writes of the account watched by one fewer."""
        self.watchers = tuple(one for one in self.watchers if one is not watcher)

    def note_answer(self, value: object) -> None:
        """Hand the result of a method that writes orders to those who watch."""
        for watcher in self.watchers:
            watcher.note_answer(value)

    def absorb(self, other: WriteScopes) -> None:
        """Take over everything of the write scopes of another key that turned out to be of the same account."""
        for held, write in other._under_way:
            self._hold(held, write)
        self._touched = None  # counted anew by the next write
        if other._waiting:
            self._waiting = [*(self._waiting or ()), *other._waiting]
        self.fences += other.fences
        if other.claimed:
            self.claimed = (self.claimed or set()) | other.claimed
        if other._lost:
            self._lost = (self._lost or WeakKeyDictionary()) | other._lost
        self.recent.absorb(other.recent)
        if other.orders_out:
            self.orders_out = other.orders_out | (self.orders_out or {})
        if other.accepted_at:
            self.accepted_at = other.accepted_at | (self.accepted_at or {})
        if other.closings is not None:
            self.take_closings().absorb(other.closings)
        self.watchers += other.watchers
        # of one symbol armed by both, new blocks share ours; the end of the other one is made good by our next beat
        if other.countdowns:
            self.countdowns = other.countdowns | (self.countdowns or {})
        other._successor = self
        other._held, other._waiting, other.fences = None, None, ()

    @property
    def _under_way(self) -> Iterable[tuple[Footprint, Described]]:
        return self._held or ()

    def _hold(self, footprint: Footprint, write: Described) -> None:
        """Count a write among those under way."""
        if self._held is None:
            self._held = []
        self._held.append((footprint, write))

    def _latest(self) -> WriteScopes:
        latest = self
        while latest._successor is not None:
            latest = latest._successor
        return latest

    def fence_before(
        self, footprint: Footprint, write: Hashable, now: int, overtaken: str | None = None
    ) -> Fence | None:
        """
        Return the last of the fences that a write must wait for, None when it must wait for none.

        ``overtaken`` is the signing key whose earlier requests cannot arrive after this one, None for no such key.
        """
        self.fences = tuple(fence for fence in self.fences if fence.until >= now)
        minded = [fence for fence in self.fences if fence.write != write and footprint.minds(fence.footprint)]
        if overtaken is not None:
            minded = [fence for fence in minded if fence.number is None or fence.number[0] != overtaken]
        return max(minded, key=lambda fence: fence.until, default=None)

    def _count(self, footprint: Footprint) -> None:
        """Count a write that begins beside others."""
        touched = self._touched
        if touched is None:
            touched = self._touched = {}
            for held, _ in self._under_way:
                for symbol in held.symbols or _EVERY:
                    touched[symbol] = touched.get(symbol, 0) + 1
        for symbol in footprint.symbols or _EVERY:
            touched[symbol] = touched.get(symbol, 0) + 1

    def _must_wait(self, footprint: Footprint) -> bool:
        touched = {} if self._touched is None or self._waiting or not footprint.symbols else self._touched
        # nothing of the same symbol, or of every one: no need to look at each
        if touched and touched.keys().isdisjoint((*footprint.symbols, None)):
            return False
        held = (held for held, _ in self._under_way)
        return any(map(footprint.minds, held)) or any(footprint.minds(one.footprint) for one in self._waiting or ())

    def wake(self) -> None:
        """Let in the waiting writes that need not wait any more."""
        waiting, self._waiting = self._waiting or (), []
        for waiter in waiting:
            if waiter.turn.done():
                continue  # it gave up
            if self._must_wait(waiter.footprint):
                self._waiting.append(waiter)
            else:
                self._count(waiter.footprint)
                self._hold(waiter.footprint, waiter.write)
                waiter.turn.set_result(None)
        self._waiting = self._waiting or None


async def _expire(turn: asyncio.Future[None], timer: Callable[[], Awaitable[None]]) -> None:
    await timer()
    if not turn.done():
        turn.set_exception(TimeoutError())
