"""The terms of a user stream: its paths, its beats, and the messages and fields that only some products have."""

from __future__ import annotations

from datetime import timedelta

import attrs


@attrs.frozen(kw_only=True)
class StreamTerms:
    """
    How the user stream of one product differs from that of others.

    Attributes:
        root: The path before ``/ws`` and ``/stream``. Where there is one, both without it complete the handshake and
            deliver nothing, as on the live venue.
        pings: The time between two pings, and ``patience`` the time without a pong that ends the connection.
        has_alias: Whether messages about the account and its orders have the account's alias.
        has_break_even: Whether positions have their break-even price.
        has_funding_symbol: Whether a message about funding names its symbol.
        has_trade_lite: Whether fills come by a short message, too.
        has_asset_mode: Whether a change of the asset mode is a message.
        has_trigger_rejects: Whether a triggered order that is refused is a message of its own.
        has_strategy_fields: Whether orders have two fields that mean nothing, and their expiry.
        has_margin_asset: Whether orders name their margin asset.
        commission_sign: -1 where a paid commission is printed above zero, 1 where below.
    """

    root: str = ""
    pings: timedelta = timedelta(minutes=3)
    patience: timedelta = timedelta(minutes=10)
    has_alias: bool = False
    has_break_even: bool = True
    has_funding_symbol: bool = False
    has_trade_lite: bool = False
    has_asset_mode: bool = False
    has_trigger_rejects: bool = False
    has_strategy_fields: bool = True
    has_margin_asset: bool = False
    commission_sign: int = -1
