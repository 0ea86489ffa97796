"""The journal: every write, noted before its first byte, so that a killed process loses none."""

from __future__ import annotations

import contextlib
import errno
import itertools
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import attrs

from venuekit._util.texts import warn
from venuekit._util.times import from_milliseconds
from venuekit.endpoint import EndpointName
from venuekit.errors import Outcome
from venuekit.order_scope import ClientIds
from venuekit.pipeline.journal_lines import (
    Begun,
    Day,
    Ended,
    UnreadableLine,
    Unresolved,
    begin_text,
    day_of,
    end_text,
    lost_text,
    lost_words,
    read_line,
)
from venuekit.resolution import OtherWrite

#: milliseconds of a day
_DAY = 86_400_000
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
#: the most lines, and bytes of them, that are kept while the journal cannot be written
_KEPT_LINES_MAX = 20_000
_KEPT_BYTES_MAX = 16 * 1024 * 1024
#: the most journals of one runtime whose files are open at a time
_OPEN_MAX = 128
#: seconds for which a look at the path of the open file holds: as if whoever takes the file away did so that much later
_LOOK_HOLDS = 0.05


class _PartlyWritten(OSError):
    """A line of which only the beginning could be written."""


@attrs.define(eq=False)
class FileJournal:
    """
    A journal in files that only their owner can read, one per day, one JSON line per event as they happened.

    Each line is handed to the operating system in one piece before the call returns: it survives the death of the
    process, though not that of the machine. A write is in the file of the day it began. Files of older days with
    nothing open in them are renamed to ``.closed``, never read again, and the owner's to keep or delete. Lines that
    cannot be written and need not stand are kept, and written before the next one, in the order they came. At most
    20,000 lines or 16 MiB are kept; later ones are lost and counted, and a line of their day says how many.

    A file that somebody takes away or replaces is opened anew, at the latest 50 ms later: until then lines go where the
    file went, as if it had been taken away that much later.

    A key has a journal of its own. Those of the account's other keys, its mates, are read with it, and a write of
    theirs is closed in the file where it was begun.

    Args:
        stem: The files' path without day and suffix.
        recent: Receives the client ids that other processes have sent.
        open_files: The journals with an open file, the earliest first; of those that share it, 128 have one at most.
    """

    stem: Path
    recent: ClientIds = attrs.field(factory=ClientIds, repr=False)
    open_files: dict[FileJournal, None] = attrs.field(factory=dict, repr=False)
    #: finds its mates
    find_mates: Callable[[], tuple[FileJournal, ...]] = attrs.field(default=tuple, init=False, repr=False)
    #: those that were found last
    _mates: tuple[FileJournal, ...] = attrs.field(default=(), init=False, repr=False)
    #: the part that the identities of its writes have in common
    _writer: str = attrs.field(factory=lambda: os.urandom(8).hex(), init=False, repr=False)
    _numbers: Iterator[int] = attrs.field(factory=lambda: itertools.count(1), init=False, repr=False)
    days: dict[str, Day] = attrs.field(factory=dict, init=False, repr=False)
    #: the day of the newest identity, as a number and as it is written
    _day_number: int = attrs.field(default=-1, init=False, repr=False)
    _day: str = attrs.field(default="", init=False, repr=False)
    #: lines that could not be written yet, with the file they belong to
    _kept: deque[tuple[str, bytes]] = attrs.field(factory=deque, init=False, repr=False)
    _kept_bytes: int = attrs.field(default=0, init=False, repr=False)
    #: how many lines of a file are neither written nor kept
    _lost: dict[str, int] = attrs.field(factory=dict, init=False, repr=False)
    _reported: set[UnreadableLine] = attrs.field(factory=set, init=False, repr=False)
    #: the file that is open for appending, which one it is, and how long it was when it was looked at
    _descriptor: int | None = attrs.field(default=None, init=False, repr=False)
    _path: str = attrs.field(default="", init=False, repr=False)
    _file: tuple[int, int] = attrs.field(default=(0, 0), init=False, repr=False)
    _length: int = attrs.field(default=0, init=False, repr=False)
    #: when it was last seen to be the one of its path, on the monotonic clock
    _seen_at: float = attrs.field(default=-math.inf, init=False, repr=False)

    def new_id(self, moment: int) -> str:
        """
        Return an identity that no other write has, in no process; it begins with the day of its file.

        ``moment`` is in milliseconds since 1970.
        """
        return f"{self._day_at(moment)}-{self._writer}-{os.getpid():x}-{next(self._numbers)}"

    def look_for_mates(self) -> None:
        """Find the journals of the account's other keys anew."""
        self._mates = self.find_mates()

    def note_ids_in(self, recent: ClientIds) -> None:
        """Have client ids noted there from now on: keys were found to be of one account."""
        self.recent = recent
        for day in self.days.values():
            day.recent = recent

    def catch_up(self, moment: int) -> None:
        """Read the lines of others since the last time, in the file of a write at this moment in milliseconds."""
        path = self._path_of(self._day_at(moment))
        for mate in self._mates:
            mate.catch_up_beside(moment)
        if path != self._path:
            self.read_on()
            return
        try:
            status = os.stat(path)
        except OSError:
            return  # writing to it will show
        self._seen_at = time.monotonic() if (status.st_dev, status.st_ino) == self._file else -math.inf
        if status.st_size != self._length:
            self._length = status.st_size
            day = self.days.get(path)
            if day is None:
                self.read_on()
                return
            with contextlib.suppress(FileNotFoundError):  # likewise
                day.read_on()

    def begin(self, begun: Begun, *, is_again: bool = False) -> None:
        """
        Append the opening line of a write, before its first byte is sent; ``is_again`` says that it has one already.

        Raises:
            OSError: that does not stand where it survives this process.
        """
        path = self._path_of(begun.id)
        try:
            self._write(path, begin_text(begun))
        except _PartlyWritten:  # it may be readable, and nothing is sent
            if not is_again:  # else an earlier attempt has left, whose outcome may be open
                self._keep(path, end_text(Ended(begun.id, Outcome.NOT_SENT)))
            raise

    def keep(self, begun: Begun) -> None:
        """Keep the opening line of a write that is sent all the same, until it can be written."""
        self._keep(self._path_of(begun.id), begin_text(begun))

    def end(self, ended: Ended) -> bool:
        """Append the closing line, and say whether it stands; else it is kept, as by :meth:`keep`."""
        path, text = self._path_of(ended.id), end_text(ended)
        if self._mates and self._number_of(ended.id) is None:
            holder = next((mate for mate in self._mates if mate.has_open(ended.id)), None)
            if holder is not None:
                return holder.end(ended)
        try:
            # it belongs behind its opening line, wherever that stands by now
            self._write(path, text, is_closing=True)
        except OSError:
            self._keep(path, text)
            return False
        return True

    def lost_lines(self) -> int:
        """Return how many lines were given up, as too many are kept; 0 again when the journal itself says so."""
        return sum(self._lost.values())

    def open_writes(self) -> tuple[Unresolved, ...]:
        """Return the open writes, oldest first; an unreadable line is warned of once, and left out."""
        journals = self._read_all()
        for unread in self.unreadable():
            if unread not in self._reported:
                self._reported.add(unread)
                warn(f"the journal has a line that cannot be read, and it is skipped: {unread}")
        if len(journals) == 1:
            return self.own_open_writes()
        return tuple(
            sorted((entry for one in journals for entry in one.own_open_writes()), key=lambda one: one.sent_at)
        )

    def unreadable(self) -> tuple[UnreadableLine, ...]:
        """Return the lines that could not be read when it was read last, and those that were lost since."""
        return tuple(line for journal in (self, *self._mates) for line in journal.own_unreadable())

    def others(self, entry_id: str | None, name: EndpointName, *, sole: bool) -> tuple[OtherWrite, ...]:
        """
        Return the other writes of an endpoint that were or may be applied, oldest first.

        ``sole`` leaves out those that were begun here before the one of this identity.
        """
        journals = self._read_all()
        number = None if entry_id is None else self._number_of(entry_id)

        def is_meant(entry: Unresolved) -> bool:
            same = entry.endpoint_name == name and entry.id != entry_id
            return same and not (sole and number is not None and (self._number_of(entry.id) or number) < number)

        days = (day for journal in journals for day in journal.days.values())
        added = [pair for day in days for pair in day.added if is_meant(pair[0])]
        found = [OtherWrite(one.parameters, one.sent_at, _end_of(one, ended), ended.claims) for one, ended in added]
        open_writes = filter(is_meant, self.open_writes())
        found += [OtherWrite(one.parameters, one.sent_at, one.fence, is_open=True) for one in open_writes]
        return tuple(sorted(found, key=lambda one: one.sent_at))

    def claims(self) -> frozenset[str]:
        """Return the rows of histories that writes explain, as their closing lines say."""
        return frozenset(claim for one in self._read_all() for day in one.days.values() for claim in day.claims)

    def catch_up_beside(self, moment: int) -> None:
        """Do as :meth:`catch_up` for the journal of another key, which is seldom written to here."""
        path = f"{self.stem}-{self._day_at(moment)}.jsonl"
        day = self.days.get(path)
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_size == (0 if day is None else day.offset):
                return
            if day is None:
                self.read_on()
            else:
                day.read_on()

    def own_open_writes(self) -> tuple[Unresolved, ...]:
        """Return the open writes of this key, as far as it was read."""
        found = {entry.id: entry for day in self.days.values() for entry in day.open.values()}
        for _, text in self._kept:
            line = read_line(text.strip())
            if isinstance(line, Unresolved):
                found[line.id] = line
            else:
                found.pop(line.id, None)
        return tuple(found.values())

    def has_open(self, entry_id: str) -> bool:
        """Say whether a write of this identity is open here, as far as it was read."""
        return any(entry.id == entry_id for entry in self.own_open_writes())

    def own_unreadable(self) -> tuple[UnreadableLine, ...]:
        """Return the unreadable lines of this key, as far as it was read."""
        lost = (UnreadableLine(Path(path), None, lost_words(count)) for path, count in self._lost.items())
        return (*(line for day in self.days.values() for line in day.unreadable_lines()), *lost)

    def read_on(self) -> None:
        """Read the lines appended to any file since the last time, and set aside files without an open write."""
        paths = self._paths()
        days: dict[str, Day] = {}
        for index, path in enumerate(paths):
            day = self.days.get(str(path)) or Day(path, self.recent)
            try:
                day.read_on()
            except FileNotFoundError:
                continue  # another process has just found nothing open in it
            days[str(path)] = day
            # around midnight a write of yesterday may still be under way
            if index < len(paths) - 2 and not day.open and all(line.is_cut_off for line in day.unreadable_lines()):
                _set_aside(path)
        self.days = days

    def _paths(self) -> list[Path]:
        """Return the files of its days, the oldest first; there may be thousands of others."""
        try:
            names = os.listdir(self.stem.parent)
        except OSError:
            return []  # it is not there, or writing to it will show
        start = f"{self.stem.name}-"
        found = [name for name in names if name.startswith(start) and name.endswith(".jsonl")]
        return [self.stem.parent / name for name in sorted(found)]

    async def aclose(self) -> None:
        """Write the kept lines, and close the file."""
        try:
            self._write_kept()
        except OSError as error:
            count = len(self._kept) + self.lost_lines()
            warn(f"{count} lines of the journal {self.stem} are lost with this process: {error}")
        self._release()

    def _read_all(self) -> tuple[FileJournal, ...]:
        """Return this journal and its mates, read to their ends."""
        self.look_for_mates()
        journals = (self, *self._mates)
        for journal in journals:
            journal.read_on()
        return journals

    def _number_of(self, entry_id: str) -> int | None:
        """Return the number of a write of ours, None for one of others."""
        parts = entry_id.split("-")
        is_ours = len(parts) == 4 and parts[1] == self._writer and parts[3].isdecimal()
        return int(parts[3]) if is_ours else None

    def _day_at(self, moment: int) -> str:
        """Return the day of a moment in milliseconds, as identities and files have it."""
        number = moment // _DAY
        if number != self._day_number:  # writing out a date costs as much as writing a line
            self._day_number, self._day = number, f"{from_milliseconds(moment):%Y%m%d}"
        return self._day

    def _path_of(self, entry_id: str) -> str:
        day = day_of(entry_id)
        if self._path.endswith(day, -14, -6):  # before ".jsonl"; nearly every write is of the day the file is open for
            return self._path
        return f"{self.stem}-{day}.jsonl"

    def _write(self, path: str, text: bytes, *, is_closing: bool = False) -> None:
        if self._kept or self._lost:
            self._write_kept()
        self._append(path, text, is_closing=is_closing)

    def _keep(self, path: str, text: bytes) -> None:
        is_full = len(self._kept) >= _KEPT_LINES_MAX or self._kept_bytes + len(text) > _KEPT_BYTES_MAX
        if is_full or self._lost:  # after a lost line none is kept, so that those that are have no gap
            self._lost[path] = self._lost.get(path, 0) + 1
        else:
            self._kept.append((path, text))
            self._kept_bytes += len(text)

    def _write_kept(self) -> None:
        while self._kept:
            path, text = self._kept[0]
            self._append(path, text)
            self._kept.popleft()
            self._kept_bytes -= len(text)
        while self._lost:
            path, count = next(iter(self._lost.items()))
            self._append(path, lost_text(count))
            del self._lost[path]

    def _append(self, path: str, text: bytes, *, is_closing: bool = False) -> None:
        descriptor = self._descriptor
        if descriptor is None or path != self._path or not (is_closing or self._is_current()):
            descriptor = self._open(path)
        written = os.write(descriptor, text)
        self._length += written
        if written != len(text):
            raise _PartlyWritten(errno.ENOSPC, "only a part of the line could be written", path)

    def _open(self, path: str) -> int:
        """Open a file for appending in place of the one that is open, and return its descriptor."""
        self._release()
        try:
            descriptor = os.open(path, _APPENDING, 0o600)
        except FileNotFoundError:
            self.stem.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, _APPENDING, 0o600)
        status = os.fstat(descriptor)
        self._descriptor, self._path, self._file = descriptor, path, (status.st_dev, status.st_ino)
        self._seen_at = time.monotonic()
        self.open_files[self] = None
        if len(self.open_files) > _OPEN_MAX:  # a process may open some hundred files, and needs them for its requests
            next(iter(self.open_files))._release()  # noqa: SLF001 - of another one of this class
        day = self.days.get(path)
        self._length = 0 if day is None else day.offset
        return descriptor

    def _is_current(self) -> bool:
        """Say whether the open file is still the one of its path: one may be taken away or replaced."""
        now = time.monotonic()
        if now - self._seen_at < _LOOK_HOLDS:  # looking costs more than writing
            return True
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return False
        if (status.st_dev, status.st_ino) != self._file:
            return False
        self._seen_at = now
        return True

    def _release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self.open_files.pop(self, None)


def _end_of(entry: Unresolved, ended: Ended) -> datetime:
    return entry.fence if ended.at is None else min(from_milliseconds(ended.at), entry.fence)


def _set_aside(path: Path) -> None:
    """Rename a file without an open write; never over one of the same day."""
    closed = path.with_suffix(".closed")
    if not closed.exists():
        with contextlib.suppress(OSError):  # another process was quicker, or it may not be renamed: it stays
            path.rename(closed)
