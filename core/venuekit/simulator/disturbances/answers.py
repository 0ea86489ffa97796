"""Answers that are not the venue's own, or not whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Self

import attrs

from venuekit.simulator.disturbances.base import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit.simulator.message import DocumentedAnswer, Response, json_response


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

    @classmethod
    def documented(cls, answer: DocumentedAnswer, milliseconds: int, *, applied: bool | None = None) -> Self:
        """
        Return an answer that a venue documents, at a time of its clock.

        ``applied`` is whether the request is carried out where the venue says that it may have been; None: it is not.
        """
        response = answer.make(milliseconds)
        is_applied = bool(applied) if answer.executed is None else answer.executed
        return cls(response.status, response.body, response.headers, applied=is_applied)

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
