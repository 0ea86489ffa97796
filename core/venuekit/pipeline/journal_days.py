"""Days of a journal: the lines of one file, each read once, and the writes that follow from them."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from pathlib import Path

import attrs

from venuekit.endpoint import Effect
from venuekit.errors import Outcome
from venuekit.ids import ClientIds
from venuekit.pipeline.journal_lines import Ended, MalformedLine, Unresolved, day_of, milliseconds, read_line

#: the most writes that add up and are distinguished in one day
_MOST_ADDED = 2000
#: how many unreadable lines of a file are named
_MOST_NAMED = 100
#: outcomes that leave nothing behind at the venue
_NOTHING = frozenset({Outcome.NOT_SENT, Outcome.NOT_APPLIED})


@attrs.frozen
class UnreadableLine:
    """
    A line of the journal that cannot be read, or (``number`` is None) a whole file.

    One that ``is_cut_off`` was being written when its process or its disk ended: nothing was sent after it.
    """

    path: Path
    number: int | None
    reason: str
    is_cut_off: bool = False

    def __str__(self) -> str:
        where = self.path if self.number is None else f"{self.path}:{self.number}"
        return f"{where}: {self.reason}"


@attrs.define(eq=False)
class Day:
    """
    The lines of one file, as far as they have been read.

    Args:
        path: Where it is.
        recent: Receives the client ids that went out.
    """

    path: Path
    recent: ClientIds = attrs.field(repr=False)
    #: writes that were begun and not ended, oldest first
    open: dict[str, Unresolved] = attrs.field(factory=dict, init=False)
    #: writes that add up and were ended, with how
    added: deque[tuple[Unresolved, Ended]] = attrs.field(factory=lambda: deque(maxlen=_MOST_ADDED), init=False)
    #: rows of histories that writes explain
    claims: set[str] = attrs.field(factory=set, init=False)
    unreadable: list[UnreadableLine] = attrs.field(factory=list, init=False)
    #: how many bytes have been read
    offset: int = attrs.field(default=0, init=False)
    _number: int = attrs.field(default=0, init=False)
    _file: tuple[int, int] = attrs.field(default=(0, 0), init=False)
    #: bytes after the last line's end: begun by another process, or cut off
    _rest: bytes = attrs.field(default=b"", init=False)

    def read_on(self) -> None:
        """
        Read the lines appended since the last time; a file that was replaced is read from its beginning.

        Raises:
            FileNotFoundError: it is not there any more.
        """
        try:
            self._read()
        except FileNotFoundError:
            raise
        except OSError as error:
            self._report(UnreadableLine(self.path, None, f"cannot be read: {error.strerror or error}"))

    def unreadable_lines(self) -> tuple[UnreadableLine, ...]:
        """Return the lines that cannot be read, also the last one as long as nothing follows it."""
        last: tuple[UnreadableLine, ...] = ()
        if self._rest:
            try:
                read_line(self._rest)
            except MalformedLine as error:
                last = (UnreadableLine(self.path, self._number + 1, error.reason, error.is_cut_off),)
        return (*self.unreadable, *last)

    def _read(self) -> None:
        if not stat.S_ISREG(self.path.stat().st_mode):  # a pipe or device has no end
            raise OSError(errno.EINVAL, "not a file")
        with self.path.open("rb") as file:
            status = os.fstat(file.fileno())
            if (status.st_dev, status.st_ino) != self._file or status.st_size < self.offset:
                self._forget()
                self._file = (status.st_dev, status.st_ino)
            file.seek(self.offset)
            self._rest = b""
            for text in file:
                if not text.endswith(b"\n"):
                    self._rest = text
                    break
                self.offset += len(text)
                self._number += 1
                self._take(text)
        if self._rest:
            # a whole line without its end counts; one that is still being written is read again later
            self._take(self._rest, is_last=True)

    def _take(self, text: bytes, *, is_last: bool = False) -> None:
        text = text.strip()
        if not text:
            return
        try:
            line = read_line(text)
            if day_of(line.id) != self.path.stem[-8:]:
                raise MalformedLine("belongs into the file of another day")
        except MalformedLine as error:
            if not is_last:
                self._report(UnreadableLine(self.path, self._number, error.reason, error.is_cut_off))
            return
        if isinstance(line, Unresolved):
            self.open[line.id] = line
            if line.effect is Effect.KEYED:
                self.recent.note(line.client_ids, milliseconds(line.fence))
        else:
            self._end(line)

    def _end(self, line: Ended) -> None:
        entry = self.open.pop(line.id, None)
        if line.claims is not None:
            self.claims.add(line.claims)
        if entry is None:
            return
        if entry.effect is Effect.KEYED:
            if line.outcome in _NOTHING:
                self.recent.forget(entry.client_ids)
            elif line.at is not None:
                self.recent.note(entry.client_ids, min(line.at, milliseconds(entry.fence)))
        elif entry.effect in {Effect.DELTA, None} and line.outcome not in _NOTHING:
            self.added.append((entry, line))

    def _report(self, line: UnreadableLine) -> None:
        if line not in self.unreadable and len(self.unreadable) < _MOST_NAMED:
            self.unreadable.append(line)

    def _forget(self) -> None:
        self.open.clear()
        self.added.clear()
        self.claims.clear()
        self.unreadable.clear()
        self.offset = self._number = 0
