"""Sessions: the user stream of one key, from the first reader to the last, with every connection in between."""

from __future__ import annotations

import asyncio
import random
import traceback
from copy import copy
from datetime import datetime
from decimal import setcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from venuekit._util.decimals import DECIMALS
from venuekit._util.times import from_milliseconds, to_milliseconds
from venuekit.capabilities import Gap, GapReason, OrderUpdate, StreamEvent, StreamPhase, StreamState
from venuekit.credentials.redactor import redact_error
from venuekit.errors import AccountClosed, OperationError, PluginError, VenueError, VenuekitError
from venuekit.pipeline.events import notify_of_stream
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.sockets import Sockets, wait_for_closing
from venuekit.stream_declaration import Decoder, ListenKeySession, StreamDeclaration
from venuekit.streams.chores import Chores
from venuekit.streams.connection import Connection
from venuekit.streams.delivery import Delivery
from venuekit.streams.expected_event import ExpectedEvent
from venuekit.streams.late_contracts import LateContracts
from venuekit.streams.listen_keys import KeptKey
from venuekit.streams.opening import open_connection
from venuekit.streams.reader import QueuedReader
from venuekit.streams.replacement import Replacement

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.clock import Clock
    from venuekit.endpoint import Endpoint
    from venuekit.pipeline.account_session import AccountSession

#: seconds before a connection is opened again: doubled from these up to the longest of the stream, with full jitter
_FIRST_PAUSE = 0.2
#: seconds that a connection must have lived for the next pause to be the first again
_STABLE = 30.0
#: a session that ends within so many seconds of its opening may be the one before, announced a second time
_YOUNG = 60.0


@attrs.define(eq=False)
class StreamSession:
    """
    The session of one key in one environment.

    ``accounts`` are those whose readers are open; requests of the session are made by the last of them.
    """

    declaration: StreamDeclaration = attrs.field(repr=False)
    sockets: Sockets = attrs.field(repr=False)
    chance: random.Random = attrs.field(repr=False)
    first: AccountSession = attrs.field(repr=False)
    _accounts: dict[QueuedReader, tuple[Account, AccountSession]] = attrs.field(factory=dict, init=False, repr=False)
    _delivery: Delivery = attrs.field(init=False, repr=False)
    _phase: StreamPhase = attrs.field(default=StreamPhase.CONNECTING, init=False)
    _connections: int = attrs.field(default=0, init=False)
    #: the main connection, and the one that is to replace it
    _replacement: Replacement = attrs.field(init=False, repr=False)
    _key: KeptKey | None = attrs.field(init=False)
    #: the venue's words for the end of the session, None while it lasts; since when events may be missing
    _expired: str | None = attrs.field(default=None, init=False)
    _lost_since: datetime | None = attrs.field(default=None, init=False)
    #: the event of an own order
    _expected: ExpectedEvent = attrs.field(init=False, repr=False)
    #: attempts that failed since a connection was stable, and whether readers know that the venue refuses the session
    _failures: int = attrs.field(default=0, init=False)
    _is_refused: bool = attrs.field(default=False, init=False)
    _changed: asyncio.Event = attrs.field(factory=asyncio.Event, init=False, repr=False)
    _attempt: asyncio.Future[None] = attrs.field(init=False, repr=False)
    _task: asyncio.Task[None] | None = attrs.field(default=None, init=False, repr=False)
    _chores: Chores = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._chores = Chores(self._changed.set)
        rule = self.declaration.session
        late = LateContracts(
            self.declaration,
            self.first.clock,
            self._chores,
            find_account=lambda: self._asking[0],
            on_decoder=self._take_decoder,
        )
        self._delivery = Delivery(
            self.declaration,
            self.first.clock,
            self._expire,
            late.learn,
            self._notify_of_events if self.first.venue_session.observers else None,
        )
        self._key = KeptKey(rule, self.first.clock) if isinstance(rule, ListenKeySession) else None
        self._expected = ExpectedEvent(self._clock, self.declaration.confirm_within)
        self._replacement = Replacement(
            self.declaration,
            self._clock,
            self.chance,
            self._delivery,
            self._chores,
            self._key,
            open_held=lambda: self._open(held=[]),
            on_replace=self._note_replacement,
            on_expiry=self._expire,
        )
        self._attempt = asyncio.get_running_loop().create_future()

    # -- readers

    def join(self, account: Account, session: AccountSession, queue: int) -> QueuedReader:
        """Add a reader; the first one has the session opened."""
        reader = QueuedReader(queue, session.venue_session.venue.id, self._delivery.now, lambda: self.state)
        self._accounts[reader] = account, session
        self._delivery.readers = tuple(self._accounts)
        self._delivery.keeps_raw = any(one.keep_raw for _, one in self._accounts.values())
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="user stream")
        return reader

    async def wait_open(self) -> None:
        """Wait until the session is live; raises the error of the attempt that failed meanwhile."""
        if self._phase is not StreamPhase.LIVE:
            try:
                await asyncio.shield(self._attempt)
            except VenuekitError as error:  # each reader that waits gets one of its own
                raise copy(error) from None

    def is_last(self, reader: QueuedReader) -> bool:
        """Say whether nothing else reads."""
        return self._delivery.readers == (reader,)

    async def leave(self, reader: QueuedReader) -> None:
        """Remove a reader; the last one closes the session."""
        self._accounts.pop(reader, None)
        self._delivery.readers = tuple(self._accounts)
        if not self._accounts:
            await self.close()

    @property
    def state(self) -> StreamState:
        """The state of the session now."""
        main, received_at = self._replacement.main, self._delivery.received_at
        if main is None:
            return StreamState(self._phase, received_at, self._connections)
        alive_at = self._wall_time(main.last_at)
        return StreamState(self._phase, received_at, self._connections, main.is_confirmed, alive_at)

    async def stop_replacing(self) -> tuple[Connection, ...]:
        """Return the open connections, which are not replaced from now on."""
        self._replacement.due_at = None
        await self._chores.close()
        return self._replacement.open_connections

    def expect(self, endpoint: Endpoint[Any]) -> None:
        """Expect an event: the venue has accepted a request that one follows, or has preceded."""
        is_open = self._replacement.main is not None
        if is_open and endpoint in self.declaration.confirmed_by and self._expected.expect():
            self._changed.set()

    @property
    def order_updates(self) -> tuple[OrderUpdate, ...]:
        """The last events about orders, the oldest first."""
        return tuple(self._delivery.orders)

    async def close(self) -> None:
        """End the session, however often this is cancelled: nothing of it waits for the network."""
        if self._task is not None:
            self._task.cancel()
            await wait_for_closing(self._task)

    # -- connections

    async def _run(self) -> None:
        """Keep a connection open until the session is closed."""
        setcontext(DECIMALS.copy())  # of this task, of those that it begins and of its connections
        try:
            while True:
                await self._connect()
                await self._serve()
        finally:
            self._enter(StreamPhase.CLOSED)
            await self._chores.close()
            await self._replacement.close()

    async def _connect(self) -> None:
        """Open the main connection, as often as it takes."""
        while True:
            await self._pause()
            try:
                connection = await self._open()
            except Exception as error:  # noqa: BLE001 - a plugin's function must not end the session of its readers
                self._failures += 1
                self._fail(
                    error
                    if isinstance(error, VenuekitError)
                    else _plugin_error(self.first.venue_session.venue.id, error)
                )
                continue
            self._replacement.main = connection
            self._expired = None
            self._expected.forget()
            self._is_refused = False
            self._replacement.plan()
            self._enter(StreamPhase.LIVE)
            attempt, self._attempt = self._attempt, asyncio.get_running_loop().create_future()
            attempt.set_result(None)
            return

    def _fail(self, error: VenuekitError) -> None:
        """Report an attempt that failed: to the readers that wait, or by a gap where the venue refuses."""
        is_first = self._connections == 0
        patient = isinstance(error, OperationError) and not isinstance(error, VenueError | AccountClosed)
        if is_first and patient and self._failures < self.first.venue_session.policy.attempts:
            return  # a reader that enters waits for a few attempts, as any request does
        attempt, self._attempt = self._attempt, asyncio.get_running_loop().create_future()
        attempt.set_exception(error)
        attempt.exception()  # without a reader that waits it is no news
        if not is_first and not patient and not self._is_refused:
            self._is_refused = True  # once for an outage
            reason = "the venue refuses the session" if isinstance(error, VenueError) else "no session can be opened"
            self._delivery.report(GapReason.REFUSED, f"{reason}: {error}", self._lost_since)
            notify_of_stream(self._asking[1], EventKind.STREAM_GAP, self._connections, gap=GapReason.REFUSED)

    def _expire(self, words: str) -> None:
        self._expired = words
        self._changed.set()

    async def _pause(self) -> None:
        """Wait before an attempt; not before the first one, and longer after each failure."""
        if self._failures:
            longest = min(self.declaration.longest_pause, _FIRST_PAUSE * 2 ** (self._failures - 1))
            await self._clock.sleep(self.chance.uniform(0.0, longest))

    async def _open(self, *, held: list[bytes] | None = None) -> Connection:
        """Make one attempt to open a connection, by the account of the last reader."""
        account, session = self._asking
        number, began = self._connections + 1, self._clock.monotonic()
        make = partial(self._make_connection, number=number, held=held)
        try:
            self._delivery.decode = await self.declaration.make_decoder(account)
            connection = await open_connection(
                account, session, self.declaration, sockets=self.sockets, key=self._key, make=make
            )
        except Exception as error:
            details = {"seconds": self._clock.monotonic() - began, **_details_of(error)}
            notify_of_stream(session, EventKind.STREAM_FAULT, number, **details)
            raise
        self._connections = number
        notify_of_stream(session, EventKind.STREAM_OPEN, number, seconds=self._clock.monotonic() - began)
        return connection

    def _make_connection(self, *, socket: Any, number: int, held: list[bytes] | None) -> Connection:
        connection = Connection(socket, self._clock, number, self._delivery.take, self._changed.set)
        connection.held = held
        return connection

    async def _serve(self) -> None:
        """Keep the main connection alive until it has to be opened anew."""
        while (main := self._replacement.main) is not None:
            self._changed.clear()
            now = self._clock.monotonic()
            if main.end is not None and self._replacement.standby is not None:
                self._replacement.take_over()
                continue
            loss = self._find_loss(main, now)
            if loss is not None:
                await self._lose(main, *loss)
                return
            if self._expired is not None and await self._is_news(main):
                await self._lose(main, GapReason.SESSION_EXPIRED, f"the venue ended the session: {self._expired}")
                return
            await _wait_for_change(self._clock, self._changed, self._do_due(main, now) - now)

    def _find_loss(self, main: Connection, now: float) -> tuple[GapReason, str] | None:
        """Return why the main connection is no good any more, None while it is."""
        if main.end is not None:
            reason = GapReason.UNREADABLE if main.end.is_oversized else GapReason.CONNECTION_LOST
            mend = main.end.mend("StreamDeclaration")
            return reason, f"{main.end.words}; {mend}" if mend else main.end.words
        if main.pinged_at is not None and now - main.pinged_at >= self.declaration.silence:
            return GapReason.SILENT, f"no frame came for {now - main.last_at:.0f} s, though the venue was pinged"
        if self._key is not None and now >= self._key.expires_at:
            return GapReason.SESSION_EXPIRED, "the listen key could not be kept alive"
        self._expected.look_at(main)
        if self._expected.is_overdue(now):
            self._expected.forget()
            words = f"an own order was accepted, and no event came within {self.declaration.confirm_within:g} s"
            return GapReason.UNCONFIRMED, words
        return None

    def _do_due(self, main: Connection, now: float) -> float:
        """Begin whatever is due, and return when to look again."""
        times = [main.ping_left_at + self.declaration.ping_every]
        if now >= times[0]:
            self._chores.begin(main.ping(self.declaration.ping))
            times[0] = now + self.declaration.ping_every
        if main.pinged_at is not None:
            times.append(main.pinged_at + self.declaration.silence)
        if self._key is not None:
            if now >= self._key.renew_at:
                self._chores.begin(self._keep_alive(self._key))
            times += (max(now + 1.0, self._key.renew_at), self._key.expires_at)
        others = self._replacement.begin_due(main, now), self._expected.overdue_at
        return min((*times, *(one for one in others if one is not None)))

    async def _keep_alive(self, key: KeptKey) -> None:
        """Prolong the listen key; one that is gone, or is another one now, ends the session."""
        account, _ = self._asking
        try:
            if not await key.keep_alive(account.call):
                self._expired = "its listen key is gone"
        except VenuekitError:
            return  # reported to observers as any request; it is tried again until the key's life is over

    def _take_decoder(self, decoder: Decoder) -> None:
        self._delivery.decode = decoder

    async def _is_news(self, main: Connection) -> bool:
        """
        Say whether the session has ended; a venue may announce the end of the one before a second time.

        Then the key of this connection is still alive: starting one answers the same.
        """
        if self._key is None or self._clock.monotonic() - main.opened_at > _YOUNG or main.number == 1:
            return True
        account, _ = self._asking
        before = self._key.key
        try:
            is_same = await self._key.start(account.call) == before
        except VenuekitError:
            return True
        if is_same:
            self._expired = None
        return not is_same

    async def _lose(self, main: Connection, reason: GapReason, words: str) -> None:
        """Give up the main connection, and report since when events may be missing."""
        now = self._clock.monotonic()
        self._failures = 0 if now - main.opened_at >= _STABLE else self._failures + 1
        # pings go on where nothing is delivered any more: an event is the last proof, else the opening
        silent = reason in {GapReason.SESSION_EXPIRED, GapReason.UNCONFIRMED}
        proven = (main.event_at or main.opened_at) if silent else main.last_at
        self._lost_since = since = self._wall_time(proven)
        self._replacement.main = None
        self._enter(StreamPhase.DOWN)
        self._delivery.report(reason, words, since)
        notify_of_stream(self._asking[1], EventKind.STREAM_GAP, main.number, gap=reason)
        try:
            await self._chores.close()
        finally:  # nothing else knows it any more
            await main.close()
        await self._replacement.close_standby()

    def _note_replacement(self, main: Connection) -> None:
        self._expected.look_at(main)  # the event may have come before the other one was opened
        self._changed.set()

    def _notify_of_events(self, connection: Connection, events: tuple[StreamEvent, ...]) -> None:
        """Notify observers of a message; of one that could not be read, as of a gap."""
        first, session = events[0], self._asking[1]
        if isinstance(first, Gap):
            notify_of_stream(session, EventKind.STREAM_GAP, connection.number, gap=first.reason)
            return
        clock = session.venue_session.clock
        age = None if first.time is None else (clock.milliseconds() - to_milliseconds(first.time)) / 1000
        notify_of_stream(session, EventKind.STREAM_MESSAGE, connection.number, age=age)

    # -- the end, and time

    def _enter(self, phase: StreamPhase) -> None:
        self._phase = phase
        self._delivery.wake()

    def _wall_time(self, moment: float) -> datetime:
        """Return the time of our clock at a moment of the monotonic one."""
        ago = self._clock.monotonic() - moment
        return from_milliseconds(self._clock.milliseconds() - round(ago * 1000))

    @property
    def _asking(self) -> tuple[Account, AccountSession]:
        """The account that makes the requests of the session: the last one that is open."""
        pairs = tuple(reversed(self._accounts.values()))
        return next((pair for pair in pairs if not pair[1].closed), pairs[0])

    @property
    def _clock(self) -> Clock:
        return self.first.clock


def _details_of(error: Exception) -> dict[str, Any]:
    """Return the fields of an event about a failure: its error, or class and line of one that is not an operation's."""
    if isinstance(error, OperationError):
        return {"error": error, "status": error.status, "code": error.code}
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return {"plugin": f"{type(error).__name__} ({frame.filename}:{frame.lineno})"}


def _plugin_error(venue_id: str, error: Exception) -> PluginError:
    return PluginError(f"{venue_id}: the session of a user stream could not be opened: {redact_error(error)}")


async def _wait_for_change(clock: Clock, changed: asyncio.Event, seconds: float) -> None:
    """Wait until something has changed, for so many seconds at most."""
    sleep = asyncio.ensure_future(clock.sleep(max(0.001, seconds)))
    change = asyncio.ensure_future(changed.wait())
    try:
        await asyncio.wait((sleep, change), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleep.cancel()
        change.cancel()
