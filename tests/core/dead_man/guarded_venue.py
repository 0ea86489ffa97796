"""A venue that cancels orders when the last connection that asked for it is gone, on the toy venue's ground."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import attrs

from venuekit.capabilities import CountdownScope, DeadManBehaviour, DeadManControl, DeadManKind, StreamEvent
from venuekit.parts.dead_man import DisconnectRoute, DisconnectSwitchPart
from venuekit.parts.user_streams import StreamedEvents
from venuekit.payloads import read_json
from venuekit.plugin import (
    Account,
    Decoder,
    DisconnectWatch,
    Effect,
    Endpoint,
    Kind,
    MessageArrival,
    Parameter,
    ReplyKind,
    SessionReply,
    Venue,
)
from venuekit.simulator import Handler, SimRequest, StreamConnection, StreamPeer, Visit
from venuekit.simulator.ledger import Ledger, Side
from venuekit.testing import LoopClock, Stage, on_stage
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.simulated import SimulatedToy
from venuekit_toy_perp.simulated_stream import ToyStream
from venuekit_toy_perp.stream import STREAM, decode

SYMBOL = "GEMUSD"
#: the window that the venue begins with, in seconds
USUAL = 20

WINDOW: Endpoint[Any] = Endpoint("GET", "/v1/window", decode=read_json, serves=(DeadManControl.dead_man_switch,))
SET_WINDOW: Endpoint[Any] = Endpoint(
    "POST",
    "/v1/window",
    decode=read_json,
    parameters=(
        Parameter("group", required=True),
        Parameter("seconds", Kind.INTEGER, required=True, minimum=Decimal(1)),
    ),
    effect=Effect.SESSION,
    serves=(DeadManControl.dead_man_switch,),
)
_REPLIES = {"watch": ReplyKind.SUBSCRIBED, "unwatch": ReplyKind.UNSUBSCRIBED}


def _decode(body: bytes, arrival: MessageArrival) -> tuple[StreamEvent, ...] | SessionReply:
    message = json.loads(body)
    kind = _REPLIES.get(message.get("op"))
    if kind is None:
        return decode(body, arrival)
    return SessionReply(kind) if message["ok"] else SessionReply(ReplyKind.REFUSED, "no watch today", 1999)


async def _make_decoder(_account: Account) -> Decoder:
    return _decode


class GuardedAccount(StreamedEvents, DisconnectSwitchPart):
    """An account with a stream and a switch."""

    __slots__ = ()

    DISCONNECT: ClassVar = DisconnectRoute(
        window=WINDOW,
        read=lambda answer: answer["seconds"],
        set_window=SET_WINDOW,
        time="seconds",
        fixed={"group": "all"},
        not_granted="the venue grants it to friends alone",
    )


@attrs.define
class Watch:
    """
    The venue's side: the window, None where it is not granted, and how it behaves.

    ``lag`` is how many reads still show the window of before; ``refuses`` says that no connection is watched.
    """

    window: int | None = USUAL
    shown: int | None = USUAL
    lag: int = 0
    refuses: bool = False
    #: connections that stay watched although they asked for the opposite
    is_deaf: bool = False
    peers: set[StreamPeer] = attrs.field(factory=set)

    def read(self) -> int | None:
        """Return the window that a read shows."""
        if self.lag:
            self.lag -= 1
        else:
            self.shown = self.window
        return self.shown


class _WatchedStream(ToyStream):
    def __init__(self, connection: StreamConnection, watch: Watch) -> None:
        super().__init__(connection)
        self._watch = watch

    def receive(self, text: str) -> None:
        op = json.loads(text)["op"]
        if op not in _REPLIES:
            super().receive(text)
        elif op == "watch":
            if not self._watch.refuses:
                self._watch.peers.add(self)
                self._ledger.countdown(None, timedelta(0))
            self.connection.answer({"op": op, "ok": not self._watch.refuses})
        elif not self._watch.is_deaf:
            self._watch.peers.discard(self)
            self.connection.answer({"op": op, "ok": True})

    def end(self) -> None:
        if self in self._watch.peers:
            self._watch.peers.remove(self)
            if not self._watch.peers and self._watch.window is not None:
                self._ledger.countdown(None, timedelta(seconds=self._watch.window))

    @property
    def _ledger(self) -> Ledger:
        assert self.account is not None
        return self.connection.ledger_of(self.account)


class SimulatedGuard(SimulatedToy):
    """The toy venue with a window, and streams that it watches."""

    def __init__(self) -> None:
        self.watch = Watch()

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        return {**super().handlers(), WINDOW: self._show, SET_WINDOW: self._set}

    def _show(self, _request: SimRequest, _visit: Visit) -> object:
        return {"seconds": self.watch.read()}

    def _set(self, request: SimRequest, _visit: Visit) -> object:
        self.watch.window = int(request.text("seconds") or "0")
        return {"ok": True}

    def open_stream(self, connection: StreamConnection) -> StreamPeer:
        return _WatchedStream(connection, self.watch)


BEHAVIOUR = DeadManBehaviour(
    kind=DeadManKind.DISCONNECT,
    scope=CountdownScope.ACCOUNT,
    cancels="every plain order",
    concerns="every connection of the account that asked for it",
    shortest=2,
    longest=100,
)


@attrs.frozen(eq=False)
class Guarded:
    """The venue on stage, with one order that its switch would cancel."""

    stage: Stage
    watch: Watch

    @property
    def account(self) -> Any:
        """The account."""
        return self.stage.account

    def is_kept(self) -> bool:
        """Whether the order is open."""
        return len(self.stage.ledger.open_orders()) == 1

    @property
    def windows(self) -> list[str]:
        """The windows that were asked for, oldest first."""
        return [one.parameters["seconds"] for one in self.stage.arrivals(SET_WINDOW)]


@asynccontextmanager
async def guarded(*, has_watch: bool = True, is_lasting: bool = True) -> AsyncIterator[Guarded]:
    """Open the venue on the time of the loop; it declares no watch unless it ``has_watch``."""
    simulated = SimulatedGuard()
    watch = DisconnectWatch(
        subscriptions=(json.dumps({"op": "watch"}),), unsubscriptions=(json.dumps({"op": "unwatch"}),), ping_every=5.0
    )
    stream = attrs.evolve(
        STREAM,
        make_decoder=_make_decoder,
        watch=watch if has_watch else None,
        confirmed_by=frozenset(),
        connection_life=None if is_lasting else timedelta(minutes=2),
    )
    toy: Venue[Any] = TOY_PERP
    venue = attrs.evolve(
        toy,
        id="guarded_toy",
        account=GuardedAccount,
        endpoints=(*TOY_PERP.endpoints, WINDOW, SET_WINDOW),
        behaviours=(*TOY_PERP.behaviours, BEHAVIOUR),
        stream=stream,
        simulated=lambda: simulated,
    )
    async with on_stage(venue, "flat", clock=LoopClock()) as stage:
        stage.ledger.rest_order(SYMBOL, Side.BUY, Decimal(1), stage.ledger.mark(SYMBOL) / 2)
        yield Guarded(stage, simulated.watch)
