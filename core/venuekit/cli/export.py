"""``export``: the settings that hold, as a target file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from venuekit._util.texts import did_you_mean
from venuekit.capabilities import InstrumentReader
from venuekit.cli.accounts import hint_symbol, open_together
from venuekit.cli.commands import accounts_command, state_of
from venuekit.cli.errors import Status, print_error, status_of, unread_error, worst
from venuekit.cli.output import json_text
from venuekit.errors import ConfigurationError, InvalidRequest, NotFound, VenuekitError
from venuekit.exports.rows import Row

if TYPE_CHECKING:
    from venuekit.account import Account


@accounts_command("export", accounts="any", short_help="Print the settings that hold as a target file.")
@click.option(
    "--symbol", "symbols", multiple=True, metavar="S", help="Also this symbol, or those that trade: ETH*; repeatable."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write FILE, which must not exist yet, instead of standard output.",
)
async def export_command(
    context: click.Context, accounts: Sequence[str], *, symbols: Sequence[str], output: Path | None, as_json: bool
) -> int:
    """
    Print the settings that hold for each ACCOUNT as a target file; of all accounts when none is named.

    It has the symbols with a position, and those that are named; all that trade with --symbol '*'. ``plan`` finds
    nothing to do for it until a setting changes. An account that cannot be read is reported, and the others are
    written; so is a row that cannot be read, with the status 4.
    """
    from venuekit.payloads import gather_odd_rows
    from venuekit.settings import read_target_of, tables_of, target_toml

    state = state_of(context)
    tables: dict[str, Any] = {}
    statuses = [Status.DONE]
    choice = _Choice(symbols)
    names = list(accounts or state.accounts.entries)
    async with open_together(state, names, read_only=True) as (opened, failed):
        for name in names:
            error = failed.get(name)
            try:
                if error is None:
                    with gather_odd_rows() as odd:
                        asked = await choice.of(opened[name])
                        tables[name] = tables_of(await read_target_of(opened[name], asked))
                    for row in odd:
                        print_error(unread := unread_error(opened[name], row), as_json=as_json, account=name)
                        statuses.append(status_of(unread))
            except (InvalidRequest, NotFound) as refused:
                if refused.subject in symbols:  # a mistake of the command line, as it is one of a target file
                    await hint_symbol(opened[name], refused)
                    statuses.append(Status.USAGE)
                error = refused
            except VenuekitError as failure:
                error = failure
            if error is not None:
                print_error(error, as_json=as_json, account=name)
                statuses.append(status_of(error))
    choice.check()
    if output is not None and tables:
        _write(output, target_toml(tables))
    elif as_json:
        click.echo(json_text([row for name, table in tables.items() for row in _flat(name, table)]))
    elif tables:
        click.echo(target_toml(tables), nl=False)
    return worst(statuses)


class _Choice:
    """The symbols that are asked for: names, and patterns of those that trade."""

    def __init__(self, texts: Sequence[str]) -> None:
        from venuekit.settings.rules import is_pattern

        self._texts = texts
        self._patterns = [text for text in texts if is_pattern(text)]
        self._seen: dict[str, None] = {}

    async def of(self, account: Account) -> Sequence[str]:
        """Return the symbols of an account that are asked for; its venue lists them where there are patterns."""
        from venuekit.settings.rules import choose, trades

        if not self._patterns:
            return self._texts
        listed = [one.symbol for one in await InstrumentReader.of(account).get_instruments() if trades(one)]
        self._seen |= dict.fromkeys(listed)
        return choose(self._texts, listed)

    def check(self) -> None:
        """
        Check that each pattern matches a symbol of an account, as far as any account was read.

        Raises:
            ConfigurationError: one matches none.
        """
        from venuekit.settings.rules import choose

        for text in self._patterns if self._seen else ():
            if not choose([text], self._seen):
                hint = did_you_mean(text, self._seen)
                raise ConfigurationError(f"no symbol that trades matches {text!r}{hint}; nothing was written")


def _write(path: Path, text: str) -> None:
    """Write a new file."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists, and is not overwritten: give another name, or move it") from None


def _flat(name: str, table: Mapping[str, Any]) -> Iterator[Row]:
    """Yield one flat row for each setting of an account."""
    first = {"account": name, "venue": table["venue"]}
    rows: dict[str | None, Mapping[str, Any]] = {None: table, **table.get("symbols", {})}
    for symbol, row in rows.items():
        for setting, value in row.items():
            if setting not in {"venue", "symbols"}:
                yield from _values(value, {**first, "symbol": symbol, "setting": setting})


def _values(value: Any, first: Row, names: tuple[str, ...] = ()) -> Iterator[Row]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _values(inner, first, (*names, name))
        return
    side = next((name for name in names if name in {"long", "short"}), None)
    margin_type = next((name for name in names if name not in {"long", "short"}), None)
    yield {**first, "margin_type": margin_type, "side": side, "value": value}
