"""Formats: the kinds of files that an export can write."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from venuekit.errors import ConfigurationError
from venuekit.exports.rows import Columns, Row

if TYPE_CHECKING:
    from venuekit.exports.text import Text

#: suffix of a file's name to format
_BY_SUFFIX = {"": "csv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


class Format(enum.StrEnum):
    """The format of the rows."""

    CSV = "csv"  #: a heading, then a line per row; None is empty
    JSONL = "jsonl"  #: a JSON object per line
    PARQUET = "parquet"  #: numbers as decimal(38, 18), times as UTC milliseconds; needs ``venuekit[parquet]``

    @classmethod
    def of(cls, path: Path) -> Format:
        """
        Return the format for a file's name, by its suffix; CSV without one.

        Raises:
            ConfigurationError: the suffix is unknown; the text lists the known ones.
        """
        name = _BY_SUFFIX.get(path.suffix.lower())
        if name is None:
            suffixes = ", ".join(filter(None, _BY_SUFFIX))
            raise ConfigurationError(f"{path}: unknown suffix {path.suffix}; expected {suffixes}, or name the format")
        return cls(name)


class Sink(Protocol):
    """A file that grows by rows and is valid after each batch; ``batch`` is the number of rows to append at once."""

    batch: int

    @property
    def end(self) -> str:
        """A digest that shows whether the file still ends as written, empty where its format shows it."""

    def append(self, rows: Sequence[Row]) -> int:
        """Add rows, flush them to the disk, and return the position after them; no rows make an empty file valid."""

    def close(self) -> None:
        """Close the file."""


def check_format(format: Format) -> None:  # noqa: A002 - it is one
    """
    Check that a format can be written here.

    Raises:
        ConfigurationError: a required package is missing; the text says how to install it.
    """
    if format is Format.PARQUET:
        from venuekit.exports.parquet import check_installed

        check_installed()


def open_sink(path: Path, format: Format, columns: Columns, position: int, end: str = "") -> Sink:  # noqa: A002 - it is one
    """
    Open a file to add rows after a position that :meth:`Sink.append` returned, 0 for a new one.

    ``end`` is the value of :attr:`Sink.end` at that time. Rows of an interrupted run after the position are dropped.

    Raises:
        ConfigurationError: the file was changed.
    """
    if format is Format.PARQUET:
        from venuekit.exports.parquet import ParquetSink

        return ParquetSink(path, columns, position)
    from venuekit.exports.text import FileSink

    return FileSink(path, _text(format, columns), position, end)


def stream_sink(stream: BinaryIO, format: Format, columns: Columns) -> Sink:  # noqa: A002 - it is one
    """Return a sink that writes CSV or JSON lines to a stream, which cannot be continued."""
    from venuekit.exports.text import StreamSink

    return StreamSink(stream, _text(format, columns))


def _text(format: Format, columns: Columns) -> Text:  # noqa: A002 - it is one
    from venuekit.exports.text import CsvText, JsonLines

    return CsvText(columns) if format is Format.CSV else JsonLines(columns)
