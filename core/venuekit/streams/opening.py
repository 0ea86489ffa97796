"""Opening: one attempt to open a connection of a session, with its listen key or its signed message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from venuekit._util.texts import without_frames
from venuekit.credentials.redactor import redact, redact_error
from venuekit.credentials.secret import Secret
from venuekit.errors import ConfigurationError, NeverSent, OperationError, VenuekitError
from venuekit.faults import error_of
from venuekit.foreign import read_foreign, words_of
from venuekit.pipeline.events import EVENTS
from venuekit.pipeline.open_socket import StreamSocket
from venuekit.pipeline.sockets import HandshakeRefused, Sockets
from venuekit.signing import NO_FIELDS, Stamp
from venuekit.stream_declaration import ListenKeySession, ReplyKind, SessionReply, SignedSession, StreamDeclaration
from venuekit.streams.connection import Connection, SubscriptionRefused
from venuekit.streams.listen_keys import KeptKey

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.message import HttpResponse
    from venuekit.pipeline.account_session import AccountSession


async def open_connection(
    account: Account,
    session: AccountSession,
    declaration: StreamDeclaration,
    *,
    sockets: Sockets,
    key: KeptKey | None,
    make: Callable[..., Connection],
) -> Connection:
    """
    Open a connection that is subscribed, as far as the venue acknowledges it; ``make`` makes it of a socket.

    Raises:
        OperationError: the venue cannot be reached, or refuses the session.
        ConfigurationError: the environment has no URL of streams.
    """
    venue, environment = session.venue_session.venue, session.venue_session.environment
    base = environment.stream
    if base is None:
        raise ConfigurationError(f"{venue.id}: the environment {environment.name} has no URL of user streams")
    rule = declaration.session
    if isinstance(rule, ListenKeySession) and key is not None:
        text = await key.start(account.call)
        url = Secret(base + rule.path_in(environment.name).replace("{key}", text.reveal()))
    else:
        url = Secret(base + (rule.path if isinstance(rule, SignedSession) else ""))
    connection = make(socket=await _open_socket(session, url, sockets, declaration.message_limit))
    try:
        connection.start()
        if isinstance(rule, SignedSession):
            await _subscribe(session, rule, connection)
    except SubscriptionRefused as refused:
        await connection.close()
        raise refusal(session, refused.reply) from None
    except BaseException as error:
        if isinstance(error, OperationError):
            error.venue, error.operation = venue.id, EVENTS
        await connection.close()
        raise
    return connection


async def _open_socket(session: AccountSession, url: Secret, sockets: Sockets, message_limit: int) -> StreamSocket:
    """Open a socket; of a refusal, which may repeat the listen key, an error keeps the redacted words alone."""
    venue, environment = session.venue_session.venue, session.venue_session.environment
    try:
        return await sockets.open(url, environment.headers, message_limit)
    except HandshakeRefused as refused:
        failure = _handshake_refusal(session, refused.response)
    except OperationError as error:
        error.venue, error.operation = venue.id, EVENTS
        raise
    raise failure


async def _subscribe(session: AccountSession, rule: SignedSession, connection: Connection) -> None:
    message = await _sign(session, rule)
    await connection.request(message, ReplyKind.AUTHENTICATED)
    for subscription in rule.subscriptions:
        await connection.request(Secret(subscription), ReplyKind.SUBSCRIBED)
    connection.is_confirmed = True


async def _sign(session: AccountSession, rule: SignedSession) -> Secret:
    """
    Return the message that opens a session, signed now.

    Raises:
        NeverSent: it could not be signed; nothing of signer and venue is part of the traceback.
    """
    wire, shared = session.wire, session.venue_session
    failure: BaseException
    stamp = payload = signature = None
    try:
        texts = {name: text.reveal() for name, text in wire.fields.items()} if wire.fields else NO_FIELDS
        stamp = Stamp(wire.key.reveal(), shared.clock.milliseconds(), shared.venue.recv_window, texts)
        payload = rule.payload(stamp)
        signature = await wire.signer.sign(payload)
        return Secret(rule.authentication(stamp, signature))
    except BaseException as error:  # noqa: BLE001 - raised below, without the frames that it comes from
        failure = _signing_failure(error)
    finally:
        texts = stamp = payload = signature = None  # type: ignore[assignment]  # a traceback with variables shows them
    raise failure


def _signing_failure(error: BaseException) -> BaseException:
    if isinstance(error, asyncio.CancelledError):
        return asyncio.CancelledError(*error.args)
    if isinstance(error, VenuekitError) or not isinstance(error, Exception):
        return without_frames(error)
    return NeverSent(f"the session could not be signed: {redact_error(error)}")


def _handshake_refusal(session: AccountSession, response: HttpResponse) -> OperationError:
    """Return the error of a refused handshake, in the venue's words where it wrote them."""
    try:
        refused = session.venue_session.venue.answers(response)
    except Exception:  # noqa: BLE001 - a reader that fails has not read
        refused = None
    if refused is None:
        refused = read_foreign(response)
    words = refused.message or words_of(response.body)
    reply = SessionReply(ReplyKind.REFUSED, words, refused.code, refused.fault)
    return refusal(session, reply, response.status, is_foreign=refused.is_foreign)


def refusal(
    session: AccountSession, reply: SessionReply, status: int = 200, *, is_foreign: bool = False
) -> OperationError:
    """Return the error of a refused session, by the venue's own table of faults; ``status`` is that of a handshake."""
    venue, words = session.venue_session.venue, redact(reply.words) or "no words"
    if is_foreign:
        words = f"HTTP {status}, not from the venue itself: {words}"
    fault = reply.fault or venue.faults.classify(status, reply.code, reply.words, is_foreign=is_foreign)
    row = venue.faults.row(status, reply.code, reply.words)
    details: dict[str, Any] = {"code": reply.code, "status": None if status == 200 else status}
    return error_of(fault)(words, venue=venue.id, operation=EVENTS, mend="" if row is None else row.mend, **details)
