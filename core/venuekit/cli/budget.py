"""``budget``: the pools that processes share, with their use and waiting requests; else the limits of venues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import click

from venuekit.cli.commands import json_option, state_of
from venuekit.cli.declarations import usable_venues
from venuekit.cli.output import note, print_rows
from venuekit.cli.tables import columns
from venuekit.endpoint import Priority
from venuekit.exports.rows import Row, plain
from venuekit.pipeline.budget_store import PoolState
from venuekit.venue import Limit, Venue

#: reserves are headed by the requests that leave them
_COLUMNS = columns("pool realm environment whose used amount per") | {
    "reads_leave": "reads",
    "history_leaves": "history",
}


@click.command("budget")
@json_option
@click.pass_context
async def budget_command(context: click.Context, as_json: bool) -> None:
    """
    List the pools of rate limits: use, reserves, the requests that wait, and until when a closed one stays so.

    Shared pools (VENUEKIT_BUDGET) are those of all processes. Without them each process keeps its own, and these are
    the limits that the installed venues declare.
    """
    plugins = state_of(context).plugins
    store = plugins.make_budget_store()
    if store is None:
        words = "VENUEKIT_BUDGET names no store, so each process has pools of its own; these are the limits of venues"
        note(words, as_json=as_json)
        rows = list(_rows_of_limits(usable_venues(plugins, as_json=as_json)))
    else:
        try:
            rows = [_row(state) for state in await store.states()]
        finally:
            await store.aclose()
    if as_json:
        print_rows(rows, None, as_json=True)
    elif not rows:
        click.echo("nothing was spent yet")
    else:
        state = {} if store is None else columns("state")
        print_rows([_shorten(row) for row in rows], _COLUMNS | state, as_json=False)
        for row in rows:
            for waiting in row["waiting"].split("; ") if row["waiting"] else ():
                click.echo(f"{row['pool']} of {row['realm']} {row['environment']} is waited for by {waiting}")


def _rows_of_limits(venues: Iterable[Venue[Any]]) -> Iterator[Row]:
    """Yield a row for each limit of each realm; venues of one realm share those of one name."""
    for realm, limit in dict.fromkeys((venue.realm, limit) for venue in venues for limit in venue.limits):
        whose = dict.fromkeys(("environment", "owner", "symbol", "address", "used"))
        state = dict.fromkeys(("closed_until", "is_banned", "waiting"))
        yield {"pool": limit.name, "realm": realm, **whose, **_limit_fields(limit, limit.amount), **state}


def _limit_fields(limit: Limit, amount: int) -> Row:
    reserves = {priority: int(amount * priority.reserve) for priority in Priority}
    return {
        "scope": limit.scope,
        "amount": amount,
        "seconds": None if limit.seconds is None else Decimal(f"{limit.seconds:g}"),
        "refill": None if limit.refill is None else Decimal(f"{limit.refill:g}"),
        "reads_leave": reserves[Priority.READ],
        "history_leaves": reserves[Priority.HISTORY],
    }


def _row(state: PoolState) -> Row:
    name = state.name
    waiting = [f"{one.operation} ({one.priority.name.lower()}) since {plain(one.since)}" for one in state.waiting]
    return {
        "pool": name.limit.name,
        "realm": name.realm,
        "environment": name.environment,
        "owner": name.owner,
        "symbol": name.symbol,
        "address": name.address,
        "used": state.used,
        **_limit_fields(name.limit, state.amount),
        "closed_until": state.closed_until,
        "is_banned": state.is_banned,
        "waiting": "; ".join(waiting) or None,
    }


def _shorten(row: Row) -> dict[str, Any]:
    """Return a row for people: whose pool it is, its time, and whether it is open, in a word each."""
    whose = [str(row[one]) for one in ("owner", "symbol", "address") if row[one] is not None]
    per = f"{row['seconds']} s" if row["seconds"] is not None else f"refill {row['refill']}/s"
    return {**row, "whose": " ".join(whose) or row["scope"], "per": per, "state": _state(row)}


def _state(row: Row) -> str | None:
    """Return whether a pool is open, or until when it is not; None for a limit that is only declared."""
    if row["is_banned"] is None:
        return None
    if row["closed_until"] is None:
        return "open"
    return f"{'banned' if row['is_banned'] else 'closed'} until {row['closed_until']:%H:%M:%S} UTC"
