"""``panic``: cancel everything, close positions where that is asked for, and report the remainder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from venuekit._util.texts import guard_limits
from venuekit._util.times import from_milliseconds
from venuekit.accounts import open_entry
from venuekit.capabilities import Order, OrderBehaviour, OrderControl, OrderReader, PositionCloseControl
from venuekit.cli.accounts import entries
from venuekit.cli.close_reports import LEG_COLUMNS, leg_rows, status_of_flattening
from venuekit.cli.commands import State, accounts_command, state_of
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import Status, print_error, unread_error, worst
from venuekit.cli.order import LIST_COLUMNS, WHOLE, order_row
from venuekit.cli.output import note, print_rows, say_done
from venuekit.cli.preview import preview
from venuekit.clock import SystemClock
from venuekit.endpoint import Effect
from venuekit.errors import (
    AuthenticationFailed,
    ConfigurationError,
    GuardRefused,
    InvalidRequest,
    OperationError,
    PermissionDenied,
    VenuekitError,
)
from venuekit.exports.rows import Row, plain

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.capabilities import CloseReport
    from venuekit.credentials.accounts_file import AccountEntry

#: seconds a cancel may wait for a venue that throttles
_MAX_WAIT = 30.0
#: accounts that are cleared at a time; a cancel waits for no other account's pool
_AT_ONCE = 100
#: seconds within which a venue that decides later lists an accepted order
_DECIDES = 1.0
#: errors that mean that the cancel was not carried out
_MAY_NOT = (AuthenticationFailed, GuardRefused, PermissionDenied)


@attrs.frozen
class _Left:
    """
    The remainder of one account; ``orders`` is None if unreadable, ``bug`` is an unexpected exception.

    ``report`` is that of its positions, None where they were not to be closed or could not be.
    """

    name: str
    status: Status
    orders: list[Row] | None = None
    errors: tuple[VenuekitError, ...] = ()
    notes: tuple[str, ...] = ()
    bug: Exception | None = None
    legs: tuple[Row, ...] = ()
    report: CloseReport | None = None
    #: the symbols that the guard allows, in words, where it narrowed all to them
    limits: str = ""
    #: the symbols that the venue refuses, those whose orders could not be read, and the others
    wrong: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    done: tuple[str, ...] = ()

    @property
    def count(self) -> int | None:
        """The number of remaining orders, None when unknown."""
        if self.report is not None:
            return None if self.orders is None else len(self.orders)
        is_read = self.orders is not None and self.status in {Status.DONE, Status.REFUSED}
        return len(self.orders or ()) if self.orders or is_read else None

    def __str__(self) -> str:
        refused = f"; the venue refuses {', '.join(self.wrong)}" if self.wrong else ""
        if self.report is not None:
            return f"{self.name}: {self.report}{refused}"
        left = f"{len(self.orders)} left" if self.orders else "nothing left"
        if self.unread and self.done:
            return f"{self.name}: {left} of {', '.join(self.done)}, unknown of {', '.join(self.unread)}{refused}"
        if self.count is None:
            return f"{self.name}: remaining orders unknown{refused}"
        limits = f" ({self.limits})" if self.limits else ""
        return f"{self.name}: {left}{limits}{refused}"


@accounts_command("panic", accounts="any", writes=True, short_help="Cancel everything, and close positions too.")
@click.option("--all", "every", is_flag=True, help="Every account of the file.")
@click.option("--symbol", "symbols", multiple=True, metavar="S", help="Only this symbol; may be repeated.")
@click.option("--close", is_flag=True, help="Close the positions too, and read again until it is flat.")
@click.option("--dry-run", is_flag=True, help="Show the orders and positions that would end; send reads alone.")
async def panic_command(
    context: click.Context,
    accounts: Sequence[str],
    *,
    every: bool,
    symbols: tuple[str, ...],
    close: bool,
    dry_run: bool,
    as_json: bool,
    yes: bool,
) -> int:
    """
    Cancel every order of each ACCOUNT, plain and conditional, and show the remaining ones; positions stay open.

    With --close the positions are closed, too, by market orders that can only reduce them. All accounts are processed
    concurrently, and a failing one does not stop the others, nor does a symbol that the venue refuses. The exit status
    is 0 when nothing remains, 3 when anything does or a symbol is refused, 4 when that is unknown for an account, and 5
    when --dry-run shows anything. With --json, the result of each account is one object a line on standard error.
    """
    state = state_of(context)
    if bool(accounts) is every:
        raise click.UsageError("name accounts, or say --all for every one of the file", context)
    chosen = entries(state, accounts)
    if dry_run:
        return await preview(state, chosen, symbols, with_positions=close, as_json=as_json)
    words = f"Cancel every order{' and close every position' if close else ''}"
    words += f" of {', '.join(symbols)}" if symbols else ""
    if not confirm_live(words, live_to_confirm(context, [entry.name for entry in chosen], yes=yes)):
        return Status.PENDING
    results = await _clear(state, chosen, symbols, close=close)
    _print(results, close=close, as_json=as_json)
    for bug in (result.bug for result in results if result.bug is not None):
        raise bug
    return worst(result.status for result in results)


def _print(results: Sequence[_Left], *, close: bool, as_json: bool) -> None:
    for result in results:
        for error in result.errors:
            print_error(error, as_json=as_json, account=result.name)
        for text in result.notes:
            note(text, as_json=as_json, account=result.name)
    orders = [row for result in results for row in result.orders or ()]
    legs = [row for result in results for row in result.legs]
    if as_json:
        rows = legs if close else [{field: row[field] for field in row if field != "order"} for row in orders]
        print_rows(rows, None, as_json=True)
        for result in results:
            flat: dict[str, Any] = {} if result.report is None else {"flat": result.report.is_flat}
            limits = result.limits if result.report is None else result.report.limits
            flat |= {"limits": limits} if limits else {}
            note(str(result), as_json=True, account=result.name, left=result.count, **flat)
        return
    if legs:
        print_rows(legs, LEG_COLUMNS, as_json=False)
    if orders:
        print_rows(orders, LIST_COLUMNS, as_json=False, whole=WHOLE)
    say_done("\n".join(map(str, results)))


async def _clear(state: State, chosen: Sequence[AccountEntry], symbols: tuple[str, ...], *, close: bool) -> list[_Left]:
    """Cancel everything on all accounts concurrently, and close their positions where that is asked for."""
    from venuekit import Runtime, fan_out

    async def clear(entry: AccountEntry) -> _Left:
        try:
            async with open_entry(entry, runtime) as account:
                return await (_flatten_one if close else _clear_allowed)(entry, account, symbols)
        except VenuekitError as error:
            unusable = isinstance(error, ConfigurationError)
            return _Left(entry.name, Status.USAGE if unusable else Status.UNKNOWN, errors=(error,))
        except Exception as bug:  # noqa: BLE001 - raised after the other accounts were cancelled and reported
            return _Left(entry.name, Status.UNKNOWN, bug=bug)

    async with Runtime(plugins=state.plugins) as runtime:
        cleared = await fan_out({entry.name: entry for entry in chosen}, clear, at_once=_AT_ONCE)
    cleared.raise_first()
    return list(cleared.values.values())


async def _flatten_one(entry: AccountEntry, account: Account, symbols: tuple[str, ...]) -> _Left:
    """Flatten one account; where that fails at once, its orders are cancelled all the same."""
    name = entry.name
    try:
        report = await PositionCloseControl.of(account).flatten(*symbols, all=not symbols)
    except OperationError as error:
        if (left := await _flatten_others(entry, account, symbols, (error,))) is not None:
            return left
        left = await _clear_allowed(entry, account, symbols)
        known = tuple(one for one in left.errors if str(one) != str(error))
        return attrs.evolve(left, status=worst([left.status, Status.UNKNOWN]), errors=(error, *known))
    status = status_of_flattening(report)
    legs = tuple(leg_rows(report, account=name, venue=account.venue.id))
    if status is not Status.DONE and (others := await _flatten_others(entry, account, symbols, report.errors)):
        again = {(row["symbol"], row["side"]) for row in others.legs}
        before = (row for row in legs if (row["symbol"], row["side"]) not in again)
        return attrs.evolve(others, legs=(*before, *others.legs))
    rows = (
        None
        if report.open_orders is None
        else [order_row(one, name, account, listed=True) for one in report.open_orders]
    )
    return _Left(
        name,
        status,
        rows,
        errors=report.errors if status is not Status.DONE else (),
        legs=legs,
        report=report,
    )


async def _flatten_others(
    entry: AccountEntry, account: Account, symbols: tuple[str, ...], errors: Sequence[OperationError]
) -> _Left | None:
    """Flatten the symbols without those that the venue refuses by name; None where it refuses none, or all."""
    suspects = {error.subject: error for error in errors if isinstance(error, InvalidRequest)}
    patient = account.with_options(max_wait=_MAX_WAIT)
    refused = [
        symbol
        for symbol in symbols
        if symbol in suspects and (await _clear_part(entry.name, patient, symbol)).wrong  # it refuses reads of it, too
    ]
    others = tuple(symbol for symbol in symbols if symbol not in refused)
    if not refused or not others:
        return None
    left = await _flatten_one(entry, account, others)
    told = (*(suspects[symbol] for symbol in refused), *left.errors)
    return attrs.evolve(left, status=worst([left.status, Status.REFUSED]), errors=told, wrong=(*refused, *left.wrong))


async def _clear_allowed(entry: AccountEntry, account: Account, symbols: tuple[str, ...]) -> _Left:
    """Cancel the orders of these symbols; without any, of all that the account's guard allows."""
    if symbols or not entry.symbols:
        return await _clear_one(entry.name, account, symbols)
    left = await _clear_one(entry.name, account, tuple(sorted(entry.symbols)))
    return attrs.evolve(left, limits=guard_limits(entry.symbols))


async def _clear_one(name: str, account: Account, symbols: tuple[str, ...]) -> _Left:
    """Cancel the orders of these symbols, of all without any; one that fails keeps no other from it."""
    from venuekit.parts.concurrency import gather_all

    patient = account.with_options(max_wait=_MAX_WAIT)
    parts = await gather_all(_clear_part(name, patient, symbol) for symbol in symbols or (None,))
    orders = [row for part in parts for row in part.orders or ()]
    failed = tuple(error for part in parts for error in part.errors)
    wrong = tuple(symbol for part in parts for symbol in part.wrong)
    if any(part.orders is None for part in parts):
        of_symbols = [*zip(symbols, parts, strict=False)]  # without symbols, one part is about all
        unread = tuple(symbol for symbol, part in of_symbols if part.orders is None)
        done = tuple(symbol for symbol, part in of_symbols if part.orders is not None and not part.wrong)
        return _Left(name, Status.UNKNOWN, orders or None, failed, wrong=wrong, unread=unread, done=done)
    notes = _still_under_way(name, account)
    of_others = [error for part in parts if not part.wrong for error in part.errors]
    if not orders and not notes and all(isinstance(error, _MAY_NOT) for error in of_others):
        idle = tuple(f"{name}: no order is open; it may not cancel any: {error}" for error in of_others)
        refused = tuple(error for error in failed if error not in of_others)
        return _Left(name, Status.REFUSED if wrong else Status.DONE, orders, refused, idle, wrong=wrong)
    return _Left(name, Status.REFUSED if orders else Status.UNKNOWN, orders, failed, notes, wrong=wrong)


async def _clear_part(name: str, account: Account, symbol: str | None) -> _Left:
    """Cancel the orders of a symbol, None for all, and read those that remain where that fails."""
    from venuekit.payloads import gather_odd_rows

    failed: list[OperationError] = []
    try:
        orders = await _empty(account, lambda: OrderControl.of(account).cancel_all_orders(symbol=symbol))
    except OperationError as error:
        failed.append(error)
        try:
            with gather_odd_rows() as odd:
                orders = await _empty(account, lambda: OrderReader.of(account).get_open_orders(symbol=symbol))
            failed += [unread_error(account, one) for one in odd]
        except OperationError as unreadable:
            if symbol is not None and all(
                isinstance(one, InvalidRequest) and one.subject == symbol for one in (error, unreadable)
            ):
                return _Left(name, Status.REFUSED, [], (error,), wrong=(symbol,))
            failed.append(unreadable)
            return _Left(name, Status.UNKNOWN, errors=tuple(failed))
    return _Left(name, Status.DONE, [order_row(one, name, account, listed=True) for one in orders], tuple(failed))


async def _empty(account: Account, list_orders: Callable[[], Awaitable[tuple[Order, ...]]]) -> tuple[Order, ...]:
    """Return the remaining orders; without any, asks again where the venue may decide about orders later."""
    orders = await list_orders()
    behaviours = account.venue.behaviours
    if orders or not any(isinstance(item, OrderBehaviour) and item.decides_later for item in behaviours):
        return orders
    await asyncio.sleep(_DECIDES)
    return await list_orders()


def _still_under_way(name: str, account: Account) -> tuple[str, ...]:
    """Return notes about orders in the journal that are unanswered and may still arrive."""
    now = from_milliseconds(SystemClock().milliseconds())
    placing = {listed.name for listed in account.venue.endpoints if listed.effect is Effect.KEYED}
    return tuple(
        f"{name}: an order (client id {entry.client_id}) may still arrive until {plain(entry.fence)}; panic again then"
        for entry in account.unresolved
        if entry.endpoint_name in placing and entry.fence > now
    )
