"""The base of all disturbances: an arrival while it is carried out, the bytes that answer it, and their order."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from venuekit.clock import Clock
from venuekit.simulator.ledger import Ledger, LedgerRefusal
from venuekit.simulator.message import Response


@attrs.frozen
class Reply:
    """
    The bytes that go back over the wire.

    Without a ``response`` the connection is closed and not one byte sent; where it ``is_silent``, it is left open.
    ``keep`` is the length of the body that is sent before the connection is closed, while Content-Length promises all
    of it. ``half_close`` closes the sending half after the answer. ``before`` and ``after`` are responses that no
    request asked for, sent on the same connection before and after the answer; ``lead`` is the number of seconds
    between those before it and the answer. ``drip`` is the number of bytes that the body is sent in at a time, and the
    seconds after each part. For ``refuse_for`` seconds from now, the server refuses connections.
    """

    response: Response | None
    keep: int | None = None
    half_close: bool = False
    before: tuple[Response, ...] = ()
    after: tuple[Response, ...] = ()
    lead: float = 0.0
    is_silent: bool = False
    drip: tuple[int, float] | None = None
    refuse_for: float = 0.0


@attrs.define
class SwapPoint:
    """The place where two requests of a venue swap their answers: the one that waits, if there is one."""

    waiting: tuple[Reply, asyncio.Future[Reply]] | None = None


@attrs.define
class ArrivalInPlay:
    """An arrival while it is carried out: the state a disturbance may change."""

    ledger: Ledger
    clock: Clock
    swaps: SwapPoint = attrs.field(kw_only=True)
    #: moves the venue's clock by seconds, for good
    step_clock: Callable[[float], None] = attrs.field(kw_only=True)
    #: seconds between the venue's first check and the second
    queued: float = 0.0
    #: older copies of the ledgers for the handler, by account
    seen: Mapping[str, Ledger] | None = None
    #: whether the venue checks the time window again when it carries the request out
    rechecks: bool = True
    #: a refusal in place of carrying the request out
    refusal: LedgerRefusal | None = None
    #: work that continues after the connection was closed
    later: list[Coroutine[Any, Any, Reply]] = attrs.field(factory=list, init=False)


Proceed: TypeAlias = Callable[[], Coroutine[Any, Any, Reply]]


class Disturbance(ABC):
    """A fault of one attempt: it may wait, go on (``proceed`` carries the request out), and reply."""

    @abstractmethod
    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Play one attempt."""

    def attempts(self, ledgers: Mapping[str, Ledger]) -> Sequence[Disturbance]:  # noqa: ARG002  - a lag copies them here
        """Return the disturbances to play, one for each attempt; called when the script is written."""
        return (self,)


def together(disturbances: Sequence[Disturbance], attempt: ArrivalInPlay, proceed: Proceed) -> Awaitable[Reply]:
    """Play several disturbances on one attempt, the first one outermost."""
    if not disturbances:
        return proceed()
    first, rest = disturbances[0], disturbances[1:]

    async def inner() -> Reply:
        return await together(rest, attempt, proceed)

    return first.play(attempt, inner)


#: the disturbances of one attempt: a single one, or several with the first one outermost
Step: TypeAlias = Disturbance | Sequence[Disturbance]
