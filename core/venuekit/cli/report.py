"""``report``: figures of a span of time, counted from the histories of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from venuekit._util.times import from_milliseconds
from venuekit.capabilities import IncomeReader
from venuekit.cli.accounts import answer, entries
from venuekit.cli.commands import Group, accounts_command, moment, output_option, state_of, symbols_option
from venuekit.cli.errors import Status, rows_that_cannot_be_read, worst
from venuekit.cli.output import keep_warnings, note
from venuekit.cli.pictures import check_plot, draw_picture
from venuekit.cli.profit_plot import profit_panels
from venuekit.cli.tables import columns
from venuekit.clock import SystemClock
from venuekit.profits import Profit, profits_of, sum_profits

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.exports.rows import Row

#: seconds one page may wait for the venue's limits: a long walk exhausts them
_MAX_WAIT = 900.0
_PARTS = ("realized_pnl", "funding", "commission", "other", "total")


@click.group("report", cls=Group)
def report_command() -> None:
    """Count figures of a span of time."""


@accounts_command("pnl", accounts="any", group=report_command, options=(symbols_option, output_option))
@click.option("--start", type=moment, metavar="T", help="The start, in UTC.  [default: 30d]")
@click.option("--end", type=moment, metavar="T", help="The end, in UTC.  [default: now]")
@click.option("--by", type=click.Choice(["day", "symbol", "both"]), default="both", help="[default: both]")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the profits of all days into a .png or .svg file, one picture for each asset.",
)
async def pnl_command(
    context: click.Context,
    accounts: Sequence[str],
    as_json: bool,
    *,
    start: datetime | None,
    end: datetime | None,
    by: str,
    symbols: Sequence[str],
    plot: Path | None,
) -> int:
    """
    Show profit, funding and commission of each ACCOUNT by day and symbol, in the asset that they were paid in.

    All accounts when none is named. Transfers and conversions are no profit. Days are those of UTC. The status is 4
    where the sums lack rows that cannot be read.
    """
    from venuekit.payloads import gather_odd_rows

    if plot is not None:
        check_plot(plot)
    chosen = entries(state_of(context), accounts)
    now = from_milliseconds(SystemClock().milliseconds())
    start = start or now - timedelta(days=30)
    drawn: dict[str, tuple[Profit, ...]] = {}
    lacking: dict[str, int] = {}

    async def ask(name: str, account: Account) -> list[Row]:
        reader = IncomeReader.of(account.with_options(max_wait=_MAX_WAIT))
        walks = [
            reader.iter_income(start=start, end=end, symbol=symbol) for symbol in dict.fromkeys(symbols or (None,))
        ]
        with gather_odd_rows() as odd:
            drawn[name] = profits_of([income for walk in walks for income in await walk.all()])
        lacking.update({name: len(odd)} if odd else {})
        return [_row(name, account, one, by) for one in _group(drawn[name], by)]

    shown = columns(f"account {'day symbol' if by == 'both' else by} asset {' '.join(_PARTS)}")
    notes: list[str] = []
    with keep_warnings(notes):
        status = await answer(context, accounts, ask, shown, "no profit and no loss", as_json=as_json)
    for name, count in lacking.items():
        note(f"{name}: the sums lack {rows_that_cannot_be_read(count)}", as_json=as_json, kind="warning", account=name)
    status = worst([status, Status.UNKNOWN if lacking else Status.DONE])
    if plot is None:
        return status
    notes += [f"not all of it: without {one.name}" for one in chosen if one.name not in drawn]
    of_symbols = f" of {', '.join(dict.fromkeys(symbols))}" if symbols else ""
    title = f"report pnl{of_symbols}: {start:%Y-%m-%d %H:%M} to {end or now:%Y-%m-%d %H:%M} UTC"
    return worst([status, draw_picture(plot, title, profit_panels(drawn), notes, as_json=as_json)])


def _group(profits: Sequence[Profit], by: str) -> Sequence[Profit]:
    if by == "day":
        return sum_profits(profits, lambda one: (one.day, one.asset))
    return sum_profits(profits, lambda one: (one.symbol or "", one.asset)) if by == "symbol" else profits


def _row(name: str, account: Account, profit: Profit, by: str) -> Row:
    """Return one profit as a row, without the field that was summed over."""
    row: dict[str, Any] = {"account": name, "venue": account.venue.id}
    if by != "symbol":
        row["day"] = profit.day.isoformat()
    if by != "day":
        row["symbol"] = profit.symbol
    return row | {"asset": profit.asset} | {part: getattr(profit, part) for part in _PARTS}
