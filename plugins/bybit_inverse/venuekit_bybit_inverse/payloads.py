"""Bybit's answers about account and positions as rows: its fields under our spelling, typed, nothing derived yet."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import attrs

from venuekit.capabilities import MarginType
from venuekit.plugin import WireRow, payload_decoder, read_json
from venuekit_bybit_inverse.wire import names

T = TypeVar("T")


class MarginMode(enum.StrEnum):
    """The account's margin mode, by the venue's names."""

    REGULAR = "REGULAR_MARGIN"
    ISOLATED = "ISOLATED_MARGIN"
    PORTFOLIO = "PORTFOLIO_MARGIN"

    @property
    def margin_type(self) -> MarginType:
        """Its name in venuekit."""
        return _MARGIN_TYPES[self]


_MARGIN_TYPES = {
    MarginMode.REGULAR: MarginType.CROSS,
    MarginMode.ISOLATED: MarginType.ISOLATED,
    MarginMode.PORTFOLIO: MarginType.PORTFOLIO,
}


@attrs.frozen(eq=False, repr=False)
class AccountInfoRow(WireRow):
    """Row of ``GET /v5/account/info``."""

    margin_mode: MarginMode
    unified_margin_status: int
    is_master_trader: bool | None = None
    updated_time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class FeeRateRow(WireRow):
    """Row of ``GET /v5/account/fee-rate``."""

    symbol: str
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal


@attrs.frozen(eq=False, repr=False)
class ApiKeyRow(WireRow):
    """Answer of ``GET /v5/user/query-api``, without the key; ``expired_at`` is a text in ISO 8601."""

    permissions: dict[str, tuple[str, ...]]
    read_only: bool
    ips: tuple[str, ...] = ()
    expired_at: str | None = None
    is_master: bool | None = None


@attrs.frozen(eq=False, repr=False)
class TpSlModeRow(WireRow):
    """Answer of ``POST /v5/position/set-tpsl-mode``."""

    mode: str


@attrs.frozen(eq=False, repr=False)
class RiskRow(WireRow):
    """Answer of ``POST /v5/position/set-risk-limit``."""

    risk_id: int
    risk_limit_value: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class MovedMargin(WireRow):
    """Answer of ``POST /v5/position/add-margin``: the position, without its side."""

    symbol: str
    updated_time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class SymbolInfoRow(WireRow):
    """Row of ``GET /v5/position/symbol-info``."""

    symbol: str
    position_idx: int
    leverage: Decimal | None = None


_RENAMES: Mapping[type, Mapping[str, str]] = {
    AccountInfoRow: names(AccountInfoRow),
    FeeRateRow: names(FeeRateRow),
    ApiKeyRow: names(ApiKeyRow),
    TpSlModeRow: {"mode": "tpSlMode"},
    RiskRow: names(RiskRow),
    MovedMargin: names(MovedMargin),
    SymbolInfoRow: names(SymbolInfoRow),
}


def _decoder(shape: type[T], *within: str | int) -> Callable[[bytes], T]:
    return payload_decoder(shape, renames=_RENAMES, within=within)


decode_account_info = _decoder(AccountInfoRow, "result")
decode_symbol_info = _decoder(tuple[SymbolInfoRow, ...], "result", "list")
decode_moved_margin = _decoder(MovedMargin, "result")
decode_fee_rates = _decoder(tuple[FeeRateRow, ...], "result", "list")
decode_api_key = _decoder(ApiKeyRow, "result")
decode_tpsl_mode = _decoder(TpSlModeRow, "result")
decode_risk = _decoder(RiskRow, "result")


def decode_acknowledgement(body: bytes) -> None:
    """
    Read an answer that says nothing but that it was accepted.

    Raises:
        ValueError: it is not JSON, or gives reasons against the change, which an accepted one never does.
    """
    envelope = read_json(body)
    result = envelope.get("result") if isinstance(envelope, dict) else None
    if isinstance(result, dict) and result.get("reasons"):
        raise ValueError("the change was accepted, yet reasons against it were given")
