"""Declaration of a user stream: how its session is opened and kept, and how its messages become events."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

import attrs

from venuekit.capabilities import StreamEvent
from venuekit.credentials.secret import Secret
from venuekit.endpoint import Effect, Endpoint
from venuekit.faults import Fault
from venuekit.venue import EnvironmentName

if TYPE_CHECKING:
    from typing import Any

    from venuekit.signing import Stamp

#: the place of the listen key in a path
_KEY = "{key}"


class MessageArrival(NamedTuple):
    """
    The circumstances of a message: when it was received by our clock, and its number in the session, from 1.

    ``keep_raw`` says whether events keep the venue's own object in ``raw``.
    """

    received_at: datetime
    number: int
    keep_raw: bool = False


class ReplyKind(enum.Enum):
    """A message to the session itself."""

    AUTHENTICATED = "authenticated"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    ALIVE = "alive"  #: the answer to a ping, or a message without any news
    REFUSED = "refused"


class SessionReply(NamedTuple):
    """
    A message to the session itself, which no reader sees.

    ``words`` are the venue's own of a refusal, ``code`` its code, and ``fault`` the meaning where the words show it
    and no row of the fault table lists it.
    """

    kind: ReplyKind
    words: str = ""
    code: int | str | None = None
    fault: Fault | None = None


class Decoder(Protocol):
    """Makes events of a message; pure, quick, and never waits."""

    def __call__(self, body: bytes, arrival: MessageArrival, /) -> tuple[StreamEvent, ...] | SessionReply:
        """
        Return the events of a message in their order, or the reply that it is.

        An event of an unknown kind is an :class:`~venuekit.capabilities.UnknownEvent` with the body. A body that is
        not of the venue's format raises ``PayloadMismatch``, ``ValueError``, ``TypeError``, ``LookupError`` or
        ``ArithmeticError``: readers get a :class:`~venuekit.capabilities.Gap`, and the session goes on. A message with
        no news, such as one about another product of the account, has no events.
        """


@attrs.frozen(kw_only=True)
class ListenKeySession:
    """
    A session that is opened by a listen key in its URL; nothing acknowledges the subscription.

    The key is started before each connection, prolonged at half its life, and started anew when it is gone. It is never
    stopped.

    Attributes:
        start: Starts or prolongs the key, and answers it.
        keep_alive: Prolongs it; the answer may be None or another key, which is then used.
        stop: Ends it; for :class:`~venuekit.capabilities.ListenKeyControl` alone. None where there is none.
        path: Behind ``Environment.stream``, with ``{key}`` where the key belongs: in the path or in the query.
        paths: Other forms of ``path`` by the name of their environment.
        life: How long a key lives.
        gone: Codes of refusals of ``keep_alive`` which say that there is no such key any more.

    Raises:
        ValueError: a path without ``{key}``, an endpoint whose effect is not SESSION, or a life below a second.
    """

    start: Endpoint[Secret | None]
    keep_alive: Endpoint[Secret | None]
    stop: Endpoint[None] | None = None
    path: str = "/ws/{key}"
    paths: Mapping[EnvironmentName, str] = attrs.field(factory=dict, hash=False)
    life: timedelta = timedelta(minutes=60)
    gone: frozenset[int | str] = frozenset()

    def __attrs_post_init__(self) -> None:
        for path in (self.path, *self.paths.values()):
            if path.count(_KEY) != 1 or not path.startswith(("/", "?")):
                raise ValueError(f"a stream's path {path!r}: begin it with / or ?, and name {_KEY} in it once")
        for endpoint in (self.start, self.keep_alive, self.stop):
            if endpoint is not None and endpoint.effect is not Effect.SESSION:
                raise ValueError(f"{endpoint} is about a listen key: give it effect=Effect.SESSION")
        if self.life < timedelta(seconds=1):
            raise ValueError(f"a listen key that lives for {self.life} is gone before it is used")

    def path_in(self, environment: EnvironmentName) -> str:
        """Return the path for an environment, with ``{key}`` in it."""
        return self.paths.get(environment, self.path)


@attrs.frozen(kw_only=True)
class SignedSession:
    """
    A session that is opened by a signed message, and then subscribes; both are acknowledged.

    Attributes:
        payload: The bytes to sign.
        authentication: The message with the signature, the signer's answer to the payload.
        subscriptions: The messages that subscribe, sent once the session is authenticated; each is acknowledged.
        path: Behind ``Environment.stream``; empty where there is none.
    """

    payload: Callable[[Stamp], bytes]
    authentication: Callable[[Stamp, bytes], str]
    subscriptions: tuple[str, ...]
    path: str = ""


@attrs.frozen(kw_only=True)
class DecoderRenewal:
    """
    How a decoder comes to know a contract that the venue has listed since its connection was opened.

    Once an event lacks one, the contracts are read and the decoder is made again, beside the messages: those that come
    meanwhile lack it, too.

    Attributes:
        lacks: The symbol of an event whose contract the decoder did not know, None where it knew it or needs none; it
            is called with every event, and quick.
        refresh: Reads the contracts of an account again for a symbol, as by :meth:`~venuekit.plugin.Account.refresh`;
            what ``make_decoder`` remembers is new then.
    """

    lacks: Callable[[StreamEvent], str | None]
    refresh: Callable[[Any, str], Awaitable[object]]


@attrs.frozen(kw_only=True)
class DisconnectWatch:
    """
    The messages by which a connection asks that orders are cancelled once no connection that asked for it is left.

    A dead man's switch opens a connection of its own for it, by the session of the events, so that the end of the last
    reader of events cancels nothing.

    Attributes:
        subscriptions: Sent in place of the session's own; each is acknowledged.
        unsubscriptions: Take it back on a connection that stays open; each is acknowledged.
        ping_every, silence, longest_pause: As of :class:`StreamDeclaration`. They are short, as another connection has
            to be there before the venue's time is over.
    """

    subscriptions: tuple[str, ...]
    unsubscriptions: tuple[str, ...]
    ping_every: float = 2.0
    silence: float = 4.0
    longest_pause: float = 2.0


@attrs.frozen(kw_only=True, eq=False)
class StreamDeclaration:
    """
    The user stream of a venue; its URL is ``Environment.stream`` and the session's path behind it.

    Attributes:
        session: How it is opened.
        make_decoder: Makes the decoder of an account; called before each connection, so that it may read the facts that
            messages lack (contract sizes) by :meth:`~venuekit.plugin.Account.read_once`.
        renewal: How the decoder comes to know contracts that are listed later; None where it needs none.
        ping: The message that asks for a sign of life; None where WebSocket's own ping does.
        ping_every: Seconds from one ping to the next.
        silence: Seconds after an unanswered ping, without any other message, until the connection is dead.
        longest_pause: Seconds before another attempt to open a connection, at most; it begins with less, and is drawn.
        connection_life: How long the venue keeps a connection; it is replaced before, and the new one is up before the
            old one goes. None for no limit.
        identity: The identity of a message by which one that comes on both connections is noticed; None for its body.
        is_ordered: Whether the messages of one connection come in the order of their changes; else those of one moment
            of the venue's clock may be in any order, and an account view settles them by a read.
        message_limit: The most bytes of a message; a longer one ends the connection.
        confirmed_by: Endpoints whose accepted requests an event follows, such as that of placing an order.
        watch: How a connection becomes one whose end cancels orders; None where there is no such thing. It needs a
            :class:`SignedSession`.
        confirm_within: Seconds within which that event comes; where none does, the connection does not deliver, and
            another one is opened.

    Raises:
        ValueError: a time or size that lets nothing pass.
    """

    session: ListenKeySession | SignedSession
    make_decoder: Callable[[Any], Awaitable[Decoder]]
    renewal: DecoderRenewal | None = None
    ping: str | None = None
    ping_every: float = 20.0
    silence: float = 20.0
    longest_pause: float = 30.0
    connection_life: timedelta | None = None
    identity: Callable[[bytes], Hashable] | None = None
    message_limit: int = 4_194_304
    confirmed_by: frozenset[Endpoint[Any]] = frozenset()
    confirm_within: float = 10.0
    watch: DisconnectWatch | None = None
    is_ordered: bool = True

    @property
    def endpoints(self) -> tuple[Endpoint[Any], ...]:
        """The endpoints that its sessions send to, all of which the venue declares."""
        rule = self.session
        keys = (rule.start, rule.keep_alive, rule.stop) if isinstance(rule, ListenKeySession) else ()
        return tuple(one for one in keys if one is not None)

    def watching(self) -> StreamDeclaration:
        """
        Return the declaration of a connection that the venue watches, and that has no events.

        Raises:
            ValueError: there is none.
        """
        watch, session = self.watch, self.session
        if watch is None or not isinstance(session, SignedSession):
            raise ValueError("the stream declares no watch")
        return attrs.evolve(
            self,
            session=attrs.evolve(session, subscriptions=watch.subscriptions),
            ping_every=watch.ping_every,
            silence=watch.silence,
            longest_pause=watch.longest_pause,
            confirmed_by=frozenset(),
            watch=None,
        )

    def __attrs_post_init__(self) -> None:
        if self.watch is not None and not isinstance(self.session, SignedSession):
            raise ValueError("a stream's watch is subscribed to: it needs a SignedSession")
        for name in ("ping_every", "silence", "longest_pause", "message_limit", "confirm_within"):
            if not getattr(self, name) > 0:
                raise ValueError(f"a stream's {name} must be above 0, not {getattr(self, name)!r}")
        if self.connection_life is not None and self.connection_life < timedelta(minutes=2):
            raise ValueError(f"a connection_life of {self.connection_life} leaves no time to replace the connection")
