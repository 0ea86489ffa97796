"""``resolve``: determine the outcome of writes whose process has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from venuekit.cli.accounts import answer
from venuekit.cli.commands import accounts_command
from venuekit.cli.errors import Status, status_of, worst
from venuekit.cli.tables import columns
from venuekit.errors import ConfigurationError, Conflict, OutcomeUnknown
from venuekit.exports.rows import Row

if TYPE_CHECKING:
    from venuekit.account import Account


@accounts_command("resolve", accounts="any")
async def resolve_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """
    Determine the outcome of every write that the journal of each ACCOUNT left open; nothing is sent again.

    A line of the journal that cannot be read may hide a write: the line is reported, and the write remains unknown.
    """
    statuses: list[Status] = []

    async def resolve(name: str, account: Account) -> list[Row]:
        def row(entry: object, state: str, message: str) -> Row:
            known = {field: getattr(entry, field, None) for field in ("operation", "client_id", "sent_at", "fence")}
            return {"account": name, "venue": account.venue.id, **known, "state": state, "message": message}

        rows: list[Row] = []
        for entry in account.unresolved:
            try:
                rows.append(row(entry, "resolved", await account.resolve(entry)))
            except (OutcomeUnknown, Conflict, ConfigurationError) as error:
                statuses.append(status_of(error))
                rows.append(row(entry, "open", str(error)))
        for line in account.unreadable:
            if not line.is_cut_off:
                statuses.append(Status.UNKNOWN)
                rows.append(row(None, "unreadable", f"a line of the journal: {line}"))
        return rows

    shown = columns("account operation sent_at state message")
    statuses.append(await answer(context, accounts, resolve, shown, "nothing is open", as_json=as_json))
    return worst(statuses)
