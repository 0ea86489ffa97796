"""
Output: rows on standard output, notes and warnings on standard error.

Streams that are closed, without an encoding for a name, or without colour do not abort a command.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from venuekit.cli.row_forms import chosen_form, text_of
from venuekit.cli.tables import record, table
from venuekit.clock import ClockWarning
from venuekit.exports.rows import Row, plain


def _prepare_streams() -> None:
    """
    Make the standard streams fit for any text.

    A stream that was closed before the start behaves like ``/dev/null``; opened in their order, the streams also keep
    their numbers, which a socket would take otherwise. Characters that an encoding lacks are written escaped.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as we run
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and stream.errors == "strict":
            reconfigure(errors="backslashreplace")


def silence_streams() -> None:
    """Discard all further output, since its reader has gone; the flush at the end of the process is then quiet too."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as we run


def has_colour() -> bool:
    """Return whether a terminal may get colour: not with ``NO_COLOR``, nor on a dumb one."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def within_streams() -> Iterator[None]:
    """Apply :func:`has_colour` to all output of the block."""
    _prepare_streams()
    if has_colour():
        yield
        return
    with click.Context(click.Command("venuekit"), color=False).scope():
        yield


def say_done(text: str) -> None:
    """
    Write the result of a completed change.

    Raises:
        OSError: standard output cannot be written, as on a full disk; the text went to standard error instead.
    """
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError:
        say_aside(text)
        raise


def say_aside(text: str) -> None:
    """Write a line to standard error, above a progress bar that is there: click alone would write into it."""
    click.echo(text, file=sys.stderr)


def json_text(rows: Iterable[Row], *, in_one_line: bool = False) -> str:
    """Return rows as one JSON list."""
    values = [{name: plain(value) for name, value in row.items()} for row in rows]
    return json.dumps(values, indent=None if in_one_line else 2)


def print_rows(
    rows: Sequence[Row], columns: Mapping[str, str] | None, *, as_json: bool, whole: Collection[str] = ()
) -> None:
    """
    Print rows: as JSON, as a table, or without columns as one record after the other; in another form with ``-o``.

    Args:
        rows: The rows to print.
        columns: Those of the table; with ``-o`` and no row, the heading.
        as_json: Whether JSON is asked for.
        whole: Fields that are never wrapped.
    """
    form = chosen_form()
    if form is not None:
        say_done(text_of(rows, form, columns))
    elif as_json:
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
        fields = {name: plain(value) for name, value in details.items()}
        say_aside(json.dumps({kind.replace(" ", "_"): text, **fields}))
    elif kind == "note":
        say_aside(text)
    else:
        say_aside(f"{click.style(kind, fg='yellow')}: {text}")


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


@contextmanager
def keep_warnings(kept: list[str]) -> Iterator[None]:
    """Append the text of every ``UserWarning`` of the block, except those of clocks; they are shown as before."""
    former = warnings.showwarning

    def keep(message: Warning | str, category: type[Warning], *location: Any, **more: Any) -> None:
        if issubclass(category, UserWarning) and not issubclass(category, ClockWarning):
            kept.append(str(message))
        former(message, category, *location, **more)

    warnings.showwarning = keep
    try:
        yield
    finally:
        warnings.showwarning = former
