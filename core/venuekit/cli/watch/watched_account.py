"""Watched account: one account that is opened, followed, and opened again with a growing pause after a failure."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import inf

import attrs

from venuekit._util.times import from_milliseconds
from venuekit.account import Account
from venuekit.accounts import open_entry
from venuekit.capabilities import (
    AccountInfo,
    AccountReader,
    Gap,
    Instrument,
    OrderReader,
    PriceReader,
)
from venuekit.cli.watch.shared_market import SharedMarket
from venuekit.credentials.accounts_file import AccountEntry
from venuekit.endpoint import Priority
from venuekit.errors import OperationError, Throttled, UnsupportedCapability, VenuekitError
from venuekit.live import AccountView, StaleView, ViewChange, ViewPart, ViewPhase, ViewPolicy
from venuekit.runtime import Runtime

#: seconds before an account is opened again: the first, and the longest
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
#: seconds after which figures are read again though nothing moved: at least, and for each account of the venue
_FIGURES_EVERY, _FOR_EACH = 30.0, 3.0
#: seconds until a state is read again that only the stream, which has not shown that it delivers, keeps up to date
_UNCONFIRMED_EVERY = 5.0
#: seconds between two reads of figures while they move
_MOVED_EVERY = 5.0
#: seconds that a read may wait for the limits of the venue; a longer wait is shown, with its end
_PATIENCE = 2.0
#: seconds after which a view makes a first read once: those made right after its opening may lag, and are made twice
_SETTLED = 1.5
#: parts that nothing shows at once, or that weigh most: open orders come when every account of the venue is there
_PUT_OFF = frozenset({ViewPart.ORDERS, ViewPart.MODES})
#: events that are kept to be shown
_KEPT = 500


@attrs.define(eq=False)
class WatchedAccount:
    """
    One account of the group.

    Attributes:
        entry: Its entry in the accounts file.
        interval: Seconds between two reads of positions where their mark prices come in no other way.
        market: The limits and instruments that it shares with the other accounts of its venue.
        on_news: Called after each change; with the change of the view, or None where another thing has changed.
        account, view: The open account and its view, None while it is not open.
        error: The reason why it is not open, None before the first try and while it is open.
        retry_at: When it is opened again, None while that is not planned.
        info: The last read of the account as a whole, None where there was none.
        info_at: When that read was sent.
        orders_at: When its open orders are read that wait for the limits of its venue, None where none do.
        events: The last changes, the newest at the end.
        gaps: How many gaps its stream had.
    """

    entry: AccountEntry
    interval: float
    market: SharedMarket
    on_news: Callable[[WatchedAccount, ViewChange | None], None]
    account: Account | None = None
    view: AccountView | None = None
    error: VenuekitError | None = None
    retry_at: datetime | None = None
    info: AccountInfo | None = None
    info_at: datetime | None = None
    orders_at: datetime | None = None
    events: deque[ViewChange] = attrs.field(factory=lambda: deque(maxlen=_KEPT))
    gaps: int = 0
    _failures: int = 0
    _is_tried: bool = False
    _has_moved: bool = False
    #: when, by the time of the loop, figures may be read that the limits had no room for
    _figures_at: float = 0.0
    _wake: asyncio.Event = attrs.field(factory=asyncio.Event)

    @property
    def name(self) -> str:
        """The name in the accounts file."""
        return self.entry.name

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The instruments of its venue by symbol, empty as long as they are not known."""
        return self.market.instruments

    @property
    def awaits_orders(self) -> bool:
        """Whether it is open and its open orders were not read yet."""
        account, view = self.account, self.view
        if account is None or view is None or not account.support(OrderReader):
            return False
        return view.age(ViewPart.ORDERS) == inf

    @property
    def has_moved(self) -> bool:
        """Whether something has changed since the figures were read."""
        return self._has_moved

    @property
    def figures_every(self) -> float:
        """Seconds between two reads of figures that do not move: longer, the more accounts share the limits."""
        return max(_FIGURES_EVERY, _FOR_EACH * self.market.size)

    @property
    def orders_every(self) -> float:
        """Seconds between two reads of the open orders, which weigh most."""
        return max(2 * _FIGURES_EVERY, 4 * _FOR_EACH * self.market.size)

    @property
    def unconfirmed_every(self) -> float:
        """Seconds until the first repeated read of a state while nothing shows that the stream delivers."""
        return max(_UNCONFIRMED_EVERY, 2 * _FOR_EACH * self.market.size)

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
                self.account = self.view = self.orders_at = None
                self._note_tried()
            if isinstance(self.error, UnsupportedCapability):
                self.on_news(self, None)
                await asyncio.Event().wait()  # opening it again would not help
            now = from_milliseconds(runtime.clock.milliseconds())
            pause, spread = _pause(self.error, self._failures, now)
            if not isinstance(self.error, Throttled):
                self._failures += 1
            pause += random.uniform(0.0, spread)  # noqa: S311 - spreads the tries
            self.retry_at = now + timedelta(seconds=pause)
            self.on_news(self, None)
            await asyncio.sleep(pause)

    async def _follow_once(self, runtime: Runtime) -> None:
        """Open it and keep its figures up to date until its view ends, which raises."""
        policy = ViewPolicy(
            read_every=self.figures_every,
            orders_every=self.orders_every,
            modes_every=10 * self.figures_every,
            unconfirmed_every=self.unconfirmed_every,
            put_off=_PUT_OFF,
        )
        async with contextlib.AsyncExitStack() as stack:
            async with self.market.opening:
                opened = await stack.enter_async_context(open_entry(self.entry, runtime, read_only=True))
                account = opened.with_options(max_wait=_PATIENCE)
                orders = account.with_options(priority=Priority.HISTORY)  # which leaves most to the other reads
                view = await stack.enter_async_context(AccountView(account, policy, orders=orders))
            self.account, self.view = account, view
            self.error, self.retry_at, self._failures = None, None, 0
            self._note_tried()
            with view.subscribe(self._note_change):
                self._note_change(ViewChange(None, view.status))
                reading = asyncio.create_task(self._read_orders(view, runtime))
                try:
                    await self._keep_figures(account, view)
                finally:
                    reading.cancel()
                    await asyncio.wait({reading})
                if not reading.cancelled():
                    reading.result()
                view.fresh()

    def _note_tried(self) -> None:
        if not self._is_tried:
            self._is_tried = True
            self.market.note_tried()

    async def _read_orders(self, view: AccountView, runtime: Runtime) -> None:
        """Read the open orders for the first time, once every account of the venue is there that can be opened."""
        await self.market.wait_until_tried()
        if self.market.size > 1:
            await asyncio.sleep(_SETTLED)
        failures = 0
        while self.awaits_orders:
            try:
                await view.refresh(ViewPart.ORDERS)
            except OperationError as error:
                now = from_milliseconds(runtime.clock.milliseconds())
                pause, _ = _pause(error, failures, now)
                failures += 1
                self.orders_at = now + timedelta(seconds=pause) if isinstance(error, Throttled) else None
                self.on_news(self, None)
                await asyncio.sleep(pause)
        self.orders_at = None
        self.on_news(self, None)

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
            await self.market.read_instruments(account)
            await self.market.wait_until_tried()
            if account.support(AccountReader):
                sent = account.now()
                self.info = await AccountReader.of(account).get_account()
                self.info_at = sent
            if not _has_new_figures(view):  # as it does when it was opened a moment ago
                await view.refresh(ViewPart.FIGURES)
        except OperationError as error:
            self._has_moved = True
            if isinstance(error, Throttled):
                self._figures_at = asyncio.get_running_loop().time() + _pause(error, 0, account.now())[0]
        self.on_news(self, None)

    async def _keep_figures(self, account: Account, view: AccountView) -> None:
        """Read figures when they are due, until the view is closed."""
        loop = asyncio.get_running_loop()
        while _is_open(view):
            await self._read_figures(account, view)
            read_at = prices_at = loop.time()
            while _is_open(view):
                is_live = view.status.phase is ViewPhase.LIVE or self.awaits_orders
                now = loop.time()
                due = read_at + (_MOVED_EVERY if self._has_moved and is_live else self.figures_every)
                due = max(due, self._figures_at)
                if self.awaits_orders and not self._has_moved:
                    due = max(due, now + _FIRST_PAUSE)  # open orders that are not known at all go first
                prices_due = prices_at + self.interval if is_live and _lacks_prices(account, view) else due
                if now >= due:
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


def _has_new_figures(view: AccountView) -> bool:
    try:
        view.fresh(_FIRST_PAUSE, parts=(ViewPart.FIGURES,))
    except StaleView:
        return False
    return True


def _pause(error: VenuekitError | None, failures: int, now: datetime) -> tuple[float, float]:
    """Return the seconds until the next try: as the error says, or longer with each failure; and their spread."""
    said = 0.0
    if isinstance(error, OperationError) and error.retry_at is not None:
        said = (error.retry_at - now).total_seconds()
    if isinstance(error, Throttled):
        return max(_FIRST_PAUSE, said), _FIRST_PAUSE
    pause = max(said, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures, 10)))
    return pause, pause / 4


def _lacks_prices(account: Account, view: AccountView) -> bool:
    """Say whether there are positions whose mark prices come with them alone."""
    return bool(view.positions()) and not account.support(PriceReader)
