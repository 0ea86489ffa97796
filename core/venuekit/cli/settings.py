"""``plan`` and ``apply``: settings as code; ``leverage``: the one of a symbol."""

from __future__ import annotations

import shlex
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from venuekit.capabilities import LeverageControl, LeverageReader, MarginType, PositionSide
from venuekit.cli.accounts import open_account, open_together
from venuekit.cli.commands import (
    F,
    State,
    accounts_command,
    accounts_option,
    json_option,
    number,
    output_option,
    state_of,
    yes_option,
)
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import Status, print_error, status_of, worst
from venuekit.cli.output import json_text, note, print_rows, say_aside, say_done
from venuekit.cli.row_forms import chosen_form, refuse_rounds
from venuekit.cli.settings_text import plan_text, report_text, row_columns, step_text
from venuekit.cli.tables import cell_text, columns
from venuekit.cli.undo_file import UndoFile, check_new, default_path
from venuekit.errors import VenuekitError
from venuekit.exports.rows import row_of

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.settings import Plan, Result, TargetFile, UnknownSymbol, UnmatchedPattern, Unreadable

#: how many results an interrupted command names one by one
_LAST = 10


def _target_arguments(command: F) -> F:
    for decorate in (
        click.argument("target", type=click.Path(path_type=Path)),
        click.option("--all", "everything", is_flag=True, help="Show also the settings that equal their targets."),
        click.option(
            "--symbol", "symbols", multiple=True, metavar="S", help="Only settings of these symbols: a name, or ETH*."
        ),
        click.option(
            "--account",
            "names",
            multiple=True,
            metavar="NAME",
            help="Only these accounts of the target: a name, or desk*.",
        ),
        json_option,
        output_option,
        accounts_option,
    ):
        command = decorate(command)
    return command


def _leverage(_: click.Context, __: click.Parameter, value: str | None) -> int | Decimal | None:
    """Parse a number; a whole one becomes an int."""
    if value is None:
        return None
    leverage = number(value)
    return int(leverage) if leverage == leverage.to_integral_value() else leverage


@accounts_command("leverage", writes=True)
@click.argument("symbol")
@click.argument("value", required=False, callback=_leverage)
@click.option("--side", type=click.Choice(["long", "short"]), help="Of this side, where each has its own.")
@click.option(
    "--margin-type",
    type=click.Choice(["cross", "isolated"]),
    help="Under this margin type, where each has its own; sets it, too, where one write sets both.",
)
async def leverage_command(
    context: click.Context,
    *,
    account: str,
    symbol: str,
    value: int | Decimal | None,
    side: str | None,
    margin_type: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Show the leverage of SYMBOL, or set it to VALUE."""
    if side is not None and value is None:
        raise click.UsageError("--side goes with a VALUE: both sides are shown")
    kind = None if margin_type is None else MarginType(margin_type)
    if value is not None:
        which = f" ({', '.join(filter(None, (margin_type, side)))})" if margin_type or side else ""
        question = f"Set the leverage of {symbol}{which} to {cell_text(value)}"
        if not confirm_live(question, live_to_confirm(context, [account], yes=yes)):
            return Status.PENDING
    async with open_account(state_of(context), account, read_only=value is None) as opened_account:
        if value is None:
            setting = await LeverageReader.of(opened_account).get_leverage(symbol, margin_type=kind)
        else:
            chosen = None if side is None else PositionSide(side)
            control = LeverageControl.of(opened_account)
            setting = await control.set_leverage(symbol, value, side=chosen, margin_type=kind)
        row = row_of(setting, account=account, venue=opened_account.venue.id)
    names = "account symbol margin_type long short max_position max_position_unit changed"
    shown = columns(names if setting.margin_type else names.replace(" margin_type", ""))
    print_rows([row], shown, as_json=as_json)
    return Status.DONE


@click.command("plan")
@_target_arguments
@click.option(
    "--watch",
    "interval",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Plan again after so many seconds, and print each plan that differs from the one before; until Ctrl-C.",
)
@click.pass_context
async def plan_command(
    context: click.Context,
    /,
    *,
    target: Path,
    names: Sequence[str],
    symbols: Sequence[str],
    everything: bool,
    as_json: bool,
    interval: float | None,
) -> int:
    """
    Show the changes that would make TARGET hold; nothing is changed.

    An unreadable account is reported as such, and the others are planned. The exit status is 0 without changes, 5 when
    changes are pending, 3 when a change would be refused, 1 when an account could not be read, 64 when the file is
    wrong or a venue does not know a symbol in it. With --json, no change at all is an empty list.
    """
    state = state_of(context)
    if interval is None:
        return _print_plan(*await _plan(state, target, names, symbols), everything=everything, as_json=as_json)
    import asyncio

    refuse_rounds(context)
    former: object = None
    while True:
        file, planned = await _plan(state, target, names, symbols)
        rows = planned.rows()
        if rows != former:
            if not as_json:
                click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
            _print_plan(file, planned, everything=everything, as_json=as_json, in_one_line=True)
            former = rows
        await asyncio.sleep(interval)


async def _plan(state: State, target: Path, names: Sequence[str], symbols: Sequence[str]) -> tuple[TargetFile, Plan]:
    """Read a target file, and plan it through accounts that are open for reading only."""
    file = _read(state, target, names)
    async with _open_and_plan(state, file, symbols, read_only=True) as (planned, _):
        return file, planned


def _print_plan(file: TargetFile, planned: Plan, *, everything: bool, as_json: bool, in_one_line: bool = False) -> int:
    """Print a plan, and the errors of the rest; return the exit status."""
    from venuekit.settings import PlannedStep, plan_exit_status

    mistakes: list[UnknownSymbol | UnmatchedPattern] = [*planned.unknown, *planned.unmatched]
    if planned.steps or not mistakes:
        rows = [row for row in planned.rows() if everything or row["status"] != "unchanged"]
        if as_json and in_one_line:
            click.echo(json_text(rows, in_one_line=True))
        elif as_json or chosen_form():
            print_rows(rows, row_columns(PlannedStep), as_json=as_json)
        else:
            click.echo(plan_text(planned, everything=everything, lines=_has_rules(file)))
    unreadable = _print_unreadable(planned.unreadable, as_json=as_json)
    file.check_symbols(mistakes)
    return worst([plan_exit_status(planned), *unreadable])


def _has_rules(file: TargetFile) -> bool:
    return any(entry.rules for entry in file.target.accounts.values())


@click.command("apply")
@_target_arguments
@click.option(
    "--undo",
    "undo_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the undo file here, a new file.  [default: one by its time in the user's directory of state]",
)
@yes_option
@click.pass_context
async def apply_command(
    context: click.Context,
    /,
    *,
    target: Path,
    names: Sequence[str],
    symbols: Sequence[str],
    everything: bool,
    as_json: bool,
    undo_path: Path | None,
    yes: bool,
) -> int:
    """
    Make TARGET hold, verify it, and show the result of every setting that did not equal it.

    Each setting is read right before it is written, and left unchanged when its value has changed since the plan. An
    unreadable account is reported as such, and the others are changed. The exit status is 0 when all settings hold, 3
    when one was refused or in conflict, 4 when one is unknown, 1 when an account could not be read, a key was not
    accepted or a venue could not be reached, 64 when the file is wrong or a venue does not know a symbol in it.

    The old values of the settings that it changes are in the undo file, which it names; applying that restores them.
    """
    from venuekit.settings import Result, apply, report_exit_status

    if undo_path is not None:
        check_new(undo_path)
    state = state_of(context)
    file = _read(state, target, names)
    live = live_to_confirm(context, file.accounts, yes=yes)
    async with _open_and_plan(state, file, symbols) as (planned, accounts):
        file.check_symbols((*planned.unknown, *planned.unmatched))
        if live and not planned.is_empty:
            say_aside(plan_text(planned, everything=False, lines=_has_rules(file)))
            if not confirm_live("Change this", live):
                return Status.PENDING
        venues = {name: account.venue for name, account in accounts.items()}
        undo = UndoFile(undo_path or default_path(), venues, shlex.join(["venuekit", "apply", str(target)]))
        undo.begin(planned)
        with ExitStack() as interrupted:
            interrupted.callback(undo.name_it, as_json=as_json)
            with _results(planned, as_json=as_json) as on_result:
                report = await apply(planned, accounts, on_result=on_result)
            interrupted.pop_all()
    if as_json or chosen_form():
        print_rows(report.rows(), row_columns(Result), as_json=as_json)
        if report.caveat is not None:
            note(report.caveat, as_json=as_json)
    else:
        say_done(report_text(report, everything=everything))
    undo.end(report, as_json=as_json)
    unreadable = _print_unreadable(report.unreadable, as_json=as_json)
    return worst([report_exit_status(report), *unreadable])


@contextmanager
def _results(plan: Plan, *, as_json: bool) -> Iterator[Callable[[Result], None]]:
    """Yield a function for the result of each step, which a terminal shows; prints them if the block is interrupted."""
    ended: list[Result] = []

    def print_interrupted() -> None:
        for result in ended[-_LAST:]:
            note(f"{result}: {result.status}; interrupted before it was read again", as_json=as_json)
        if len(ended) > _LAST:
            note(f"and {len(ended) - _LAST} settings before these", as_json=as_json)
        note(f"{len(ended)} of {len(plan.pending)} steps were taken; apply again to go on", as_json=as_json)

    with ExitStack() as interrupted:
        interrupted.callback(print_interrupted)
        with _progress(plan, visible=not as_json and sys.stderr.isatty()) as show:

            def keep(result: Result) -> None:
                ended.append(result)
                show(result)

            yield keep
        interrupted.pop_all()


@contextmanager
def _progress(plan: Plan, *, visible: bool) -> Iterator[Callable[[Result], None]]:
    """Yield a function that shows the number of results so far and the last one, as a bar on standard error."""
    if not visible:
        yield lambda result: None  # noqa: ARG005 - nobody sees it
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    console = Console(stderr=True)
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as progress:
        task = progress.add_task("", total=len(plan.pending))
        progress.refresh()

        def show(result: Result) -> None:
            progress.update(task, advance=1, description=f"{result.status}  {step_text(result)}", refresh=True)

        yield show


def _read(state: State, path: Path, names: Sequence[str]) -> TargetFile:
    """Read the target file and check it against the declarations of the accounts' venues."""
    from venuekit.settings import read_target

    file = read_target(path)
    if names:
        file = file.only(names)
    account_entries = state.accounts.entries
    venues = {}
    unusable = set()
    for name in file.accounts:
        if name in account_entries:
            try:
                venues[name] = state.plugins.venue(account_entries[name].venue)
            except VenuekitError:  # reported when the account is opened, which fails alike
                unusable.add(name)
    file.only([name for name in file.accounts if name not in unusable]).check(venues)
    return file


@asynccontextmanager
async def _open_and_plan(
    state: State, file: TargetFile, symbols: Sequence[str], *, read_only: bool = False
) -> AsyncIterator[tuple[Plan, dict[str, Account]]]:
    """Open the target's accounts and plan; an account that cannot be opened counts as unreadable."""
    from venuekit.settings import Unreadable, plan

    async with open_together(state, file.accounts, read_only=read_only) as (accounts, failed):
        planned = await plan(file.only(accounts).target, accounts, symbols=symbols)
        unopened = (Unreadable(name, state.accounts.entry(name).venue, error) for name, error in failed.items())
        yield attrs.evolve(planned, unreadable=(*unopened, *planned.unreadable)), accounts


def _print_unreadable(unreadable: Sequence[Unreadable], *, as_json: bool) -> list[Status]:
    """Print the errors of unreadable accounts, and return the exit status of each."""
    for failure in unreadable:
        print_error(failure.error, as_json=as_json, account=failure.account)
    return [status_of(failure.error) for failure in unreadable]
