"""Delivery: the messages of a session become events, in the queue of every reader."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from datetime import datetime

import attrs

from venuekit._util.times import from_milliseconds
from venuekit.capabilities import Gap, GapReason, OrderUpdate, SessionExpiry, StreamEvent, UnknownEvent
from venuekit.clock import Clock
from venuekit.credentials.redactor import redact
from venuekit.stream_declaration import Decoder, MessageArrival, SessionReply, StreamDeclaration
from venuekit.streams.connection import Connection
from venuekit.streams.reader import QueuedReader

#: events about orders that are kept for writes whose answers are lost
_ORDERS = 512
#: the longest part of a message that is kept though it could not be read
_KEPT = 65_536


@attrs.define(eq=False)
class Delivery:
    """
    The readers of a session, and the count of its messages.

    ``on_expiry`` gets the venue's words for its end, ``on_unlisted`` a symbol whose contract the decoder does not know.
    """

    declaration: StreamDeclaration = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    on_expiry: Callable[[str], None] = attrs.field(repr=False)
    on_unlisted: Callable[[str], None] = attrs.field(repr=False)
    #: called with each message's connection and events; None without observers
    on_events: Callable[[Connection, tuple[StreamEvent, ...]], None] | None = attrs.field(repr=False)
    readers: tuple[QueuedReader, ...] = ()
    keeps_raw: bool = False
    #: None until the first connection is opened
    decode: Decoder | None = attrs.field(default=None, repr=False)
    received_at: datetime | None = attrs.field(default=None, init=False)
    #: the last events about orders, the oldest first
    orders: deque[OrderUpdate] = attrs.field(factory=lambda: deque(maxlen=_ORDERS), init=False, repr=False)
    _number: int = attrs.field(default=0, init=False)

    def take(self, connection: Connection, body: bytes) -> None:
        """Take a message of a connection; hold it back where the connection before it is still open."""
        if connection.held is not None:
            self._hold(connection, connection.held, body)
            return
        if connection.handed_on is not None:
            connection.handed_on[self._identity(body)] += 1
        self._hand_on(connection, body)

    def replace(self, old: Connection, new: Connection) -> None:
        """Hand on the messages that a new connection held back, without those that the old one has brought."""
        held, new.held = new.held or [], None
        for body in held:
            identity = self._identity(body)
            if old.handed_on is not None and old.handed_on[identity]:
                old.handed_on[identity] -= 1
            else:
                self._hand_on(new, body)

    def report(self, reason: GapReason, words: str, since: datetime | None) -> None:
        """Hand a gap to every reader."""
        self._number += 1
        self._put((self._gap(reason, words, since, self._number),))

    def wake(self) -> None:
        """Have every reader that waits look again."""
        for reader in self.readers:
            reader.wake()

    def now(self) -> datetime:
        """Return the time of our own clock."""
        return from_milliseconds(self.clock.milliseconds())

    def _hand_on(self, connection: Connection, body: bytes) -> None:
        """Decode a message, and hand its events to every reader; one that cannot be read is a gap since the last."""
        self._number = number = self._number + 1
        before, self.received_at = self.received_at, (received_at := from_milliseconds(self.clock.milliseconds()))
        arrival = MessageArrival(received_at, number, self.keeps_raw)
        try:
            result = self._decode(body, arrival)
            if self.declaration.renewal is not None and not isinstance(result, SessionReply):
                for symbol in filter(None, map(self.declaration.renewal.lacks, result)):
                    self.on_unlisted(symbol)
        except Exception as error:  # noqa: BLE001 - a message must not end the session, whatever is wrong with it
            result = self._unread(body, arrival, before, error)
        if isinstance(result, SessionReply):
            connection.take_reply(result)
        elif result:
            self._note(connection, result)
            self._put(result)
            if self.on_events is not None:
                self.on_events(connection, result)

    def _put(self, events: tuple[StreamEvent, ...]) -> None:
        for reader in self.readers:
            reader.put(events)

    def _note(self, connection: Connection, events: tuple[StreamEvent, ...]) -> None:
        """Note that a connection delivers; the end of its session is no proof of that."""
        for event in events:
            if type(event) is OrderUpdate:
                self.orders.append(event)
            elif type(event) is SessionExpiry:
                self.on_expiry(event.reason)
                return
        connection.event_at, connection.is_confirmed = connection.last_at, True

    def _unread(
        self, body: bytes, arrival: MessageArrival, before: datetime | None, error: Exception
    ) -> tuple[StreamEvent, ...]:
        """Return the events of a message that cannot be read."""
        words = f"a message of {len(body)} bytes could not be read: {redact(f'{type(error).__name__}: {error}')}"
        gap = self._gap(GapReason.UNREADABLE, words, before, arrival.number)
        kept = _without_keys(body[:_KEPT])
        return gap, UnknownEvent(received_at=arrival.received_at, message=arrival.number, kind=None, body=kept)

    def _hold(self, connection: Connection, held: list[bytes], body: bytes) -> None:
        """Keep a message of a connection that is not the main one yet; replies are for it alone."""
        try:
            result = self._decode(body, MessageArrival(self.now(), 0))
        except Exception:  # noqa: BLE001 - reported when it is handed on
            result = ()
        if isinstance(result, SessionReply):
            connection.take_reply(result)
        else:
            held.append(body)
            if result and not any(type(event) is SessionExpiry for event in result):
                connection.event_at, connection.is_confirmed = connection.last_at, True

    def _decode(self, body: bytes, arrival: MessageArrival) -> tuple[StreamEvent, ...] | SessionReply:
        """
        Return the result of the plugin's decoder; the body of an unknown event shows no key.

        Raises:
            TypeError: it is none that a decoder may return.
        """
        result = self.decode(body, arrival) if self.decode is not None else ()
        if type(result) is not tuple and type(result) is not SessionReply:
            raise TypeError(f"the decoder of the plugin returned {type(result).__name__}, not a tuple of events")
        if isinstance(result, SessionReply):
            return result
        for event in result:
            if type(event) is UnknownEvent:
                return tuple(map(_with_safe_body, result))
        return result

    def _gap(self, reason: GapReason, words: str, since: datetime | None, number: int) -> Gap:
        return Gap(received_at=self.now(), message=number, reason=reason, words=words, since=since)

    def _identity(self, body: bytes) -> Hashable:
        identity = self.declaration.identity
        if identity is None:
            return body
        try:
            return identity(body)
        except Exception:  # noqa: BLE001 - a message without an identity is one of its own
            return body


def _with_safe_body(event: StreamEvent) -> StreamEvent:
    """Return an event whose body, if it has one, shows no key."""
    return attrs.evolve(event, body=_without_keys(event.body)) if isinstance(event, UnknownEvent) else event


def _without_keys(body: bytes) -> bytes:
    return redact(body.decode("utf-8", "replace")).encode()
