"""Answers that are not the venue's own, or not whole."""

from __future__ import annotations

import gzip
import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self

import attrs

from venuekit.simulator.disturbances.base import ArrivalInPlay, Disturbance, Proceed, Reply
from venuekit.simulator.ledger import LedgerRefusal, Reason
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
class Reject(Disturbance):
    """
    The venue refuses the request for a ``reason``, in its own words, and does not carry it out.

    Key, time window and limits are checked before. ``details`` are the numbers or names that the venue's words need.
    """

    reason: Reason
    details: Mapping[str, object] = attrs.field(factory=dict)

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Refuse."""
        attempt.refusal = LedgerRefusal(self.reason, self.details)
        return await proceed()


class _Edit(Disturbance):
    """The request is carried out, and its answer sent with a change."""

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, and change the answer."""
        reply = await proceed()
        return reply if reply.response is None else attrs.evolve(reply, response=self._edit(reply.response))

    @abstractmethod
    def _edit(self, response: Response) -> Response:
        """Return the answer as it is sent."""


@attrs.frozen
class Cut(_Edit):
    """The answer is a complete message whose body ends after ``keep`` bytes; 0 makes it empty."""

    keep: int = 10

    def _edit(self, response: Response) -> Response:
        return attrs.evolve(response, body=response.body[: self.keep])


@attrs.frozen
class Oversize(_Edit):
    """The answer's body is followed by blanks, up to ``size`` bytes; with ``gzip`` it travels packed, and is short."""

    size: int
    gzip: bool = False

    def _edit(self, response: Response) -> Response:
        response = attrs.evolve(response, body=response.body.ljust(self.size))
        return _pack(response) if self.gzip else response


@attrs.frozen
class UnendedGzip(_Edit):
    """The answer is packed by gzip, and its last ``missing`` bytes are not sent: the packed data does not end."""

    missing: int = 8

    def _edit(self, response: Response) -> Response:
        packed = _pack(response)
        return attrs.evolve(packed, body=packed.body[: -self.missing or None])


@attrs.frozen
class ContentType(_Edit):
    """The answer is sent under another content type, as ``text/html``; an empty one leaves the header out."""

    type: str

    def _edit(self, response: Response) -> Response:
        others = {name: value for name, value in response.headers.items() if name.lower() != "content-type"}
        return attrs.evolve(response, headers={**others, "Content-Type": self.type} if self.type else others)


@attrs.frozen
class Drip(Disturbance):
    """The answer's body arrives slowly: ``size`` bytes at a time, ``every`` so many seconds."""

    every: float
    size: int = 1

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, and answer slowly."""
        return attrs.evolve(await proceed(), drip=(self.size, self.every))


@attrs.frozen
class Rewrite(_Edit):
    """The request is carried out, and ``edit`` changes the answer's body, as a venue that changed its format would."""

    edit: Callable[[bytes], bytes]

    @classmethod
    def json(cls, edit: Callable[[Any], Any]) -> Self:
        """Return one whose ``edit`` gets the body as plain JSON and returns the new one."""
        return cls(lambda body: json.dumps(edit(json.loads(body))).encode())

    def _edit(self, response: Response) -> Response:
        return attrs.evolve(response, body=self.edit(response.body))


def _pack(response: Response) -> Response:
    body = gzip.compress(response.body, mtime=0)
    return attrs.evolve(response, body=body, headers={**response.headers, "Content-Encoding": "gzip"})
