"""Downloads one history of one or several accounts into a file or onto standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from venuekit import Runtime
from venuekit.cli.accounts import entries, open_entry
from venuekit.cli.errors import note_left_out, print_error
from venuekit.cli.histories import HISTORIES
from venuekit.cli.output import print_warnings
from venuekit.cli.parameters import State
from venuekit.cli.progress import Bar, progress_bar
from venuekit.cli.status import Status, status_of, worst
from venuekit.errors import InvalidArgument, UnsupportedCapability, VenuekitError
from venuekit.exports import Export, Format, Terms, columns_of, open_export, stream_sink
from venuekit.exports.rows import plain

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.credentials.accounts_file import AccountEntry

#: seconds one page may wait for the venue's limits: a long download exhausts them
_MAX_WAIT = 900.0
#: errors that the same command would meet again
_FOR_GOOD = (InvalidArgument, UnsupportedCapability)


@attrs.frozen(kw_only=True)
class DownloadRequest:
    """A history to download and its destination; ``output`` None is standard output."""

    history: str
    filters: Mapping[str, Any]
    start: datetime | None
    end: datetime | None
    format: Format
    output: Path | None
    same_account: bool = False

    def terms(self, chosen: Sequence[AccountEntry]) -> Terms:
        """Return the terms of a file with this history."""
        options = {**self.filters, "start": self.start, "end": self.end}
        typed = {
            name.replace("_", "-"): None if value is None else str(plain(value)) for name, value in options.items()
        }
        accounts = {entry.name: f"{entry.venue} {entry.environment}" for entry in chosen}
        return Terms(self.history, self.format, typed, accounts)


async def download(state: State, names: Sequence[str], request: DownloadRequest) -> Status:
    """Download account after account; a failing account is reported, the others continue."""
    chosen = entries(state, names)
    history = HISTORIES[request.history]
    failed: list[VenuekitError] = []
    unable: list[VenuekitError] = []
    target = request.output or stream_sink(sys.stdout.buffer, request.format, columns_of(history.shape))
    opening = open_export(target, history.shape, request.terms(chosen))
    with (
        print_warnings(),
        _print_summary(opening, request.output, failed) as export,
        progress_bar(request.start, request.end) as bar,
    ):
        async with Runtime(plugins=state.plugins) as runtime:
            for entry in chosen:
                try:
                    async with open_entry(entry, runtime, read_only=True) as account:
                        await _download_one(entry.name, account, request, export, bar)
                except VenuekitError as error:
                    if export.is_broken:
                        raise
                    if isinstance(error, UnsupportedCapability) and not names:
                        unable.append(error)
                        note_left_out(entry.name, error, as_json=False)
                    else:
                        print_error(error, as_json=False, account=entry.name)
                        failed.append(error)
            if len(unable) == len(chosen):
                failed += unable
    return worst(map(status_of, failed))


async def _download_one(name: str, account: Account, request: DownloadRequest, export: Export[Any], bar: Bar) -> None:
    """Download one account's history from the end of the file on."""
    history = HISTORIES[request.history]
    *_, key = account.identity
    after = export.begin(name, key, same_account=request.same_account)
    walk = history.walk(account.with_options(max_wait=_MAX_WAIT))(
        **request.filters,
        # ``after`` replaces the start, which the venue may not keep any more
        start=request.start if after is None else None,
        end=request.end,
        after=after,
    )
    since = None if after is None else history.time(after)
    behind = f", continued behind {plain(since)}" if since else ""
    click.echo(f"{name}: {request.history}: a page weighs {walk.cost_per_page}{behind}", err=True)
    bar.begin(name, since)
    async with aclosing(walk):
        async for item in walk:
            export.add(name, account.venue.id, item)
            bar.advance(history.time(item))


@contextmanager
def _print_summary(
    opening: AbstractContextManager[Export[Any]], path: Path | None, failed: Sequence[VenuekitError]
) -> Iterator[Export[Any]]:
    """Report the rows of the file when it is closed, however that comes, and whether another run could add to it."""
    export: Export[Any] | None = None
    ended = False
    try:
        with opening as export:
            yield export
        ended = True
    finally:
        if export is not None and path is not None:
            again = ""
            if failed or not ended:
                again = "; not all of it"
            if not ended or not all(isinstance(error, _FOR_GOOD) for error in failed):
                again += ": the same command again continues"
            click.echo(f"{path}: {export.added} rows added, {export.rows} in all{again}", err=True)
