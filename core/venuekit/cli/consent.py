"""Consent: nothing is changed on a live account before somebody said yes."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from venuekit.cli.parameters import State
from venuekit.venue import EnvironmentName

__all__ = ["confirm_live", "live_to_confirm"]


def live_to_confirm(context: click.Context, state: State, names: Iterable[str], *, yes: bool) -> list[str]:
    """
    Return those of the accounts that somebody must be asked about: the live ones, none with ``yes``.

    Raises:
        UsageError: there are such, and nobody can be asked.
    """
    live = [] if yes else [name for name in names if state.accounts.entry(name).environment is EnvironmentName.LIVE]
    if live and not sys.stdin.isatty():
        raise click.UsageError(
            f"{', '.join(live)}: live; say --yes where nobody can be asked. Nothing was sent", context
        )
    return live


def confirm_live(question: str, live: Iterable[str]) -> bool:
    """Ask; a no is acknowledged, and one Ctrl-C or SIGTERM ends the command."""
    with _interrupted_at_once() as signalled:
        answer = _answer(f"{question} on live ({', '.join(live)})?", signalled)
    if not answer:
        click.echo("nothing was changed", err=True)
    return answer


def _answer(question: str, signalled: int | None) -> bool:
    while True:
        click.echo(f"{question} [y/N]: ", nl=False, err=True)
        with contextlib.suppress(OSError, ValueError):  # standard input is no file, or one that cannot be waited for
            select.select([sys.stdin, *([] if signalled is None else [signalled])], [], [])
        line = sys.stdin.readline()
        if not line:
            raise click.Abort
        answer = line.strip().lower()
        if answer in {"", "n", "no", "y", "yes"}:
            return answer.startswith("y")
        click.echo("Error: invalid input", err=True)


@contextmanager
def _interrupted_at_once() -> Iterator[int | None]:
    """
    Let the first SIGINT or SIGTERM raise: a running loop would cancel its task, which is the one that asks.

    Give a file that becomes readable with a signal, as one that comes right before a read does not end that read; None
    where signals are not handled.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    former_file = signal.set_wakeup_fd(writable)
    former = {one: signal.signal(one, signal.default_int_handler) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield readable
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)
        signal.set_wakeup_fd(former_file)
        os.close(readable)
        os.close(writable)
