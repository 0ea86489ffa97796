"""
The hot reads: rows of positionRisk and of the account, straight from bytes.

The venue lists every symbol, in hedge mode three times, and few of them hold anything. So numbers stay text until
somebody wants them: flat rows cost next to nothing. Whoever imports this module imports msgspec; the decoders in
:mod:`~venuekit_binance_coinm.payloads` do so when they are first called.
"""

from __future__ import annotations

import msgspec

from venuekit.plugin import intern_number
from venuekit_binance_common.payloads import AssetRow, decode_assets
from venuekit_binance_common.rows import Milliseconds, decode_with

__all__ = ["AccountPositionRow", "AccountRow", "PositionRow", "RiskRow", "decode_account", "decode_risk", "misfit"]


class PositionRow(msgspec.Struct, rename="camel", gc=False, kw_only=True):
    """What either read tells about a position; numbers as text, None where that read does not tell."""

    symbol: str
    position_side: str
    position_amt: str
    entry_price: str | None = None
    break_even_price: str | None = None
    leverage: str | None = None
    max_qty: str | None = None
    update_time: Milliseconds | None = None
    mark_price: str | None = None
    un_realized_profit: str | None = None
    unrealized_profit: str | None = None
    liquidation_price: str | None = None
    margin_type: str | None = None
    isolated: bool | None = None
    isolated_margin: str | None = None
    isolated_wallet: str | None = None
    notional_value: str | None = None
    is_auto_add_margin: str | None = None
    initial_margin: str | None = None
    maint_margin: str | None = None
    position_initial_margin: str | None = None
    open_order_initial_margin: str | None = None


class RiskRow(PositionRow, rename="camel", gc=False, kw_only=True):
    """A row of positionRisk: without margins."""


class AccountPositionRow(PositionRow, rename="camel", gc=False, kw_only=True):
    """A position of the account read: without mark and liquidation price."""


class AccountRow(msgspec.Struct, rename="camel", gc=False, kw_only=True):
    """The account read; it has no totals."""

    assets: tuple[AssetRow, ...]
    positions: list[AccountPositionRow]
    can_trade: bool | None = None
    can_deposit: bool | None = None
    can_withdraw: bool | None = None
    fee_tier: int | None = None
    update_time: Milliseconds | None = None


class _AccountText(AccountRow, rename="camel", gc=False, kw_only=True):
    assets: msgspec.Raw  # type: ignore[assignment]


_NUMBERS = (
    "position_amt",
    "entry_price",
    "break_even_price",
    "leverage",
    "max_qty",
    "mark_price",
    "un_realized_profit",
    "unrealized_profit",
    "liquidation_price",
    "isolated_margin",
    "isolated_wallet",
    "notional_value",
    "initial_margin",
    "maint_margin",
    "position_initial_margin",
    "open_order_initial_margin",
)
_RISK = msgspec.json.Decoder(list[RiskRow])
_ACCOUNT = msgspec.json.Decoder(_AccountText)


def decode_risk(body: bytes) -> list[RiskRow]:
    """Return the rows of a positionRisk answer; see :func:`~venuekit_binance_common.rows.decode_with`."""
    return decode_with(_RISK, body)


def decode_account(body: bytes) -> AccountRow:
    """Return the account; see :func:`~venuekit_binance_common.rows.decode_with`."""
    text = decode_with(_ACCOUNT, body)
    return AccountRow(
        assets=decode_assets(bytes(text.assets)),
        positions=text.positions,
        can_trade=text.can_trade,
        can_deposit=text.can_deposit,
        can_withdraw=text.can_withdraw,
        fee_tier=text.fee_tier,
        update_time=text.update_time,
    )


def misfit(row: PositionRow, index: int) -> str | None:
    """Return in one sentence which field of a row is no number, None when all are."""
    for field in msgspec.structs.fields(row):
        text = getattr(row, field.name) if field.name in _NUMBERS else None
        if text is None or (text == "" and not field.required) or (field.name, text) == ("max_qty", "INF"):
            continue
        try:
            intern_number(text)
        except ValueError:
            return f"[{index}].{field.encode_name}: expected a decimal number, got {text[:60]!r}"
    return None
