"""Lines: the accounts on an output that is no screen, as text for each change or as one JSON object an event."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from venuekit.cli.watch.event_rows import event_row, status_row
from venuekit.cli.watch.group import News, WatchGroup
from venuekit.cli.watch.summary import AccountSummary, WatchState
from venuekit.cli.watch.texts import reason_text
from venuekit.cli.watch.watched_account import WatchedAccount
from venuekit.exports.rows import plain

#: characters of a figure in a line
_WIDTH = 24


async def print_events(group: WatchGroup) -> None:
    """Print each event as one JSON object in one line, at once, until the reader of the output is gone."""

    def write(news: list[News]) -> None:
        for watched, change in news:
            if change is not None:
                _print(json.dumps(event_row(watched.name, watched.entry.venue, change)))
                continue
            why = watched.error or watched.orders_at
            if why is not None and reasons.get(watched) is not why:
                _print(json.dumps(status_row(group.summary(watched), group.now())))
            reasons[watched] = why

    reasons: dict[WatchedAccount, object] = {}
    await _write_until_gone(group, write)


async def print_lines(group: WatchGroup) -> None:
    """Print an account as one line whenever it changes, and at most once an interval where prices alone move."""
    shown: dict[str, tuple[str, float]] = {}
    loop = asyncio.get_running_loop()

    def write(news: list[News]) -> None:
        urgent = {watched for watched, change in news if change is not None}
        for watched in dict.fromkeys(watched for watched, _ in news):
            summary = group.summary(watched)
            if summary.state is WatchState.OPENING and summary.reason is None:
                continue
            text = _line(summary)
            before, at = shown.get(watched.name, ("", float("-inf")))
            if text != before and (watched in urgent or loop.time() - at >= group.interval or summary.reason):
                shown[watched.name] = (text, loop.time())
                _print(f"{plain(group.now())} {text}")

    await _write_until_gone(group, write)


def _line(summary: AccountSummary) -> str:
    """Return an account as one line of text, without its age, by which no two lines would be the same."""
    if summary.state in {WatchState.UNREADABLE, WatchState.OPENING}:
        return f"{summary.name} {reason_text(summary)}"
    held = ", ".join(
        f"{one.position.symbol} {one.position.side.value} {plain(one.position.quantity)}"
        for one in summary.positions or ()
    )
    figures = {
        "equity": summary.equity.text(_WIDTH),
        "pnl": summary.pnl.text(_WIDTH),
        "ratio": summary.ratio.text(_WIDTH),
        "to_liquidation": summary.distance.text(_WIDTH),
        "orders": "-" if summary.orders is None else str(len(summary.orders)),
        "gaps": str(summary.gaps),
    }
    words = " ".join(f"{name}={text.replace(' ', '')}" for name, text in figures.items())
    reason = reason_text(summary)
    return f"{summary.name} {summary.state} {words} [{held}]{'' if reason is None else f' {reason}'}"


def _print(text: str) -> None:
    """Write one line and flush it; raises ``BrokenPipeError`` once the reader is gone."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _write_until_gone(group: WatchGroup, write: Callable[[list[News]], None]) -> None:
    """Hand all news to ``write``; raise ``BrokenPipeError`` when the reader of the output is gone."""
    async with _watch_reader() as gone:
        while True:
            news = asyncio.create_task(group.wait_for_news())
            try:
                await asyncio.wait({news, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            if gone.done():
                raise BrokenPipeError
            write(group.take_news())


@asynccontextmanager
async def _watch_reader() -> AsyncIterator[asyncio.Future[None]]:
    """Yield a future that is done once the other end of a pipe was closed, also while nothing is written."""
    loop = asyncio.get_running_loop()
    gone: asyncio.Future[None] = loop.create_future()
    try:
        number = sys.stdout.fileno()
        kind = os.fstat(number).st_mode
    except (OSError, ValueError):  # an output of no file, as in a test
        number, kind = -1, 0
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        yield gone
        return

    def note_gone() -> None:
        if not gone.done():
            gone.set_result(None)

    # nothing can be read from this end of a pipe: it becomes ready only by the error that the other one is closed
    loop.add_reader(number, note_gone)
    try:
        yield gone
    finally:
        loop.remove_reader(number)
