"""Consent: nothing is changed on a live account before somebody said yes."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from venuekit.cli.state import State
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
    """Ask; a no is acknowledged."""
    if click.confirm(f"{question} on live ({', '.join(live)})?", err=True):
        return True
    click.echo("nothing was changed", err=True)
    return False
