"""The picture of one download: its rows, the contracts that they are of, and everything that is missing in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from venuekit.capabilities import Instrument, InstrumentReader
from venuekit.cli.history_panels import PICTURES
from venuekit.cli.output import keep_warnings, note
from venuekit.cli.pictures import draw_picture
from venuekit.errors import UnsupportedCapability, VenuekitError
from venuekit.exports import Sink, Terms, read_rows
from venuekit.exports.rows import Columns, Row

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.cli.errors import Status


class HistoryPlot:
    """
    The picture of a download, which is drawn when the download is over.

    Args:
        path: The picture's file.
        terms: The selection that is downloaded.
        columns: Of the rows.
        time: The column of their times.
        options: The filters by name, as the method of the history takes them.
    """

    def __init__(self, path: Path, terms: Terms, columns: Columns, time: str, options: Mapping[str, Any]) -> None:
        self._path = path
        self._terms = terms
        self._columns = columns
        self._time = time
        self._options = options
        self._picture = PICTURES[terms.what]
        self._instruments: dict[tuple[str, str], Instrument] = {}
        self._notes: list[str] = []
        self._kept: list[Row] = []

    def keep_rows(self, sink: Sink) -> Sink:
        """Return a sink that writes to another one, and keeps the rows for the picture."""
        return _KeptRows(sink, self._keep)

    @contextmanager
    def during_download(self) -> Iterator[None]:
        """Keep the warnings of the block, which are about missing rows; after an interruption nothing is drawn."""
        with ExitStack() as interrupted, keep_warnings(self._notes):
            interrupted.callback(note, f"{self._path}: not drawn", as_json=False)
            yield
            interrupted.pop_all()

    async def read_instruments(self, name: str, account: Account) -> None:
        """Read the contracts of an account's venue, where units of the picture depend on them."""
        if not self._picture.needs_instruments or not account.support(InstrumentReader):
            return
        symbols = self._options["symbols"]
        symbol = symbols[0] if len(symbols) == 1 else None
        try:
            contracts = await InstrumentReader.of(account).get_instruments(symbol=symbol)
        except VenuekitError as error:
            note(f"{name}: units of contracts are not drawn: {error}", as_json=False)
            return
        self._instruments |= {(name, contract.symbol): contract for contract in contracts}

    def draw(self, output: Path | None, errors: Mapping[str, VenuekitError]) -> Status:
        """
        Draw all rows of the output, also those of former runs, and return the status of that.

        Args:
            output: The file of the rows; None for the kept ones.
            errors: Those of accounts that were not read to their end, by name.
        """
        rows = self._kept
        if output is not None:
            for row in read_rows(output, self._terms.format, self._columns):
                self._keep([row])
        panels, notes = self._picture.make(rows, self._instruments, self._options)
        notes += self._notes
        for name, error in errors.items():
            is_unable = isinstance(error, UnsupportedCapability)
            notes.append(
                f"without {name}, whose venue has no such history"
                if is_unable
                else f"not all of it: {name} was not read to its end"
            )
        return draw_picture(self._path, self._title(rows), panels, notes)

    def _keep(self, rows: Sequence[Row]) -> None:
        fields = {"account", self._time, *self._picture.fields}
        self._kept += [{field: row[field] for field in fields} for row in rows]

    def _title(self, rows: Sequence[Row]) -> str:
        """Return the command and the span of the rows."""
        words = [f"--{name} {value}" for name, value in self._terms.options.items() if value is not None]
        times: list[datetime] = [row[self._time] for row in rows if row[self._time] is not None]
        span = f", {_moment(min(times))} to {_moment(max(times))} UTC" if times else ""
        return f"{' '.join(['history', self._terms.what, *words])}: {len(rows)} rows{span}"


class _KeptRows:
    """A sink that hands its rows to a function when another sink has taken them."""

    def __init__(self, sink: Sink, keep: Any) -> None:
        self._sink = sink
        self._keep = keep
        self.batch = sink.batch

    @property
    def end(self) -> str:
        """That of the other sink."""
        return self._sink.end

    def append(self, rows: Sequence[Row]) -> int:
        """Write rows, then keep them."""
        position = self._sink.append(rows)
        self._keep(rows)
        return position

    def close(self) -> None:
        """Close the other sink."""
        self._sink.close()


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
