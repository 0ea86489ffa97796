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
        rows: list[Row] = []
        for entry in account.unresolved:
            row = {
                "account": name,
                "venue": account.venue.id,
                "operation": entry.operation,
                "client_id": entry.client_id,
                "sent_at": entry.sent_at,
                "fence": entry.fence,
            }
            try:
                message = await account.resolve(entry)
            except (OutcomeUnknown, Conflict, ConfigurationError) as error:
                statuses.append(status_of(error))
                rows.append({**row, "state": "open", "message": str(error)})
            else:
                rows.append({**row, "state": "resolved", "message": message})
        unread = [line for line in account.unreadable if not line.is_cut_off]
        statuses.extend(Status.UNKNOWN for _ in unread)
        nothing = dict.fromkeys(("operation", "client_id", "sent_at", "fence"))
        unreadable = (
            {**nothing, "state": "unreadable", "message": f"a line of the journal: {line}"} for line in unread
        )
        return rows + [{"account": name, "venue": account.venue.id, **row} for row in unreadable]

    shown = columns("account operation sent_at state message")
    statuses.append(await answer(context, accounts, resolve, shown, "nothing is open", as_json=as_json))
    return worst(statuses)
