"""The list of configured accounts, which asks no venue; and the group of the commands about the accounts file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from venuekit.cli.accounts_add import add_command
from venuekit.cli.accounts_check import check_command
from venuekit.cli.commands import Group, accounts_option, json_option, state_of
from venuekit.cli.output import note, print_rows
from venuekit.cli.tables import cell_text, columns
from venuekit.credentials.private_keys import PASSPHRASE
from venuekit.credentials.references import reference_scheme
from venuekit.exports.rows import Row

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountEntry


@click.group("accounts", cls=Group, invoke_without_command=True)
@json_option
@accounts_option
@click.pass_context
def accounts_command(context: click.Context, as_json: bool) -> None:
    """
    List the accounts of the accounts file; add one, or check them and their keys.

    The list asks no venue and resolves no reference: it says where keys come from, never the keys.
    """
    if context.invoked_subcommand is None:
        _list(context, as_json=as_json)


@accounts_command.command("list")
@json_option
@accounts_option
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List the accounts of the accounts file, as the group does by itself."""
    _list(context, as_json=as_json)


accounts_command.add_command(add_command)
accounts_command.add_command(check_command)


def _list(context: click.Context, *, as_json: bool) -> None:
    file = state_of(context).accounts
    note(f"accounts of {file.path}", as_json=as_json, path=str(file.path.absolute()))
    rows = [_row(entry) for entry in file.entries.values()]
    if as_json:
        flat = [{name: value for name, value in row.items() if name != "guard"} for row in rows]
        print_rows(flat, None, as_json=True)
    elif rows:
        print_rows(rows, columns("account venue environment references read_only guard"), as_json=False)
    else:
        click.echo("no accounts")


def _row(entry: AccountEntry) -> Row:
    texts = [entry.key, entry.secret, *filter(None, [getattr(entry, PASSPHRASE)]), *entry.fields.values()]
    schemes = dict.fromkeys(filter(None, map(reference_scheme, texts)))
    return {
        "account": entry.name,
        "venue": entry.venue,
        "environment": entry.environment,
        "references": ", ".join(schemes),
        "read_only": entry.read_only,
        "check_orders": entry.check_orders,
        "transport": entry.transport,
        "symbols": None if entry.symbols is None else ", ".join(sorted(entry.symbols)),
        "max_leverage": entry.max_leverage,
        "max_notional": entry.max_notional,
        "max_position_notional": entry.max_position_notional,
        "guard": "; ".join(_limits(entry)) or None,
    }


def _limits(entry: AccountEntry) -> Iterator[str]:
    """Yield the limits of the account's guard in words."""
    if entry.symbols is not None:
        yield ", ".join(sorted(entry.symbols)) or "no symbol"
    for name in ("leverage", "notional", "position_notional"):
        limit = getattr(entry, f"max_{name}")
        if limit is not None:
            yield f"{name.replace('_', ' ')} up to {cell_text(limit)}"
