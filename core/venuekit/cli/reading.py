"""Read commands: the state of accounts, their API keys, and the terms on which they trade."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from venuekit.capabilities import (
    AccountInfo,
    AccountModeReader,
    AccountReader,
    AdlReader,
    ApiKeyReader,
    Balance,
    BalanceReader,
    BracketReader,
    CommissionReader,
    InstrumentReader,
    PositionReader,
    capability_of,
)
from venuekit.cli.accounts import Question, answer, open_account
from venuekit.cli.commands import accounts_command, output_option, state_of, symbols_option
from venuekit.cli.output import print_rows
from venuekit.cli.row_forms import chosen_form
from venuekit.cli.symbol_cache import keep_symbols
from venuekit.cli.tables import cell_text, columns
from venuekit.errors import VenueError
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.account import Account


def _values(method: Callable[..., Any], **filters: Any) -> Question:
    """Return the question for the values of a capability's method, given as ``BalanceReader.get_balances``."""

    async def ask(name: str, account: Account) -> list[Row]:
        values = await getattr(capability_of(method).of(account), method.__name__)(**filters)
        return [row_of(value, account=name, venue=account.venue.id) for value in values]

    return ask


def _values_of(method: Callable[..., Any], symbols: Sequence[str]) -> Question:
    """Return the question for a method's values of these symbols, a read for each; of all without any."""
    questions = [_values(method, symbol=symbol) for symbol in dict.fromkeys(symbols)] or [_values(method)]

    async def ask(name: str, account: Account) -> list[Row]:
        return [row for question in questions for row in await question(name, account)]

    return ask


@accounts_command("account", accounts="any", options=(output_option,))
async def account_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """Show totals and modes of each ACCOUNT; all accounts when none is named."""
    return await answer(context, accounts, _account_row, None, "no accounts", as_json=as_json)


async def _account_row(name: str, account: Account) -> list[Row]:
    """Return totals and modes; of an account whose mode explains why totals are refused, the mode and its reason."""
    reader = AccountReader.of(account)
    first: dict[str, Any] = {"account": name, "venue": account.venue.id}
    if not account.support(AccountModeReader):
        return [_account_figures(await reader.get_account(), first)]
    mode = await AccountModeReader.of(account).get_account_mode()
    first |= {"account_mode": mode.mode, "account_mode_word": mode.word, "margin_model": mode.margin_model}
    first |= {"account_mode_reason": mode.reason}
    try:
        return [_account_figures(await reader.get_account(), first)]
    except VenueError:
        if mode.mode is None or mode.reason is None:
            raise
        return [first]


def _account_figures(info: AccountInfo, first: Mapping[str, Any]) -> Row:
    """Return an account's figures; where the venue has no totals, equity and maintenance margin are there by asset."""
    by_asset = {
        f"{name}_by_asset": ", ".join(
            f"{cell_text(figure)} {one.asset}" for one in info.balances if (figure := getattr(one, field))
        )
        for name, field in (("equity", "equity"), ("maintenance", "maintenance_margin"))
        if info.total_equity is None
    }
    return row_of(info, **first, **{name: text or None for name, text in by_asset.items()})


@accounts_command("key", accounts="any", short_help="Show the permissions of API keys.", options=(output_option,))
async def key_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """Show the permissions of the API key of each ACCOUNT; all accounts when none is named."""

    async def ask(name: str, account: Account) -> list[Row]:
        api_key = await ApiKeyReader.of(account).get_api_key()
        several = {"permissions": ", ".join(sorted(api_key.permissions)), "ips": ", ".join(api_key.ips) or "anywhere"}
        return [{"account": name, "venue": account.venue.id, **several, **row_of(api_key)}]

    shown = columns("account permissions read_only may_withdraw ips expires_at")
    return await answer(context, accounts, ask, shown, "no accounts", as_json=as_json)


@accounts_command("balances", accounts="any", options=(output_option,))
async def balances_command(context: click.Context, accounts: Sequence[str], as_json: bool) -> int:
    """Show each ACCOUNT's balances, by asset; all accounts when none is named."""
    shown = columns("account sub_account asset wallet unrealized_pnl equity initial_margin available")
    return await answer(context, accounts, _balance_rows, shown, "no balances", as_json=as_json)


async def _balance_rows(name: str, account: Account) -> list[Row]:
    """Return the balances, with equity and margins by the read of the account where it alone has them."""
    balances = await BalanceReader.of(account).get_balances()
    lacking = any(balance.wallet and (balance.equity is None or balance.initial_margin is None) for balance in balances)
    if lacking and account.support(AccountReader):
        try:
            of_account = (await AccountReader.of(account).get_account()).balances
        except VenueError:  # some modes of an account have balances and no totals
            of_account = ()
        known = {(one.asset, one.sub_account, one.wallet): one for one in of_account}
        # a wallet that moved between the reads is not joined with figures of another moment
        balances = tuple(_fill_in(one, known.get((one.asset, one.sub_account, one.wallet))) for one in balances)
    return [row_of(balance, account=name, venue=account.venue.id) for balance in balances]


def _fill_in(balance: Balance, other: Balance | None) -> Balance:
    """Return a balance with the figures of another read of it where its own read says nothing."""
    fields = {} if other is None else {field.name: getattr(other, field.name) for field in attrs.fields(Balance)}
    missing = {name: value for name, value in fields.items() if getattr(balance, name) is None and value is not None}
    return attrs.evolve(balance, **missing) if missing else balance


@accounts_command("positions", accounts="any", options=(output_option,))
@symbols_option
async def positions_command(
    context: click.Context, accounts: Sequence[str], symbols: Sequence[str], as_json: bool
) -> int:
    """Show the open positions of each ACCOUNT; all accounts when none is named."""
    shown = columns(
        "account sub_account symbol position_id side quantity entry_price mark_price unrealized_pnl leverage"
        " margin_type liquidation_price"
    )
    ask = _values_of(PositionReader.get_positions, symbols)
    return await answer(context, accounts, ask, shown, "no open positions", as_json=as_json)


@accounts_command(
    "adl", accounts="any", short_help="Show places in the auto-deleveraging queue.", options=(output_option,)
)
@symbols_option
async def adl_command(context: click.Context, accounts: Sequence[str], symbols: Sequence[str], as_json: bool) -> int:
    """
    Show how near each position is to auto-deleveraging; all accounts when none is named.

    Rank 0 is last in the queue, or no position; the highest rank is the first to be reduced.
    """
    shown = columns("account symbol side rank of")
    ask = _values_of(AdlReader.get_adl_quantiles, symbols)
    return await answer(context, accounts, ask, shown, "nothing is in a queue", as_json=as_json)


@accounts_command("brackets", short_help="Show risk tiers.", options=(output_option,))
@click.argument("symbol", required=False)
async def brackets_command(context: click.Context, account: str, symbol: str | None, as_json: bool) -> None:
    """Show the risk tiers of SYMBOL, or of every symbol: how leverage and margin depend on a position's size."""
    shown = columns("symbol tier floor cap unit max_leverage maintenance_margin_rate deduction")
    ask = _values(BracketReader.get_brackets, symbol=symbol)
    await _answer_one(context, account, ask, shown, "no brackets", as_json=as_json)


@accounts_command("fees", short_help="Show trading fees.", options=(output_option,))
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...")
async def fees_command(context: click.Context, account: str, symbols: Sequence[str], as_json: bool) -> None:
    """Show ACCOUNT's fees for trading each SYMBOL, as fractions of the value: 0.0004 is 4 basis points."""
    import asyncio

    async def ask(name: str, account: Account) -> list[Row]:
        reader = CommissionReader.of(account)
        rates = await asyncio.gather(*map(reader.get_commission_rate, dict.fromkeys(symbols)))
        return [row_of(rate, account=name, venue=account.venue.id) for rate in rates]

    await _answer_one(context, account, ask, columns("account symbol maker taker rpi"), "no fees", as_json=as_json)


@accounts_command("instruments", short_help="Show the tradable instruments.", options=(output_option,))
@click.argument("symbol", required=False)
async def instruments_command(context: click.Context, account: str, symbol: str | None, as_json: bool) -> None:
    """Show SYMBOL, or all instruments of ACCOUNT's venue, with their price and quantity steps."""
    shown = columns(
        "symbol kind status settle contract_size contract_unit price_tick quantity_step min_quantity leverage_max"
    )
    ask = _values(InstrumentReader.get_instruments, symbol=symbol)

    async def ask_and_keep(name: str, account: Account) -> list[Row]:
        rows = await ask(name, account)
        if symbol is None:
            keep_symbols(state_of(context).accounts.entry(name), [row["symbol"] for row in rows])
        return rows

    await _answer_one(context, account, ask_and_keep, shown, "no instruments", as_json=as_json)


async def _answer_one(
    context: click.Context, name: str, question: Question, shown: Mapping[str, str], nothing: str, *, as_json: bool
) -> None:
    """Ask one account and print the rows; unlike with several accounts, an error ends the command."""
    async with open_account(state_of(context), name, read_only=True) as account:
        rows = await question(name, account)
    if rows or as_json or chosen_form():
        print_rows(rows, shown, as_json=as_json)
    else:
        click.echo(nothing)
