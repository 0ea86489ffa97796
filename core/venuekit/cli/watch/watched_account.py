"""Watched account: one account that is opened, followed, and opened again with a growing pause after a failure."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import attrs

from venuekit._util.times import from_milliseconds
from venuekit.account import Account
from venuekit.accounts import open_entry
from venuekit.capabilities import (
    AccountInfo,
    AccountReader,
    Gap,
    Instrument,
    InstrumentReader,
    MarkPriceReader,
)
from venuekit.credentials.accounts_file import AccountEntry
from venuekit.errors import OperationError, UnsupportedCapability, VenuekitError
from venuekit.live import AccountView, ViewChange, ViewPart, ViewPhase, ViewPolicy
from venuekit.runtime import Runtime

#: seconds before an account is opened again: the first, and the longest
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
#: seconds after which figures are read again though nothing moved: at least, and for each account of the venue
_FIGURES_EVERY, _FOR_EACH = 30.0, 3.0
#: seconds between two reads of figures while they move
_MOVED_EVERY = 5.0
#: events that are kept to be shown
_KEPT = 500


@attrs.define(eq=False)
class WatchedAccount:
    """
    One account of the group.

    Attributes:
        entry: Its entry in the accounts file.
        interval: Seconds between two reads of positions where their mark prices come in no other way.
        neighbours: How many accounts of the group share the limits of its venue, with this one.
        opening: Held while it is opened, since all accounts of a venue at once would wait for its limits.
        on_news: Called after each change; with the change of the view, or None where another thing has changed.
        account, view: The open account and its view, None while it is not open.
        error: The reason why it is not open, None before the first try and while it is open.
        retry_at: When it is opened again, None while that is not planned.
        info: The last read of the account as a whole, None where there was none.
        info_at: When that read was sent.
        instruments: The instruments of its venue by symbol, empty as long as they are not known.
        events: The last changes, the newest at the end.
        gaps: How many gaps its stream had.
    """

    entry: AccountEntry
    interval: float
    neighbours: int
    opening: asyncio.Semaphore
    on_news: Callable[[WatchedAccount, ViewChange | None], None]
    account: Account | None = None
    view: AccountView | None = None
    error: VenuekitError | None = None
    retry_at: datetime | None = None
    info: AccountInfo | None = None
    info_at: datetime | None = None
    instruments: Mapping[str, Instrument] = attrs.field(factory=dict)
    events: deque[ViewChange] = attrs.field(factory=lambda: deque(maxlen=_KEPT))
    gaps: int = 0
    _failures: int = 0
    _has_moved: bool = False
    _wake: asyncio.Event = attrs.field(factory=asyncio.Event)

    @property
    def name(self) -> str:
        """The name in the accounts file."""
        return self.entry.name

    @property
    def has_moved(self) -> bool:
        """Whether something has changed since the figures were read."""
        return self._has_moved

    @property
    def figures_every(self) -> float:
        """Seconds between two reads of figures that do not move: longer, the more accounts share the limits."""
        return max(_FIGURES_EVERY, _FOR_EACH * self.neighbours)

    @property
    def orders_every(self) -> float:
        """Seconds between two reads of the open orders, which weigh most."""
        return max(2 * _FIGURES_EVERY, 4 * _FOR_EACH * self.neighbours)

    @property
    def state_age(self) -> float:
        """Seconds after which a state that nothing has confirmed may be out of date."""
        return 1.5 * self.orders_every

    async def follow(self, runtime: Runtime) -> None:
        """Keep it open until it is cancelled; a failure is kept as ``error``, and it is opened again."""
        while True:
            try:
                await self._follow_once(runtime)
            except VenuekitError as error:
                self.error = error
            finally:
                self.account = self.view = None
            if isinstance(self.error, UnsupportedCapability):
                self.on_news(self, None)
                await asyncio.Event().wait()  # opening it again would not help
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._failures, 10))
            now = from_milliseconds(runtime.clock.milliseconds())
            if isinstance(self.error, OperationError) and self.error.retry_at is not None:
                pause = max(pause, (self.error.retry_at - now).total_seconds())
            pause *= random.uniform(1.0, 1.25)  # noqa: S311 - spreads the tries
            self._failures += 1
            self.retry_at = now + timedelta(seconds=pause)
            self.on_news(self, None)
            await asyncio.sleep(pause)

    async def _follow_once(self, runtime: Runtime) -> None:
        """Open it and keep its figures up to date until its view ends, which raises."""
        policy = ViewPolicy(
            read_every=self.figures_every, orders_every=self.orders_every, modes_every=10 * self.figures_every
        )
        async with contextlib.AsyncExitStack() as stack:
            async with self.opening:
                account = await stack.enter_async_context(open_entry(self.entry, runtime, read_only=True))
                view = await stack.enter_async_context(AccountView(account, policy))
            self.account, self.view = account, view
            self.error, self.retry_at, self._failures = None, None, 0
            with view.subscribe(self._note_change):
                self._note_change(ViewChange(None, view.status))
                await self._keep_figures(account, view)
                view.fresh()

    def _note_change(self, change: ViewChange) -> None:
        self.events.append(change)
        if isinstance(change.event, Gap):
            self.gaps += 1
        if change.event is not None:
            self._has_moved = True
        self._wake.set()
        self.on_news(self, change)

    async def _read_figures(self, account: Account, view: AccountView) -> None:
        """Read everything that events do not give; a failed read leaves the old values, which say how old they are."""
        self._has_moved = False
        try:
            if not self.instruments and account.support(InstrumentReader):
                instruments = await InstrumentReader.of(account).get_instruments()
                self.instruments = {instrument.symbol: instrument for instrument in instruments}
            if account.support(AccountReader):
                sent = account.now()
                self.info = await AccountReader.of(account).get_account()
                self.info_at = sent
            await view.refresh(ViewPart.FIGURES)
        except OperationError:
            self._has_moved = True
        self.on_news(self, None)

    async def _keep_figures(self, account: Account, view: AccountView) -> None:
        """Read figures when they are due, until the view is closed."""
        loop = asyncio.get_running_loop()
        while _is_open(view):
            await self._read_figures(account, view)
            read_at = prices_at = loop.time()
            while _is_open(view):
                is_live = view.status.phase is ViewPhase.LIVE
                due = read_at + (_MOVED_EVERY if self._has_moved and is_live else self.figures_every)
                prices_due = prices_at + self.interval if is_live and _lacks_prices(account, view) else due
                if (now := loop.time()) >= due:
                    break
                if now >= prices_due:
                    await self._read_prices(view)
                    prices_at = loop.time()
                else:
                    await self._sleep(min(due, prices_due) - now)

    async def _read_prices(self, view: AccountView) -> None:
        """Read the positions with their mark prices; a failed read leaves the old ones."""
        with contextlib.suppress(OperationError):
            await view.refresh(ViewPart.POSITIONS)
        self.on_news(self, None)

    async def _sleep(self, seconds: float) -> None:
        """Wait for so many seconds, or until something has changed."""
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()


def _is_open(view: AccountView) -> bool:
    return view.status.phase is not ViewPhase.CLOSED


def _lacks_prices(account: Account, view: AccountView) -> bool:
    """Say whether there are positions whose mark prices come with them alone."""
    return bool(view.positions()) and not account.support(MarkPriceReader)
