"""Consent: a live account is changed only after a confirmation."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import click

from venuekit.cli.commands import state_of
from venuekit.cli.output import say_aside
from venuekit.venue import EnvironmentName


def live_to_confirm(context: click.Context, names: Iterable[str], *, yes: bool) -> list[str]:
    """
    Return the accounts that need a confirmation: the live ones, none with ``yes``.

    Raises:
        UsageError: an account needs one, and standard input is no terminal.
    """
    entry = state_of(context).accounts.entry
    live = [] if yes else [name for name in names if entry(name).environment is EnvironmentName.LIVE]
    if live and not sys.stdin.isatty():
        raise click.UsageError(
            f"{', '.join(live)}: live; --yes is required without a terminal. Nothing was sent", context
        )
    return live


def confirm_live(question: str, live: Sequence[str]) -> bool:
    """Ask for a confirmation if any is needed; a refusal is acknowledged, one Ctrl-C or SIGTERM ends the command."""
    if not live:
        return True
    with _interrupt_at_once() as signalled:
        answer = _answer(f"{question} on live ({', '.join(live)})?", signalled)
    if not answer:
        say_aside("nothing was changed")
    return answer


def _answer(question: str, signalled: int | None) -> bool:
    while True:
        click.echo(f"{question} [y/N]: ", nl=False, err=True)
        with contextlib.suppress(OSError, ValueError):  # standard input is no file, or one that select cannot wait for
            select.select([sys.stdin, *([] if signalled is None else [signalled])], [], [])
        line = sys.stdin.readline()
        if not line:
            raise click.Abort
        answer = line.strip().lower()
        if answer in {"", "n", "no", "y", "yes"}:
            return answer.startswith("y")
        say_aside("Error: invalid input")


@contextmanager
def _interrupt_at_once() -> Iterator[int | None]:
    """
    Let the first SIGINT or SIGTERM raise: a running loop would cancel its task, which is the one that asks.

    Yield a file that becomes readable with a signal, since a signal right before a read does not end that read; None
    where signals are not handled.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    former_file = signal.set_wakeup_fd(writable)
    former = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield readable
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(former_file)
        os.close(readable)
        os.close(writable)
