"""Disturbances of the wire, and the script that plays them on the next attempts of a route."""

from __future__ import annotations

import copy
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Self, TypeAlias

import attrs

from venuekit.clock import Clock
from venuekit.endpoint import EndpointName
from venuekit.simulator.ledger import Ledger
from venuekit.simulator.message import Response, json_response


@attrs.frozen
class Reply:
    """
    The bytes that go back over the wire.

    Without a ``response`` the connection is closed and not one byte sent. ``keep`` is the length of the body that is
    sent before the connection is closed, while Content-Length promises all of it. ``half_close`` closes the sending
    half after the answer. ``before`` and ``after`` are responses that no request asked for, sent on the same connection
    before and after the answer; ``lead`` is the number of seconds between those before it and the answer.
    """

    response: Response | None
    keep: int | None = None
    half_close: bool = False
    before: tuple[Response, ...] = ()
    after: tuple[Response, ...] = ()
    lead: float = 0.0


@attrs.define
class ArrivalInPlay:
    """An arrival while it is carried out: the state a disturbance may change."""

    ledger: Ledger
    clock: Clock
    #: seconds between the venue's first check and the second
    queued: float = 0.0
    #: older copies of the ledgers for the handler, by account
    seen: Mapping[str, Ledger] | None = None
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


@attrs.frozen
class Delay(Disturbance):
    """
    Seconds that pass ``before`` the venue looks at the request, while it is ``queued`` between the venue's first
    check of the time window and the second, and ``after`` it was carried out, before the answer leaves.
    """

    before: float = 0.0
    queued: float = 0.0
    after: float = 0.0

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Wait, carry out, wait."""
        attempt.queued += self.queued
        await _wait(attempt.clock, self.before)
        reply = await proceed()
        await _wait(attempt.clock, self.after)
        return reply


@attrs.frozen
class DropBefore(Disturbance):
    """The request is read and the connection closed: it is neither carried out nor answered."""

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002  - it never goes on
        """Hang up."""
        return Reply(None)


@attrs.frozen
class DropAfter(Disturbance):
    """The request is carried out, and its answer is lost."""

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, then hang up."""
        await proceed()
        return Reply(None)


@attrs.frozen
class ApplyLater(Disturbance):
    """
    The answer is lost at once, and the request is carried out ``seconds`` later.

    The venue checks its time window when it arrives and again when it is carried out.
    """

    seconds: float

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Hang up, and carry the request out in the background."""
        attempt.queued += self.seconds
        attempt.later.append(proceed())
        return Reply(None)


@attrs.frozen
class CannedAnswer(Disturbance):
    """Any answer instead of the venue's, after carrying the request out (``applied``) or instead of that."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    applied: bool = attrs.field(default=False, kw_only=True)

    @classmethod
    def json(
        cls, status: int, payload: object, headers: Mapping[str, str] | None = None, *, applied: bool = False
    ) -> Self:
        """Return a JSON answer."""
        response = json_response(payload, status, headers)
        return cls(status, response.body, response.headers, applied=applied)

    @classmethod
    def html(cls, status: int, *, applied: bool = False) -> Self:
        """Return an answer like that of a gateway in front of a venue."""
        body = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n".encode()
        return cls(status, body, {"Content-Type": "text/html"}, applied=applied)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Answer this."""
        if self.applied:
            await proceed()
        return Reply(Response(self.status, self.body, self.headers))


@attrs.frozen
class Truncate(Disturbance):
    """The connection breaks after ``keep`` bytes of the answer's body; its length promised more."""

    keep: int = 10

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, and break off."""
        return attrs.evolve(await proceed(), keep=self.keep)


@attrs.frozen
class Cut(Disturbance):
    """The answer is a complete message whose body ends after ``keep`` bytes; 0 makes it empty."""

    keep: int = 10

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, and answer less."""
        reply = await proceed()
        if reply.response is None:
            return reply
        return attrs.evolve(reply, response=attrs.evolve(reply.response, body=reply.response.body[: self.keep]))


@attrs.frozen
class Rewrite(Disturbance):
    """The request is carried out, and ``edit`` changes the answer's body, as a venue that changed its format would."""

    edit: Callable[[bytes], bytes]

    @classmethod
    def json(cls, edit: Callable[[Any], Any]) -> Self:
        """Return one whose ``edit`` gets the body as plain JSON and returns the new one."""
        return cls(lambda body: json.dumps(edit(json.loads(body))).encode())

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, and answer differently."""
        reply = await proceed()
        if reply.response is None:
            return reply
        return attrs.evolve(reply, response=attrs.evolve(reply.response, body=self.edit(reply.response.body)))


@attrs.frozen
class Unasked(Disturbance):
    """
    A response that no request asked for arrives on the connection, after the answer or ``first``.

    A first one may arrive ``lead`` seconds before the answer, after the request was sent: then only its content shows
    that it is not the answer.
    """

    response: Response
    first: bool = False
    lead: float = 0.0

    @classmethod
    def json(cls, payload: object, *, status: int = 200, first: bool = False, lead: float = 0.0) -> Self:
        """Return one that is JSON."""
        return cls(json_response(payload, status, None), first, lead)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, and send an additional response."""
        reply = await proceed()
        if self.first:
            return attrs.evolve(reply, before=(*reply.before, self.response), lead=max(reply.lead, self.lead))
        return attrs.evolve(reply, after=(*reply.after, self.response))


@attrs.frozen
class Twice(Disturbance):
    """The answer is sent twice."""

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out once, and answer twice."""
        reply = await proceed()
        return reply if reply.response is None else attrs.evolve(reply, after=(*reply.after, reply.response))


@attrs.frozen
class HalfClose(Disturbance):
    """
    After the answer the venue closes its sending half and goes on reading.

    A request on the same connection still arrives and is carried out, but can never be answered.
    """

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Answer, and close half."""
        return attrs.evolve(await proceed(), half_close=True)


@attrs.frozen
class SecondActor(Disturbance):
    """Another client acts on the account just before the request is carried out, or just ``after`` it."""

    action: Callable[[Ledger], object]
    after: bool = False

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Run the action before or after the request."""
        if not self.after:
            self.action(attempt.ledger)
            return await proceed()
        reply = await proceed()
        self.action(attempt.ledger)
        return reply


@attrs.frozen
class Lag(Disturbance):
    """The next ``reads`` requests of the route see the account in its state when this was scripted."""

    reads: int = 1
    _as_it_was: Mapping[str, Ledger] | None = attrs.field(default=None, repr=False, eq=False)

    def attempts(self, ledgers: Mapping[str, Ledger]) -> Sequence[Disturbance]:
        """Copy the ledgers as they are; shallow copies are enough, since commands replace the state as a whole."""
        copies = {account: copy.copy(ledger) for account, ledger in ledgers.items()}
        return (attrs.evolve(self, as_it_was=copies),) * self.reads

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Answer from the copy of the caller's account."""
        attempt.seen = self._as_it_was
        return await proceed()


async def _wait(clock: Clock, seconds: float) -> None:
    if seconds > 0:
        await clock.sleep(seconds)


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


@attrs.define(eq=False)
class _Attempt:
    """A scripted attempt, by venue where it may come at one of several; it is played once, at the first of them."""

    steps: Mapping[str, tuple[Disturbance, ...]]
    is_played: bool = False


@attrs.define
class Script:
    """Disturbances by venue and endpoint, in the order of the attempts they await."""

    _waiting: dict[tuple[str, EndpointName], deque[_Attempt]] = attrs.field(factory=dict, init=False)

    def add(
        self,
        places: Mapping[str, tuple[Mapping[str, Ledger], Sequence[Step]]],
        endpoint: EndpointName,
        *,
        times: int = 1,
    ) -> None:
        """
        Append steps for the next attempts, the whole sequence ``times`` times.

        ``places`` are the venues, each with its ledgers, by account, and its steps: an attempt at any of them plays
        that venue's.
        """
        sequences = {venue: _attempts(steps, ledgers) for venue, (ledgers, steps) in places.items()}
        for _ in range(times):
            for alike in zip(*sequences.values(), strict=True):
                attempt = _Attempt(dict(zip(sequences, alike, strict=True)))
                for venue in places:
                    self._waiting.setdefault((venue, endpoint), deque()).append(attempt)

    def take(self, venue: str, endpoint: EndpointName) -> tuple[Disturbance, ...]:
        """Remove and return the disturbances of this attempt, empty when none are scripted."""
        waiting = self._waiting.get((venue, endpoint), deque())
        while waiting:
            attempt = waiting.popleft()
            if not attempt.is_played:
                attempt.is_played = True
                return attempt.steps[venue]
        return ()

    def waiting(self) -> dict[tuple[str, EndpointName], tuple[tuple[Disturbance, ...], ...]]:
        """Return the disturbances that were not played, one tuple for each attempt, by venue and endpoint."""
        steps = {
            place: tuple(attempt.steps[place[0]] for attempt in attempts if not attempt.is_played)
            for place, attempts in self._waiting.items()
        }
        return {place: left for place, left in steps.items() if left}

    @property
    def is_played(self) -> bool:
        """Whether every scripted disturbance was played."""
        return not self.waiting()

    def clear(self) -> None:
        """Drop the disturbances that have not been played."""
        self._waiting.clear()


def _attempts(steps: Iterable[Step], ledgers: Mapping[str, Ledger]) -> list[tuple[Disturbance, ...]]:
    """Return the disturbances of each attempt; those that look back take their copies of the ledgers now."""
    attempts: list[tuple[Disturbance, ...]] = []
    for step in steps:
        if isinstance(step, Disturbance):
            attempts.extend((disturbance,) for disturbance in step.attempts(ledgers))
        else:
            attempts.append(tuple(first for part in step for first in part.attempts(ledgers)[:1]))
    return attempts
