"""Declarations of user streams: a wrong one is refused where it is made, with the mend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from venuekit.capabilities import StreamEvent, UnknownEvent
from venuekit.plugin import (
    Decoder,
    Effect,
    Endpoint,
    EnvironmentName,
    ListenKeySession,
    MessageArrival,
    ReplyKind,
    Secret,
    SessionReply,
    SignedSession,
    StreamDeclaration,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _read_key(body: bytes) -> Secret | None:
    return Secret(body.decode())


START = Endpoint("POST", "/v1/key", decode=_read_key, effect=Effect.SESSION)
KEEP = Endpoint("PUT", "/v1/key", decode=_read_key, effect=Effect.SESSION)


def decode(body: bytes, arrival: MessageArrival) -> tuple[StreamEvent, ...] | SessionReply:
    """Know nothing but pongs."""
    if body == b"pong":
        return SessionReply(ReplyKind.ALIVE)
    return (UnknownEvent(received_at=arrival.received_at, message=arrival.number, kind=None, body=body),)


async def make_decoder(_account: object) -> Decoder:
    """Return the decoder, which needs no facts of the account."""
    return decode


SIGNED = SignedSession(
    payload=lambda stamp: str(stamp.timestamp).encode(),
    authentication=lambda _, signature: signature.hex(),
    subscriptions=("order",),
)


async def test_a_decoder_makes_events_and_replies() -> None:
    """It is made for an account, and gets the circumstances of a message with it."""
    declaration = StreamDeclaration(session=SIGNED, make_decoder=make_decoder, ping="ping")
    made = await declaration.make_decoder(None)

    assert made(b"pong", MessageArrival(NOON, 1)) == SessionReply(ReplyKind.ALIVE)
    events = made(b"{}", MessageArrival(NOON, 2))
    assert isinstance(events, tuple)
    assert [one.message for one in events if isinstance(one, StreamEvent)] == [2]


def test_a_path_may_differ_in_an_environment() -> None:
    """All others have the usual one."""
    session = ListenKeySession(start=START, keep_alive=KEEP, paths={EnvironmentName.SIM: "/ws?listenKey={key}"})

    assert session.path_in(EnvironmentName.SIM) == "/ws?listenKey={key}"
    assert session.path_in(EnvironmentName.LIVE) == "/ws/{key}"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ListenKeySession(start=START, keep_alive=KEEP, path="/ws"), "name {key} in it once"),
        (lambda: ListenKeySession(start=START, keep_alive=KEEP, path="ws/{key}"), "begin it with / or ?"),
        (
            lambda: ListenKeySession(start=START, keep_alive=KEEP, paths={EnvironmentName.SIM: "/{key}/{key}"}),
            "name {key} in it once",
        ),
        (
            lambda: ListenKeySession(start=START, keep_alive=Endpoint("PUT", "/v1/key", decode=_read_key)),
            "give it effect=Effect.SESSION",
        ),
        (lambda: ListenKeySession(start=START, keep_alive=KEEP, life=timedelta(0)), "is gone before it is used"),
        (lambda: StreamDeclaration(session=SIGNED, make_decoder=make_decoder, silence=0), "silence must be above 0"),
        (lambda: StreamDeclaration(session=SIGNED, make_decoder=make_decoder, message_limit=-1), "not -1"),
        (
            lambda: StreamDeclaration(session=SIGNED, make_decoder=make_decoder, connection_life=timedelta(minutes=1)),
            "leaves no time to replace",
        ),
    ],
)
def test_a_wrong_declaration_is_refused(make: Callable[[], Any], words: str) -> None:
    """In one sentence that says how to mend it."""
    with pytest.raises(ValueError, match=words):
        make()
