"""The dead man's switch of a venue that watches connections: a connection of its own is kept while the block runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import DeadManBehaviour, DeadManControl, DeadManKind, DeadManSwitch
from venuekit.endpoint import Endpoint
from venuekit.errors import UnsupportedCapability
from venuekit.parts.dead_man.bounds import check_seconds, check_symbols

W = TypeVar("W")


@attrs.frozen(kw_only=True)
class DisconnectRoute(Generic[W]):
    """
    The endpoints of the window of an account: the whole seconds for which it may be without a watched connection.

    Attributes:
        window: Reads it.
        read: Finds it in that answer; None where the venue has not granted one to the account.
        set_window: Sets it.
        time: The name of its parameter for the seconds.
        fixed: Its other parameters.
        not_granted: The meaning of a window that is not there, and the remedy, in one sentence.
    """

    window: Endpoint[W]
    read: Callable[[W], int | None]
    set_window: Endpoint[Any]
    time: str
    fixed: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    not_granted: str


class DisconnectSwitchPart(Account, DeadManControl):
    """
    Sets the window over :attr:`DISCONNECT`, and keeps a connection by the ``watch`` of the venue's stream.

    The connection is not that of the events: their readers may stop without an effect on orders.
    """

    __slots__ = ()

    DISCONNECT: ClassVar[DisconnectRoute[Any]]

    @asynccontextmanager
    async def dead_man_switch(
        self, seconds: float, *, symbols: Sequence[str] = (), alive: Callable[[], bool] | None = None
    ) -> AsyncIterator[DeadManSwitch]:
        """Keep a watched connection open while the block runs, with a window of so many whole seconds."""
        behaviour = self.behaviour(DeadManBehaviour)
        check_seconds(self, behaviour, seconds)
        if seconds != int(seconds):
            raise self.refuse(f"a dead man's switch takes whole seconds here, not {seconds!r}")
        names = check_symbols(self, behaviour, symbols)
        if alive is not None:
            raise self.refuse("the venue watches the connection alone: leave the block where its owner is not alive")
        streams = self._session.venue_session.streams
        if streams is None or streams.declaration.watch is None:
            raise self.make_error(UnsupportedCapability, "the venue's stream declares no watch")
        import asyncio  # declarations do without

        from venuekit.parts.dead_man.watched import WatchedSwitch
        from venuekit.parts.dead_man.window import WindowBlock, WindowKeeper

        scopes, name = self._session.owner.write_scopes, (self.venue.id, DeadManKind.DISCONNECT)
        if scopes.countdowns is None:
            scopes.countdowns = {}
        keeper: WindowKeeper = scopes.countdowns.setdefault(name, WindowKeeper())
        block = WindowBlock(self, self.DISCONNECT, int(seconds), lambda: streams.watch(self, self._session))
        connection = await keeper.begin(block)
        switch = WatchedSwitch(self, names, int(seconds), connection.events, lambda: keeper.window)
        following = asyncio.create_task(switch.follow(), name="dead man's switch")
        is_clean = False
        try:
            yield switch
            is_clean = True
        finally:
            following.cancel()
            switch.close()
            await keeper.end(block, is_clean=is_clean)
            await asyncio.wait([following])
