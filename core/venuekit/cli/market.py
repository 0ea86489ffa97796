"""``brackets``, ``fees``, ``instruments``: the terms on which an account trades."""

from __future__ import annotations

from collections.abc import Sequence

import click

from venuekit.cli.accounts import open_account
from venuekit.cli.commands import accounts_command
from venuekit.cli.output import print_rows
from venuekit.cli.parameters import state_of
from venuekit.exports.rows import Row, row_of

_BRACKET_COLUMNS = {
    "symbol": "symbol",
    "tier": "tier",
    "floor": "from",
    "cap": "below",
    "unit": "unit",
    "max_leverage": "max leverage",
    "maintenance_margin_rate": "maintenance",
    "deduction": "deduction",
}
_FEE_COLUMNS = {"account": "account", "symbol": "symbol", "maker": "maker", "taker": "taker", "rpi": "rpi"}
_INSTRUMENT_COLUMNS = {
    "symbol": "symbol",
    "kind": "kind",
    "status": "status",
    "settle": "settle",
    "contract_size": "size",
    "contract_unit": "unit",
    "price_tick": "tick",
    "quantity_step": "step",
    "min_quantity": "smallest",
    "leverage_max": "leverage",
}


@accounts_command("brackets", short_help="Show risk tiers.")
@click.argument("symbol", required=False)
async def brackets_command(context: click.Context, account: str, symbol: str | None, as_json: bool) -> None:
    """Show the risk tiers of SYMBOL, or of every symbol: how leverage and margin depend on a position's size."""
    from venuekit.capabilities import BracketReader

    async with open_account(state_of(context), account, read_only=True) as opened_account:
        brackets = await BracketReader.of(opened_account).get_brackets(symbol=symbol)
        rows = [row_of(bracket, account=account, venue=opened_account.venue.id) for bracket in brackets]
    _show(rows, _BRACKET_COLUMNS, "no brackets", as_json=as_json)


@accounts_command("fees", short_help="Show trading fees.")
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...")
async def fees_command(context: click.Context, account: str, symbols: Sequence[str], as_json: bool) -> None:
    """Show ACCOUNT's fees for trading each SYMBOL, as fractions of the value: 0.0004 is 4 basis points."""
    import asyncio

    from venuekit.capabilities import CommissionReader

    async with open_account(state_of(context), account, read_only=True) as opened_account:
        reader = CommissionReader.of(opened_account)
        rates = await asyncio.gather(*map(reader.get_commission_rate, dict.fromkeys(symbols)))
        rows = [row_of(rate, account=account, venue=opened_account.venue.id) for rate in rates]
    _show(rows, _FEE_COLUMNS, "no fees", as_json=as_json)


@accounts_command("instruments", short_help="Show the tradable instruments.")
@click.argument("symbol", required=False)
async def instruments_command(context: click.Context, account: str, symbol: str | None, as_json: bool) -> None:
    """Show SYMBOL, or all instruments of ACCOUNT's venue, with their price and quantity steps."""
    from venuekit.capabilities import InstrumentReader

    async with open_account(state_of(context), account, read_only=True) as opened_account:
        instruments = await InstrumentReader.of(opened_account).get_instruments(symbol=symbol)
        rows = [row_of(instrument, account=account, venue=opened_account.venue.id) for instrument in instruments]
    _show(rows, _INSTRUMENT_COLUMNS, "no instruments", as_json=as_json)


def _show(rows: Sequence[Row], columns: dict[str, str], nothing: str, *, as_json: bool) -> None:
    if rows or as_json:
        print_rows(rows, columns, as_json=as_json)
    else:
        click.echo(nothing)
