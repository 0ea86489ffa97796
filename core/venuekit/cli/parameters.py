"""Parameters: types of options and arguments, taken exactly as typed, shared options, and the state of one call."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from venuekit._util.texts import did_you_mean

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountsFile
    from venuekit.plugins import Plugins

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


def moment(text: str) -> datetime:
    """Parse a time in ISO 8601, UTC without a zone; a date alone is its first instant."""
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text!r} is not a time such as 2026-11-20 or 2026-11-20T12:00:00Z") from None


def enum_member(enumeration: type[enum.StrEnum]) -> Callable[[str], enum.StrEnum]:
    """Return a parser for members of an enumeration."""
    members: dict[str, enum.StrEnum] = {member.value: member for member in enumeration}

    def take(text: str) -> enum.StrEnum:
        member = members.get(text.lower().replace("-", "_"))
        if member is None:
            raise click.BadParameter(f"{text!r} is none of {', '.join(members)}{did_you_mean(text, members)}")
        return member

    return take


def _remember(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    if path is not None:
        state_of(context).accounts_path = path


def accounts_option(command: F) -> F:
    """Add ``--accounts FILE``, which may come before or after the command's name."""
    return click.option(
        "--accounts",
        "accounts_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_remember,
        help="The accounts file.  [default: VENUEKIT_ACCOUNTS, ./accounts.toml, the user's]",
    )(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON list of flat objects.")(command)


def yes_option(command: F) -> F:
    """Add ``--yes``."""
    return click.option("--yes", is_flag=True, help="Do not ask before changing a live account.")(command)


class State:
    """Made by the root command; everything is loaded on first use."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.accounts_path: Path | None = None
        self._as_json = as_json

    @functools.cached_property
    def plugins(self) -> Plugins:
        """The installed plugins; those that are broken for every venue are reported."""
        from venuekit.cli.errors import print_broken_plugin
        from venuekit.plugins import make_plugins

        return make_plugins(on_broken=functools.partial(print_broken_plugin, as_json=self._as_json))

    @functools.cached_property
    def accounts(self) -> AccountsFile:
        """The accounts file."""
        from venuekit.credentials.accounts_file import load_accounts

        return load_accounts(self.accounts_path)


def state_of(context: click.Context) -> State:
    """Return the state that the commands of this call share."""
    return context.ensure_object(State)
