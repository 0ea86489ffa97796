"""The command ``watch``: chooses screen, lines or JSON, and follows the accounts as long as it runs."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from venuekit.cli.accounts import entries
from venuekit.cli.commands import WholeNumber, accounts_option, state_of
from venuekit.cli.errors import Status
from venuekit.cli.output import note, say_aside

if TYPE_CHECKING:
    from venuekit.cli.watch.group import WatchGroup

#: seconds between two reads of the mark price of a symbol: the default, and the bounds
_INTERVAL, _SHORTEST, _LONGEST = 2, 1, 3600


@click.command("watch", short_help="Show accounts as they are now.")
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print each event as one JSON object in one line.")
@click.option(
    "--interval",
    type=WholeNumber(_SHORTEST, _LONGEST),
    default=_INTERVAL,
    show_default=True,
    metavar="SECONDS",
    help="Read the mark price of each held symbol this often.",
)
@accounts_option
@click.pass_context
async def watch_command(context: click.Context, accounts: Sequence[str], as_jsonl: bool, interval: int) -> int:
    """
    Show each ACCOUNT as it is now, all when none is named, until Ctrl-C or the key q.

    User streams keep it up to date. An account that cannot be opened or read says why, and is tried again; the others
    go on. A dash is an unknown value, and ~ marks one that may be out of date. Where the output is no terminal, or a
    dumb one, a line is printed for each change. Nothing is changed at the venues.
    """
    from venuekit.cli.watch.group import WatchGroup

    state = state_of(context)
    group = WatchGroup(entries(state, accounts), state.plugins, interval)
    if not group.accounts:
        say_aside("no accounts")
        return Status.DONE
    if not as_jsonl and _has_screen():
        state.wait_notes.is_silent = True
        return await _show_screen(group)
    from venuekit.cli.watch.lines import print_events, print_lines

    await group.run(print_events if as_jsonl else print_lines)
    return Status.DONE


def _has_screen() -> bool:
    """Return whether standard input and output are a terminal that can do more than print lines."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


async def _show_screen(group: WatchGroup) -> int:
    """
    Run the screen, and return the status of its end.

    Raises:
        ConfigurationError: textual is not installed.
    """
    from venuekit.errors import ConfigurationError

    try:
        from venuekit.cli.watch.app import WatchApp
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "textual":
            raise
        words = (
            "the screen of watch needs textual, which is missing: pip install 'venuekit[watch]'; --jsonl works without"
        )
        raise ConfigurationError(words) from error
    app = WatchApp(group)
    with _keep_warnings() as texts:
        await group.run(app.show)
    for text in texts:
        note(text, as_json=False, kind="warning")
    return Status(app.return_value if app.return_value is not None else Status.DONE)


@contextmanager
def _keep_warnings() -> Iterator[Collection[str]]:
    """Yield the texts of the warnings of the block, each once, which would be written across the screen."""
    texts: dict[str, None] = {}

    def keep(message: Warning | str, category: type[Warning], *_: object) -> None:
        if issubclass(category, UserWarning):
            texts[str(message)] = None

    with warnings.catch_warnings():
        warnings.showwarning = keep  # type: ignore[assignment]  # it needs no place
        yield texts.keys()
