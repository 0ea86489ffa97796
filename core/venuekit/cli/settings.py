"""``plan`` and ``apply``: settings as code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from venuekit.cli.consent import agreed, live_to_ask, yes_option
from venuekit.cli.rows import json_text
from venuekit.cli.state import F, State, accounts_option, json_option, state_of
from venuekit.cli.status import Status

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.settings import Plan, Target, TargetFile

__all__ = ["apply_command", "plan_command"]


def _target_arguments(command: F) -> F:
    for decorate in (
        click.argument("target", type=click.Path(path_type=Path)),
        click.option("--account", "names", multiple=True, metavar="NAME", help="Only this account of the target."),
        json_option,
        accounts_option,
    ):
        command = decorate(command)
    return command


@click.command("plan")
@_target_arguments
@click.pass_context
async def plan_command(context: click.Context, target: Path, names: Sequence[str], as_json: bool) -> int:
    """
    Show what would change to make TARGET hold; nothing is changed.

    The exit status is 0 when nothing would change, 5 when something would, 3 when something would be refused, 64 when
    the file is wrong or a venue does not know a symbol in it.
    """
    from venuekit.cli.plan_text import plan_text
    from venuekit.settings import plan_exit_status

    state = state_of(context)
    file = _read(state, target, names)
    async with _planned(state, file.target, read_only=True) as (planned, _):
        if planned.steps or not planned.unknown:
            click.echo(json_text(planned.rows()) if as_json else plan_text(planned))
    file.check_symbols(planned.unknown)
    return plan_exit_status(planned)


@click.command("apply")
@_target_arguments
@yes_option
@click.pass_context
async def apply_command(context: click.Context, target: Path, names: Sequence[str], as_json: bool, yes: bool) -> int:
    """
    Make TARGET hold, verify it, and show what came of every setting.

    The exit status is 0 when all of it holds, 3 when something was refused, 4 when something is unknown, 1 when a key
    was not taken or a venue could not be reached, 64 when the file is wrong or a venue does not know a symbol in it.
    """
    from venuekit.cli.plan_text import plan_text, report_text
    from venuekit.cli.progress import progress
    from venuekit.settings import apply, report_exit_status

    state = state_of(context)
    file = _read(state, target, names)
    live = live_to_ask(context, state, file.accounts, yes=yes)
    async with _planned(state, file.target) as (planned, accounts):
        file.check_symbols(planned.unknown)
        if live and not planned.is_empty:
            click.echo(plan_text(planned), err=True)
            if not agreed("Change this", live):
                return Status.PENDING
        with progress(planned, visible=not as_json) as on_result:
            report = await apply(planned, accounts, on_result=on_result)
    click.echo(json_text(report.rows()) if as_json else report_text(report))
    return report_exit_status(report)


def _read(state: State, path: Path, names: Sequence[str]) -> TargetFile:
    """Read the target file and check it against what the accounts' venues declare."""
    from venuekit.settings import read_target

    file = read_target(path)
    if names:
        file = file.only(names)
    known = state.accounts.entries
    file.check({name: state.plugins.venue(known[name].venue) for name in file.accounts if name in known})
    return file


@asynccontextmanager
async def _planned(
    state: State, target: Target, *, read_only: bool = False
) -> AsyncIterator[tuple[Plan, dict[str, Account]]]:
    """Open the target's accounts and plan."""
    from venuekit.cli.opening import opened
    from venuekit.settings import plan

    async with opened(state, tuple(target.accounts), read_only=read_only) as accounts:
        yield await plan(target, accounts), accounts
