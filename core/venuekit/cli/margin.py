"""``margin``: move margin between the account and an isolated position."""

from __future__ import annotations

from decimal import Decimal

import click

from venuekit.capabilities import PositionMarginControl, PositionSide
from venuekit.cli.accounts import open_account
from venuekit.cli.commands import accounts_command, enum_member, number, state_of
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import Status, print_error, status_of
from venuekit.cli.output import print_rows
from venuekit.errors import OperationError, Outcome
from venuekit.exports.rows import plain, row_of


@accounts_command("margin", writes=True, short_help="Add margin to an isolated position, or reduce it.")
@click.argument("symbol")
@click.argument("direction", type=click.Choice(["add", "reduce"]), metavar="add|reduce")
@click.argument("amount", type=number)
@click.option("--side", type=enum_member(PositionSide), metavar="S", help="long or short, in hedge mode.")
async def margin_command(
    context: click.Context,
    *,
    account: str,
    symbol: str,
    direction: str,
    amount: Decimal,
    side: PositionSide | None,
    yes: bool,
    as_json: bool,
) -> int:
    """
    Move AMOUNT of the settle asset between the account and the isolated position of SYMBOL, and show the movement.

    After a lost answer the movement is looked for; it is never sent a second time. The exit status is 3 when it was
    refused, 4 when it is unknown whether it happened.
    """
    words = f"{direction.capitalize()} {amount:f} margin {'to' if direction == 'add' else 'of'} {symbol}"
    if not confirm_live(words, live_to_confirm(context, [account], yes=yes)):
        return Status.PENDING
    try:
        async with open_account(state_of(context), account) as opened:
            control = PositionMarginControl.of(opened)
            move = control.add_margin if direction == "add" else control.reduce_margin
            change = await move(symbol, amount, side=side)
            row = row_of(change, account=account, venue=opened.venue.id)
    except OperationError as error:
        print_error(error, as_json=as_json, account=account, advice=_advice(error, account))
        return status_of(error)
    print_rows([row], None, as_json=as_json)
    return Status.DONE


def _advice(error: OperationError, name: str) -> str | None:
    """Return the way to learn whether a lost movement happened; None for any other error."""
    if error.outcome is not Outcome.UNKNOWN:
        return None
    when = f" before {plain(error.fence)}" if error.fence else ""
    return f"it may have happened: do not repeat it{when}, look: venuekit positions {name}"
