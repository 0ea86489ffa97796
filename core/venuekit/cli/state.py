"""What the commands of one call share: the accounts file that was named, and the plugins."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountsFile
    from venuekit.plugins import Plugins

__all__ = ["State", "state_of"]


class State:
    """Made by the root command; everything is found when it is first asked for."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.accounts_path: Path | None = None
        self._as_json = as_json

    @functools.cached_property
    def plugins(self) -> Plugins:
        """The installed plugins; those that are broken for every venue are told."""
        from venuekit.cli.errors import print_broken_plugin
        from venuekit.plugins import make_plugins

        return make_plugins(on_broken=functools.partial(print_broken_plugin, as_json=self._as_json))

    @functools.cached_property
    def accounts(self) -> AccountsFile:
        """The accounts file."""
        from venuekit.credentials.accounts_file import load_accounts

        return load_accounts(self.accounts_path)


def state_of(context: click.Context) -> State:
    """Return what the commands of this call share."""
    return context.ensure_object(State)
