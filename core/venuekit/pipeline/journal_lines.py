"""Lines of a journal, of a day each: an event as text, with everything that was sent exactly as it was, and back."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import attrs
import msgspec

from venuekit._util.quick_init import quick_init
from venuekit._util.times import from_milliseconds, read_iso, to_milliseconds, write_iso
from venuekit.endpoint import Effect, EndpointName
from venuekit.errors import Outcome
from venuekit.order_scope import ClientIds

#: the most writes that add up and are distinguished in one day
_MOST_ADDED = 2000
#: how many unreadable lines of a file are named
_MOST_NAMED = 100
#: outcomes that leave nothing behind at the venue
_NOTHING = frozenset({Outcome.NOT_SENT, Outcome.NOT_APPLIED})


def _bare_text(value: Any) -> str:
    """Return the text in a value of a class that msgspec does not know."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"a journal has no {type(value).__name__}")


_compact = msgspec.json.Encoder(enc_hook=_bare_text).encode
_AS_THEY_ARE = frozenset({bool, int, str})
#: identities begin with the day, and so does the name of their file
_Id: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{8}-[0-9A-Za-z-]{1,64}\Z")]
#: milliseconds since 1970, in the years 1 to 9999
_Moment: TypeAlias = Annotated[int, msgspec.Meta(ge=-62_135_596_800_000, le=253_402_300_799_999)]
#: beginnings of our lines: one that starts so and ends early was cut off while it was written
_BEGINNINGS = (b'{"begin":', b'{"end":')
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?")
_DECIMAL, _INSTANT, _OBJECT = "decimal", "instant", "object"
_TAGS = frozenset({_DECIMAL, _INSTANT, _OBJECT})


@quick_init
@attrs.frozen
class Unresolved:
    """
    A write that the journal opened and never closed: sent at, and possibly arriving until the fence.

    ``operation`` is the capability method that was called, or the endpoint's name: ``verb``, documented ``path`` and
    ``action``. ``made`` are those of its client ids that were made for it, and that no other write has. ``nonce`` is
    the signing key (a fingerprint) and the number that it carried, None where requests carry none.
    """

    id: str
    operation: str
    verb: str
    path: str
    parameters: Mapping[str, Any]
    sent_at: datetime
    fence: datetime
    client_id: str | None = None
    effect: Effect | None = None
    client_ids: tuple[str, ...] = ()
    made: frozenset[str] = frozenset()
    nonce: tuple[str, int] | None = None
    action: tuple[tuple[str, str], ...] = ()

    @property
    def endpoint_name(self) -> EndpointName:
        """The name of the endpoint that it was sent to."""
        return EndpointName(self.verb, self.path, self.action)


class Ended(msgspec.Struct, frozen=True, omit_defaults=True, rename={"id": "end"}):
    """
    How a write ended, and when (milliseconds on the venue's clock); it is written as it is.

    ``claims`` is the row of a history that proves it, where one is known; ``late_until`` is until when another attempt
    of it may still arrive, None where none may.
    """

    id: _Id
    outcome: str
    at: _Moment | None = None
    claims: str | None = None
    late_until: _Moment | None = None


class Begun(msgspec.Struct, frozen=True, omit_defaults=True, rename={"id": "begin"}):
    """
    An opening line as it is written, from which :class:`Unresolved` is read; its fields are the same.

    ``parameters`` are those of :func:`plain_parameters`, moments are milliseconds on the venue's clock, and
    ``client_ids`` is empty where ``client_id`` is the only one.
    """

    id: _Id
    operation: str
    verb: str
    path: str
    parameters: dict[str, Any]
    sent_at: _Moment
    fence: _Moment
    effect: Effect | None = None
    client_id: str | None = None
    client_ids: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    nonce: tuple[str, int] | None = None
    action: dict[str, str] = {}


class MalformedLine(ValueError):
    """A line that is not of this journal; ``is_cut_off`` where it is the beginning of one."""

    def __init__(self, reason: str, *, is_cut_off: bool = False) -> None:
        super().__init__(reason)
        self.is_cut_off = is_cut_off


def day_of(entry_id: str) -> str:
    """Return the day that an identity begins with."""
    return entry_id[:8]


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as a line has them: exactly as they are, in types of JSON."""
    return {name: value if type(value) in _AS_THEY_ARE else _plain(value) for name, value in parameters.items()}


def begin_text(begun: Begun) -> bytes:
    """Return the opening line of a write."""
    return _text(begun)


def end_text(ended: Ended) -> bytes:
    """Return the closing line of a write."""
    return _text(ended)


def lost_text(count: int) -> bytes:
    """Return the line that counts those lost while the journal could not be written."""
    return _text({"lost": count})


def lost_words(count: int) -> str:
    """Return why such a line hides writes."""
    return f"{count} lines are lost here: the journal could not be written for too long"


def read_line(text: bytes) -> Unresolved | Ended:
    """
    Return the event of a line.

    Raises:
        MalformedLine: it is not a line of this journal.
    """
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        begins = any(text.startswith(one) or one.startswith(text) for one in _BEGINNINGS)
        is_cut_off = begins and not text.endswith(b"}")
        raise MalformedLine("cut off" if is_cut_off else "not JSON", is_cut_off=is_cut_off) from None
    if not isinstance(line, dict):
        raise MalformedLine("not an object")
    if type(line.get("lost")) is int:
        raise MalformedLine(lost_words(line["lost"]))
    try:
        if "begin" in line:
            return _unresolved(msgspec.convert(line, Begun))
        return msgspec.convert(line, Ended)
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        raise MalformedLine(f"not a line of this journal: {error}") from None


def _text(line: Mapping[str, Any] | Begun | Ended) -> bytes:
    # the first newline ends a line that a crash or a full disk cut off, so that it spoils only itself
    try:
        text = _compact(line)
    except (OverflowError, UnicodeEncodeError):  # an integer beyond 64 bits, half a character
        text = json.dumps(msgspec.to_builtins(line, enc_hook=_bare_text), separators=(",", ":")).encode()
    return b"\n%b\n" % text


def _unresolved(line: Begun) -> Unresolved:
    return Unresolved(
        id=line.id,
        operation=line.operation,
        verb=line.verb,
        path=line.path,
        parameters={name: _value(value) for name, value in line.parameters.items()},
        client_id=line.client_id,
        sent_at=from_milliseconds(line.sent_at),
        fence=from_milliseconds(line.fence),
        effect=line.effect,
        client_ids=line.client_ids or (() if line.client_id is None else (line.client_id,)),
        made=frozenset(line.made),
        nonce=line.nonce,
        action=tuple(sorted(line.action.items())),
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; a type that JSON lacks is wrapped in an object of its own."""
    if isinstance(value, Decimal):
        return {_DECIMAL: format(value, "f")}
    if isinstance(value, datetime):
        return {_INSTANT: write_iso(value)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        whole = {name: _plain(one) for name, one in value.items()}
        return {_OBJECT: whole} if len(whole) == 1 and not _TAGS.isdisjoint(whole) else whole
    return value


def _value(value: Any) -> Any:
    """Return the value that was sent; the inverse of :func:`_plain`."""
    if isinstance(value, list):
        return [_value(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and _DECIMAL in value:
        number = value[_DECIMAL]
        if not isinstance(number, str) or _NUMBER.fullmatch(number) is None:
            raise ValueError("a decimal is not a number")
        return Decimal(number)
    if len(value) == 1 and _INSTANT in value:
        return read_iso(str(value[_INSTANT]))
    if len(value) == 1 and _OBJECT in value:
        value = value[_OBJECT]
        if not isinstance(value, dict):
            raise ValueError("an object is none")
    return {name: _value(one) for name, one in value.items()}


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
    #: the newest writes that were ended while another attempt of them could still arrive, with until when
    late: deque[Unresolved] = attrs.field(factory=lambda: deque(maxlen=_MOST_ADDED), init=False)
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
            self._list(UnreadableLine(self.path, None, f"cannot be read: {error.strerror or error}"))

    def unreadable_lines(self) -> tuple[UnreadableLine, ...]:
        """Return the lines that cannot be read, also the last one as long as nothing follows it."""
        last: tuple[UnreadableLine, ...] = ()
        if self._rest:
            try:
                read_line(self._rest)
            except MalformedLine as error:
                last = (UnreadableLine(self.path, self._number + 1, str(error), error.is_cut_off),)
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
                self.report(str(error), is_cut_off=error.is_cut_off)
            return
        if isinstance(line, Unresolved):
            self.note_begin(line)
        else:
            self.note_end(line)

    def note_begin(self, line: Unresolved) -> None:
        """Keep a write as open, in place of its earlier attempt."""
        self.open[line.id] = line
        if line.effect is Effect.KEYED:
            self.recent.note(line.client_ids, to_milliseconds(line.fence))

    def note_end(self, line: Ended) -> None:
        """Keep of a write that ended only what later writes may be taken for."""
        entry = self.open.pop(line.id, None)
        if line.claims is not None:
            self.claims.add(line.claims)
        if entry is None:
            return
        if line.late_until is not None:
            self.late.append(attrs.evolve(entry, fence=from_milliseconds(line.late_until)))
        if entry.effect is Effect.KEYED:
            if line.outcome in _NOTHING:
                self.recent.forget(entry.client_ids)
            elif line.at is not None:
                self.recent.note(entry.client_ids, min(line.at, to_milliseconds(entry.fence)))
        elif entry.effect in {Effect.DELTA, None} and line.outcome not in _NOTHING:
            self.added.append((entry, line))

    def report(self, reason: str, *, is_cut_off: bool = False) -> None:
        """List the line that was read last as one that cannot be read."""
        self._list(UnreadableLine(self.path, self._number, reason, is_cut_off))

    def _list(self, line: UnreadableLine) -> None:
        if line not in self.unreadable and len(self.unreadable) < _MOST_NAMED:
            self.unreadable.append(line)

    def _forget(self) -> None:
        self.open.clear()
        self.added.clear()
        self.late.clear()
        self.claims.clear()
        self.unreadable.clear()
        self.offset = self._number = 0
