"""Account view: an account as it is now, kept by its user stream and checked by reads, that knows when it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from decimal import localcontext
from typing import Self

from venuekit._util.decimals import DECIMALS
from venuekit.account import Account
from venuekit.account_check import check_account
from venuekit.capabilities import (
    EventReader,
    FillUpdate,
    FundingPayment,
    Gap,
    MarginCall,
    Order,
    StreamEvent,
    StreamPhase,
    StreamState,
    UnknownEvent,
    UserStream,
)
from venuekit.errors import AccountClosed
from venuekit.live.account_book import AccountBook
from venuekit.live.changes import ChangeReader, Outlets, Subscription, ViewChange
from venuekit.live.freshness import Freshness, StaleView, ViewPhase, ViewStatus
from venuekit.live.keeper import Keeper
from venuekit.live.provenance import ViewPart
from venuekit.live.reads import PARTS_OF, ReadGroup, groups_of
from venuekit.live.shared_reads import read_alike
from venuekit.live.timers import wait_at_most
from venuekit.live.view_policy import ViewPolicy
from venuekit.live.view_values import ViewValues

#: the parts that :meth:`AccountView.fresh` asks for
_STATE = (ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS)
#: events by which no figure moves
_WITHOUT_MOVE = frozenset({FillUpdate, FundingPayment, Gap, MarginCall})


class AccountView(ViewValues):
    """
    One account as it is now: ``async with AccountView(account) as view``.

    Its user stream keeps it up to date, and reads fill and check it. It is entered when everything has been read that
    its policy does not put off. From then on a lost connection, or any other cause that may have hidden an event, makes
    it stale until it has been read again: :meth:`fresh` raises meanwhile, and the values stay with their age. One view
    serves any number of readers.

    Args:
        account: An open account whose venue has a :class:`~venuekit.capabilities.UserStream`; the view must be left
            before it is closed.
        policy: How often it is read.
        orders: The same account with other options (:meth:`~venuekit.plugin.Account.with_options`) for the reads of
            open orders; None where they have the same.
    """

    def __init__(self, account: Account, policy: ViewPolicy | None = None, *, orders: Account | None = None) -> None:
        for one in (account,) if orders is None else (account, orders):
            check_account(one, type(self).__name__)
        stream = account.venue.stream
        super().__init__(AccountBook(is_ordered=stream is None or stream.is_ordered))
        self._account = account
        self._orders = orders or account
        self._policy = policy or ViewPolicy()
        self._stack = AsyncExitStack()
        self._outlets = Outlets()
        self._groups = groups_of(account)
        parts = {part for group in self._groups for part in PARTS_OF[group]}
        self._freshness = Freshness(frozenset(parts | {ViewPart.FILLS}))
        self._keeper: Keeper | None = None
        self._reader: EventReader | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._failure: BaseException | None = None
        self._status = ViewStatus(ViewPhase.OPENING, "it was not opened yet", account.now())

    # -- its life

    async def __aenter__(self) -> Self:
        if self._reader is not None:
            raise RuntimeError("a view is entered once; make another one")
        account = self._account
        async with AsyncExitStack() as stack:
            self._reader = await stack.enter_async_context(UserStream.of(account).events())
            account.write_scopes.watch_writes(self)
            stack.callback(lambda: account.write_scopes.unwatch_writes(self))
            self._keeper = Keeper(
                account,
                self._orders,
                self._book,
                self._freshness,
                self._policy,
                self._groups,
                self._stream,
                self._reader.wait_until_live,
                self._find_mates,
                self._publish,
            )
            stack.push_async_callback(self._stop)
            with localcontext(DECIMALS):  # which the tasks keep
                self._tasks = (asyncio.create_task(self._pump(self._reader)),)
                self._freshness.note_fills_complete()
                await self._keeper.open()
                self._tasks += (asyncio.create_task(self._keeper.run()),)
            self._stack = stack.pop_all()
        for task in self._tasks:
            task.add_done_callback(self._on_end)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        await self._stack.aclose()
        if self._failure is not None and kind is None:
            raise self._failure

    async def _stop(self) -> None:
        for task in self._tasks:
            task.remove_done_callback(self._on_end)
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._close("the view was left")

    def _on_end(self, task: asyncio.Task[None]) -> None:
        """End the view when one of its tasks has ended, which none does but by a failure or with the account."""
        failure = None if task.cancelled() else task.exception()
        if failure is not None and not isinstance(failure, AccountClosed):
            self._failure = failure
        self._close(f"it failed: {failure}" if self._failure else "the account was closed")

    def _close(self, words: str) -> None:
        if self._status.phase is ViewPhase.CLOSED:
            return
        self._status = ViewStatus(ViewPhase.CLOSED, words, self._account.now())
        self._outlets.publish((None,), self._status)
        self._outlets.fail(self._stale(None, words, None))

    async def _pump(self, reader: EventReader) -> None:
        """Apply the messages of the stream as they come."""
        while True:
            message = await reader.read_message()
            self._apply(message)

    def _apply(self, message: Iterable[StreamEvent]) -> None:
        now, keeper = self._account.monotonic(), self._keeper_now
        news = self._book.apply(message, now)
        for event in news:
            kind = type(event)
            if kind not in _WITHOUT_MOVE:
                self._freshness.note_move()
            if isinstance(event, Gap):
                keeper.note_gap(event)
            elif kind is UnknownEvent:
                keeper.note_unknown()
        keeper.note_message(now)
        self._publish(news)

    def _publish(self, news: Sequence[StreamEvent]) -> None:
        """Hand out news, and the status of the view where it has changed."""
        before, outlets = self._status, self._outlets
        status = self.status
        if news:
            outlets.publish(news, status)
        elif status.phase is not before.phase:
            outlets.publish((None,), status)
        outlets.check()

    @property
    def _keeper_now(self) -> Keeper:
        if self._keeper is None:
            raise RuntimeError("the view is not open: use `async with AccountView(account) as view`")
        return self._keeper

    def _find_mates(self) -> list[Keeper]:
        """Return the keepers of the other views of the account that read alike."""
        watchers = self._account.write_scopes.watchers
        others = [one for one in watchers if isinstance(one, AccountView) and one is not self]
        return [
            view._keeper  # noqa: SLF001 - of its own kind
            for view in others
            if view._keeper is not None  # noqa: SLF001
            and read_alike(self._account, view._account)  # noqa: SLF001
            and read_alike(self._orders, view._orders)  # noqa: SLF001
        ]

    def _stream(self) -> StreamState:
        return StreamState(StreamPhase.CLOSED) if self._reader is None else self._reader.state

    # -- its writes

    def begin_write(self) -> object:
        """Note a write of the account; called by the account itself."""
        self._freshness.begin_write()
        return self._account.monotonic()

    def end_write(self, begun: object, value: object) -> None:
        """Note the end of a write of the account; called by the account itself."""
        self._freshness.end_write()
        if value is None:
            self._keeper_now.ask_soon((ReadGroup.ORDERS,), after=1.0)
        self._take_answer(value, begun if isinstance(begun, float) else None)

    def note_answer(self, value: object) -> None:
        """Take the orders that a method of the account returns; called by the account itself."""
        self._take_answer(value, None)

    def _take_answer(self, value: object, asked_at: float | None) -> None:
        now, at = self._account.monotonic(), self._account.now()
        news: list[StreamEvent] = []
        for order in value if isinstance(value, tuple) else (value,):
            if isinstance(order, Order):
                news += self._book.take_answer(order, now, asked_at, at)
        if news:
            self._keeper_now.note_doubts()
            self._publish(news)

    # -- freshness

    @property
    def status(self) -> ViewStatus:
        """The state of the view now."""
        phase, reason = self._phase()
        if phase is not self._status.phase or reason != self._status.reason:
            since = self._account.now() if phase is not self._status.phase else self._status.since
            self._status = ViewStatus(phase, reason, since)
        return self._status

    def _phase(self) -> tuple[ViewPhase, str | None]:
        if self._status.phase is ViewPhase.CLOSED:
            return ViewPhase.CLOSED, self._status.reason
        missing = self._freshness.gap or self._freshness.doubt
        if len(self._tasks) < 2:
            return ViewPhase.OPENING, missing
        if missing is None and self._stream().phase is not StreamPhase.LIVE:
            missing = "the stream is down"
        return (ViewPhase.LIVE, None) if missing is None else (ViewPhase.STALE, missing)

    def fresh(self, max_age: float = 60.0, *, parts: Iterable[ViewPart] | None = None) -> Self:
        """
        Return the view, if parts of it are not older than ``max_age`` seconds: wallets, positions and orders, as far as
        the account can read them, unless ``parts`` names others.

        A streamed part is as old as the last sign of life of a stream that is known to deliver, or its last read;
        another one is as old as its read, and stale from any change on by which it moves.

        Raises:
            StaleView: a part may be out of date.
        """
        for part in filter(self._freshness.parts.__contains__, _STATE) if parts is None else parts:
            reason = self._why_stale(part)
            age = self.age(part)
            if reason is not None or age > max_age:
                raise self._stale(part, reason or f"it is older than {max_age:g} s", age)
        return self

    def age(self, part: ViewPart) -> float:
        """Return for how many seconds a part may have been otherwise, stale or not; inf as long as it was not read."""
        now = self._account.monotonic()
        state, alive = self._stream(), None
        delivers = state.phase is StreamPhase.LIVE and state.is_confirmed and self._freshness.reason(part) is None
        if delivers and state.alive_at is not None:
            alive = now - max(0.0, (self._account.now() - state.alive_at).total_seconds())
        return self._freshness.age(part, now, alive)

    def _why_stale(self, part: ViewPart) -> str | None:
        if self.status.phase is ViewPhase.CLOSED:
            return self._status.reason
        reason = self._freshness.reason(part)
        if reason is None and part.is_streamed and self._stream().phase is not StreamPhase.LIVE:
            return "the stream is down"
        return reason

    def _stale(self, part: ViewPart | None, reason: str, age: float | None) -> StaleView:
        return StaleView(self._account.venue.id, part, reason, age)

    async def refresh(self, *parts: ViewPart) -> None:
        """
        Read parts again now, without any all of them; callers at one time share the reads.

        Raises:
            OperationError: a read failed; the values stay as they are.
            StaleView: the view was closed meanwhile.
        """
        wanted = set(parts or ViewPart)
        groups = [group for group in self._groups if wanted & set(PARTS_OF[group])]
        futures = self._keeper_now.ask_now(groups)
        try:
            await asyncio.gather(*futures)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise self._stale(None, "the view was closed meanwhile", None) from None

    # -- changes

    def subscribe(self, callback: Callable[[ViewChange], None]) -> Subscription:
        """Call a function with each change, as soon as it was applied; it must not block."""
        return self._outlets.subscribe(callback)

    def changes(self, *, queue: int = 10_000) -> ChangeReader:
        """
        Read the changes from now on: ``async with view.changes() as changes: async for change in changes:``.

        ``queue`` is the number of changes that may wait, at least 1.

        Raises:
            ValueError: a queue below 1.
        """
        if queue < 1:
            raise ValueError(f"a queue holds at least 1 change, not {queue}")
        return self._outlets.read(queue, self._account.now)

    async def wait_for(self, predicate: Callable[[AccountView], bool], timeout: float) -> None:  # noqa: ASYNC109 - on the injected clock
        """
        Wait until a predicate about the view holds; it is asked now and after each change and read.

        Raises:
            TimeoutError: it does not hold after ``timeout`` seconds.
            StaleView: the view was closed meanwhile.
        """
        if predicate(self):
            return
        if self.status.phase is ViewPhase.CLOSED:
            raise self._stale(None, self.status.reason or "it is closed", None)
        future = self._outlets.wait(lambda: predicate(self))
        if not await wait_at_most(future, timeout, self._account.pause):
            raise TimeoutError(f"{self._account.venue.id}: not within {timeout:g} s")
        future.result()

    async def wait_fresh(
        self,
        timeout: float,  # noqa: ASYNC109 - on the injected clock
        *,
        max_age: float = 60.0,
        parts: Iterable[ViewPart] | None = None,
    ) -> Self:
        """Wait until :meth:`fresh` holds, and return the view; raises as :meth:`wait_for`."""
        asked = None if parts is None else tuple(parts)
        await self.wait_for(lambda view: view._is_fresh(max_age, asked), timeout)  # noqa: SLF001 - its own
        return self

    def _is_fresh(self, max_age: float, parts: tuple[ViewPart, ...] | None) -> bool:
        try:
            self.fresh(max_age, parts=parts)
        except StaleView:
            return False
        return True

    def __repr__(self) -> str:
        return f"<AccountView {self._account!r} {self.status.phase}>"
