"""The stream: a log-in by a signed message, subscriptions to channels, and the events of their rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    Balance,
    BalanceUpdate,
    MarginType,
    Position,
    PositionSide,
    PositionUpdate,
    SettingsUpdate,
    StreamEvent,
    Unit,
    UnknownEvent,
)
from venuekit.plugin import (
    Account,
    Decoder,
    MessageArrival,
    ReplyKind,
    SessionReply,
    SignedSession,
    Stamp,
    StreamDeclaration,
    from_milliseconds,
)
from venuekit_toy_perp.endpoints import TOY

_Row = Mapping[str, Any]
_REPLIES = {"login": ReplyKind.AUTHENTICATED, "subscribe": ReplyKind.SUBSCRIBED, "pong": ReplyKind.ALIVE}


def _log_in(stamp: Stamp, signature: bytes) -> str:
    message = {"op": "login", "key": stamp.key, "time": stamp.timestamp, "signature": signature.hex()}
    return json.dumps(message)


def _balance_update(message: _Row, row: _Row, common: Mapping[str, Any]) -> StreamEvent:
    balance = Balance(asset=row["asset"], wallet=Decimal(row["wallet"]), updated_at=common["time"])
    change = None if row["change"] is None else Decimal(row["change"])
    return BalanceUpdate(balance=balance, change=change, reason=message["why"], **common)


def _position_update(message: _Row, row: _Row, common: Mapping[str, Any]) -> StreamEvent:
    position = Position(
        symbol=row["contract"],
        side=PositionSide.BOTH,
        quantity=Decimal(row["size"]),
        contract_size=Decimal(1),
        contract_unit=Unit.BASE,
        entry_price=None if row["entry"] is None else Decimal(row["entry"]),
        margin_type=MarginType(row["margin"]),
        isolated_wallet=None if row["collateral"] is None else Decimal(row["collateral"]),
        updated_at=common["time"],
    )
    return PositionUpdate(position=position, reason=message["why"], **common)


def _settings_update(_message: _Row, row: _Row, common: Mapping[str, Any]) -> StreamEvent:
    is_leverage = row["setting"] == "leverage"
    return SettingsUpdate(
        symbol=row["contract"],
        leverage=Decimal(row["value"]) if is_leverage else None,
        margin_type=None if is_leverage else MarginType(row["value"]),
        **common,
    )


_CHANNELS: Mapping[str, Callable[[_Row, _Row, Mapping[str, Any]], StreamEvent]] = {
    "wallet": _balance_update,
    "positions": _position_update,
    "settings": _settings_update,
}


def decode(body: bytes, arrival: MessageArrival) -> tuple[StreamEvent, ...] | SessionReply:
    """Return the events of a message, one for each of its rows, or the reply that it is."""
    message = json.loads(body, parse_float=Decimal)
    if "op" in message:
        error = message.get("error")
        if error is not None:
            return SessionReply(ReplyKind.REFUSED, error["message"], error["code"])
        return SessionReply(_REPLIES[message["op"]])
    make = _CHANNELS.get(message["channel"])
    known: dict[str, Any] = {"received_at": arrival.received_at, "message": arrival.number}
    if make is None:
        return (UnknownEvent(kind=message["channel"], body=body, **known),)
    raw = message if arrival.keep_raw else None
    common = {**known, "time": from_milliseconds(message["at"]), "sequence": message["seq"], "raw": raw}
    return tuple(make(message, row, common) for row in message["rows"])


async def make_decoder(_account: Account) -> Decoder:
    """Return the decoder; a venue whose messages lack the sizes of contracts would read them here."""
    return decode


STREAM = StreamDeclaration(
    session=SignedSession(
        payload=lambda stamp: f"stream{stamp.timestamp}".encode(),
        authentication=_log_in,
        subscriptions=(json.dumps({"op": "subscribe", "channels": ["wallet", "positions", "settings"]}),),
        path="/v1/stream",
    ),
    make_decoder=make_decoder,
    ping='{"op": "ping"}',
    confirmed_by=frozenset({TOY.SET_LEVERAGE}),
)
