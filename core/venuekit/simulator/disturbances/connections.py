"""Disturbances of the connection: answers without a request, and connections that are half open."""

from __future__ import annotations

import asyncio
from typing import Self

import attrs

from venuekit.simulator.disturbances.base import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit.simulator.message import Response, json_response


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
class Swap(Disturbance):
    """
    The answer goes to another request, whose answer comes here: that of the venue's next attempt that is to be swapped.

    Both are carried out. Where no other arrives within ``within`` seconds, the answer is the request's own.
    """

    within: float = 10.0

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Carry out, and swap answers with the one that waits, or wait for one."""
        reply = await proceed()
        point = attempt.swaps
        if point.waiting is not None:
            (other, partner), point.waiting = point.waiting, None
            partner.set_result(reply)
            return other
        swapped: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        point.waiting = waiting = (reply, swapped)
        patience = asyncio.ensure_future(attempt.clock.sleep(self.within))
        try:
            await asyncio.wait((swapped, patience), return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
            if point.waiting is waiting:
                point.waiting = None
        return swapped.result() if swapped.done() else reply


@attrs.frozen
class HalfClose(Disturbance):
    """
    After the answer the venue closes its sending half and goes on reading.

    A request on the same connection still arrives and is carried out, but can never be answered.
    """

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Answer, and close half."""
        return attrs.evolve(await proceed(), half_close=True)
