"""Keeper: decides when an account is read again, makes the reads, and looks for fills that were missed."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain
from math import inf
from typing import Any

import attrs

from venuekit.account import Account
from venuekit.capabilities import (
    EventOrigin,
    Gap,
    GapReason,
    Order,
    StreamEvent,
    StreamPhase,
    StreamState,
)
from venuekit.errors import AccountClosed, OperationError
from venuekit.live.account_book import MOST_HELD, AccountBook
from venuekit.live.freshness import Freshness, Mark
from venuekit.live.holdings import Knowledge
from venuekit.live.missed_fills import MissedFills
from venuekit.live.order_ends import OrderEnds
from venuekit.live.provenance import ViewPart
from venuekit.live.reads import PARTS_OF, Answers, GroupRead, ReadGroup, read_groups
from venuekit.live.recency import READ_LAG
from venuekit.live.shapes import names_of
from venuekit.live.shared_reads import ReadShare
from venuekit.live.timers import wait_at_most
from venuekit.live.view_policy import ViewPolicy

_log = logging.getLogger(__name__)

#: seconds before a read that failed, or left something in doubt, is made again; doubled each time up to the last
_AGAIN = (READ_LAG + 0.1, 15.0)
#: orders that are asked for one by one at a time, to learn how they ended
_MOST_ORDERS = 10
_STATE_GROUPS = (ReadGroup.BALANCES, ReadGroup.POSITIONS, ReadGroup.ORDERS)


@attrs.define(eq=False)
class _Plan:
    """When one group is read next on the monotonic clock, how often that was in vain, and those who wait for it."""

    due: float
    failures: int = 0
    repeats: int = 0
    asked: list[asyncio.Future[None]] = attrs.field(factory=list)


class Keeper:
    """
    Keeps a view true by reads.

    Args:
        account: The account that is read.
        orders: The same account, with the options by which open orders are read.
        book: Everything that is known of it.
        freshness: How old it is.
        policy: How often it is read.
        groups: The reads that the account can make.
        state_of: Returns the state of the stream.
        wait_until_live: Waits until the stream is up.
        find_mates: Returns the keepers of other views that the reads of this one serve, too.
        publish: Is given the news of each read.
    """

    def __init__(  # noqa: PLR0917 - the parts of one view
        self,
        account: Account,
        orders: Account,
        book: AccountBook,
        freshness: Freshness,
        policy: ViewPolicy,
        groups: Iterable[ReadGroup],
        state_of: Callable[[], StreamState],
        wait_until_live: Callable[[], Coroutine[Any, Any, None]],
        find_mates: Callable[[], Iterable[Keeper]],
        publish: Callable[[Sequence[StreamEvent]], None],
    ) -> None:
        self._account = account
        self._orders = orders
        self._book = book
        self._freshness = freshness
        self._policy = policy
        self._state_of = state_of
        self._wait_until_live = wait_until_live
        self._find_mates = find_mates
        self._publish = publish
        now = account.monotonic()
        self._plans = {group: _Plan(inf if policy.put_off.issuperset(PARTS_OF[group]) else now) for group in groups}
        #: when the groups were read last that figures come from, and how much had moved until then
        self._figures: dict[ReadGroup, tuple[float, Mark]] = {}
        self._wake = asyncio.Event()
        self._gaps = 0
        #: when each group was read last, and when that read of it was sent that was taken last, on the monotonic clock
        self._sent: dict[ReadGroup, float] = {}
        self._taken: dict[ReadGroup, float] = {}
        #: the shares in reads of other views that are under way, and those of which the answers are to be taken
        self._shares: set[ReadShare] = set()
        self._handed: deque[tuple[ReadShare, Answers]] = deque()
        #: when, by our clock, the last reads were sent that showed no change without its event
        self._agreed_at: dict[ReadGroup, datetime] = {}
        #: the last moment of the monotonic clock at which nothing was missing
        self._confirmed_at = now
        #: since when, on the same clock, the stream is known to be up
        self._live_at = now
        self._missed_fills = MissedFills(account, book, freshness, publish)
        self._order_ends = OrderEnds(account, book)
        self._search: asyncio.Task[None] | None = None
        self._revival: asyncio.Task[None] | None = None

    # -- news

    def note_gap(self, gap: Gap) -> None:
        """Note that events may be missing: everything is read again once the stream is up."""
        self._gaps += 1
        self._book.note_gap()
        self._freshness.note_gap(f"events may be missing: {gap.words}")
        account = self._account
        at_venue = account.venue_clock.now()
        since = at_venue - timedelta(seconds=account.monotonic() - self._confirmed_at)
        if gap.since is not None:
            since = min(since, gap.since + (at_venue - account.now()))
        self._missed_fills.note_gap(since)
        if self._revival is None or self._revival.done():
            self._revival = asyncio.create_task(self._read_when_live())

    async def _read_when_live(self) -> None:
        """Read everything once the stream is up: before, it may change unseen."""
        try:
            await self._wait_until_live()
        except AccountClosed:
            return  # the view ends with its account
        self._live_at = self._account.monotonic()
        self._book.note_gap()  # an answer that came meanwhile says nothing about later changes
        self.ask_soon(_STATE_GROUPS)

    def note_message(self, now: float) -> None:
        """
        Note that the stream has delivered: up to now nothing is missing, unless a gap is being filled.

        ``now`` is the monotonic clock.
        """
        if not self._missed_fills.are_missing:
            self._confirmed_at = now
        held = self._book.held_fills
        if held is not None and len(held) > MOST_HELD:
            self._publish(self._book.release_fills((), now))
        self.note_doubts()

    def note_doubts(self) -> None:
        """Have those groups read again some of whose values are in doubt."""
        book, freshness = self._book, self._freshness
        if not book.has_doubts and not freshness.has_doubts:
            return
        for part, group, doubted in (
            (ViewPart.WALLETS, ReadGroup.BALANCES, book.wallets.doubted),
            (ViewPart.POSITIONS, ReadGroup.POSITIONS, book.positions.doubted),
            (ViewPart.ORDERS, ReadGroup.ORDERS, book.orders.doubted),
            (ViewPart.MODES, ReadGroup.MODES, book.modes.doubted),
        ):
            words = f"a read and the events of {names_of(doubted)} do not agree yet" if doubted else None
            freshness.note_doubt(part, words)
            plan = self._plans.get(group)
            if doubted and plan is not None:
                self._advance(plan, self._account.monotonic() + _pause(plan.repeats))

    def note_unknown(self) -> None:
        """Note an event that may be about anything: all is read, once for as many of them as come in some seconds."""
        now = self._account.monotonic()
        for group in _STATE_GROUPS:
            sent = self._sent.get(group, now)
            self.ask_soon((group,), after=max(_AGAIN[0], sent + self._policy.unconfirmed_every - now))

    def ask_soon(self, groups: Iterable[ReadGroup], after: float = 0.0) -> None:
        """Have groups read within so many seconds."""
        now = self._account.monotonic()
        for group in groups:
            if (plan := self._plans.get(group)) is not None:
                self._advance(plan, now + max(after, _pause(plan.failures - 1) if plan.failures else 0.0))

    def ask_now(self, groups: Iterable[ReadGroup]) -> list[asyncio.Future[None]]:
        """Have groups read now; each future is done once a read that is sent from now on has ended."""
        loop = asyncio.get_running_loop()
        futures = []
        for group in groups:
            plan = self._plans[group]
            plan.asked.append(future := loop.create_future())
            futures.append(future)
            self._advance(plan, self._account.monotonic())
        return futures

    def _advance(self, plan: _Plan, due: float) -> None:
        if due < plan.due:
            plan.due = due
            self._wake.set()

    # -- the loop

    async def open(self) -> None:
        """
        Make the first reads, but those that are put off.

        Raises:
            OperationError: one of them failed.
        """
        for failure in await self._read_groups([group for group, plan in self._plans.items() if plan.due < inf]):
            raise failure

    async def run(self) -> None:
        """Make each read that is due, until it is cancelled."""
        try:
            while True:
                if self._search is not None and self._search.done():
                    search, self._search = self._search, None
                    search.result()
                if self._handed:
                    await self._take_answers(*self._handed.popleft())
                    continue
                now = self._account.monotonic()
                self._look_for_lost_events(now)
                if due := [group for group, plan in self._plans.items() if plan.due <= now]:
                    await self._read_groups(due)
                    continue
                self._wake.clear()
                moments = [now + self._policy.read_every, *(plan.due for plan in self._plans.values())]
                if (missing := self._book.missing_since()) is not None:
                    moments.append(missing + self._policy.event_patience)
                seconds = max(0.001, min(moments) - now)
                await wait_at_most(self._wake.wait(), seconds, self._account.pause)
        finally:
            for task in (self._search, self._revival):
                if task is not None:
                    task.cancel()
                    await asyncio.wait((task,))
            asked = (one.asked for one in self._plans.values())
            for future in chain(*asked, *(chain(*share.asked.values()) for share in self._shares)):
                future.cancel()

    async def _read_groups(self, groups: list[ReadGroup]) -> list[OperationError]:
        """Make reads at once, for other views as well, and take them; return the failures."""
        own = self.begin_read(groups)
        others = [(mate, mate.begin_read(groups)) for mate in self._find_mates()]
        try:
            answers = await read_groups(self._account, groups, orders=self._orders)
        except BaseException:  # it was cancelled, or the account was closed: other views read for themselves
            for keeper, share in ((self, own), *others):
                keeper.give_back(share)
            raise
        for mate, share in others:
            mate.hand_over(share, answers)
        return await self._take_answers(own, answers)

    def begin_read(self, groups: Iterable[ReadGroup]) -> ReadShare:
        """Note that groups are about to be read, by this view or for it; a request that comes meanwhile counts."""
        now, plans = self._account.monotonic(), {one: self._plans[one] for one in groups if one in self._plans}
        share = ReadShare(
            sent=now,
            stream=self._state_of(),
            gaps=self._gaps,
            mark=self._freshness.mark(),
            due={group: plan.due for group, plan in plans.items()},
            asked={group: plan.asked for group, plan in plans.items()},
        )
        for group, plan in plans.items():
            self._sent[group] = now
            plan.asked, plan.due = [], inf
        self._shares.add(share)
        return share

    def give_back(self, share: ReadShare) -> None:
        """Have groups read after all: the read of them was not made."""
        self._shares.discard(share)
        for group, asked in share.asked.items():
            plan = self._plans[group]
            plan.asked[:0] = asked
            self._advance(plan, share.due[group])

    def hand_over(self, share: ReadShare, answers: Answers) -> None:
        """Have the answers to reads of another view taken."""
        self._handed.append((share, answers))
        self._wake.set()

    async def _take_answers(self, share: ReadShare, answers: Answers) -> list[OperationError]:
        """Take the reads that have succeeded, unless later ones were taken; return the failures of the others."""
        self._shares.discard(share)
        before, after = share.stream, self._state_of()
        is_up = before.phase is after.phase is StreamPhase.LIVE and before.connections == after.connections
        bridges_gap = is_up and share.gaps == self._gaps
        knowledge = Knowledge(
            is_streaming=bridges_gap and before.is_confirmed,
            awaits_events=bridges_gap and self._freshness.gap is None,
        )
        failures = []
        news: list[StreamEvent] = []
        gone: list[Order] = []
        for group in share.asked:
            result, failure = answers[group], None
            if share.sent < self._taken.get(group, share.sent):
                pass  # a later read says more
            elif isinstance(result, OperationError):
                failures.append(failure := result)
                self._note_failure(group, result)
            else:
                self._taken[group] = share.sent
                knowledge = attrs.evolve(knowledge, is_complete=result.is_complete)
                news += self._take(result, knowledge, share.mark, gone, bridges_gap=bridges_gap)
            share.answer(group, failure)
        self.note_doubts()
        self._publish(news)  # before anything else is asked: later events must not overtake them
        if ReadGroup.ORDERS in share.asked:
            ended = [*await self._order_ends.of(gone), *await self._order_ends.of_doubted()]
            self.note_doubts()
            self._publish(ended)
        if self._missed_fills.are_missing and self._freshness.is_bridged() and self._search is None:
            self._search = asyncio.create_task(self._missed_fills.find())
            self._search.add_done_callback(lambda _: self._wake.set())
        return failures

    def _note_failure(self, group: ReadGroup, failure: OperationError) -> None:
        plan = self._plans[group]
        plan.failures += 1
        plan.due = min(plan.due, self._account.monotonic() + _pause(plan.failures))
        for part in PARTS_OF[group]:
            self._freshness.note_trouble(part, f"reading {group} failed: {failure}")

    def _take(
        self, read: GroupRead, knowledge: Knowledge, mark: Mark, gone: list[Order], *, bridges_gap: bool
    ) -> list[StreamEvent]:
        """
        Take one answer and return the news; orders that are not open any more are added to ``gone``.

        Rows that could not be read are no proof that nothing is there.
        """
        group, window, plan = read.group, read.window, self._plans[read.group]
        had_gap = any(map(self._freshness.is_missing, PARTS_OF[group]))
        plan.failures = 0
        news: list[StreamEvent] = []
        at = self._account.now()
        if group is ReadGroup.BALANCES:
            news += self._book.take_balances(read.rows, window, at, knowledge)
        elif group is ReadGroup.POSITIONS:
            news += self._book.take_positions(read.rows, window, at, knowledge)
        elif group is ReadGroup.ORDERS:
            events, ended = self._book.take_orders(read.rows, window, at, knowledge)
            news += events
            gone += ended
        else:
            self._book.modes.take_read(read.rows.position, read.rows.asset, window)
        if read.is_complete:
            if ViewPart.FIGURES in PARTS_OF[group]:
                self._figures[group] = (window.sent, mark)
            for part in PARTS_OF[group]:
                oldest = min(self._figures.values()) if part is ViewPart.FIGURES else (window.sent, mark)
                self._freshness.note_read(part, *oldest, bridges_gap=bridges_gap)
            may_lag = had_gap and bridges_gap and window.sent < self._live_at + _AGAIN[0]
            if self._book.missing_since() is None:
                self._agreed_at[group] = window.sent_at
            # once more, for good, where the stream has not been up for as long as reads may lag
            again = may_lag and group is not ReadGroup.MODES
            plan.due = min(plan.due, window.sent + (_AGAIN[0] if again else self._interval(group)))
        else:
            plan.failures += 1
            plan.due = min(plan.due, self._account.monotonic() + _pause(plan.failures))
            words = f"the answer to a read of {group} has {len(read.odd)} rows that cannot be read: {read.odd[0]}"
            for part in PARTS_OF[group]:
                self._freshness.note_trouble(part, words)
        return news

    def _interval(self, group: ReadGroup) -> float:
        """Return the seconds until the next read of a group, fewer while nothing shows that the stream delivers."""
        plan, every = self._plans[group], self._policy.every(group)
        if group is ReadGroup.MODES or self._state_of().is_confirmed:
            plan.repeats = 0
            return every
        plan.repeats += 1
        return min(every, self._policy.unconfirmed_every * 2.0 ** min(plan.repeats - 1, 10))

    # -- missing events

    def _look_for_lost_events(self, now: float) -> None:
        """Declare a gap when a change that a read has shown was not reported by an event for too long."""
        since = self._book.missing_since()
        if since is not None and now >= since + self._policy.event_patience:
            words = "a read has shown a change of which no event came"
            gap = Gap(
                received_at=self._account.now(),
                message=0,
                origin=EventOrigin.INFERRED,
                reason=GapReason.UNCONFIRMED,
                words=words,
                since=min(self._agreed_at.values(), default=None),
            )
            self.note_gap(gap)
            self._publish([gap])


def _pause(times: int) -> float:
    first, most = _AGAIN
    return min(most, first * 2.0 ** min(max(times, 0), 10))
