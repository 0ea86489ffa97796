"""Output: rows on standard output, notes and warnings on standard error."""

from __future__ import annotations

import json
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from venuekit.cli.streams import say_done
from venuekit.cli.tables import record, table
from venuekit.exports.rows import Row, plain


def json_text(rows: Iterable[Row]) -> str:
    """Return rows as one JSON list."""
    return json.dumps([{name: plain(value) for name, value in row.items()} for row in rows], indent=2)


def print_rows(
    rows: Sequence[Row], columns: Mapping[str, str] | None, *, as_json: bool, whole: Collection[str] = ()
) -> None:
    """Print rows: as JSON, as a table, or without columns as one record after the other."""
    if as_json:
        say_done(json_text(rows))
    elif columns is None:
        say_done("\n\n".join(map(record, rows)))
    else:
        say_done(table(rows, columns, whole=whole))


def note(text: str, *, as_json: bool, kind: str = "note", **details: object) -> None:
    """
    Write a note: as text, or as one JSON object in one line, ``{kind: text}`` and the details.

    Text begins with the kind unless it is ``note``; the details appear in JSON alone.
    """
    if as_json:
        click.echo(
            json.dumps({kind.replace(" ", "_"): text, **{name: plain(value) for name, value in details.items()}}),
            err=True,
        )
    elif kind == "note":
        click.echo(text, err=True)
    else:
        click.echo(f"{click.style(kind, fg='yellow')}: {text}", err=True)


@contextmanager
def print_warnings(*, as_json: bool = False) -> Iterator[None]:
    """Write every ``UserWarning`` of the block to standard error, without its location in the code."""

    def print_warning(message: Warning | str, category: type[Warning], *location: Any, **more: Any) -> None:
        if issubclass(category, UserWarning):
            note(str(message), as_json=as_json, kind="warning")
        else:
            former(message, category, *location, **more)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        former, warnings.showwarning = warnings.showwarning, print_warning
        yield
