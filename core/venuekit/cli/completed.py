"""Words that a shell may complete: the names of accounts, venues and symbols, without sending anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from venuekit.cli.commands import Parsed, state_of
from venuekit.cli.symbol_cache import read_symbols
from venuekit.errors import VenuekitError

#: the variable that a shell sets when it asks
VARIABLE = "_VENUEKIT_COMPLETE"


class _Names(Parsed):
    """Texts of which some are known, by a function that returns them."""

    name = "name"

    def __init__(self, known: Callable[[click.Context], Iterable[str]]) -> None:
        self._known = known

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's signature
        """Return the known ones that begin so; none where they cannot be read, as no error belongs into a prompt."""
        try:
            return [CompletionItem(name) for name in self._known(ctx) if name.startswith(incomplete)]
        except (VenuekitError, OSError):
            return []


def _accounts(ctx: click.Context) -> Iterable[str]:
    """Return the accounts of the file that are not named yet."""
    return [name for name in state_of(ctx).accounts.entries if name not in _accounts_before(ctx)]


def _venues(ctx: click.Context) -> Iterable[str]:
    return state_of(ctx).plugins.venue_ids()


def _symbols(ctx: click.Context) -> Iterable[str]:
    """Return the symbols of the accounts that are named, else of all: of their guards and of lists once read."""
    entries = state_of(ctx).accounts.entries
    named = [entries[name] for name in _accounts_before(ctx) if name in entries] or list(entries.values())
    return sorted({symbol for entry in named for symbol in (entry.symbols or read_symbols(entry))})


def _accounts_before(ctx: click.Context) -> Iterator[str]:
    yield from filter(None, (ctx.params.get("account"), *(ctx.params.get("accounts") or ())))


_TYPES: Mapping[str, _Names] = {
    **dict.fromkeys(("account", "accounts", "names"), _Names(_accounts)),
    **dict.fromkeys(("venue", "venue_id", "venues"), _Names(_venues)),
    **dict.fromkeys(("symbol", "symbols"), _Names(_symbols)),
}


def complete_parameters(command: click.Command, environment: Mapping[str, str] = os.environ) -> click.Command:
    """Return the command; while a shell asks, its plain texts complete themselves by their names."""
    if VARIABLE in environment:
        for parameter in command.params:
            _complete(parameter)
        below: Mapping[str, Any] = command.commands if isinstance(command, click.Group) else {}
        for one in below.values():
            complete_parameters(one, environment)
    return command


def _complete(parameter: click.Parameter) -> None:
    if isinstance(parameter.type, type(click.STRING)) and parameter.name in _TYPES:
        parameter.type = _TYPES[parameter.name]
