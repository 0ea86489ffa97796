"""``account``, ``balances``, ``positions``: the state of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from venuekit.cli.accounts import answer
from venuekit.cli.commands import accounts_command
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.account import Account

_BALANCE_COLUMNS = {
    "account": "account",
    "asset": "asset",
    "wallet": "wallet",
    "unrealized_pnl": "unrealized",
    "equity": "equity",
    "initial_margin": "margin",
    "available": "available",
}
_POSITION_COLUMNS = {
    "account": "account",
    "symbol": "symbol",
    "side": "side",
    "quantity": "contracts",
    "entry_price": "entry",
    "mark_price": "mark",
    "unrealized_pnl": "unrealized",
    "leverage": "lev",
    "margin_type": "margin",
    "liquidation_price": "liquidation",
}


@accounts_command("balances", accounts="any")
async def balances_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """Show each ACCOUNT's balances, by asset; all accounts when none is named."""
    return await answer(context, accounts, _balances, _BALANCE_COLUMNS, "no balances", as_json=as_json)


@accounts_command("positions", accounts="any")
async def positions_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """Show the open positions of each ACCOUNT; all accounts when none is named."""
    return await answer(context, accounts, _positions, _POSITION_COLUMNS, "no open positions", as_json=as_json)


@accounts_command("account", accounts="any")
async def account_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """Show totals and modes of each ACCOUNT; all accounts when none is named."""
    return await answer(context, accounts, _totals, None, "no accounts", as_json=as_json)


async def _balances(name: str, account: Account) -> list[Row]:
    from venuekit.capabilities import BalanceReader

    balances = await BalanceReader.of(account).get_balances()
    return [row_of(balance, account=name, venue=account.venue.id) for balance in balances]


async def _positions(name: str, account: Account) -> list[Row]:
    from venuekit.capabilities import PositionReader

    positions = await PositionReader.of(account).get_positions()
    return [row_of(position, account=name, venue=account.venue.id) for position in positions]


async def _totals(name: str, account: Account) -> list[Row]:
    from venuekit.capabilities import AccountReader

    figures = await AccountReader.of(account).get_account()
    return [row_of(figures, account=name, venue=account.venue.id)]
