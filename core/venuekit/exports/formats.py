"""Formats: the kinds of files that an export can write, and the files of text, which grow in place."""

from __future__ import annotations

import enum
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import attrs

from venuekit.errors import ConfigurationError
from venuekit.exports.rows import Columns, Row, plain

_BATCH = 200
#: the number of bytes before a position whose digest shows whether the file was changed
_END = 4096
#: suffix of a file's name to format
_BY_SUFFIX = {"": "csv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


class Format(enum.StrEnum):
    """The format of the rows; text is UTF-8."""

    CSV = "csv"  #: a heading, then a line per row; true and false are words, None is empty, an empty text is quoted
    JSONL = "jsonl"  #: a JSON object per line; Decimals as text, None as null
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


@attrs.frozen
class _Text:
    """A format of rows as lines: the bytes before the first row, and the line of a row."""

    head: bytes
    line: Callable[[Row], str]

    def encode(self, rows: Sequence[Row], position: int) -> bytes:
        """Return the bytes of rows that are written at a position."""
        lines = "".join(f"{self.line(row)}\n" for row in rows).encode()
        return lines if position else self.head + lines


def _text(format: Format, columns: Columns) -> _Text:  # noqa: A002 - it is one
    def csv_line(row: Row) -> str:
        return ",".join([_cell(row[name]) for name in columns])

    def json_line(row: Row) -> str:
        return json.dumps({name: plain(row[name]) for name in columns}, ensure_ascii=False, separators=(",", ":"))

    return _Text(f"{','.join(columns)}\n".encode(), csv_line) if format is Format.CSV else _Text(b"", json_line)


def _cell(value: object) -> str:
    """Return a cell; unlike the standard writer of Python 3.11, this one also quotes a lone carriage return."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(plain(value))
    if text and not any(mark in text for mark in ',"\r\n'):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def stream_sink(stream: BinaryIO, format: Format, columns: Columns) -> Sink:  # noqa: A002 - it is one
    """Return a sink that writes CSV or JSON lines to a stream, which cannot be continued."""
    return _StreamSink(stream, _text(format, columns))


class _StreamSink:
    """A stream that cannot be continued, such as standard output; the position is the number of bytes."""

    batch = _BATCH
    end = ""

    def __init__(self, stream: BinaryIO, text: _Text) -> None:
        self._stream = stream
        self._text = text
        self._position = 0

    def append(self, rows: Sequence[Row]) -> int:
        """Write rows and flush them at once."""
        data = self._text.encode(rows, self._position)
        self._stream.write(data)
        self._stream.flush()
        self._position += len(data)
        return self._position

    def close(self) -> None:
        """Leave the stream open; its opener closes it."""


class FileSink:
    """
    A text file; the position is in bytes.

    Every batch is written in one piece and synced to the disk before its position is returned. A file that another
    program saved with different line ends, marks or numbers is not continued: its rows have other positions now.
    ``position`` and ``end`` are those after the last batch, 0 and empty for a new file; rows of an interrupted run
    after the position are dropped.
    """

    batch = _BATCH

    def __init__(self, path: Path, format: Format, columns: Columns, position: int, end: str = "") -> None:  # noqa: A002 - it is one
        self._text = _text(format, columns)
        self._position = position
        self._file = path.open("r+b" if path.exists() else "x+b")
        size = self._file.seek(0, os.SEEK_END)
        if size < position:
            self._file.close()
            raise ConfigurationError(
                f"{path} has {size} bytes, {position} were written: the file was changed and cannot be continued"
            )
        head = self._text.head if position else b""
        self._file.seek(0)
        begins = self._file.read(len(head)) == head
        self._file.seek(max(0, position - _END))
        self._last = self._file.read(min(position, _END))
        if not begins or (end and end != self.end):
            self._file.close()
            raise ConfigurationError(
                f"{path} has other contents than were written: another program saved it, and it cannot be continued;"
                " name another --output, or restore the file"
            )
        self._file.truncate(position)
        self._file.seek(position)

    @property
    def end(self) -> str:
        """A digest of the bytes before the position."""
        return hashlib.sha256(self._last).hexdigest()

    def append(self, rows: Sequence[Row]) -> int:
        """Write rows and sync them to the disk."""
        data = self._text.encode(rows, self._position)
        if data:
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._position += len(data)
            self._last = (self._last + data)[-_END:]
        return self._position

    def close(self) -> None:
        """Close the file."""
        self._file.close()
