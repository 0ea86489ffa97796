"""Text: CSV and JSON lines, in files that can be continued and in streams."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from venuekit.errors import ConfigurationError
from venuekit.exports.rows import Columns, Row, plain

_BATCH = 200
#: the number of bytes before a position whose digest shows whether the file was changed
_END = 4096


class Text(Protocol):
    """A format of rows as lines."""

    def head(self) -> bytes:
        """Return the bytes before the first row."""

    def lines(self, rows: Sequence[Row]) -> bytes:
        """Return the lines of rows, each with its end."""


class CsvText:
    """CSV in UTF-8 with a heading; true and false are words, None is empty, an empty text is quoted."""

    def __init__(self, columns: Columns) -> None:
        self._columns = tuple(columns)

    def head(self) -> bytes:
        """Return the heading."""
        return f"{','.join(self._columns)}\n".encode()

    def lines(self, rows: Sequence[Row]) -> bytes:
        """Return a line for each row."""
        return "".join(f"{','.join(_cell(row[name]) for name in self._columns)}\n" for row in rows).encode()


def _cell(value: object) -> str:
    """Return a cell; unlike the standard writer of Python 3.11, this one also quotes a lone carriage return."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(plain(value))
    if text and not any(mark in text for mark in ',"\r\n'):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


class JsonLines:
    """JSON lines in UTF-8: Decimals as text, None as null."""

    def __init__(self, columns: Columns) -> None:
        self._columns = tuple(columns)

    def head(self) -> bytes:
        """Return nothing: every line is a row."""
        return b""

    def lines(self, rows: Sequence[Row]) -> bytes:
        """Return a line for each row."""
        objects = ({name: plain(row[name]) for name in self._columns} for row in rows)
        return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in objects).encode()


class StreamSink:
    """A stream that cannot be continued, such as standard output; the position is the number of bytes."""

    batch = _BATCH
    end = ""

    def __init__(self, stream: BinaryIO, text: Text) -> None:
        self._stream = stream
        self._text = text
        self._position = 0

    def append(self, rows: Sequence[Row]) -> int:
        """Write rows and flush them at once."""
        data = (b"" if self._position else self._text.head()) + self._text.lines(rows)
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
    """

    batch = _BATCH

    def __init__(self, path: Path, text: Text, position: int, end: str = "") -> None:
        self._text = text
        self._position = position
        self._file = path.open("r+b" if path.exists() else "x+b")
        size = self._file.seek(0, os.SEEK_END)
        if size < position:
            self._file.close()
            raise ConfigurationError(
                f"{path} has {size} bytes, {position} were written: the file was changed and cannot be continued"
            )
        head = text.head() if position else b""
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
        data = (b"" if self._position else self._text.head()) + self._text.lines(rows)
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
