"""Events of a user stream: one value for each kind of news about an account, made of the values that reads give."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities.account_info import Balance
from venuekit.capabilities.enums import OpenEnum
from venuekit.capabilities.modes import AssetMode, MarginType, PositionMode
from venuekit.capabilities.order_values import Fill, Order
from venuekit.capabilities.positions import Position


class EventOrigin(enum.StrEnum):
    """The source of an event."""

    STREAM = "stream"  #: the venue pushed it
    RECOVERED = "recovered"  #: read from a history after a gap
    INFERRED = "inferred"  #: concluded from two reads that differ; the venue never reported it by itself


@attrs.frozen(kw_only=True)
class StreamEvent:
    """
    One event about an account.

    ``time`` is the venue's time of the event, None where it gives none, and ``received_at`` our clock. ``message`` is
    the number of the message that it came in, counted by the session from 1: events of one message are one change and
    are applied together. ``sequence`` is the venue's own order number, None where it has none.
    """

    received_at: datetime
    message: int
    time: datetime | None = None
    sequence: int | None = None
    origin: EventOrigin = EventOrigin.STREAM
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


@quick_init
@attrs.frozen(kw_only=True)
class BalanceUpdate(StreamEvent):
    """
    A new state of one asset; a field of ``balance`` that the event does not give is None.

    ``change`` is the movement without profit and commission, in units of the asset, None where the venue does not say;
    ``reason`` is the venue's word for why it changed.
    """

    balance: Balance
    change: Decimal | None = None
    reason: str | None = None


@quick_init
@attrs.frozen(kw_only=True)
class PositionUpdate(StreamEvent):
    """
    A new state of one position, flat once it is closed; a field that the event does not give is None.

    ``reason`` is the venue's word for why it changed.
    """

    position: Position
    reason: str | None = None


class OrderUpdateKind(OpenEnum):
    """The step of an order that an event reports."""

    NEW = "new"
    TRADE = "trade"
    AMENDMENT = "amendment"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    TRIGGERED = "triggered"
    CALCULATED = "calculated"  #: placed by the venue itself: liquidation or auto-deleveraging


@quick_init
@attrs.frozen(kw_only=True)
class OrderUpdate(StreamEvent):
    """A new state of one order; a fill that led to it is a :class:`FillUpdate` of the same message."""

    order: Order
    change: OrderUpdateKind


@quick_init
@attrs.frozen(kw_only=True)
class FillUpdate(StreamEvent):
    """
    One fill.

    ``is_preliminary`` marks an early report with fewer fields; the full one follows with the same ``Fill.key``.
    """

    fill: Fill
    is_preliminary: bool = False


@quick_init
@attrs.frozen(kw_only=True)
class MarginCall(StreamEvent):
    """
    A warning that positions are close to liquidation; no more than a warning, since the venue may send none.

    ``cross_wallet`` is the wallet behind cross positions, None where the call is about isolated ones alone.
    """

    positions: tuple[Position, ...]
    cross_wallet: Decimal | None = None


@quick_init
@attrs.frozen(kw_only=True)
class SettingsUpdate(StreamEvent):
    """
    Settings that were changed, by whomever; None where the event does not give one.

    ``symbol`` is None where the settings are the account's.
    """

    symbol: str | None = None
    leverage: Decimal | None = None
    margin_type: MarginType | None = None
    asset_mode: AssetMode | None = None
    position_mode: PositionMode | None = None


@quick_init
@attrs.frozen(kw_only=True)
class FundingPayment(StreamEvent):
    """
    Funding, ``amount`` in ``asset``: received > 0, paid < 0.

    ``symbol`` is None where the venue books the cross positions of an asset together.
    """

    symbol: str | None
    asset: str
    amount: Decimal


@quick_init
@attrs.frozen(kw_only=True)
class SessionExpiry(StreamEvent):
    """The venue ended the session; ``reason`` in its words. A new one is opened by itself."""

    reason: str


class GapReason(enum.StrEnum):
    """The reason for which events may be missing."""

    CONNECTION_LOST = "connection_lost"
    SESSION_EXPIRED = "session_expired"
    OVERFLOW = "overflow"  #: this reader was too slow, and its queue full
    UNREADABLE = "unreadable"  #: a message could not be read
    SILENT = "silent"  #: the connection gave no sign of life
    UNCONFIRMED = "unconfirmed"  #: nothing shows that the subscription delivers
    REFUSED = "refused"  #: no session of this account can be opened for now


@quick_init
@attrs.frozen(kw_only=True)
class Gap(StreamEvent):
    """
    Events may be missing: whatever is known from the stream may be out of date until it has been read again.

    ``since`` is the moment of our clock after which something may have been missed, None for the beginning of the
    session; ``words`` say why in one sentence.
    """

    reason: GapReason
    words: str
    since: datetime | None = None


@quick_init
@attrs.frozen(kw_only=True)
class UnknownEvent(StreamEvent):
    """
    An event that this version does not know; ``kind`` is the venue's word, None where it has none.

    ``body`` is the message as it came, without the keys that it may hold.
    """

    kind: str | None
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")
