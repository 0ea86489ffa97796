"""Watch group: the accounts of one call of ``watch``, followed side by side, and the news of all of them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from venuekit._util.times import from_milliseconds
from venuekit.cli.watch.mark_prices import MarkPrices
from venuekit.cli.watch.shared_market import SharedMarket, name_market
from venuekit.cli.watch.summary import AccountSummary, summarize
from venuekit.cli.watch.watched_account import WatchedAccount
from venuekit.clock import Clock, SystemClock

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.live import ViewChange
    from venuekit.plugins import Plugins

#: one account and its change; None where something else than its view has changed
News = tuple[WatchedAccount, "ViewChange | None"]


class WatchGroup:
    """
    The accounts of one call of ``watch``.

    Args:
        entries: Their entries in the accounts file.
        plugins: Where venues come from.
        interval: Seconds between two reads of a mark price, above 0.
    """

    def __init__(self, entries: Iterable[AccountEntry], plugins: Plugins, interval: float) -> None:
        entries = tuple(entries)
        markets = {name: SharedMarket(size) for name, size in Counter(map(name_market, entries)).items()}
        self.accounts = tuple(
            WatchedAccount(entry, interval, markets[name_market(entry)], self._note) for entry in entries
        )
        self.marks = MarkPrices(self.accounts, interval)
        self._plugins = plugins
        self._interval = interval
        self._clock: Clock = SystemClock()
        self._news: deque[News] = deque()
        self._arrived = asyncio.Event()

    @property
    def interval(self) -> float:
        """Seconds between two reads of a mark price."""
        return self._interval

    def now(self) -> datetime:
        """Return the time of our clock."""
        return from_milliseconds(self._clock.milliseconds())

    def summaries(self) -> list[AccountSummary]:
        """Return each account as it is now."""
        return [self.summary(watched) for watched in self.accounts]

    def summary(self, watched: WatchedAccount) -> AccountSummary:
        """Return one account as it is now."""
        return summarize(watched, self.marks.of(watched), self.now(), self._interval)

    def _note(self, watched: WatchedAccount, change: ViewChange | None) -> None:
        self._news.append((watched, change))
        self._arrived.set()

    async def wait_for_news(self) -> None:
        """Wait until there are news of any account."""
        await self._arrived.wait()

    def take_news(self) -> list[News]:
        """Return the news that have come since they were taken last, the oldest first."""
        self._arrived.clear()
        news = list(self._news)
        self._news.clear()
        return news

    async def run(self, show: Callable[[WatchGroup], Awaitable[None]]) -> None:
        """
        Follow the accounts while ``show`` runs, which must read the news; end with it.

        Raises:
            Exception: the one of ``show``, or of an account where it is none of ours.
        """
        from venuekit import Runtime

        async with Runtime(plugins=self._plugins, clock=self._clock) as runtime:
            tasks = [asyncio.ensure_future(show(self))]
            tasks += [asyncio.create_task(watched.follow(runtime)) for watched in self.accounts]
            tasks.append(asyncio.create_task(self.marks.run()))
            try:
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
            for task in ended:
                task.result()
