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
from venuekit.pipeline.events import EVENTS
from venuekit.pipeline.sockets import HandshakeRefused, Sockets
from venuekit.signing import NO_FIELDS, Stamp
from venuekit.stream_declaration import ListenKeySession, ReplyKind, SessionReply, SignedSession, StreamDeclaration
from venuekit.streams.connection import Connection, SubscriptionRefused
from venuekit.streams.listen_keys import KeptKey

if TYPE_CHECKING:
    from venuekit.account import Account
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
    try:
        socket = await sockets.open(url, environment.headers, declaration.message_limit)
    except HandshakeRefused as refused:
        raise refusal(session, SessionReply(ReplyKind.REFUSED, refused.words), refused.status) from None
    except OperationError as error:
        error.venue, error.operation = venue.id, EVENTS
        raise
    connection = make(socket=socket)
    try:
        connection.start()
        if isinstance(rule, SignedSession):
            await _subscribe(session, rule, connection)
    except SubscriptionRefused as refused:
        await connection.close()
        raise refusal(session, refused.reply, 200) from None
    except BaseException as error:
        if isinstance(error, OperationError):
            error.venue, error.operation = venue.id, EVENTS
        await connection.close()
        raise
    return connection


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


def refusal(session: AccountSession, reply: SessionReply, status: int) -> OperationError:
    """Return the error of a refused session, by the venue's own table of faults."""
    venue, words = session.venue_session.venue, redact(reply.words)
    fault = reply.fault or venue.faults.classify(status, reply.code, reply.words, is_foreign=status != 200)
    row = venue.faults.row(status, reply.code, reply.words)
    details: dict[str, Any] = {"code": reply.code, "status": None if status == 200 else status}
    mend = "" if row is None else row.mend
    return error_of(fault)(words or "no words", venue=venue.id, operation=EVENTS, mend=mend, **details)
