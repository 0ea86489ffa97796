"""``panic``: cancel everything, and report the remaining orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import attrs
import click

from venuekit._util.times import from_milliseconds
from venuekit.accounts import open_entry
from venuekit.capabilities import Order, OrderBehaviour, OrderControl, OrderReader
from venuekit.cli.accounts import entries
from venuekit.cli.commands import State, accounts_command, state_of
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import Status, print_error, worst
from venuekit.cli.order import LIST_COLUMNS, WHOLE, order_row
from venuekit.cli.output import note, print_rows, say_done
from venuekit.clock import SystemClock
from venuekit.endpoint import Effect
from venuekit.errors import (
    AuthenticationFailed,
    ConfigurationError,
    GuardRefused,
    OperationError,
    PermissionDenied,
    VenuekitError,
)
from venuekit.exports.rows import Row, plain

if TYPE_CHECKING:
    from venuekit.account import Account
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
    """The remaining orders of one account; ``orders`` is None if unreadable, ``bug`` is an unexpected exception."""

    name: str
    status: Status
    orders: list[Row] | None = None
    errors: tuple[VenuekitError, ...] = ()
    notes: tuple[str, ...] = ()
    bug: Exception | None = None

    @property
    def count(self) -> int | None:
        """The number of remaining orders, None when unknown."""
        return len(self.orders) if self.orders or (self.orders is not None and self.status is Status.DONE) else None

    def __str__(self) -> str:
        if self.count is None:
            return f"{self.name}: remaining orders unknown"
        return f"{self.name}: {f'{self.count} left' if self.count else 'nothing left'}"


@accounts_command("panic", accounts="some", writes=True, short_help="Cancel everything, and show remaining orders.")
async def panic_command(context: click.Context, accounts: Sequence[str], as_json: bool, yes: bool) -> int:
    """
    Cancel every order of each ACCOUNT, plain and conditional, and show the remaining ones; positions stay open.

    All accounts are processed concurrently, and a failing one does not stop the others. The exit status is 0 when no
    order remains, 3 when any remains, 4 when that is unknown for an account. With --json, the result of each account is
    one object a line on standard error.
    """
    state = state_of(context)
    chosen = entries(state, accounts)
    if not confirm_live("Cancel every order", live_to_confirm(context, [entry.name for entry in chosen], yes=yes)):
        return Status.PENDING
    results = await _clear(state, chosen)
    for result in results:
        for error in result.errors:
            print_error(error, as_json=as_json, account=result.name)
        for text in result.notes:
            note(text, as_json=as_json, account=result.name)
    rows = [row for result in results for row in result.orders or ()]
    if as_json:
        print_rows([{field: row[field] for field in row if field != "order"} for row in rows], None, as_json=True)
        for result in results:
            note(str(result), as_json=True, account=result.name, left=result.count)
    else:
        if rows:
            print_rows(rows, LIST_COLUMNS, as_json=False, whole=WHOLE)
        say_done("\n".join(map(str, results)))
    for bug in (result.bug for result in results if result.bug is not None):
        raise bug
    return worst(result.status for result in results)


async def _clear(state: State, chosen: Sequence[AccountEntry]) -> list[_Left]:
    """Cancel everything on all accounts concurrently."""
    from venuekit import Runtime, fan_out

    async def clear(entry: AccountEntry) -> _Left:
        try:
            async with open_entry(entry, runtime) as account:
                return await _clear_one(entry.name, account)
        except VenuekitError as error:
            unusable = isinstance(error, ConfigurationError)
            return _Left(entry.name, Status.USAGE if unusable else Status.UNKNOWN, errors=(error,))
        except Exception as bug:  # noqa: BLE001 - raised after the other accounts were cancelled and reported
            return _Left(entry.name, Status.UNKNOWN, bug=bug)

    async with Runtime(plugins=state.plugins) as runtime:
        cleared = await fan_out({entry.name: entry for entry in chosen}, clear, at_once=_AT_ONCE)
    cleared.raise_first()
    return list(cleared.values.values())


async def _clear_one(name: str, account: Account) -> _Left:
    patient = account.with_options(max_wait=_MAX_WAIT)
    failed: list[OperationError] = []
    try:
        orders = await _empty(patient, OrderControl.of(patient).cancel_all_orders)
    except OperationError as error:
        failed.append(error)
        try:
            orders = await _empty(patient, OrderReader.of(patient).get_open_orders)
        except OperationError as unreadable:
            failed.append(unreadable)
            return _Left(name, Status.UNKNOWN, errors=tuple(failed))
    rows = [order_row(order, name, account, listed=True) for order in orders]
    notes = _still_under_way(name, account)
    if not rows and not notes and all(isinstance(error, _MAY_NOT) for error in failed):
        idle = tuple(f"{name}: no order is open; it may not cancel any: {error}" for error in failed)
        return _Left(name, Status.DONE, rows, notes=idle)
    return _Left(name, Status.REFUSED if rows else Status.UNKNOWN, rows, tuple(failed), notes)


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
