"""Consent: nothing is changed on a live account before somebody said yes."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from venuekit.cli.state import F, State
from venuekit.venue import EnvironmentName

__all__ = ["agreed", "live_to_ask", "yes_option"]


def yes_option(command: F) -> F:
    """Add ``--yes``."""
    return click.option("--yes", is_flag=True, help="Do not ask before changing a live account.")(command)


def live_to_ask(context: click.Context, state: State, names: Iterable[str], *, yes: bool) -> list[str]:
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


def agreed(question: str, live: Iterable[str]) -> bool:
    """Ask; a no is acknowledged."""
    if click.confirm(f"{question} on live ({', '.join(live)})?", err=True):
        return True
    click.echo("nothing was changed", err=True)
    return False
