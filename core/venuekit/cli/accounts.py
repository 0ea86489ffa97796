"""Accounts of the accounts file: opening them, and querying several of them at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from venuekit.capabilities import InstrumentReader
from venuekit.cli.commands import State, state_of
from venuekit.cli.errors import Status, note_left_out, print_error, status_of, worst
from venuekit.cli.output import print_rows
from venuekit.cli.row_forms import chosen_form
from venuekit.cli.tables import OPTIONAL_COLUMNS
from venuekit.errors import InvalidRequest, UnsupportedCapability, VenueError, VenuekitError
from venuekit.exports.rows import Row

if TYPE_CHECKING:
    from venuekit import FanOut
    from venuekit.account import Account
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.runtime import Runtime

#: seconds a read may wait for the venue's limits: as long as for those of a plan, since a note says so meanwhile
MAX_WAIT = 120.0
#: gets an account's name and the account, and returns its rows
Question: TypeAlias = "Callable[[str, Account], Awaitable[list[Row]]]"


def entries(state: State, names: Sequence[str]) -> list[AccountEntry]:
    """Return the accounts of these names, each once; all accounts without names."""
    return [state.accounts.entry(name) for name in dict.fromkeys(names or state.accounts.entries)]


@asynccontextmanager
async def open_for_reading(entry: AccountEntry, runtime: Runtime) -> AsyncIterator[Account]:
    """Open an account of the file read-only; its reads wait for the next window of a limit that is spent."""
    from venuekit.accounts import open_entry

    async with open_entry(entry, runtime, read_only=True) as account:
        yield account.with_options(max_wait=MAX_WAIT)


@asynccontextmanager
async def open_account(state: State, name: str, *, read_only: bool = False) -> AsyncIterator[Account]:
    """Open one account of the file; errors of the block name it, and the symbol that was perhaps meant."""
    from venuekit import Runtime
    from venuekit.accounts import name_account_in_errors, open_entry

    entry = state.accounts.entry(name)
    with name_account_in_errors(name):
        async with (
            Runtime(plugins=state.plugins) as runtime,
            open_for_reading(entry, runtime) if read_only else open_entry(entry, runtime) as account,
        ):
            try:
                yield account
            except InvalidRequest as refused:
                await hint_symbol(account, refused)
                raise


async def hint_symbol(account: Account, refused: VenueError) -> None:
    """End the refusal of a symbol that the venue does not list with the one that was perhaps meant; it is read."""
    from venuekit.parts.listing import add_hint

    if refused.subject is None or not account.support(InstrumentReader):
        return
    with suppress(VenuekitError):
        add_hint(refused, await InstrumentReader.of(account).get_instruments())


@asynccontextmanager
async def open_together(
    state: State, names: Sequence[str], *, read_only: bool = False
) -> AsyncIterator[tuple[dict[str, Account], dict[str, VenuekitError]]]:
    """Open all these accounts together; also yields the errors of those that cannot be opened."""
    from venuekit import Runtime, fan_out
    from venuekit.accounts import open_entry

    async with Runtime(plugins=state.plugins) as runtime, AsyncExitStack() as stack:

        async def open_one(name: str) -> Account:
            entry = state.accounts.entry(name)
            opening = open_for_reading(entry, runtime) if read_only else open_entry(entry, runtime)
            return await stack.enter_async_context(opening)

        opened = await fan_out({name: name for name in names}, open_one)
        yield dict(opened.values), expected_errors(opened)


def expected_errors(results: FanOut[str, Any]) -> dict[str, VenuekitError]:
    """Return the errors of accounts; raises the first that is none of ours."""
    for error in results.errors.values():
        if not isinstance(error, VenuekitError):
            raise error
    return {name: error for name, error in results.errors.items() if isinstance(error, VenuekitError)}


async def answer(
    context: click.Context,
    names: Sequence[str],
    question: Question,
    columns: Mapping[str, str] | None,
    nothing: str,
    *,
    as_json: bool,
    whole: Collection[str] = (),
) -> Status:
    """
    Query accounts concurrently and print all rows; a failing account is reported, the others continue.

    The accounts are open for reading only. Without ``names``, those whose venue lacks the capability are left out, as
    long as another account has it. An account that could not be read has a row that says ``unreadable``, so that it is
    not taken for one without any. ``nothing`` is printed when there are no rows; see also :func:`print_rows`.
    """
    from venuekit import fan_out

    state = state_of(context)
    chosen = [entry.name for entry in entries(state, names)]
    async with open_together(state, chosen, read_only=True) as (accounts, failed):
        name_of = {account: name for name, account in accounts.items()}
        answers = await fan_out(accounts, lambda account: question(name_of[account], account))
    failed |= expected_errors(answers)
    rows: dict[str, list[Row]] = {name: answers.values.get(name, []) for name in chosen}
    statuses = [Status.DONE]
    is_able = any(not isinstance(failed.get(name), UnsupportedCapability) for name in chosen)
    for name in filter(failed.__contains__, chosen):
        error = failed[name]
        if isinstance(error, UnsupportedCapability) and not names and is_able:
            note_left_out(name, error, as_json=as_json)
        else:
            print_error(error, as_json=as_json, account=name)
            statuses.append(status_of(error))
            if isinstance(error, UnsupportedCapability):
                continue
            rows[name] = [_unreadable_row(state.accounts.entry(name).venue, name, error, columns, as_json=as_json)]
    every = [row for of_account in rows.values() for row in of_account]
    if every or as_json or chosen_form():
        print_rows(every, columns, as_json=as_json, whole=whole)
    else:
        click.echo(nothing)
    return worst(statuses)


def _unreadable_row(
    venue: str, name: str, error: VenuekitError, columns: Mapping[str, str] | None, *, as_json: bool
) -> Row:
    """Return the row of an account that could not be read; in a table the word is in the column after the account."""
    row: dict[str, Any] = {"account": name, "venue": venue, "status": "unreadable"}
    if as_json or columns is None or chosen_form():
        return {**row, "message": str(error)}
    shown = [field for field in columns if field not in {"account", "venue", *OPTIONAL_COLUMNS}]
    return {**row, **dict.fromkeys(shown[:1], "unreadable")}
