"""Declaration of a WebSocket API: how a request becomes a message, and a message the answer it has over HTTP."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, SupportsIndex, TypeAlias

import attrs

from venuekit.endpoint import Security
from venuekit.message import HttpResponse, refuse_pickling
from venuekit.parameters import CheckedValue

if TYPE_CHECKING:
    from venuekit.key_kinds import KeyKind
    from venuekit.signing import Stamp

#: a message before it is written: names and values of JSON
SocketMessage: TypeAlias = dict[str, Any]


class SocketCall(NamedTuple):
    """
    A request of the WebSocket API before it is signed.

    ``values`` are the checked parameters by name: a whole number is an int, a decimal its digits as a text. They may
    hold a listen key, so the repr shows the method only.
    """

    method: str
    values: Mapping[str, CheckedValue]
    security: Security

    def __repr__(self) -> str:
        return f"SocketCall({self.method})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)


class SocketNotice(enum.Enum):
    """A message that names no request."""

    LOGON = "logon"  #: the answer to the logon
    ALIVE = "alive"  #: the answer to a ping
    END = "end"  #: anything else: no further request is sent on the connection


class SocketForm(Protocol):
    """The form of a venue's messages: pure, and quick, since it is part of every request."""

    def fill(self, call: SocketCall, stamp: Stamp, /, *, is_logged_on: bool) -> SocketMessage:
        """Return the message of a request without its id and signature; a logged-on connection may need no key."""

    def payload(self, message: SocketMessage, /) -> bytes:
        """Return the exact bytes to sign of a message."""

    def attach_signature(self, message: SocketMessage, signature: bytes, /) -> None:
        """Put the signature, the signer's answer to the payload, into the message."""

    def read(self, fields: Mapping[str, bytes], /) -> HttpResponse:
        """
        Return an answer as it would be over HTTP: status, headers, the body that decoders read, and rows of limits.

        ``fields`` are the JSON texts of its fields by name. A message that is no answer of the venue's raises
        ``LookupError`` or ``ValueError``.
        """

    def notice(self, fields: Mapping[str, bytes], /) -> SocketNotice:
        """Return the kind of a message that names no request."""


@attrs.frozen(kw_only=True)
class SocketLogon:
    """
    The message that logs a connection on, after which its requests need no signature.

    Attributes:
        message: Makes it, without its signature.
        payload: The exact bytes to sign.
        attach_signature: Puts the signature into it.
        has_id: Whether it carries an id as a request does; else its answer is a notice.
        key_kinds: The kinds of keys that log on; others sign each request. None: every key logs on.
    """

    message: Callable[[Stamp], SocketMessage]
    payload: Callable[[SocketMessage], bytes]
    attach_signature: Callable[[SocketMessage, bytes], None]
    has_id: bool = True
    key_kinds: frozenset[KeyKind] | None = None


@attrs.frozen(kw_only=True)
class SocketApi:
    """
    The WebSocket API of a venue: its endpoints with a ``websocket_method`` are reached over it.

    Attributes:
        form: The form of its messages.
        path: Behind ``Environment.websocket_api``.
        id_field: The field of a message, and of its answer, that holds the id of a request.
        logon: How a connection logs on; None where each request is signed.
        ping: The message that asks for a sign of life; None where WebSocket's own ping does.
        ping_every: Seconds from a sign of life to the next ping.
        silence: Seconds after an unanswered ping, without any other message, until the connection is dead.
        connection_life: How long the venue keeps a connection; it is replaced before, and the new one is up before the
            old one goes. None for no limit.
        opening: The cost of opening a connection, by the name of the pool.
        message_limit: The most bytes of a message; a longer one ends the connection.

    Raises:
        ValueError: a time or size that lets nothing pass.
    """

    form: SocketForm
    path: str
    id_field: str = "id"
    logon: SocketLogon | None = None
    ping: str | None = None
    ping_every: float = 20.0
    silence: float = 20.0
    connection_life: timedelta | None = None
    opening: Mapping[str, int] = attrs.field(factory=dict, hash=False)
    message_limit: int = 4_194_304

    def __attrs_post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"the path of a WebSocket API {self.path!r}: begin it with /")
        for name in ("ping_every", "silence", "message_limit"):
            if not getattr(self, name) > 0:
                raise ValueError(f"a WebSocket API's {name} must be above 0, not {getattr(self, name)!r}")
        if self.connection_life is not None and self.connection_life < timedelta(minutes=10):
            raise ValueError(f"a connection_life of {self.connection_life} leaves no time to replace the connection")
