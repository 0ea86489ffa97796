"""Export: writes the items of one kind of history, of one or several accounts, into a file."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from venuekit._util.times import to_milliseconds
from venuekit.errors import ConfigurationError
from venuekit.exports.formats import FileSink, Format, Sink
from venuekit.exports.parquet import ParquetSink, check_installed
from venuekit.exports.resume import Resume, Terms, file_lock, read_resume, write_resume
from venuekit.exports.rows import Columns, Row, columns_of

#: rows of a new file that are written and synced at once
_BATCH = 5000

T = TypeVar("T", bound=attrs.AttrsInstance)


class Export(Generic[T]):
    """
    Takes items one by one and writes them in batches; after each batch the file is whole and can be continued.

    ``added`` is the number of rows that this run wrote.
    """

    def __init__(self, sink: Sink, shape: type[T], resume: Resume, path: Path | None = None) -> None:
        from venuekit.payloads import payload_decoder  # only a download needs it; the rows alone serve every command

        self._sink = sink
        self._path = path
        self._decode = payload_decoder(shape)
        self._fields = resume.columns[2:]
        self._resume = resume
        self._pending: list[Row] = []
        self._last: dict[str, T] = {}
        self._part: str | None = None
        self._broken = False
        self.added = 0

    @property
    def rows(self) -> int:
        """The number of rows in the file."""
        return self._resume.rows

    @property
    def is_broken(self) -> bool:
        """Whether a batch could not be written; later batches are then dropped."""
        return self._broken

    def begin(self, account: str, key: str, *, same_account: bool = False) -> T | None:
        """
        Begin or continue an account; return its last item, to continue after it, or None to begin with the first.

        Args:
            account: The account's name.
            key: The fingerprint of its API key.
            same_account: A new key belongs to the same account.

        Raises:
            ConfigurationError: the key is a different one, so it may belong to another account.
        """
        former = self._resume.keys.get(account, key)
        if former != key and not same_account:
            raise ConfigurationError(
                f"the key of {account} is not the one the file was begun with, so it may belong to another account; "
                "use --same-account if it does not"
            )
        self._resume = attrs.evolve(self._resume, keys={**self._resume.keys, account: key})
        return self.begin_part(account, None)

    def begin_part(self, account: str, part: str | None) -> T | None:
        """
        Begin or continue a part of an account that has begun, such as a symbol, and return the last item of it.

        Items that are added from then on are of this part; None is the one of an account that has no parts.
        """
        self._part = part
        last = self._resume.last.get(self._of_part(account))
        return None if last is None else self._decode(json.dumps(last).encode())

    def _of_part(self, account: str) -> str:
        return account if self._part is None else f"{account}\n{self._part}"

    def add(self, account: str, venue: str, item: T) -> None:
        """Take one item; it is in the file when its batch is full, or with :meth:`commit`."""
        self._pending.append({"account": account, "venue": venue, **{f: getattr(item, f) for f in self._fields}})
        self._last[self._of_part(account)] = item
        if len(self._pending) >= self._sink.batch:
            self.commit()

    def commit(self) -> None:
        """Write the pending items, then note the progress; after a failed batch, do nothing."""
        if self._broken:
            return
        self._broken = True
        pending, last, self._pending, self._last = self._pending, self._last, [], {}
        with _file_errors(self._path):
            self._resume = attrs.evolve(
                self._resume,
                position=self._sink.append(pending),
                end=self._sink.end,
                rows=self._resume.rows + len(pending),
                last={**self._resume.last, **{name: self._as_json(item) for name, item in last.items()}},
            )
            if self._path is not None:
                write_resume(self._path, self._resume)
        self._broken = False
        self.added += len(pending)

    def _as_json(self, item: T) -> Mapping[str, Any]:
        """Return an item's fields as JSON that the payload decoder converts back exactly."""
        return {name: _exact(getattr(item, name)) for name in self._fields}


def _exact(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return to_milliseconds(value)
    return value


@contextmanager
def open_export(target: Path | Sink, shape: type[T], terms: Terms) -> Iterator[Export[T]]:
    """
    Open an export: a file that is begun or continued, or a sink that is written once.

    Pending items are written however the block ends.

    Raises:
        ConfigurationError: the file has other contents, was changed, is being written by another process or cannot be
            written, or a package that the format requires is missing.
    """
    columns = columns_of(shape)
    fresh = Resume(terms, tuple(columns))
    with ExitStack() as stack:
        if isinstance(target, Path):
            if terms.format is Format.PARQUET:
                check_installed()
            with _file_errors(target):
                stack.enter_context(file_lock(target))
                resume = _continue_or_begin(target, fresh)
                if terms.format is Format.PARQUET:
                    sink: Sink = ParquetSink(target, columns, resume.position)
                else:
                    sink = FileSink(target, terms.format, columns, resume.position, resume.end)
            stack.callback(sink.close)
            export = Export(sink, shape, resume, target)
        else:
            export = Export(target, shape, fresh)
        stack.callback(export.commit)
        yield export


def write_new_file(path: Path, file_format: Format, columns: Columns, rows: Iterable[Row]) -> int:
    """
    Write rows as CSV or JSON lines into a new file, which is there once it is whole, and return their number.

    Raises:
        ConfigurationError: there is such a file, it cannot be written, or another process is writing it.
    """
    if path.exists():
        raise ConfigurationError(f"{path} exists; name another file, or remove it")
    partial = path.with_name(f"{path.name}.partial")
    with _file_errors(path), file_lock(path):
        sink = FileSink(partial, file_format, columns, 0)
        try:
            count = append_rows(sink, rows)
        finally:
            sink.close()
        partial.replace(path)
    return count


def append_rows(sink: Sink, rows: Iterable[Row]) -> int:
    """Append rows to a new sink, in batches, and return their number; without any, its heading is written."""
    count, waiting = 0, iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        sink.append(batch)
        count += len(batch)
    if not count:
        sink.append(())
    return count


@contextmanager
def _file_errors(path: Path | None) -> Iterator[None]:
    """Name the file in the system's errors; errors of a stream are raised unchanged."""
    try:
        yield
    except OSError as error:
        if path is None:
            raise
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error


def _continue_or_begin(path: Path, fresh: Resume) -> Resume:
    """
    Return the progress of a file; a new file's progress is noted before it is made, so that it can always be continued.

    A file without rows is begun anew, also with other options.
    """
    former = read_resume(path)
    if former is None or not former.rows:
        write_resume(path, fresh)
        return fresh
    if differences := fresh.terms.differences(former.terms):
        raise ConfigurationError(
            f"{path} cannot be continued by this call: {'; '.join(differences)}; name another --output"
        )
    if former.columns != fresh.columns:
        raise ConfigurationError(f"{path} has the columns of another version of venuekit; name another --output")
    return former
