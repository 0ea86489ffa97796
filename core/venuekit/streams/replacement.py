"""Replacement: a connection gives way to another one before the venue ends it, and no message is lost or doubled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable

import attrs

from venuekit.clock import Clock
from venuekit.pipeline.open_socket import End
from venuekit.stream_declaration import StreamDeclaration
from venuekit.streams.chores import Chores
from venuekit.streams.connection import Connection
from venuekit.streams.delivery import Delivery
from venuekit.streams.listen_keys import KeptKey

#: seconds for which two connections are open while one replaces the other
_OVERLAP = 5.0
#: seconds until a replacement that failed is tried again
_AGAIN = 30.0


@attrs.define(eq=False)
class Replacement:
    """
    The main connection of a session, the one that stands by to replace it, and when the next one is due.

    ``open_held`` opens a connection that holds its messages back. ``on_replace`` gets the main connection just before
    the other one takes over, and ``on_expiry`` the reason when the listen key turns out to be gone.
    """

    declaration: StreamDeclaration = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    chance: random.Random = attrs.field(repr=False)
    delivery: Delivery = attrs.field(repr=False)
    chores: Chores = attrs.field(repr=False)
    key: KeptKey | None = attrs.field(repr=False)
    open_held: Callable[[], Awaitable[Connection]] = attrs.field(repr=False)
    on_replace: Callable[[Connection], None] = attrs.field(repr=False)
    on_expiry: Callable[[str], None] = attrs.field(repr=False)
    #: the connection whose messages are handed on, None while the session is down
    main: Connection | None = attrs.field(default=None, init=False, repr=False)
    #: the open connection that is to take over, None unless there is one
    standby: Connection | None = attrs.field(default=None, init=False, repr=False)
    #: when the next replacement begins, on the monotonic clock; None where connections are not replaced
    due_at: float | None = attrs.field(default=None, init=False)

    @property
    def open_connections(self) -> tuple[Connection, ...]:
        """The connections that have not ended."""
        return tuple(one for one in (self.main, self.standby) if one is not None and one.end is None)

    def plan(self) -> None:
        """Set the time of the next replacement, some while before the life of a connection is over."""
        life = self.declaration.connection_life
        if life is None:
            self.due_at = None
            return
        seconds = life.total_seconds()
        early = min(600.0, seconds * 0.1)
        self.due_at = self.clock.monotonic() + seconds - early * self.chance.uniform(0.5, 1.0)

    def begin_due(self, main: Connection, now: float) -> float | None:
        """Begin a replacement that is due, and return when the next one is; None where there is none."""
        if self.due_at is not None and now >= self.due_at:
            self.due_at = now + _AGAIN
            self.chores.begin(self._replace(main))
        return self.due_at

    def take_over(self) -> None:
        """Make the standby connection the main one, and hand on its messages that the other one did not bring."""
        main, standby = self.main, self.standby
        if main is None or standby is None:
            return
        self.on_replace(main)
        self.main, self.standby = standby, None
        self.chores.begin(main.close())
        main.end = main.end or End("it was replaced")
        self.delivery.replace(main, standby)
        self.plan()

    async def close_standby(self) -> None:
        """Close the connection that stands by, if there is one."""
        standby, self.standby = self.standby, None
        if standby is not None:
            await standby.close()

    async def close(self) -> None:
        """Close both connections."""
        await self.close_standby()
        main, self.main = self.main, None
        if main is not None:
            await main.close()

    async def _replace(self, main: Connection) -> None:
        """Open another connection, and let it take over once both have been open for a while."""
        main.handed_on = Counter()
        key = None if self.key is None else self.key.key
        try:
            standby = await self.open_held()
        except Exception:  # noqa: BLE001 - the main one still works; it is tried again, and its own end is reported
            main.handed_on = None
            return
        self.standby = standby
        if self.key is not None and self.key.key != key:
            self.on_expiry("it gave another listen key, since the one before was gone")
            return
        await self.clock.sleep(_OVERLAP)
        if self.standby is not standby or self.main is not main:
            return
        if standby.end is not None or (main.handed_on and not standby.held):
            main.handed_on = None
            await self.close_standby()  # it does not deliver
            return
        self.take_over()
