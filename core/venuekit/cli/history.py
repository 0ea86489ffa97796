"""``history``: download the histories of accounts into files that later runs continue."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from venuekit._util.times import from_milliseconds
from venuekit.accounts import open_entry
from venuekit.capabilities import (
    Candle,
    CandleReader,
    ClosedPnl,
    ClosedPnlReader,
    Conversion,
    ConversionReader,
    Fill,
    FillReader,
    FundingRate,
    FundingRateReader,
    Income,
    IncomeKind,
    IncomeReader,
    Order,
    OrderReader,
    Withdrawal,
    WithdrawalReader,
    WithdrawalStatus,
    capability_of,
)
from venuekit.cli.accounts import entries
from venuekit.cli.commands import Group, accounts_option, enum_member, length, moment, state_of
from venuekit.cli.errors import Status, note_left_out, print_error, rows_that_cannot_be_read, status_of, worst
from venuekit.cli.history_plot import HistoryPlot
from venuekit.cli.output import note, say_aside
from venuekit.cli.pictures import check_plot
from venuekit.clock import SystemClock
from venuekit.errors import InvalidArgument, UnsupportedCapability, VenuekitError
from venuekit.exports import Export, Format, Terms, columns_of, open_export, plain, stream_sink

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from venuekit.account import Account

#: seconds one page may wait for the venue's limits: a long download exhausts them
_MAX_WAIT = 900.0
#: errors that the same command would meet again
_FOR_GOOD = (InvalidArgument, UnsupportedCapability)


@attrs.frozen
class _History:
    """One kind of history: its command and the help of it, its items, an item's time, the method, its filters."""

    name: str
    help: str
    shape: type[attrs.AttrsInstance]
    time: str
    method: Callable[..., Any]
    filters: tuple[click.Option, ...]


_COMMON = (
    click.Argument(["accounts"], nargs=-1, metavar="[ACCOUNT]..."),
    click.Option(["--start"], type=moment, metavar="T", help="The start, in UTC.  [default: all the venue keeps]"),
    click.Option(["--end"], type=moment, metavar="T", help="The end, in UTC.  [default: now]"),
    click.Option(
        ["--format", "file_format"],
        type=click.Choice(["csv", "jsonl", "parquet"]),
        help="[default: by the suffix of the file, csv without one]",
    ),
    click.Option(
        ["--output"],
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The file to write; FILE.resume beside it notes the progress.  [default: standard output]",
    ),
    click.Option(["--same-account"], is_flag=True, help="Continue although the API key is a different one."),
    click.Option(
        ["--plot"],
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Draw all rows of the output into a .png or .svg file, too.",
    ),
)
_OF_SYMBOL: Mapping[str, Any] = {"multiple": True, "metavar": "S", "help": "Of this symbol; may be repeated."}
_NEEDED_SYMBOL = click.Option(["--symbol", "symbols"], required=True, **_OF_SYMBOL)
_SYMBOL = click.Option(["--symbol", "symbols"], **_OF_SYMBOL)


def _asset(name: str, text: str) -> click.Option:
    return click.Option([f"--{name}"], metavar="A", help=text)


_HISTORIES = (
    _History(
        "income",
        "Download every movement of the wallet of each ACCOUNT; all accounts when none is named.",
        Income,
        "time",
        IncomeReader.iter_income,
        (
            _SYMBOL,
            _asset("asset", "In this asset."),
            click.Option(
                ["--kind"],
                type=enum_member(IncomeKind),
                metavar="K",
                help="Such as funding, commission, realized_pnl.",
            ),
        ),
    ),
    _History(
        "pnl",
        "Download the profit and loss of closed positions.",
        ClosedPnl,
        "closed_at",
        ClosedPnlReader.iter_closed_pnl,
        (_SYMBOL, click.Option(["--kind"], metavar="K", help="The venue's word for the kind of closing.")),
    ),
    _History(
        "fills",
        "Download the fills of a symbol.",
        Fill,
        "time",
        FillReader.iter_fills,
        (_NEEDED_SYMBOL,),
    ),
    _History(
        "orders",
        "Download the orders the venue keeps, open or not; some venues need a symbol.",
        Order,
        "created_at",
        OrderReader.iter_orders,
        (_SYMBOL,),
    ),
    _History(
        "funding",
        "Download the past funding rates of a contract; without --start those of 30 days.",
        FundingRate,
        "time",
        FundingRateReader.iter_funding_rates,
        (_NEEDED_SYMBOL,),
    ),
    _History(
        "candles",
        "Download the candles of a contract that are over; without --start those that one request gives.",
        Candle,
        "opens_at",
        CandleReader.iter_candles,
        (
            _NEEDED_SYMBOL,
            click.Option(
                ["--interval"], type=length, metavar="L", required=True, help="Their length, such as 5m, 1h, 1d or 1w."
            ),
        ),
    ),
    _History(
        "withdrawals",
        "Download withdrawals.",
        Withdrawal,
        "created_at",
        WithdrawalReader.iter_withdrawals,
        (
            _asset("asset", "Of this asset."),
            click.Option(
                ["--status"],
                type=enum_member(WithdrawalStatus),
                metavar="W",
                help="pending, success, canceled or failed.",
            ),
        ),
    ),
    _History(
        "conversions",
        "Download conversions between assets.",
        Conversion,
        "time",
        ConversionReader.iter_conversions,
        (_asset("from-asset", "Out of this asset."), _asset("to-asset", "Into this asset.")),
    ),
)


@click.group("history", cls=Group, short_help="Download income, orders, fills and more.")
def history_command() -> None:
    """
    Download income, orders, fills and more, oldest first, into CSV, JSON lines or Parquet.

    A file is written while it is downloaded. The same command again continues where the file ends: after an
    interruption, or for later rows. A row is never written twice, and written rows never change: an order keeps the
    state in which it was read.

    --plot draws all rows of the output: sums by asset of payments, prices of candles, fills and orders, and rates of
    funding. A picture of less than was asked for says so.
    """


async def _download(
    history: _History,
    context: click.Context,
    /,
    *,
    accounts: Sequence[str],
    start: datetime | None,
    end: datetime | None,
    file_format: str | None,
    output: Path | None,
    same_account: bool,
    plot: Path | None,
    **filters: Any,
) -> int:
    """Download account after account; a failing account is reported, the others continue."""
    from venuekit import Runtime
    from venuekit.payloads import gather_odd_rows

    lacking: list[str] = []
    if output is None and file_format == Format.PARQUET:
        raise click.UsageError("Parquet needs an --output", context)
    if plot is not None:
        check_plot(plot)
    named = Format.of(output) if output is not None and file_format is None else Format.CSV
    format_ = named if file_format is None else Format(file_format)
    state = state_of(context)
    chosen = entries(state, accounts)
    symbols = [*dict.fromkeys(filters.pop("symbols", ()))]
    parts = _parts(history, symbols)
    of_symbol = {"symbol": ", ".join(sorted(symbols)) or None} if parts[0] else {}
    terms = Terms(
        history.name,
        format_,
        {
            key.replace("_", "-"): _word_of(value)
            for key, value in (*sorted({**filters, **of_symbol}.items()), ("start", start), ("end", end))
        },
        {entry.name: f"{entry.venue} {entry.environment}" for entry in chosen},
    )
    columns = columns_of(history.shape)
    drawing = None if plot is None else HistoryPlot(plot, terms, columns, history.time, {**filters, "symbols": symbols})
    stream = stream_sink(sys.stdout.buffer, format_, columns)
    opening = open_export(output or (stream if drawing is None else drawing.keep_rows(stream)), history.shape, terms)
    failed: dict[str, VenuekitError] = {}
    unable: dict[str, VenuekitError] = {}
    with (
        nullcontext() if drawing is None else drawing.during_download(),
        _print_summary(opening, output, failed) as export,
        _progress_bar(start, end) as bar,
    ):
        async with Runtime(plugins=state.plugins) as runtime:
            for entry in chosen:
                try:
                    async with open_entry(entry, runtime, read_only=True) as account:
                        export.begin(entry.name, account.identity[-1], same_account=same_account)
                        if drawing is not None:
                            await drawing.read_instruments(entry.name, account)
                        options = [{**filters, **part, "start": start, "end": end} for part in parts]
                        with gather_odd_rows() as odd:
                            await _download_each(history, entry.name, account, export, bar=bar, parts=options)
                        if odd:
                            lacking.append(entry.name)
                            words = f"{entry.name}: {rows_that_cannot_be_read(len(odd))} are left out for good"
                            note(words, as_json=False, kind="warning")
                except VenuekitError as error:
                    if export.is_broken:
                        raise
                    if isinstance(error, UnsupportedCapability) and not accounts:
                        unable[entry.name] = error
                        note_left_out(entry.name, error, as_json=False)
                    else:
                        print_error(error, as_json=False, account=entry.name)
                        failed[entry.name] = error
            if len(unable) == len(chosen):
                failed |= unable
    statuses = [*map(status_of, failed.values()), *([Status.UNKNOWN] if lacking else [])]
    if drawing is not None:
        statuses.append(drawing.draw(output, {**failed, **unable}))
    return worst(statuses)


def _parts(history: _History, symbols: Sequence[str]) -> Sequence[Mapping[str, str | None]]:
    """Return the options of each walk of an account: one for each symbol, where the history takes symbols."""
    takes_symbols = any(option.name == "symbols" for option in history.filters)
    return [{"symbol": symbol} for symbol in symbols or (None,)] if takes_symbols else [{}]


def _word_of(option: Any) -> str | None:
    """Return an option as the notes of a download keep it, None where it was not given."""
    if isinstance(option, timedelta):
        return str(option)
    return None if option is None else str(plain(option))


async def _download_each(
    history: _History,
    name: str,
    account: Account,
    export: Export[Any],
    *,
    bar: _Bar,
    parts: Sequence[Mapping[str, Any]],
) -> None:
    """Download the parts of one account's history, by their options; one that fails keeps no other from it."""
    failed: list[VenuekitError] = []
    for options in parts:
        part = options["symbol"] if len(parts) > 1 else None
        title = name if part is None else f"{name} {part}"
        after = export.begin_part(name, part)
        try:
            await _download_one(history, title, account, export, name=name, bar=bar, after=after, **options)
        except VenuekitError as error:
            if export.is_broken or isinstance(error, UnsupportedCapability):
                raise
            failed.append(error)
    if failed:
        *others, last = sorted(failed, key=lambda one: not isinstance(one, _FOR_GOOD))
        for other in others:
            print_error(other, as_json=False, account=name)
        raise last


async def _download_one(
    history: _History,
    title: str,
    account: Account,
    export: Export[Any],
    *,
    name: str,
    bar: _Bar,
    after: Any,
    **options: Any,
) -> None:
    """Download one history behind the item ``after``, the last one in the file."""
    patient = account.with_options(max_wait=_MAX_WAIT)
    # ``after`` replaces the start, which the venue may not keep any more
    span = options if after is None else {**options, "start": None}
    walk = getattr(capability_of(history.method).of(patient), history.method.__name__)(**span, after=after)
    since = None if after is None else getattr(after, history.time)
    behind = f", continued behind {plain(since)}" if since else ""
    say_aside(f"{title}: {history.name}: a page weighs {walk.cost_per_page}{behind}")
    bar.begin(title, since)
    async with aclosing(walk):
        async for item in walk:
            export.add(name, account.venue.id, item)
            bar.advance(getattr(item, history.time))


@contextmanager
def _print_summary(
    opening: AbstractContextManager[Export[Any]], path: Path | None, failed: Mapping[str, VenuekitError]
) -> Iterator[Export[Any]]:
    """Report the rows of the file when it is closed, however that comes, and whether another run could add to it."""
    export: Export[Any] | None = None
    ended = False
    try:
        with opening as export:
            yield export
        ended = True
    finally:
        if export is not None and path is not None:
            again = ""
            if failed or not ended:
                again = "; not all of it"
            if not ended or not all(isinstance(error, _FOR_GOOD) for error in failed.values()):
                again += ": the same command again continues"
            say_aside(f"{path}: {export.added} rows added, {export.rows} in all{again}")


class _Bar:
    """One line per account on a terminal; the bar shows time, since the number of rows is unknown in advance."""

    def __init__(self, progress: Progress | None, start: datetime | None, end: datetime | None) -> None:
        self._progress = progress
        self._task: TaskID
        self._start = self._from = start
        self._last = end or from_milliseconds(SystemClock().milliseconds())
        self._rows = 0

    def begin(self, name: str, since: datetime | None) -> None:
        """Note that an account's download begins, after the items that the file already has."""
        self._from, self._rows = since or self._start, 0
        if self._progress is not None:
            self._task = self._progress.add_task(name, total=None, rows=0, moment="")

    def advance(self, moment: datetime | None) -> None:
        """Note one item and its time."""
        self._rows += 1
        if self._progress is None or moment is None:
            return
        self._from = self._from or moment
        self._progress.update(
            self._task,
            total=(self._last - self._from).total_seconds(),
            completed=(moment - self._from).total_seconds(),
            rows=self._rows,
            moment=plain(moment),
        )


@contextmanager
def _progress_bar(start: datetime | None, end: datetime | None) -> Iterator[_Bar]:
    """Yield the display of downloads from ``start`` to ``end``; it shows nothing without a terminal."""
    if not sys.stderr.isatty():
        yield _Bar(None, start, end)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]} rows {task.fields[moment]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress, start, end)


for _history in _HISTORIES:
    _command = click.Command(
        _history.name,
        params=list(_COMMON),
        callback=click.pass_context(functools.partial(_download, _history)),
        help=_history.help,
    )
    accounts_option(_command).params.extend(_history.filters)
    history_command.add_command(_command)
