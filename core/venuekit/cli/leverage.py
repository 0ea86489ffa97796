"""``leverage``: read or set the leverage of one symbol."""

from __future__ import annotations

from decimal import Decimal

import click

from venuekit.cli.accounts import open_account
from venuekit.cli.commands import accounts_command
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.output import json_text
from venuekit.cli.parameters import number, state_of
from venuekit.cli.status import Status
from venuekit.cli.streams import say_done
from venuekit.cli.tables import cell_text, table
from venuekit.exports.rows import row_of

_COLUMNS = {
    "account": "account",
    "symbol": "symbol",
    "long": "long",
    "short": "short",
    "max_position": "max position",
    "max_position_unit": "unit",
    "changed": "changed",
}


def _leverage(_: click.Context, __: click.Parameter, value: str | None) -> int | Decimal | None:
    """Parse a number; a whole one becomes an int."""
    if value is None:
        return None
    leverage = number(value)
    return int(leverage) if leverage == leverage.to_integral_value() else leverage


@accounts_command("leverage", writes=True)
@click.argument("symbol")
@click.argument("value", required=False, callback=_leverage)
async def leverage_command(
    context: click.Context, *, account: str, symbol: str, value: int | Decimal | None, yes: bool, as_json: bool
) -> int:
    """Show the leverage of SYMBOL, or set it to VALUE."""
    from venuekit.capabilities import LeverageControl, LeverageReader

    state = state_of(context)
    if value is not None:
        live = live_to_confirm(context, state, [account], yes=yes)
        if live and not confirm_live(f"Set the leverage of {symbol} to {cell_text(value)}", live):
            return Status.PENDING
    async with open_account(state, account, read_only=value is None) as opened_account:
        if value is None:
            setting = await LeverageReader.of(opened_account).get_leverage(symbol)
        else:
            setting = await LeverageControl.of(opened_account).set_leverage(symbol, value)
        row = row_of(setting, account=account, venue=opened_account.venue.id)
    say_done(json_text([row]) if as_json else table([row], _COLUMNS))
    return Status.DONE
