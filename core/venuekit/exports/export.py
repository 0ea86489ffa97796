"""Export: items of one kind of history, of one or several accounts, on their way into a file."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from venuekit.errors import ConfigurationError
from venuekit.exports.formats import Sink, check_format, open_sink
from venuekit.exports.resume import Resume, Terms, file_lock, read_resume, write_resume
from venuekit.exports.rows import Row, columns_of
from venuekit.payloads import payload_decoder

__all__ = ["Export", "open_export"]

T = TypeVar("T", bound=attrs.AttrsInstance)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Export(Generic[T]):
    """
    Takes items one by one and writes them in batches; after each batch the file is whole and can be continued.

    ``added`` is how many rows this run wrote.
    """

    def __init__(self, sink: Sink, shape: type[T], resume: Resume, path: Path | None = None) -> None:
        self._sink = sink
        self._path = path
        self._decode = payload_decoder(shape)
        self._fields = resume.columns[2:]
        self._resume = resume
        self._pending: list[Row] = []
        self._last: dict[str, T] = {}
        self._broken = False
        self.added = 0

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return self._resume.rows

    @property
    def is_broken(self) -> bool:
        """Whether a batch could not be written, so that nothing more is."""
        return self._broken

    def begin(self, account: str, key: str, *, same_account: bool = False) -> T | None:
        """
        Return the item to continue an account behind, None to begin with the first.

        Args:
            account: The account's name.
            key: The fingerprint of its API key.
            same_account: A new key leads to the same account.

        Raises:
            ConfigurationError: the key is another one, so it may be another account.
        """
        former = self._resume.keys.get(account, key)
        if former != key and not same_account:
            raise ConfigurationError(
                f"the key of {account} is not the one the file was begun with, so it may be another account; "
                "say --same-account if it is not"
            )
        self._resume = attrs.evolve(self._resume, keys={**self._resume.keys, account: key})
        last = self._resume.last.get(account)
        return None if last is None else self._decode(json.dumps(last).encode())

    def add(self, account: str, venue: str, item: T) -> None:
        """Take one item; it is in the file when its batch is full, or with :meth:`commit`."""
        self._pending.append({"account": account, "venue": venue, **{f: getattr(item, f) for f in self._fields}})
        self._last[account] = item
        if len(self._pending) >= self._sink.batch:
            self.commit()

    def commit(self) -> None:
        """Write what was taken so far, then note how far that is; after a failure, leave it as it is."""
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
        """Return an item's fields as JSON that the payload decoder turns back into them exactly."""
        return {name: _exact(getattr(item, name)) for name in self._fields}


def _exact(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(milliseconds=1)
    return value


@contextmanager
def open_export(target: Path | Sink, shape: type[T], terms: Terms) -> Iterator[Export[T]]:
    """
    Open an export: a file that is begun or continued, or a sink that is written once.

    However the block ends, what was taken is written.

    Raises:
        ConfigurationError: the file holds something else, was changed, is being written by another process or cannot
            be written, or the format needs what is not installed.
    """
    columns = columns_of(shape)
    fresh = Resume(terms, tuple(columns))
    with ExitStack() as stack:
        if isinstance(target, Path):
            check_format(terms.format)
            with _file_errors(target):
                stack.enter_context(file_lock(target))
                resume = _continue_or_begin(target, fresh)
                sink = open_sink(target, terms.format, columns, resume.position, resume.end)
            stack.callback(sink.close)
            export = Export(sink, shape, resume, target)
        else:
            export = Export(target, shape, fresh)
        stack.callback(export.commit)
        yield export


@contextmanager
def _file_errors(path: Path | None) -> Iterator[None]:
    """Say which file the system's error is about; one of a stream stays as it is."""
    try:
        yield
    except OSError as error:
        if path is None:
            raise
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error


def _continue_or_begin(path: Path, fresh: Resume) -> Resume:
    """
    Return how far the file got; a new one is noted before it is made, so that it can always be continued.

    One without a row is begun anew: nothing in it binds whoever got the options wrong at first.
    """
    found = read_resume(path)
    if found is None or not found.rows:
        write_resume(path, fresh)
        return fresh
    if differences := fresh.terms.differences(found.terms):
        raise ConfigurationError(
            f"{path} cannot be continued by this call: {'; '.join(differences)}; name another --output"
        )
    if found.columns != fresh.columns:
        raise ConfigurationError(f"{path} has the columns of another version of venuekit; name another --output")
    return found
