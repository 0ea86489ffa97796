"""Answering: several accounts are asked side by side, and what they say is printed as one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from venuekit.cli.rows import Row, json_text
from venuekit.cli.state import state_of
from venuekit.cli.status import Status
from venuekit.cli.streams import say_done
from venuekit.cli.tables import record, table

if TYPE_CHECKING:
    from venuekit.account import Account

__all__ = ["answer", "show"]


async def answer(
    context: click.Context,
    names: Sequence[str],
    question: Callable[[str, Account], Awaitable[list[Row]]],
    columns: Mapping[str, str] | None,
    nothing: str,
    *,
    as_json: bool,
    whole: Collection[str] = (),
) -> Status:
    """Ask the accounts and print the rows, as :func:`show` does; ``nothing`` is what to say when there are none."""
    from venuekit.cli.opening import ask_each

    rows, status = await ask_each(state_of(context), names, question, as_json=as_json)
    if rows or as_json:
        show(rows, columns, as_json=as_json, whole=whole)
    elif status is Status.DONE:
        click.echo(nothing)
    return status


def show(rows: Sequence[Row], columns: Mapping[str, str] | None, *, as_json: bool, whole: Collection[str] = ()) -> None:
    """Print rows: as JSON, as a table, or without columns one record after the other."""
    if as_json:
        say_done(json_text(rows))
    elif columns is None:
        say_done("\n\n".join(map(record, rows)))
    else:
        say_done(table(rows, columns, whole=whole))
