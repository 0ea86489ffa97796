"""``panic``: cancel everything, and say what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import attrs
import click

from venuekit.cli.accounts import entries, open_entry
from venuekit.cli.commands import accounts_command
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import print_error
from venuekit.cli.output import note, print_rows
from venuekit.cli.parameters import State, state_of
from venuekit.cli.status import Status, worst
from venuekit.cli.streams import say_done
from venuekit.cli.texts import LIST_COLUMNS, WHOLE, order_row
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
    from venuekit.capabilities import Order
    from venuekit.credentials.accounts_file import AccountEntry

__all__ = ["panic_command"]

#: seconds a cancel may wait for a venue that throttles
_MAX_WAIT = 30.0
#: seconds within which an order that was only accepted shows, or never does
_DECIDES = 1.0
#: a cancel that ended so was not carried out, whatever else may be
_MAY_NOT = (AuthenticationFailed, GuardRefused, PermissionDenied)


@attrs.frozen
class _Left:
    """What is left on one account; ``orders`` is None where it could not be read, ``bug`` is what nobody foresaw."""

    name: str
    status: Status
    orders: list[Row] | None = None
    errors: tuple[VenuekitError, ...] = ()
    notes: tuple[str, ...] = ()
    bug: Exception | None = None

    @property
    def count(self) -> int | None:
        """How many orders are left, None when that is not known."""
        return len(self.orders) if self.orders or (self.orders is not None and self.status is Status.DONE) else None

    def __str__(self) -> str:
        if self.count is None:
            return f"{self.name}: unknown what is left"
        return f"{self.name}: {f'{self.count} left' if self.count else 'nothing left'}"


@accounts_command("panic", accounts="some", writes=True, short_help="Cancel everything, and show what is left.")
async def panic_command(context: click.Context, accounts: Sequence[str], as_json: bool, yes: bool) -> int:
    """
    Cancel every order of each ACCOUNT, plain and conditional, and show what is left; positions stay as they are.

    All accounts are worked on at once, and one that fails does not keep the others. The exit status is 0 when nothing
    is left, 3 when something is, 4 when that is not known for an account. With --json, what each account came to is one
    object a line on standard error.
    """
    state = state_of(context)
    chosen = entries(state, accounts)
    live = live_to_confirm(context, state, [entry.name for entry in chosen], yes=yes)
    if live and not confirm_live("Cancel every order", live):
        return Status.PENDING
    found = await _clear(state, chosen)
    for left in found:
        for error in left.errors:
            print_error(error, as_json=as_json, account=left.name)
        for text in left.notes:
            note(text, as_json=as_json, account=left.name)
    rows = [row for left in found for row in left.orders or ()]
    if as_json:
        print_rows([{name: held for name, held in row.items() if name != "order"} for row in rows], None, as_json=True)
        for left in found:
            note(str(left), as_json=True, account=left.name, left=left.count)
    else:
        if rows:
            print_rows(rows, LIST_COLUMNS, as_json=False, whole=WHOLE)
        say_done("\n".join(map(str, found)))
    for bug in (left.bug for left in found if left.bug is not None):
        raise bug
    return worst(left.status for left in found)


async def _clear(state: State, chosen: Sequence[AccountEntry]) -> list[_Left]:
    """Cancel everything on all accounts side by side."""
    from venuekit import Runtime

    async def clear(entry: AccountEntry) -> _Left:
        try:
            async with open_entry(entry, runtime) as account:
                return await _clear_one(entry.name, account)
        except VenuekitError as error:
            unusable = isinstance(error, ConfigurationError)
            return _Left(entry.name, Status.USAGE if unusable else Status.UNKNOWN, errors=(error,))
        except Exception as bug:  # noqa: BLE001 - raised when the other accounts are done and told
            return _Left(entry.name, Status.UNKNOWN, bug=bug)

    async with Runtime(plugins=state.plugins) as runtime:
        return list(await asyncio.gather(*map(clear, chosen)))


async def _clear_one(name: str, account: Account) -> _Left:
    from venuekit.capabilities import OrderControl, OrderReader

    patient = account.with_options(max_wait=_MAX_WAIT)
    failed: list[OperationError] = []
    try:
        left = await _empty(patient, OrderControl.of(patient).cancel_all_orders)
    except OperationError as error:
        failed.append(error)
        try:
            left = await _empty(patient, OrderReader.of(patient).get_open_orders)
        except OperationError as unreadable:
            failed.append(unreadable)
            return _Left(name, Status.UNKNOWN, errors=tuple(failed))
    rows = [order_row(order, name, account, listed=True) for order in left]
    notes = _still_under_way(name, account)
    if not rows and not notes and all(isinstance(error, _MAY_NOT) for error in failed):
        idle = tuple(f"{name}: no order is open; it may not cancel any: {error}" for error in failed)
        return _Left(name, Status.DONE, rows, notes=idle)
    return _Left(name, Status.REFUSED if rows else Status.UNKNOWN, rows, tuple(failed), notes)


async def _empty(account: Account, left: Callable[[], Awaitable[tuple[Order, ...]]]) -> tuple[Order, ...]:
    """Return what is left; nothing is nothing only when a venue that decides later had the time to."""
    found = await left()
    if found or not _decides_later(account):
        return found
    await asyncio.sleep(_DECIDES)
    return await left()


def _decides_later(account: Account) -> bool:
    """Say whether there may be orders that were accepted and that no list shows yet."""
    from venuekit.capabilities import OrderBehaviour

    return any(isinstance(one, OrderBehaviour) and one.decides_later for one in account.venue.behaviours)


def _still_under_way(name: str, account: Account) -> tuple[str, ...]:
    """Tell of orders in the journal whose answer nobody has seen and that may still arrive."""
    from venuekit.clock import SystemClock, from_milliseconds
    from venuekit.endpoint import Effect

    now = from_milliseconds(SystemClock().milliseconds())
    placing = {(one.verb, one.path) for one in account.venue.endpoints if one.effect is Effect.KEYED}
    return tuple(
        f"{name}: an order (client id {entry.client_id}) may still arrive until {plain(entry.fence)}; panic again then"
        for entry in account.unresolved
        if (entry.verb, entry.path) in placing and entry.fence > now
    )
