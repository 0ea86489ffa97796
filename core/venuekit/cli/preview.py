"""The orders and positions that a panic would end, by reads alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from venuekit._util.texts import guard_limits
from venuekit.capabilities import OrderReader, PositionReader
from venuekit.cli.accounts import expected_errors, open_together
from venuekit.cli.commands import State
from venuekit.cli.errors import Status, print_error, status_of, unread_error, worst
from venuekit.cli.output import note, print_rows, say_done
from venuekit.cli.tables import columns
from venuekit.exports.rows import Row

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.errors import OperationError

_COLUMNS = columns("account kind symbol side quantity id")


async def preview(
    state: State, chosen: Sequence[AccountEntry], symbols: tuple[str, ...], *, with_positions: bool, as_json: bool
) -> Status:
    """
    Show the open orders of accounts, and with ``with_positions`` their positions, of these symbols or of all.

    Returns PENDING where there are any, and UNKNOWN where a row cannot be read; an account that cannot be read has an
    error.
    """
    from venuekit import fan_out
    from venuekit.payloads import gather_odd_rows

    lacking: dict[str, list[OperationError]] = {}

    names = [entry.name for entry in chosen]
    allowed = {entry.name: entry.symbols for entry in chosen if not symbols and entry.symbols is not None}

    async def read(account: Account) -> list[Row]:
        name = name_of[account]
        with gather_odd_rows() as odd:
            rows = await _rows(name, account, with_positions=with_positions)
        lacking[name] = [unread_error(account, one) for one in odd]
        wanted = symbols or allowed.get(name)
        return [row for row in rows if wanted is None or row["symbol"] in wanted]

    async with open_together(state, names, read_only=True) as (accounts, failed):
        name_of = {account: name for name, account in accounts.items()}
        answers = await fan_out(accounts, read)
    failed |= expected_errors(answers)
    for name in filter(failed.__contains__, names):
        print_error(failed[name], as_json=as_json, account=name)
    rows = [row for name in names for row in answers.values.get(name, ())]
    if rows or as_json:
        print_rows(rows, _COLUMNS, as_json=as_json, whole=("id",))
    for name in filter(answers.values.__contains__, names):
        for error in lacking[name]:
            print_error(error, as_json=as_json, account=name)
        kinds = [row["kind"] for row in answers.values[name]]
        words = f"{name}: {_count(kinds, 'order')} would be cancelled"
        words += f", {_count(kinds, 'position')} closed" if with_positions else ""
        words += f" ({guard_limits(allowed[name])})" if name in allowed else ""
        if as_json:
            note(words, as_json=True, account=name)
        else:
            say_done(words)
    errors = [*failed.values(), *(error for several in lacking.values() for error in several)]
    return worst([Status.PENDING if rows else Status.DONE, *map(status_of, errors)])


async def _rows(name: str, account: Account, *, with_positions: bool) -> list[Row]:
    first = {"account": name, "venue": account.venue.id}
    orders = await OrderReader.of(account).get_open_orders()
    rows: list[Row] = [
        {**first, "kind": "order", "symbol": one.symbol, "side": one.side, "quantity": one.quantity, "id": one.id}
        for one in orders
    ]
    positions = await PositionReader.of(account).get_positions() if with_positions else ()
    return rows + [
        {**first, "kind": "position", "symbol": one.symbol, "side": one.side, "quantity": one.quantity, "id": None}
        for one in positions
        if one.quantity
    ]


def _count(kinds: Sequence[str], kind: str) -> str:
    count = kinds.count(kind)
    return f"{count} {kind}{'' if count == 1 else 's'}"
