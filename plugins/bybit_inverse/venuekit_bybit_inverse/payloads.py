"""Bybit's answers about account and positions as rows: its fields under our spelling, typed, nothing derived yet."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import attrs

from venuekit.capabilities import MarginType
from venuekit.plugin import Unfit, WireRow, payload_decoder, read_json
from venuekit_bybit_inverse.wire import PAGE, Page, WireSide, names

__all__ = [
    "AccountInfoRow",
    "ApiKeyRow",
    "CoinRow",
    "CollateralRow",
    "FeeRateRow",
    "MarginMode",
    "MovedMargin",
    "Page",
    "PositionRow",
    "RiskRow",
    "SymbolInfoRow",
    "TpSlModeRow",
    "WalletRow",
    "WireSide",
    "decode_account_info",
    "decode_acknowledgement",
    "decode_api_key",
    "decode_collateral",
    "decode_fee_rates",
    "decode_moved_margin",
    "decode_positions",
    "decode_risk",
    "decode_symbol_info",
    "decode_tpsl_mode",
    "decode_wallet",
]

T = TypeVar("T")


class MarginMode(enum.StrEnum):
    """The account's margin mode, by the venue's names."""

    REGULAR = "REGULAR_MARGIN"
    ISOLATED = "ISOLATED_MARGIN"
    PORTFOLIO = "PORTFOLIO_MARGIN"

    @property
    def margin_type(self) -> MarginType:
        """What venuekit calls it."""
        return _MARGIN_TYPES[self]

    @classmethod
    def of(cls, margin_type: MarginType) -> MarginMode:
        """Return what the venue calls a margin type."""
        return next(mode for mode, ours in _MARGIN_TYPES.items() if ours == margin_type)


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
class CoinRow(WireRow):
    """One coin of ``GET /v5/account/wallet-balance``."""

    coin: str
    equity: Decimal | None = None
    usd_value: Decimal | None = None
    wallet_balance: Decimal | None = None
    locked: Decimal | None = None
    borrow_amount: Decimal | None = None
    accrued_interest: Decimal | None = None
    total_order_im: Decimal | None = None
    total_position_im: Decimal | None = None
    total_position_mm: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    bonus: Decimal | None = None
    margin_collateral: bool | None = None
    collateral_switch: bool | None = None


@attrs.frozen(eq=False, repr=False)
class WalletRow(WireRow):
    """The account of ``GET /v5/account/wallet-balance``, in USD, and its coins."""

    total_equity: Decimal | None = None
    total_wallet_balance: Decimal | None = None
    total_available_balance: Decimal | None = None
    total_perp_upl: Decimal | None = None
    total_initial_margin: Decimal | None = None
    total_maintenance_margin: Decimal | None = None
    account_mm_rate: Decimal | None = None
    coin: tuple[CoinRow, ...] = ()


@attrs.frozen(eq=False, repr=False)
class CollateralRow(WireRow):
    """One coin of ``GET /v5/account/collateral-info``."""

    currency: str
    margin_collateral: bool | None = None
    collateral_switch: bool | None = None
    collateral_ratio: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class PositionRow(WireRow):
    """
    Row of ``GET /v5/position/list``; ``size`` is unsigned, and the side says which way.

    A size below 0 is one of a short position. One without a side, or beside the other side, tells nothing.
    """

    symbol: str
    size: Decimal
    position_idx: int = 0
    side: WireSide = WireSide.FLAT
    avg_price: Decimal | None = None
    break_even_price: Decimal | None = None
    mark_price: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    cur_realised_pnl: Decimal | None = None
    leverage: Decimal | None = None
    position_im: Decimal | None = None
    position_mm: Decimal | None = None
    liq_price: Decimal | None = None
    bust_price: Decimal | None = None
    risk_id: int | None = None
    risk_limit_value: Decimal | None = None
    auto_add_margin: bool | None = None
    position_status: str | None = None
    is_reduce_only: bool | None = None
    adl_rank_indicator: int | None = None
    updated_time: datetime | None = None
    open_time: datetime | None = None
    seq: int | None = None

    def __attrs_post_init__(self) -> None:
        known = self.side.is_known and (self.side.sign != 0 or self.size < 0)
        if self.size and (not known or (self.size < 0 and self.side is WireSide.BUY)):
            raise Unfit(f"Buy or Sell beside a size of {self.size}", str(self.side))

    @property
    def quantity(self) -> Decimal:
        """The size, below 0 when it is short."""
        return -abs(self.size) if self.side is WireSide.SELL or self.size < 0 else self.size


@attrs.frozen(eq=False, repr=False)
class MovedMargin(WireRow):
    """Answer of ``POST /v5/position/add-margin``: the position, without its side."""

    symbol: str
    updated_time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class _PositionPage(WireRow):
    """A page of positions."""

    rows: tuple[PositionRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class SymbolInfoRow(WireRow):
    """Row of ``GET /v5/position/symbol-info``."""

    symbol: str
    position_idx: int
    leverage: Decimal | None = None


_RENAMES: Mapping[type, Mapping[str, str]] = {
    AccountInfoRow: names(AccountInfoRow),
    CoinRow: names(
        CoinRow, total_order_im="totalOrderIM", total_position_im="totalPositionIM", total_position_mm="totalPositionMM"
    ),
    WalletRow: names(WalletRow, total_perp_upl="totalPerpUPL", account_mm_rate="accountMMRate"),
    CollateralRow: names(CollateralRow),
    FeeRateRow: names(FeeRateRow),
    ApiKeyRow: names(ApiKeyRow),
    TpSlModeRow: {"mode": "tpSlMode"},
    RiskRow: names(RiskRow),
    PositionRow: names(PositionRow, position_im="positionIM", position_mm="positionMM"),
    MovedMargin: names(MovedMargin),
    SymbolInfoRow: names(SymbolInfoRow),
    _PositionPage: PAGE,
}


def _decoder(shape: type[T], *within: str | int) -> Callable[[bytes], T]:
    return payload_decoder(shape, renames=_RENAMES, within=within)


decode_account_info = _decoder(AccountInfoRow, "result")
decode_wallet = _decoder(WalletRow, "result", "list", 0)
decode_collateral = _decoder(tuple[CollateralRow, ...], "result", "list")
decode_positions: Callable[[bytes], Page[PositionRow]] = _decoder(_PositionPage, "result")
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
