"""Bybit's histories as rows, typed, nothing derived yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import attrs

from venuekit.plugin import WireRow, payload_decoder
from venuekit_bybit_inverse.wire import PAGE, Page, names

T = TypeVar("T")


@attrs.frozen(eq=False, repr=False)
class LogRow(WireRow):
    """Row of ``GET /v5/account/transaction-log``: ``change`` = ``cash_flow`` + ``funding`` - ``fee``."""

    type: str
    currency: str
    transaction_time: datetime
    id: str | None = None
    symbol: str | None = None
    trans_sub_type: str | None = None
    cash_flow: Decimal | None = None
    funding: Decimal | None = None
    fee: Decimal | None = None
    change: Decimal | None = None
    cash_balance: Decimal | None = None
    trade_id: str | None = None
    order_id: str | None = None


@attrs.frozen(eq=False, repr=False)
class _LogPage(WireRow):
    rows: tuple[LogRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class ClosedPnlRow(WireRow):
    """Row of ``GET /v5/position/closed-pnl``; ``closed_pnl`` is net of both fees, which are paid > 0."""

    symbol: str
    order_id: str
    closed_size: Decimal
    avg_entry_price: Decimal
    avg_exit_price: Decimal
    closed_pnl: Decimal
    created_time: datetime
    updated_time: datetime
    exec_type: str | None = None
    open_fee: Decimal | None = None
    close_fee: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class _ClosedPnlPage(WireRow):
    rows: tuple[ClosedPnlRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class WithdrawalRow(WireRow):
    """Row of ``GET /v5/asset/withdraw/query-record``; amount and fee are magnitudes."""

    withdraw_id: str
    coin: str
    amount: Decimal
    status: str
    create_time: datetime
    withdraw_fee: Decimal | None = None
    chain: str | None = None
    to_address: str | None = None
    tx_id: str | None = None


@attrs.frozen(eq=False, repr=False)
class _WithdrawalPage(WireRow):
    rows: tuple[WithdrawalRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class ExchangeRow(WireRow):
    """Row of ``GET /v5/asset/exchange/order-record``; ``created_time`` is in seconds."""

    exchange_tx_id: str
    from_coin: str
    from_amount: Decimal
    to_coin: str
    to_amount: Decimal
    created_time: int
    exchange_rate: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class _ExchangePage(WireRow):
    rows: tuple[ExchangeRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class ConvertRow(WireRow):
    """Row of ``GET /v5/asset/exchange/query-convert-history``."""

    exchange_tx_id: str
    from_coin: str
    from_amount: Decimal
    to_coin: str
    to_amount: Decimal
    created_at: datetime
    exchange_status: str
    convert_rate: Decimal | None = None


_RENAMES: Mapping[type, Mapping[str, str]] = {
    **{kind: names(kind) for kind in (LogRow, ClosedPnlRow, ExchangeRow, ConvertRow)},
    WithdrawalRow: names(WithdrawalRow, tx_id="txID"),
    **dict.fromkeys((_LogPage, _ClosedPnlPage), PAGE),
    _WithdrawalPage: {**PAGE, "rows": "rows"},
    _ExchangePage: {**PAGE, "rows": "orderBody"},
}


def _decoder(shape: type[T], *within: str | int) -> Callable[[bytes], T]:
    return payload_decoder(shape, renames=_RENAMES, within=within)


decode_log: Callable[[bytes], Page[LogRow]] = _decoder(_LogPage, "result")
decode_closed_pnl: Callable[[bytes], Page[ClosedPnlRow]] = _decoder(_ClosedPnlPage, "result")
decode_withdrawals: Callable[[bytes], Page[WithdrawalRow]] = _decoder(_WithdrawalPage, "result")
decode_exchanges: Callable[[bytes], Page[ExchangeRow]] = _decoder(_ExchangePage, "result")
decode_converts = _decoder(tuple[ConvertRow, ...], "result", "list")
