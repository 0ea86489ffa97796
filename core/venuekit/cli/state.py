"""What the commands of one call share: the accounts file that was named, and the plugins."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountsFile
    from venuekit.plugins import Plugins

__all__ = ["F", "State", "accounts_option", "json_option", "state_of"]

F = TypeVar("F", bound=Callable[..., Any])


class State:
    """Made by the root command; everything is found when it is first asked for."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.accounts_path: Path | None = None
        self._as_json = as_json

    @functools.cached_property
    def plugins(self) -> Plugins:
        """The installed plugins; those that are broken for every venue are told."""
        from venuekit.cli.status import tell_broken
        from venuekit.plugins import make_plugins

        return make_plugins(on_broken=functools.partial(tell_broken, as_json=self._as_json))

    @functools.cached_property
    def accounts(self) -> AccountsFile:
        """The accounts file."""
        from venuekit.credentials.accounts_file import load_accounts

        return load_accounts(self.accounts_path)


def state_of(context: click.Context) -> State:
    """Return what the commands of this call share."""
    return context.ensure_object(State)


def _remember(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    if path is not None:
        state_of(context).accounts_path = path


def accounts_option(command: F) -> F:
    """Add ``--accounts FILE``, which may stand before or after the command's name."""
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
