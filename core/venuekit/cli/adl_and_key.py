"""``adl`` and ``key``: positions in the auto-deleveraging queue, and permissions of API keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from venuekit.cli.accounts import answer
from venuekit.cli.commands import accounts_command
from venuekit.cli.output import print_warnings
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.account import Account

_ADL_COLUMNS = {"account": "account", "symbol": "symbol", "side": "side", "rank": "rank", "of": "of"}
_KEY_COLUMNS = {
    "account": "account",
    "permissions": "may",
    "read_only": "read only",
    "may_withdraw": "may withdraw",
    "ips": "from",
    "expires_at": "expires",
}


@accounts_command("adl", accounts="any", short_help="Show places in the auto-deleveraging queue.")
@click.option("--symbol", metavar="S", help="Only this symbol.")
async def adl_command(context: click.Context, accounts: Sequence[str], symbol: str | None, as_json: bool) -> int:
    """
    Show how near each position is to auto-deleveraging; all accounts when none is named.

    Rank 0 is last in the queue, or no position; the highest rank is the first to be reduced.
    """
    from venuekit.capabilities import AdlReader

    async def ask(name: str, account: Account) -> list[Row]:
        quantiles = await AdlReader.of(account).get_adl_quantiles(symbol=symbol)
        return [row_of(quantile, account=name, venue=account.venue.id) for quantile in quantiles]

    return await answer(context, accounts, ask, _ADL_COLUMNS, "nothing is in a queue", as_json=as_json)


@accounts_command("key", accounts="any", short_help="Show the permissions of API keys.")
async def key_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """Show the permissions of the API key of each ACCOUNT; all accounts when none is named."""
    from venuekit.capabilities import ApiKeyReader

    async def ask(name: str, account: Account) -> list[Row]:
        api_key = await ApiKeyReader.of(account).get_api_key()
        several = {"permissions": ", ".join(sorted(api_key.permissions)), "ips": ", ".join(api_key.ips) or "anywhere"}
        return [{"account": name, "venue": account.venue.id, **several, **row_of(api_key)}]

    with print_warnings(as_json=as_json):
        return await answer(context, accounts, ask, _KEY_COLUMNS, "no accounts", as_json=as_json)
