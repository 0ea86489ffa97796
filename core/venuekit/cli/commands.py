"""
Commands: the types of their parameters, which are taken exactly as typed, shared options, and the state of one call.

Kinds of commands are those about accounts, coroutines (which click would not await), and groups that suggest a name.
"""

from __future__ import annotations

import enum
import functools
import inspect
import re
import shlex
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
from click.shell_completion import CompletionItem

from venuekit._util.texts import did_you_mean
from venuekit._util.times import from_milliseconds
from venuekit.cli.once import check_once
from venuekit.cli.row_forms import RowForm, choose_form, choose_json
from venuekit.cli.wait_notes import WaitNotes
from venuekit.clock import SystemClock

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountsFile
    from venuekit.plugins import Plugins

if TYPE_CHECKING:
    Parsed = click.ParamType[Any]
else:
    Parsed = click.ParamType  # generic for the type checker alone in the oldest click that is supported

F = TypeVar("F", bound=Callable[..., Any])

#: the plain notation of numbers: without Python's extensions such as 5_0, spaces or digits of another script
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_WHOLE = re.compile(r"[+-]?[0-9]+")


def number(text: str) -> Decimal:
    """Parse a decimal number; the valid range is the venue's declaration."""
    if not _NUMBER.fullmatch(text):
        raise click.BadParameter(f"{text!r} is not a number")
    return Decimal(text)


class WholeNumber(click.IntRange):
    """A whole number between two bounds, both inclusive; None is no bound."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Accept digits and a sign only."""
        if isinstance(value, str) and not _WHOLE.fullmatch(value):
            self.fail(f"{value!r} is not a whole number", param, ctx)
        return super().convert(value, param, ctx)


#: days before today at which a word begins
_DAYS = {"today": 0, "yesterday": 1}
#: digits of the time since 1970 in seconds, and in milliseconds
_EPOCH = {10: 1000, 13: 1}
_AGO = re.compile(r"([0-9]{1,4})([mhdw])")


def moment(text: str) -> datetime:
    """
    Parse a time: ISO 8601, in UTC without a zone, a date being its first instant; or a moment that is over.

    The latter are ``7d`` (also of ``m``, ``h``, ``w``) for so long ago, ``today``, ``yesterday``, ``now``, and the
    seconds or milliseconds since 1970 as 10 or 13 digits.
    """
    now = from_milliseconds(SystemClock().milliseconds())
    try:
        if text == "now":
            return now
        if text in _DAYS:
            return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS[text])
        if _AGO.fullmatch(text):
            return now - length(text)
        if text.isascii() and text.isdigit() and len(text) in _EPOCH:
            return from_milliseconds(int(text) * _EPOCH[len(text)])
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        examples = "2026-11-20, 2026-11-20T12:00:00Z, 7d, yesterday or 1795176000"
        raise click.BadParameter(f"{text!r} is not a time such as {examples}") from None


_LENGTHS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def length(text: str) -> timedelta:
    """Parse a length of time in one unit, such as 5m, 1h, 1d or 1w."""
    count, unit = text[:-1], _LENGTHS.get(text[-1:])
    if unit is None or not (count.isascii() and count.isdigit()) or not 0 < int(count) < 10_000:
        raise click.BadParameter(f"{text!r} is not a length of time such as 5m, 1h, 1d or 1w")
    return timedelta(**{unit: int(count)})


class _EnumMember(Parsed):
    """A member of an enumeration by its value, also with dashes or capitals."""

    name = "member"

    def __init__(self, enumeration: type[enum.StrEnum]) -> None:
        self._members: dict[str, enum.StrEnum] = {member.value: member for member in enumeration}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> enum.StrEnum:  # noqa: ARG002 - click's signature
        """Return the member of this value."""
        member = self._members.get(value.lower().replace("-", "_"))
        if member is None:
            hint = did_you_mean(value, self._members)
            raise click.BadParameter(f"{value!r} is none of {', '.join(self._members)}{hint}")
        return member

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's signature
        """Return the values that begin so."""
        return [CompletionItem(value) for value in self._members if value.startswith(incomplete.lower())]


def enum_member(enumeration: type[enum.StrEnum]) -> Parsed:
    """Return the type of parameters that are members of an enumeration."""
    return _EnumMember(enumeration)


def _remember(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    if path is not None:
        former = state_of(context).accounts_path
        check_once("--accounts", [path] if former in {None, path} else [former, path], context)
        state_of(context).accounts_path = path


#: adds ``--accounts FILE``, which may come before or after the command's name
accounts_option = click.option(
    "--accounts",
    "accounts_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    expose_value=False,
    callback=_remember,
    help="The accounts file.  [default: VENUEKIT_ACCOUNTS, ./accounts.toml, the user's]",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, callback=choose_json, help="Print one JSON list of flat objects."
)
#: adds ``-o`` to a command whose output is rows
output_option = click.option(
    "-o",
    "--output",
    "form",
    type=enum_member(RowForm),
    metavar="wide|csv|tsv",
    expose_value=False,
    callback=choose_form,
    help="Print every field: as a wide table, or as CSV or TSV.",
)
symbols_option = click.option(
    "--symbol", "symbols", multiple=True, metavar="S", help="Only this symbol; may be repeated."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask before changing a live account.")


class State:
    """Made by the root command; everything is loaded on first use."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.accounts_path: Path | None = None
        self.wait_notes = WaitNotes(as_json=as_json)
        self._as_json = as_json

    @property
    def accounts_words(self) -> str:
        """The option that names the accounts file, for a command that is suggested; empty where none was given."""
        return "" if self.accounts_path is None else f" --accounts {shlex.quote(str(self.accounts_path))}"

    @functools.cached_property
    def plugins(self) -> Plugins:
        """The installed plugins; those that are broken for every venue, or flawed, are reported."""
        from venuekit import _defaults
        from venuekit.cli.errors import print_flaw
        from venuekit.plugins import make_plugins

        on_flaw = functools.partial(print_flaw, as_json=self._as_json)
        return make_plugins(on_flaw=on_flaw, defaults=(_defaults, self.wait_notes))

    @functools.cached_property
    def accounts(self) -> AccountsFile:
        """The accounts file."""
        from venuekit.credentials.accounts_file import load_accounts

        return load_accounts(self.accounts_path)


def state_of(context: click.Context) -> State:
    """Return the state that the commands of this call share."""
    return context.ensure_object(State)


#: how a command takes accounts: one, any number (all when none is named), or at least one
_ACCOUNT_ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "one": {"param_decls": ["account"]},
    "any": {"param_decls": ["accounts"], "nargs": -1, "metavar": "[ACCOUNT]..."},
    "some": {"param_decls": ["accounts"], "nargs": -1, "required": True, "metavar": "ACCOUNT..."},
}


class Group(click.Group):
    """A group whose error for an unknown command suggests the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the named command; the error for an unknown one suggests the nearest."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise click.UsageError(f"no command {name!r}{did_you_mean(name, self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)


def accounts_command(
    name: str,
    *,
    accounts: Literal["one", "any", "some"] = "one",
    writes: bool = False,
    group: click.Group | None = None,
    short_help: str | None = None,
    options: Sequence[Callable[[F], F]] = (),
) -> Callable[[Callable[..., Any]], click.Command]:
    """
    Turn a function into a command about accounts, which are its first argument.

    The function gets the context, ``account`` or ``accounts``, ``as_json``, where it ``writes`` also ``yes``, and its
    own parameters. ``accounts="any"`` means all when none is named. Without a ``group`` it is a command by itself.
    ``options`` are further ones that it has.
    """

    def make(function: Callable[..., Any]) -> click.Command:
        first = click.Argument(**_ACCOUNT_ARGUMENTS[accounts])
        command = click.command(name, params=[first], short_help=short_help)(click.pass_context(function))
        for add_option in (*((yes_option,) if writes else ()), json_option, *options, accounts_option):
            add_option(command)
        if group is not None:
            group.add_command(command)
        return command

    return make


class AsyncCallback:
    """Calls a function, and runs its coroutine, if it returns one, in a loop of its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function, or its coroutine, returns."""
        result = self._function(*args, **kwargs)
        if not inspect.iscoroutine(result):
            return result
        import asyncio

        return asyncio.run(_interruptible(result))


async def _interruptible(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Let SIGTERM end a command as Ctrl-C does: running operations are cancelled and report an unfinished write."""
    import asyncio
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        return await coroutine
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signals = 0

    def end(*_: object) -> None:
        nonlocal signals
        signals += 1
        if signals > 1 or task is None:
            raise KeyboardInterrupt
        task.cancel()
        loop.call_soon_threadsafe(lambda: None)  # wakes a waiting loop

    former = signal.signal(signal.SIGTERM, end)
    try:
        return await coroutine
    except asyncio.CancelledError as cut:
        if signals:
            raise KeyboardInterrupt from cut
        raise
    finally:
        signal.signal(signal.SIGTERM, former)


def run_coroutines(command: click.Command) -> click.Command:
    """Return the command; coroutines of it and of its subcommands are awaited."""
    if command.callback is not None and not isinstance(command.callback, AsyncCallback):
        command.callback = AsyncCallback(command.callback)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            run_coroutines(below)
    return command
