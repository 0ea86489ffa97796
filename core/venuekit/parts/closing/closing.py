"""One closing: rounds of looks, cancellations and closing orders, until nothing is left or the time is over."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from venuekit._util.decimals import total
from venuekit.capabilities import CloseReport, LateWrite, Position
from venuekit.endpoint import Priority
from venuekit.errors import AccountClosed, GuardRefused, InvalidArgument, InvalidRequest, OperationError
from venuekit.parts.closing.leg import FINAL, ClosingLeg
from venuekit.parts.closing.look import Look, look_at, outcome_of
from venuekit.parts.closing.sending import Sender
from venuekit.parts.concurrency import gather_all
from venuekit.pipeline.close_turns import CloseTurns, LegKey

if TYPE_CHECKING:
    from venuekit.parts.closing.part import PositionClosePart

#: seconds that a cancellation has before closing orders are sent beside it
_CANCEL_FIRST = 2.0
#: the share of the time, and the most seconds, that are kept for the last look
_KEPT_SHARE, _KEPT_AT_MOST = 0.2, 3.0
#: the most seconds of one look, and the fewest, also where the time is over
_LOOK_AT_MOST, _LOOK_AT_LEAST = 5.0, 1.0
#: seconds between two looks: while something moves, and while only time can help
_BRIEFLY, _PATIENTLY = 0.25, 1.0
#: seconds for which it must have read flat where no fill of its own shows that the reads are new
_FLAT_FOR = 0.9
#: how many failed cancellations in a row end the attempts
_CANCELS_AT_MOST = 3
_NO_TIME = 0.001
_FLAT = Decimal(0)


@attrs.define(eq=False)
class Closing:
    """
    One call of ``flatten``, or of ``close_position`` where it has a ``choose``.

    ``symbols`` None are all of the account; where it ``is_guarded`` they are all that the guard allows. ``choose``
    returns the legs of the first look that are to be closed, each with the most contracts that may be; without it every
    leg is closed until it is flat. ``late`` reads the orders that may still arrive; reads lag by ``lag`` seconds at
    most. ``seconds_since_accepted`` returns, by symbol, how long ago an order that may open a position was accepted
    last, as far as this process knows.
    """

    account: PositionClosePart
    symbols: frozenset[str] | None
    turns: CloseTurns
    late: Callable[[], Awaitable[tuple[LateWrite, ...]]]
    seconds_since_accepted: Callable[[], dict[str | None, float]]
    lag: float
    seconds: float
    cancel: bool = False
    is_guarded: bool = False
    price: Decimal | None = None
    choose: Callable[[tuple[Position, ...]], list[ClosingLeg]] | None = None
    end: float = attrs.field(init=False)
    legs: dict[LegKey, ClosingLeg] = attrs.field(factory=dict, init=False)
    sender: Sender = attrs.field(init=False)
    errors: list[OperationError] = attrs.field(factory=list, init=False)
    look: Look = attrs.field(init=False)
    #: whether something was sent since the last look
    is_outdated: bool = attrs.field(default=False, init=False)
    #: when the first look of an unbroken series was empty, None while something is there
    empty_since: float | None = attrs.field(default=None, init=False)
    #: whether a read has shown a fill of this closing
    has_shown: bool = attrs.field(default=False, init=False)
    is_chosen: bool = attrs.field(default=False, init=False)
    #: whether an order could still arrive when it was last asked
    was_late: bool = attrs.field(default=False, init=False)
    #: when open orders of each symbol were cancelled last, which may have been filled before; None for unknown ones
    cancelled_at: dict[str | None, float] = attrs.field(factory=dict, init=False)
    #: the cancellation under way, how many have failed in a row, and whether any was carried out
    canceling: asyncio.Task[None] | None = attrs.field(default=None, init=False)
    cancel_failures: int = attrs.field(default=0, init=False)
    has_cancelled: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.end = self.account.monotonic() + self.seconds
        self.sender = Sender(self, self.price)

    # -- time

    @property
    def rest(self) -> float:
        """Seconds until the end."""
        return max(self.end - self.account.monotonic(), 0.0)

    @property
    def work(self) -> float:
        """Seconds until only the last look is made."""
        return max(self.rest - min(self.seconds * _KEPT_SHARE, _KEPT_AT_MOST), 0.0)

    def within(self, seconds: float) -> PositionClosePart:
        """Return the account with so many seconds for each call, first in every queue."""
        limit = max(seconds, _NO_TIME)
        return self.account.with_options(priority=Priority.URGENT, deadline=limit, max_wait=limit)

    def note(self, error: OperationError) -> None:
        """Keep a failure for the report, once where it comes again and again."""
        if str(error) not in map(str, self.errors):
            self.errors.append(error)

    # -- the rounds

    async def run(self) -> CloseReport:
        """
        Carry it out, and report.

        Raises:
            OperationError: nothing was done, and nothing can be read, or it is refused before sending.
        """
        async with self.turns.take(self.symbols, self.work) as has_turn:
            try:
                await self._look()
                if self.look.positions is None and isinstance(self.errors[0], (*FINAL, InvalidRequest)):
                    raise self.errors[0]
                if has_turn:
                    await self._work()
                return await self._report(has_turn=has_turn)
            finally:
                await self._end_cancellation()

    async def _work(self) -> None:
        if self.cancel:
            await self._cancel()
        before: Decimal | None = None
        while self.work:
            has_sent = await self._close()
            if has_sent and self.price is not None:
                room = total(leg.room for leg in self.legs.values())
                if not room or (before is not None and room >= before):
                    return  # all of it rests, or orders end unfilled as soon as they are accepted
                before = room
                continue
            if not has_sent:
                if await self._is_over():
                    return
                await self.account.pause(min(self._pause, max(self.work, _NO_TIME)))
            await self._look()
            if self.cancel and (self.look.orders or self.cancel_failures):
                await self._cancel()

    @property
    def _pause(self) -> float:
        """Seconds until the next look."""
        waits = any(leg.refusals for leg in self.legs.values()) or not self.look.positions
        return _PATIENTLY if waits and not self._unshown else _BRIEFLY

    async def _close(self) -> bool:
        """Send the closing orders of each leg, and say whether any was accepted."""
        positions = self.look.positions
        await self.sender.settle()
        if positions is None or not self._choose(positions):
            return False
        for one in positions:
            if one.key in self.legs:
                self.legs[one.key].position = one
        unshown = self._unshown
        wanted = [leg for key, leg in self.legs.items() if key not in unshown and not leg.is_given_up and leg.room]
        if not wanted:
            return False
        self.is_outdated = True
        return any(await gather_all(map(self.sender.close, wanted)))

    def _choose(self, positions: tuple[Position, ...]) -> bool:
        """Choose the legs that are to be closed, and say whether they are known."""
        if self.choose is None:
            for one in positions:
                self.legs.setdefault(one.key, ClosingLeg(one))
        elif not self.is_chosen:
            if self._unshown:
                return False  # the quantity that is held is not known yet
            self.legs = {leg.position.key: leg for leg in self.choose(positions)}
        self.is_chosen = True
        return True

    async def _is_over(self) -> bool:
        """Say whether no further round can change anything."""
        if self.look.positions is None or (self.canceling is not None and not self.canceling.done()):
            return False
        if self.choose is not None:
            return self.is_chosen and not any(leg.open or leg.may_send for leg in self.legs.values())
        if self._is_stuck():
            return True
        if not self.look.is_empty:
            return False
        # one that is over by now may not have been when it was looked at
        was_late, self.was_late = self.was_late, bool(await self.late())
        return not self.was_late and not was_late and self._doubt() is None

    def _is_stuck(self) -> bool:
        """Say whether something is left that no further attempt can end."""
        positions, orders = self.look.positions, self.look.orders
        if positions is None or self._unshown:
            return False
        # the orders of a symbol that the venue does not know cannot be read by any later look either
        stay_unread = orders is None and any(isinstance(error, (*FINAL, InvalidRequest)) for error in self.look.errors)
        if orders is None and not stay_unread:
            return False
        legs = [self.legs.get(one.key) for one in positions]
        legs_stay = all(leg is not None and leg.is_given_up for leg in legs)
        orders_stay = not orders or not self.cancel or self.cancel_failures >= _CANCELS_AT_MOST
        return bool(legs or orders or stay_unread) and legs_stay and orders_stay

    # -- looking

    @property
    def _unshown(self) -> frozenset[LegKey]:
        """The legs with a fill that no read has shown yet."""
        return frozenset(key for key in self.turns.expected if self.symbols is None or key[0] in self.symbols)

    async def _look(self) -> None:
        self.is_outdated = False
        self.look = await look_at(self.within(max(min(self.rest, _LOOK_AT_MOST), _LOOK_AT_LEAST)), self.symbols)
        for error in self.look.errors:
            self.note(error)
        if self.look.positions is None:
            self.empty_since = None
            return
        self._compare({one.key: one for one in self.look.positions})
        if not self.look.is_empty:
            self.empty_since = None
        elif self.empty_since is None:
            self.empty_since = self.look.at

    def _compare(self, positions: dict[LegKey, Position]) -> None:
        """Compare a read with the fills of closing orders: it may be older than they are, or show them."""
        for key, leg in self.legs.items():
            if key not in positions:
                leg.position = attrs.evolve(leg.position, quantity=_FLAT)
        for key in self._unshown:
            expected = self.turns.expected[key]
            row = positions.get(key)
            quantity = _FLAT if row is None else row.quantity
            is_larger = quantity.copy_abs() > expected.quantity.copy_abs()
            is_other_way = bool(expected.quantity) and (quantity > 0) is not (expected.quantity > 0)
            is_new = not is_larger or (row is not None and expected.is_shown_by(row.updated_at))
            if not is_new and not is_other_way and self.look.at - expected.at < self.lag:
                continue  # it may be older than the fill
            if is_new:
                self.turns.shown[key[0]] = expected.at
                self.has_shown = True
            del self.turns.expected[key]

    def _doubt(self) -> str | None:
        """Return why legs that read flat may not be flat, in one sentence; None without a doubt."""
        if self.look.odd:
            return f"a row cannot be read: {self.look.odd[0].words}"
        if self._unshown:
            return "the last fills are not shown by the reads yet"
        if any(leg.open for leg in self.legs.values()):
            return "the end of a closing order is not known"
        if self.canceling is not None and not self.canceling.done():
            return "the cancellation of open orders was still under way"
        if (ago := self._seconds_unproven()) is not None:
            return (
                f"an order was accepted or cancelled {ago:.1f} s before it was read, and reads may lag {self.lag:g} s"
            )
        if not self.has_shown and (self.empty_since is None or self.look.at - self.empty_since < _FLAT_FOR):
            return "it was read only once"
        return None

    def _seconds_unproven(self) -> float | None:
        """
        Return how long before the last look an order was accepted or cancelled that this look may not show yet.

        None where the reads have had the time, or have shown a later fill of the same symbol.
        """
        now = self.account.monotonic()
        touched = {symbol: now - ago for symbol, ago in self.seconds_since_accepted().items()}
        for symbol, at in self.cancelled_at.items():
            touched[symbol] = max(at, touched.get(symbol, at))
        unproven = [at for symbol, at in touched.items() if at > self.turns.shown.get(symbol or "", -math.inf)]
        ago = self.look.at - max(unproven, default=-math.inf)
        return max(ago, 0.0) if ago < self.lag else None

    # -- cancelling

    async def _cancel(self) -> None:
        """Cancel all orders, unless that is under way or has failed too often; wait for it for a while."""
        if self.cancel_failures >= _CANCELS_AT_MOST:
            return
        if self.canceling is not None and self.canceling.done():
            self.canceling.result()
        if self.canceling is None or self.canceling.done():
            self.canceling = asyncio.create_task(self._cancel_orders())
        await asyncio.wait({self.canceling}, timeout=min(_CANCEL_FIRST, max(self.work, _NO_TIME)))
        if self.canceling.done():
            self.canceling.result()

    async def _cancel_orders(self) -> None:
        touched = {None} if self.look.orders is None else {one.symbol for one in self.look.orders}
        account, self.is_outdated = self.within(self.work), True
        scopes = (None,) if self.symbols is None else sorted(self.symbols)
        results = await gather_all(outcome_of(account.cancel_all_orders(symbol=symbol)) for symbol in scopes)
        failures = [one for one in results if isinstance(one, OperationError)]
        for error in failures:
            self.note(error)
        self.cancel_failures = self.cancel_failures + 1 if failures else 0
        self.has_cancelled = self.has_cancelled or len(failures) < len(results)
        self.cancelled_at |= dict.fromkeys(touched, self.account.monotonic())
        self.is_outdated = True

    async def _end_cancellation(self) -> None:
        if self.canceling is not None and not self.canceling.done():
            self.canceling.cancel()
            await asyncio.wait({self.canceling})

    # -- the end

    async def _report(self, *, has_turn: bool) -> CloseReport:
        if self.is_outdated:
            await self._look()
        await self.sender.complete()
        orders = self.sender.orders
        self._raise_if_idle()
        late = await self.late()
        doubt = self._doubt() if has_turn else "another closing of these symbols was still under way"
        left = {one.key for one in self.look.positions or ()}
        return CloseReport(
            symbols=() if self.symbols is None else tuple(sorted(self.symbols)),
            is_guarded=self.is_guarded,
            legs=tuple(
                leg.result(
                    {one.id: one for one in orders},
                    is_done=not leg.wants_more(is_flat=self.look.positions is not None and key not in left),
                )
                for key, leg in sorted(self.legs.items(), key=lambda item: item[0][:2])
            ),
            orders=orders,
            positions=self.look.positions,
            open_orders=self.look.orders,
            late=late,
            doubt=doubt or self._doubt_of_journal(),
            errors=tuple(self.errors),
        )

    def _doubt_of_journal(self) -> str | None:
        """Return which line of the journal may hide an order that can still arrive: one of today or yesterday."""
        today = self.account.now()
        days = {f"{day:%Y%m%d}" for day in (today, today - timedelta(days=1))}
        hiding = [one for one in self.account.unreadable if not one.is_cut_off and one.path.stem[-8:] in days]
        return f"a line of the journal may hide an order: {hiding[0]}" if hiding else None

    def _raise_if_idle(self) -> None:
        """Raise the failure of a closing that did nothing, because it was refused before sending or cannot read."""
        if self.sender.has_sent or self.has_cancelled:
            return
        for error in self.errors:
            if isinstance(error, AccountClosed | GuardRefused | InvalidArgument):
                raise error
        if self.look.positions is None and self.errors:
            raise self.errors[0]
