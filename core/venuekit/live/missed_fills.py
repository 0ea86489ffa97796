"""Missed fills: reads the fills of a time in which events may be missing from the histories of the account."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from venuekit.account import Account
from venuekit.capabilities import (
    EventOrigin,
    Fill,
    FillReader,
    FillUpdate,
    Gap,
    GapReason,
    IncomeReader,
    StreamEvent,
)
from venuekit.errors import AccountClosed, OperationError
from venuekit.live.account_book import AccountBook, recovery_of
from venuekit.live.fill_log import Leg
from venuekit.live.freshness import Freshness
from venuekit.live.provenance import ViewPart

#: seconds to wait before each reading of the histories, whose rows may appear late
_PAUSES = (0.0, 1.0, 3.0, 10.0, 20.0)
#: the same after a reading that failed
_AGAIN = 15.0
#: how much earlier than the gap the histories are read: known fills are left out by their key
_MARGIN = timedelta(seconds=10)


class MissedFills:
    """
    Finds the fills that were missed, and has them delivered before those that came since.

    Their symbols are those that had a position or open order before or after the gap, and those of the movements of
    the wallet in between, where these can be read. They are read again until they explain how the positions moved.

    Args:
        account: Where they are read.
        book: Where fills and positions are known.
        freshness: Is notified when every fill has been delivered.
        publish: Is given the news.
    """

    def __init__(
        self,
        account: Account,
        book: AccountBook,
        freshness: Freshness,
        publish: Callable[[Sequence[StreamEvent]], None],
    ) -> None:
        self._account = account
        self._book = book
        self._freshness = freshness
        self._publish = publish
        self._can_read = bool(account.support(FillReader))
        #: the venue's time at which the view was opened: earlier fills are none of its own
        self._opened = account.venue_clock.now()
        #: the venue's time since which fills may be missing, and the symbols that they may be of
        self._since: datetime | None = None
        self._symbols: set[str] = set()
        self._gaps = 0

    @property
    def are_missing(self) -> bool:
        """Whether fills may be missing."""
        return self._since is not None

    def note_gap(self, since: datetime) -> None:
        """Note that fills since a moment of the venue's clock may be missing: those that come now are held back."""
        self._gaps += 1
        self._since = since if self._since is None else min(since, self._since)
        self._symbols |= self._book.symbols()
        if self._can_read and self._book.held_fills is None:
            self._book.held_fills = []

    async def find(self) -> None:
        """Find the missing fills and deliver them; while more of them are missing, wait to be called once more."""
        while self._since is not None and self._freshness.is_bridged():
            symbols, self._symbols, gaps = self._symbols, set(), self._gaps
            missed: list[FillUpdate] = []
            rests: Mapping[Leg, Decimal] = {}
            try:
                if self._can_read:
                    missed, rests = await self._read(self._since, symbols)
            except AccountClosed:
                return
            except OperationError as failure:
                self._symbols |= symbols
                self._freshness.note_trouble(ViewPart.FILLS, f"missed fills cannot be read: {failure}")
                await self._account.pause(_AGAIN)
                continue
            if gaps != self._gaps:  # another gap came meanwhile: the same again
                self._symbols |= symbols
                continue
            news = self._book.release_fills(missed, self._account.monotonic())
            if rests:
                news.append(self._gap_of(rests))
                self._book.fills.balance(self._book.open_positions(), self._account.monotonic())
            self._since = None
            self._freshness.note_fills_complete()
            self._publish(news)

    async def _read(self, since: datetime, symbols: Collection[str]) -> tuple[list[FillUpdate], Mapping[Leg, Decimal]]:
        """
        Return the fills since a moment of the venue's clock that were not counted, and the legs that they leave
        unexplained, each with the rest.
        """
        book, start = self._book, max(since - _MARGIN, self._opened)
        missed: dict[tuple[str, str], Fill] = {}
        rests: Mapping[Leg, Decimal] = {}
        for number, pause in enumerate(_PAUSES):
            if pause:
                await self._account.pause(pause)
            asked = {*symbols, *book.symbols(), *await self._symbols_of_income(start)}
            for symbol in sorted(asked):
                async for fill in FillReader.of(self._account).iter_fills(symbol, start=start):
                    if fill.time >= self._opened and not book.fills.has(fill):
                        missed.setdefault(fill.key, fill)
            held = [event.fill for event in book.held_fills or ()]
            uncounted = {fill.key: fill for fill in (*missed.values(), *held)}
            rests = book.fills.find_rests(book.open_positions(), uncounted.values(), asked)
            if number and not rests:
                break
        at = self._account.now()
        return [recovery_of(fill, at) for fill in missed.values()], rests

    async def _symbols_of_income(self, start: datetime) -> set[str]:
        """Return the symbols by which the wallet moved; none where that cannot be read."""
        if not self._account.support(IncomeReader):
            return set()
        rows = IncomeReader.of(self._account).iter_income(start=start)
        return {row.symbol async for row in rows if row.symbol is not None}

    def _gap_of(self, rests: Mapping[Leg, Decimal]) -> Gap:
        """Return the event for positions that moved by more or less than the fills that can be read."""
        moves = ", ".join(f"{symbol} ({side}) by {rest}" for (symbol, side), rest in sorted(rests.items()))
        words = f"no fill of the history explains how positions moved: {moves} contracts"
        at, origin = self._account.now(), EventOrigin.INFERRED
        return Gap(received_at=at, message=0, origin=origin, reason=GapReason.UNCONFIRMED, words=words)
