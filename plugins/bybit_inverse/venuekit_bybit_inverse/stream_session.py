"""The declaration of the private stream: a signed login, then subscriptions, both acknowledged."""

from __future__ import annotations

import json

import attrs

from venuekit.capabilities import FillUpdate, PositionUpdate, StreamEvent
from venuekit.parts.messages import Messages
from venuekit.plugin import (
    Account,
    Decoder,
    DecoderRenewal,
    DisconnectWatch,
    SignedSession,
    Stamp,
    StreamDeclaration,
)
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.instruments import refresh_list, settle_by_symbol
from venuekit_bybit_inverse.signing import websocket_payload, write_signature
from venuekit_bybit_inverse.stream import BybitDecoder
from venuekit_bybit_inverse.stream_messages import MESSAGES

#: milliseconds for which a login is valid; one second was too short on slow lines
_LOGIN_LIFE = 10_000
#: topics of all products would bring theirs, too, and cannot be subscribed in one message with those of one product
_TOPICS = ("position.inverse", "order.inverse", "execution.inverse")
_WALLET = "wallet"
#: by it the end of the last such connection cancels orders of perpetuals and futures
_PROTECTION = "dcp.future"
_PING = '{"op":"ping"}'


def _expiry(stamp: Stamp) -> int:
    return stamp.timestamp + _LOGIN_LIFE


def _log_in(stamp: Stamp, signature: bytes) -> str:
    return json.dumps({"op": "auth", "args": [stamp.key, _expiry(stamp), write_signature(signature)]})


def _subscribe(*topics: str) -> str:
    return json.dumps({"op": "subscribe", "args": topics})


def _unsubscribe(*topics: str) -> str:
    return json.dumps({"op": "unsubscribe", "args": topics})


@attrs.frozen
class _DecoderMaker:
    """Makes the decoder of an account, with the settle coins of the contracts that the venue lists."""

    messages: Messages

    async def __call__(self, account: Account) -> Decoder:
        """Return the decoder."""
        return BybitDecoder(self.messages, await settle_by_symbol(account))


def _find_unlisted(event: StreamEvent) -> str | None:
    """Return the symbol of an event that lacks the settle coin of its contract, None where it has it, or needs none."""
    if isinstance(event, PositionUpdate):
        return event.position.symbol if event.position.settle is None else None
    if isinstance(event, FillUpdate):
        return event.fill.symbol if event.fill.commission_asset is None else None
    return None


STREAM = StreamDeclaration(
    session=SignedSession(
        payload=lambda stamp: websocket_payload(_expiry(stamp)),
        authentication=_log_in,
        subscriptions=(_subscribe(*_TOPICS), _subscribe(_WALLET)),
        path="/v5/private",
    ),
    make_decoder=_DecoderMaker(MESSAGES),
    renewal=DecoderRenewal(lacks=_find_unlisted, refresh=refresh_list),
    ping=_PING,
    ping_every=20.0,
    confirmed_by=frozenset({BYBIT.CREATE_ORDER, BYBIT.CANCEL_ORDER}),
    # the shortest window is three seconds, and the venue counts pings as signs of life
    watch=DisconnectWatch(
        subscriptions=(_subscribe(_PROTECTION),), unsubscriptions=(_unsubscribe(_PROTECTION),), ping_every=1.0
    ),
)
