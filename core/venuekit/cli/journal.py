"""``journal``: list what was done with accounts on this machine, or write it into a file."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from venuekit._util.texts import did_you_mean
from venuekit.cli.accounts import entries
from venuekit.cli.commands import State, accounts_command, enum_member, moment, output_option, state_of
from venuekit.cli.errors import Status, print_error, status_of, worst
from venuekit.cli.journal_rows import OPEN, EndedAs, JournalFilter, JournalRow, asked_text, journal_row
from venuekit.cli.output import note, print_rows, say_aside
from venuekit.cli.row_forms import chosen_form
from venuekit.cli.tables import columns
from venuekit.credentials.accounts_file import key_fingerprint
from venuekit.errors import AccountsFileError, VenuekitError
from venuekit.exports.rows import Row, columns_of, row_of
from venuekit.owners import state_directory
from venuekit.pipeline.journal_files import JournaledWrite, JournalName, find_journal_days
from venuekit.pipeline.journal_lines import UnreadableLine
from venuekit.pipeline.key_index import KeyIndex
from venuekit.venue import Environment

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.venue import Venue

_SHOWN = "account operation symbol sent_at outcome asked"


@accounts_command("journal", accounts="any", options=(output_option,))
@click.option("--since", type=moment, metavar="T", help="Sent at this time or later, in UTC.")
@click.option("--until", type=moment, metavar="T", help="Sent before this time, in UTC.")
@click.option(
    "--symbol", "symbols", multiple=True, metavar="S", help="Of this symbol, or of every symbol of the account."
)
@click.option("--operation", "operations", multiple=True, metavar="O", help="Of this operation, such as place_order.")
@click.option(
    "--outcome", "outcomes", type=enum_member(EndedAs), multiple=True, metavar="W", help=f"{', '.join(EndedAs)}."
)
@click.option("--open", "is_open", is_flag=True, help="Of an outcome that is not known: venuekit resolve finds it.")
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write a new CSV file; - for the output.")
@click.option("--jsonl", type=click.Path(path_type=Path), metavar="FILE", help="The same as JSON lines.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="The directory of the journals.  [default: the one of the live accounts of this user]",
)
def journal_command(
    context: click.Context,
    accounts: Sequence[str],
    as_json: bool,
    *,
    since: datetime | None,
    until: datetime | None,
    symbols: Sequence[str],
    operations: Sequence[str],
    outcomes: Sequence[str],
    is_open: bool,
    csv: Path | None,
    jsonl: Path | None,
    directory: Path | None,
) -> int:
    """
    List every write of each ACCOUNT that the journals of this machine hold, also of closed days; nothing is sent.

    Without ACCOUNT every journal is listed, also those of keys that no account of the file has any more. A journal
    is named by its venue, its environment and a fingerprint of the API key: of an account its reference to the key is
    resolved, and never the one to the secret. Journals of the account's former keys are its own, too, where the venue
    names accounts. A line that cannot be read may hide a write: it is reported, and the status is 4.
    """
    if sum((csv is not None, jsonl is not None, as_json, chosen_form() is not None)) > 1:
        raise click.UsageError("--csv, --jsonl, --json and -o are forms of one list: name one of them", context)
    if is_open and outcomes:
        raise click.UsageError("an --open write has no --outcome: name one of them", context)
    wanted = JournalFilter(since, until, symbols, operations, (OPEN,) if is_open else outcomes)
    listing = _Listing(state_of(context), accounts, directory, wanted, as_json=as_json)
    if csv is not None or jsonl is not None:
        _export(csv or jsonl or Path("-"), listing, is_csv=csv is not None)
    else:
        _print(listing, as_json=as_json)
    listing.hint_at_operation()
    return worst(listing.statuses)


def _print(listing: _Listing, *, as_json: bool) -> None:
    """Print the rows: all fields of them as JSON or in a form, or a table."""
    found = [*listing.rows()]
    if as_json or chosen_form():
        print_rows([_flat(*one) for one in found], columns(" ".join(columns_of(JournalRow))), as_json=as_json)
    elif found:
        print_rows([_for_people(*one) for one in found], columns(_SHOWN), as_json=False)
    elif not listing.statuses:
        click.echo(f"no such write is in the journals of {listing.directory}")


def _export(target: Path, listing: _Listing, *, is_csv: bool) -> None:
    """Write the rows into a new file or, for ``-``, to standard output."""
    from venuekit.exports import Format, append_rows, stream_sink, write_new_file

    kinds, file_format = columns_of(JournalRow), Format.CSV if is_csv else Format.JSONL
    rows = (_flat(*one) for one in listing.rows())
    if target == Path("-"):
        append_rows(stream_sink(sys.stdout.buffer, file_format, kinds), rows)
        return
    count = write_new_file(target, file_format, kinds, rows)
    say_aside(f"{target}: {count} writes")


class _Listing:
    """
    The chosen writes of the journals in a directory; ``statuses`` and notes come while they are read.

    Args:
        state: Of the call.
        names: The accounts whose journals to list; every journal without any.
        directory: Where they are; None for the default.
        wanted: The writes to list.
        as_json: Notes are JSON.
    """

    def __init__(
        self, state: State, names: Sequence[str], directory: Path | None, wanted: JournalFilter, *, as_json: bool
    ) -> None:
        self._state = state
        self._names = names
        self.directory = directory or state_directory()
        self._wanted = wanted
        self._as_json = as_json
        self._venues: dict[str, Venue[Any] | None] = {}
        self._operations: set[str] = set()
        self._is_empty = True
        self.statuses: list[Status] = []

    def rows(self) -> Iterator[tuple[str | None, str, JournalRow]]:
        """Yield the name of its account, where one has its key, the venue and the row of each write, oldest first."""
        days = find_journal_days(self.directory) if self.directory.exists() else ()
        accounts = self._accounts_by_journal({one.name for one in days})
        chosen = (one for one in days if self._wanted.takes_day(one.day) and (not self._names or one.name in accounts))
        for _, of_day in groupby(chosen, key=lambda one: one.day):
            writes: list[tuple[JournalName, JournaledWrite]] = []
            for one in of_day:
                found, unreadable = one.read()
                writes += [(one.name, write) for write in found]
                self._report(unreadable)
            for name, write in sorted(writes, key=lambda pair: pair[1].first.sent_at):
                row = journal_row(name, write, self._venue(name.venue))
                self._operations.add(row.operation)
                if self._wanted.takes(row):
                    self._is_empty = False
                    yield ", ".join(accounts.get(name, ())) or None, name.venue, row

    def hint_at_operation(self) -> None:
        """Note where no write was listed, and none is of the operation that was asked for."""
        for operation in self._wanted.operations if self._is_empty else ():
            if operation not in self._operations:
                hint = did_you_mean(operation, self._operations)
                note(f"no write of these days is of the operation {operation}{hint}", as_json=self._as_json)

    def _accounts_by_journal(self, journals: Collection[JournalName]) -> Mapping[JournalName, Sequence[str]]:
        """Return the names of accounts by the journals that are theirs."""
        found: dict[JournalName, list[str]] = {}
        index, places = KeyIndex.beside(self.directory), {(one.venue, one.environment) for one in journals}
        for entry in self._entries():
            if (entry.venue, entry.environment.value) not in places:
                continue  # its reference need not be resolved
            try:
                keys = self._keys_of(entry, index)
            except VenuekitError as error:
                if self._names:
                    print_error(error, as_json=self._as_json, account=entry.name)
                    self.statuses.append(status_of(error))
                else:
                    note(f"{entry.name}: its writes are listed without its name: {error}", as_json=self._as_json)
                continue
            for name in (JournalName(entry.venue, entry.environment.value, key) for key in keys):
                if name in journals:
                    found.setdefault(name, []).append(entry.name)
        return found

    def _entries(self) -> Sequence[AccountEntry]:
        """Return the accounts that were named, or all; none where none was named and there is no file of them."""
        try:
            return entries(self._state, self._names)
        except AccountsFileError as error:
            if self._names or self._state.accounts_path is not None:
                raise
            note(f"journals are listed without the names of accounts: {error}", as_json=self._as_json)
            return ()

    def _keys_of(self, entry: AccountEntry, index: KeyIndex) -> Collection[str]:
        """Return the fingerprints of the keys that are or have been of an account."""
        plugins = self._state.plugins
        venue = plugins.venue(entry.venue)
        key = key_fingerprint(entry, venue, plugins)
        site = Environment(name=entry.environment, rest=entry.rest or "").site
        accounts = index.accounts_of(venue.realm, site, key)
        return {key}.union(*(index.keys_of(venue.realm, site, account) for account in accounts))

    def _venue(self, venue_id: str) -> Venue[Any] | None:
        if venue_id not in self._venues:
            try:
                self._venues[venue_id] = self._state.plugins.venue(venue_id)
            except VenuekitError as error:
                self._venues[venue_id] = None
                note(f"symbols and amounts of {venue_id} are not listed: {error}", as_json=self._as_json)
        return self._venues[venue_id]

    def _report(self, lines: Collection[UnreadableLine]) -> None:
        for line in lines:
            note(f"a line of the journal cannot be read: {line}", as_json=self._as_json, kind="unreadable")
            if not line.is_cut_off:
                self.statuses.append(Status.UNKNOWN)


def _flat(account: str | None, venue: str, row: JournalRow) -> Row:
    return row_of(row, account=account, venue=venue)


def _for_people(account: str | None, venue: str, row: JournalRow) -> Row:
    """Return a short row: who, what, on what, when, and how it ended."""
    whose = account or f"{venue} {row.environment} {row.key}"
    return {**_flat(whose, venue, row), "asked": asked_text(row)}
