"""Messages: a request that is ready to be sent, the answer to it as a transport carries it, and as it was decoded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, NoReturn, Protocol, SupportsIndex, TypeVar

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.errors import OddRow

T = TypeVar("T")

#: the carriers of an account's requests that its opener chooses from
TRANSPORTS = ("rest", "websocket")
#: bytes that an answer may have, decompressed, where its endpoint declares nothing else; decoding so many takes 50 ms
ANSWER_LIMIT = 4 * 1024 * 1024


def refuse_pickling(message: object) -> NoReturn:
    """Raise the ``TypeError`` of a message that no pickle and no copy may hold."""
    raise TypeError(f"a {type(message).__name__} cannot be pickled or copied: it may carry key and signature")


class HttpRequest(NamedTuple):
    """
    One request, byte for byte as it will be sent; a named tuple, since one is made for every attempt.

    ``url`` is already encoded and must not be quoted again. URL, headers and body may carry key and signature, so
    the repr shows verb and path only. ``answer_limit`` is how many bytes the answer may have, decompressed.
    """

    verb: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    answer_limit: int = ANSWER_LIMIT

    def __repr__(self) -> str:
        return f"HttpRequest({self.verb} {self.url.partition('?')[0]})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)


class HttpResponse(NamedTuple):
    """
    Status, headers (looked up case-insensitively) and the whole body of one answer.

    ``rate_limits`` is the JSON text of the rows about limits that an answer of a WebSocket API has in place of headers
    (:mod:`venuekit.pipeline.rate_limits`), empty without any.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    rate_limits: bytes = b""

    def __repr__(self) -> str:
        return f"HttpResponse({self.status}, {len(self.body)} bytes)"


@quick_init
@attrs.frozen
class Answer(Generic[T]):
    """
    A decoded answer and when it was true.

    ``as_of`` is the venue's clock when the request was sent, ``received_at`` ours when the answer was there. ``raw``
    is the answer as plain JSON objects when the account was opened with ``keep_raw=True``, else None. ``odd`` are the
    rows that were left out, of value and ``raw``, because they could not be read.
    """

    value: T
    as_of: datetime
    received_at: datetime
    raw: Any = attrs.field(default=None, repr=False)
    odd: tuple[OddRow, ...] = ()


class Transport(Protocol):
    """
    The carrier of requests: one call wide.

    ``send`` raises :class:`~venuekit.errors.NeverSent` when not one byte was written,
    :class:`~venuekit.errors.CertificateRejected` when the other side is not who it should be, and
    :class:`~venuekit.errors.AnswerLost` for everything else that ends without a complete answer, an answer that weighs
    more than the request's ``answer_limit`` included. It never sends twice by itself.

    A transport that sees its connections may have an attribute ``strays: int``: how often a connection brought bytes
    without a request. As long as it is 0 (or there is none), no answer is suspected to belong to another
    question.

    One that keeps connections may have a method ``distrust()``: none of those it has now carries another request. It is
    called when one of them brought an answer to another request, behind which the true one may follow.
    """

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request once and return the complete answer."""

    async def aclose(self) -> None:
        """Close the transport's connections."""
