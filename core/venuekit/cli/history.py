"""``history``: download the histories of accounts into files that later runs continue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from venuekit.cli.commands import Group
from venuekit.cli.parameters import F, accounts_option, enum_member, moment, state_of


@click.group("history", cls=Group, short_help="Download income, orders, fills and more.")
def history_command() -> None:
    """
    Download income, orders, fills and more, oldest first, into CSV, JSON lines or Parquet.

    A file is written while it is downloaded. The same command again continues where the file ends: after an
    interruption, or for later rows. A row is never written twice, and written rows never change: an order keeps the
    state in which it was read.
    """


def _options(command: F) -> F:
    """Add the options of all histories."""
    for decorate in (
        accounts_option,
        click.option("--same-account", is_flag=True, help="Continue although the API key is a different one."),
        click.option(
            "--output",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="The file to write; FILE.resume beside it notes the progress.  [default: standard output]",
        ),
        click.option(
            "--format",
            "file_format",
            type=click.Choice(["csv", "jsonl", "parquet"]),
            help="[default: by the suffix of the file, csv without one]",
        ),
        click.option("--end", type=moment, metavar="T", help="The end, in UTC.  [default: now]"),
        click.option("--start", type=moment, metavar="T", help="The start, in UTC.  [default: all the venue keeps]"),
        click.argument("accounts", nargs=-1, metavar="[ACCOUNT]..."),
    ):
        command = decorate(command)
    return command


def _symbol(*, required: bool = False) -> Callable[[F], F]:
    return click.option("--symbol", metavar="S", required=required, help="Of this symbol.")


def _asset(name: str, text: str) -> Callable[[F], F]:
    return click.option(f"--{name}", metavar="A", help=text)


@history_command.command("income")
@_options
@_symbol()
@_asset("asset", "In this asset.")
@click.option("--kind", type=enum_member("IncomeKind"), metavar="K", help="Such as funding, commission, realized_pnl.")
@click.pass_context
async def income_command(
    context: click.Context, /, *, symbol: str | None, asset: str | None, kind: Any, **common: Any
) -> int:
    """Download every movement of the wallet of each ACCOUNT; all accounts when none is named."""
    return await _download(context, "income", {"symbol": symbol, "asset": asset, "kind": kind}, **common)


@history_command.command("pnl")
@_options
@_symbol()
@click.option("--kind", metavar="K", help="The venue's word for the kind of closing.")
@click.pass_context
async def pnl_command(context: click.Context, /, *, symbol: str | None, kind: str | None, **common: Any) -> int:
    """Download the profit and loss of closed positions."""
    return await _download(context, "pnl", {"symbol": symbol, "kind": kind}, **common)


@history_command.command("fills")
@_options
@_symbol(required=True)
@click.pass_context
async def fills_command(context: click.Context, /, *, symbol: str, **common: Any) -> int:
    """Download the fills of a symbol."""
    return await _download(context, "fills", {"symbol": symbol}, **common)


@history_command.command("orders")
@_options
@_symbol()
@click.pass_context
async def orders_command(context: click.Context, /, *, symbol: str | None, **common: Any) -> int:
    """Download the orders the venue keeps, open or not; some venues need a symbol."""
    return await _download(context, "orders", {"symbol": symbol}, **common)


@history_command.command("withdrawals")
@_options
@_asset("asset", "Of this asset.")
@click.option(
    "--status", type=enum_member("WithdrawalStatus"), metavar="W", help="pending, success, canceled or failed."
)
@click.pass_context
async def withdrawals_command(context: click.Context, /, *, asset: str | None, status: Any, **common: Any) -> int:
    """Download withdrawals."""
    return await _download(context, "withdrawals", {"asset": asset, "status": status}, **common)


@history_command.command("conversions")
@_options
@_asset("from-asset", "Out of this asset.")
@_asset("to-asset", "Into this asset.")
@click.pass_context
async def conversions_command(
    context: click.Context, /, *, from_asset: str | None, to_asset: str | None, **common: Any
) -> int:
    """Download conversions between assets."""
    return await _download(context, "conversions", {"from_asset": from_asset, "to_asset": to_asset}, **common)


async def _download(
    context: click.Context,
    history: str,
    filters: dict[str, Any],
    *,
    accounts: Sequence[str],
    start: datetime | None,
    end: datetime | None,
    file_format: str | None,
    output: Path | None,
    same_account: bool,
) -> int:
    from venuekit.cli.download import DownloadRequest, download
    from venuekit.exports import Format

    if output is None and file_format == Format.PARQUET:
        raise click.UsageError("Parquet needs an --output", context)
    named = Format.of(output) if output is not None and file_format is None else Format.CSV
    request = DownloadRequest(
        history=history,
        filters=filters,
        start=start,
        end=end,
        format=named if file_format is None else Format(file_format),
        output=output,
        same_account=same_account,
    )
    return await download(state_of(context), accounts, request)
