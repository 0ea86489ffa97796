"""``close``: close positions at the market or at a limit, all of them or a part."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from venuekit._util.decimals import product, quotient
from venuekit.capabilities import InstrumentReader, PositionCloseControl, PositionSide
from venuekit.cli.accounts import open_account
from venuekit.cli.close_reports import LEG_COLUMNS, leg_rows, print_failures, status_of_flattening, status_of_legs
from venuekit.cli.commands import accounts_command, enum_member, number, state_of
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import Status, print_error, status_of, unread_error, worst
from venuekit.cli.output import note, print_rows, say_done
from venuekit.errors import OperationError

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.capabilities import CloseReport, Position

_HUNDRED = Decimal(100)


@accounts_command("close", writes=True, short_help="Close positions, at the market or at a limit.")
@click.argument("symbol", required=False)
@click.option("--all", "every", is_flag=True, help="Every position of the account.")
@click.option("--percent", type=number, metavar="N", help="So much of each position, rounded down to its step.")
@click.option("--limit", "price", type=number, metavar="P", help="At this price, quote per base; the order rests.")
@click.option("--side", type=enum_member(PositionSide), metavar="S", help="long or short: one leg, in hedge mode.")
@click.option("--cancel", is_flag=True, help="Cancel the open orders too, and read again until it is flat.")
async def close_command(
    context: click.Context,
    *,
    account: str,
    symbol: str | None,
    every: bool,
    percent: Decimal | None,
    price: Decimal | None,
    side: PositionSide | None,
    cancel: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """
    Close the position of SYMBOL, or with --all every one, by orders that can only reduce it; show each leg.

    Open orders stay as they are, unless --cancel is given. An order whose answer is lost is looked for and never sent a
    second time. The exit status is 3 when less was closed than was asked for, 4 when that is unknown.
    """
    if (symbol is None) is not every:
        raise click.UsageError("name the symbol, or say --all for every position", context)
    if percent is not None and not 0 < percent <= _HUNDRED:
        raise click.UsageError(f"--percent is above 0 and at most 100, not {percent:f}", context)
    if every and (price is not None or side is not None):
        raise click.UsageError("--limit and --side are about one symbol", context)
    if cancel and not (percent is None and price is None and side is None):
        raise click.UsageError("--cancel closes all of a position at the market", context)
    part = f"{percent:f} % of " if percent is not None else ""
    words = f"Close {part}{f'the position of {symbol}' if symbol else 'every position'}"
    if not confirm_live(words, live_to_confirm(context, [account], yes=yes)):
        return Status.PENDING
    failed: list[OperationError] = []
    try:
        async with open_account(state_of(context), account) as opened:
            control = PositionCloseControl.of(opened)
            if cancel:
                reports = [await (control.flatten(all=True) if symbol is None else control.flatten(symbol))]
            elif percent is None and symbol is not None:
                reports = [await control.close_position(symbol, side=side, price=price)]
            else:
                reports, failed = await _close_each(opened, symbol, side, percent, price)
    except OperationError as error:
        print_error(error, as_json=as_json, account=account)
        return status_of(error)
    status = status_of_flattening(reports[0]) if cancel else status_of_legs(reports)
    for failure in failed:
        print_error(failure, as_json=as_json, account=account)
    if failed or (cancel and status is not Status.DONE):
        empty = str(reports[0]) if cancel else None
    else:
        empty = "no position is open"
    _print(reports, opened, account, status, empty, as_json=as_json)
    return worst([status, *map(status_of, failed)])


async def _close_each(
    account: Account,
    symbol: str | None,
    side: PositionSide | None,
    percent: Decimal | None,
    price: Decimal | None,
) -> tuple[list[CloseReport], list[OperationError]]:
    """Close the open positions of a symbol, None for all, side by side; one that fails keeps no other open."""
    from venuekit.parts.closing.look import outcome_of
    from venuekit.parts.concurrency import gather_all
    from venuekit.payloads import gather_odd_rows

    control = PositionCloseControl.of(account)
    with gather_odd_rows() as odd:
        positions = [one for one in await control.get_positions(symbol=symbol) if one.quantity]
    calls, untouched = [], []
    for position in positions:
        if side not in {None, position.side}:
            continue
        quantity = None if percent is None else await _part(account, position, percent)
        if quantity == 0:
            untouched.append(_untouched(position, f"{percent:f} % of it is less than a step of the contract"))
            continue
        leg = position.side if position.side in {PositionSide.LONG, PositionSide.SHORT} else None
        calls.append(outcome_of(control.close_position(position.symbol, side=leg, quantity=quantity, price=price)))
    results = await gather_all(calls)
    reports = [*(one for one in results if not isinstance(one, OperationError)), *untouched]
    failed = [one for one in results if isinstance(one, OperationError)]
    return reports, failed + [
        unread_error(account, one) for one in odd if symbol in {None, one.text("symbol") or symbol}
    ]


def _untouched(position: Position, why: str) -> CloseReport:
    """Return the report of a position of which nothing is closed, for which nothing is sent."""
    from venuekit.capabilities import ClosedLeg, CloseReport

    held = position.quantity
    leg = ClosedLeg(symbol=position.symbol, side=position.side, held=held, closed=0 * held.copy_abs(), why_left=why)
    return CloseReport(symbols=(position.symbol,), legs=(leg,), positions=(position,))


async def _part(account: Account, position: Position, percent: Decimal) -> Decimal:
    """Return so many percent of a position, cut to the quantity step."""
    (instrument,) = await InstrumentReader.of(account).get_instruments(symbol=position.symbol)
    return instrument.round_quantity(quotient(product(position.quantity.copy_abs(), percent), _HUNDRED))


def _print(
    reports: list[CloseReport], account: Account, name: str, status: Status, empty: str | None, *, as_json: bool
) -> None:
    """Print the legs, ``empty`` without any, why less was closed than was asked for, and the symbols of the guard."""
    rows = [row for report in reports for row in leg_rows(report, account=name, venue=account.venue.id)]
    for report in reports if status is not Status.DONE else ():
        print_failures(report, account=name, as_json=as_json)
        for late in report.late:
            note(f"{name}: {late}", as_json=as_json, account=name)
    limits = next((report.limits for report in reports if report.limits), "")
    if rows or as_json:
        print_rows(rows, LEG_COLUMNS, as_json=as_json)
        if limits:
            note(f"{name}: {limits}", as_json=as_json, account=name)
    elif empty is not None:
        say_done(f"{name}: {empty}{f' ({limits})' if limits and limits not in empty else ''}")
