"""Standard streams: closed, unable to encode a name, or without colour, and none of them ends a command half-way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

__all__ = ["has_colour", "prepare_streams", "say_done", "silence_streams", "within_streams"]


def prepare_streams() -> None:
    """
    Make the standard streams fit for any text.

    One that was closed before we started takes and gives nothing, as ``/dev/null`` does; opened in their order, they
    also keep their numbers, which a socket would take otherwise. What an encoding lacks is written escaped.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as we run
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and stream.errors == "strict":
            reconfigure(errors="backslashreplace")


def silence_streams() -> None:
    """Write nothing any more, since nobody reads; so that the end of the process, which flushes, is quiet too."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as we run


def has_colour() -> bool:
    """Say whether colour may be written where there is a terminal: not with ``NO_COLOR``, nor on a dumb one."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def within_streams() -> Iterator[None]:
    """Have everything that is written in the block heed :func:`has_colour`."""
    prepare_streams()
    if has_colour():
        yield
        return
    with click.Context(click.Command("venuekit"), color=False).scope():
        yield


def say_done(text: str) -> None:
    """
    Write what a command has changed.

    Raises:
        OSError: standard output takes nothing, as on a full disk; it went to standard error instead.
    """
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError:
        click.echo(text, err=True)
        raise
