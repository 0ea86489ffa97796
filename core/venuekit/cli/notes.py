"""Notes: what is worth knowing beside the rows and is no error, on standard error."""

from __future__ import annotations

import json

import click

from venuekit.cli.rows import plain

__all__ = ["note"]


def note(text: str, *, as_json: bool, kind: str = "note", **details: object) -> None:
    """
    Write a note: as text, or as one JSON object in one line, ``{kind: text}`` and the details.

    Text begins with any other kind, such as ``warning``; the details are for programs alone.
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
