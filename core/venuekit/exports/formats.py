"""Formats: the files that an export can be."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from venuekit.errors import ConfigurationError
from venuekit.exports.rows import Columns, Row

if TYPE_CHECKING:
    from venuekit.exports.text import Text

__all__ = ["Format", "Sink", "check_format", "open_sink", "stream_sink"]


#: suffix of a file's name to format
_BY_SUFFIX = {"": "csv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


class Format(enum.StrEnum):
    """How rows are written."""

    CSV = "csv"  #: a heading, then a line per row; what the venue did not say is empty
    JSONL = "jsonl"  #: a JSON object per line
    PARQUET = "parquet"  #: numbers as decimal(38, 18), times as UTC milliseconds; needs ``venuekit[parquet]``

    @classmethod
    def of(cls, path: Path) -> Format:
        """
        Return what a file's name says; CSV when it has no suffix.

        Raises:
            ConfigurationError: the suffix is of no format; the text lists those that are.
        """
        found = _BY_SUFFIX.get(path.suffix.lower())
        if found is None:
            known = ", ".join(filter(None, _BY_SUFFIX))
            raise ConfigurationError(f"{path}: {path.suffix} is of no format; expected {known}, or name the format")
        return cls(found)


class Sink(Protocol):
    """A file that grows by rows and is valid after each of them; ``batch`` is how many to hand in at once."""

    batch: int

    @property
    def end(self) -> str:
        """What tells whether the file still ends as it was written, empty where its format does so."""

    def append(self, rows: Sequence[Row]) -> int:
        """Add rows, hand them to the disk, and return the position behind them; no rows make an empty file valid."""

    def close(self) -> None:
        """Let go of the file."""


def check_format(format: Format) -> None:  # noqa: A002 - it is one
    """
    Find out whether a format can be written here.

    Raises:
        ConfigurationError: what it needs is not installed; the text says how to install it.
    """
    if format is Format.PARQUET:
        from venuekit.exports.parquet import check_installed

        check_installed()


def open_sink(path: Path, format: Format, columns: Columns, position: int, end: str = "") -> Sink:  # noqa: A002 - it is one
    """
    Open a file to add rows behind a position that :meth:`Sink.append` returned, 0 for a new one.

    ``end`` is what :attr:`Sink.end` said then.

    What an interrupted run left behind the position is given up.

    Raises:
        ConfigurationError: the file is not what it was.
    """
    if format is Format.PARQUET:
        from venuekit.exports.parquet import ParquetSink

        return ParquetSink(path, columns, position)
    from venuekit.exports.text import FileSink

    return FileSink(path, _text(format, columns), position, end)


def stream_sink(stream: BinaryIO, format: Format, columns: Columns) -> Sink:  # noqa: A002 - it is one
    """Return what writes CSV or JSON lines to a stream, which cannot be continued."""
    from venuekit.exports.text import StreamSink

    return StreamSink(stream, _text(format, columns))


def _text(format: Format, columns: Columns) -> Text:  # noqa: A002 - it is one
    from venuekit.exports.text import CsvText, JsonLines

    return CsvText(columns) if format is Format.CSV else JsonLines(columns)
