"""Standard streams: closed, without an encoding for a name, or without colour, none of them aborts a command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


def prepare_streams() -> None:
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
    prepare_streams()
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
        click.echo(text, err=True)
        raise
