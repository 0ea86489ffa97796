"""Endpoints that read the movements of money, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities import (
    ClosedPnlReader,
    ConversionReader,
    IncomeReader,
    Withdrawal,
    WithdrawalReader,
    WithdrawalStatus,
)
from venuekit.parts.columns import Same, derived, milliseconds, number, text
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.rows import Reads
from venuekit.plugin import Echoes, Endpoint, Kind, Parameter, WireRow
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.wire import (
    BASE_COIN,
    CURSOR,
    END,
    INVERSE,
    START,
    SYMBOL,
    THE_SYMBOL,
    limit,
    page_decoder,
    wire_page,
)


@attrs.frozen(eq=False, repr=False)
class LogRow(WireRow):
    """
    Row of ``GET /v5/account/transaction-log``: ``change`` = ``cash_flow`` + ``funding`` - ``fee``.

    ``fee_rate`` of a settlement is the market's funding rate for a long position, and its negative for a short one.
    """

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
    side: str | None = None
    fee_rate: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class ClosedPnlRow(WireRow):
    """Row of ``GET /v5/position/closed-pnl``; ``closed_pnl`` is net of both fees, ``side`` is the closing order's."""

    symbol: str
    order_id: str
    closed_size: Decimal
    avg_entry_price: Decimal
    avg_exit_price: Decimal
    closed_pnl: Decimal
    created_time: datetime
    updated_time: datetime
    exec_type: str | None = None
    side: str | None = None
    open_fee: Decimal | None = None
    close_fee: Decimal | None = None


WITHDRAWAL_STATUSES: Mapping[str, WithdrawalStatus] = {
    "SecurityCheck": WithdrawalStatus.PENDING,
    "Pending": WithdrawalStatus.PENDING,
    "MoreInformationRequired": WithdrawalStatus.PENDING,
    "BlockchainConfirmed": WithdrawalStatus.PENDING,
    "success": WithdrawalStatus.SUCCESS,
    "CancelByUser": WithdrawalStatus.CANCELED,
    "Reject": WithdrawalStatus.FAILED,
    "Fail": WithdrawalStatus.FAILED,
}


def _negate(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else Decimal(0) - amount


#: amount and fee are magnitudes
_WITHDRAWALS = Reads(
    Withdrawal,
    within=("result", "rows"),
    id=text("withdrawId"),
    asset=text("coin"),
    amount=derived(_negate, number("amount", is_required=True)),
    fee=derived(_negate, number("withdrawFee", may_be_blank=True)),
    venue_status=text("status"),
    status=derived(lambda word: WITHDRAWAL_STATUSES.get(word) or WithdrawalStatus(word), Same("venue_status")),
    created_at=milliseconds("createTime", as_text=True),
    chain=text("chain", may_be_blank=True),
    address=text("toAddress", may_be_blank=True),
    tx_id=text("txID", may_be_blank=True),
)


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


class HistoryEndpoints(EndpointBook):
    """Reads of histories about money."""

    TRANSACTION_LOG = Endpoint(
        "GET",
        "/v5/account/transaction-log",
        decode=wire_page(LogRow),
        rows=(("result", "list"),),
        parameters=(
            Parameter("accountType", choices=frozenset({"UNIFIED"})),
            Parameter("category"),
            Parameter("currency"),
            BASE_COIN,
            Parameter("type"),
            Parameter("transSubType"),
            START,
            END,
            limit(50),
            CURSOR,
        ),
        pools=cost("transaction_log"),
        serves=(IncomeReader.iter_income,),
        note="At most 7 days a request, two years back; without times the last 24 hours.",
    )

    CLOSED_PNL = Endpoint(
        "GET",
        "/v5/position/closed-pnl",
        decode=wire_page(ClosedPnlRow),
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}, "rows"),
        parameters=(INVERSE, SYMBOL, START, END, limit(100), CURSOR),
        pools=cost("closed_pnl"),
        serves=(ClosedPnlReader.iter_closed_pnl,),
        note="At most 7 days a request, two years back, newest first.",
    )

    OLD_CLOSED_PNL = Endpoint(
        "GET",
        "/v5/pre-upgrade/position/closed-pnl",
        decode=wire_page(ClosedPnlRow),
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}, "rows"),
        parameters=(INVERSE, THE_SYMBOL, START, END, limit(100), CURSOR),
        pools=cost(),
        serves=(ClosedPnlReader.iter_closed_pnl,),
        note="What was closed before the account became a unified one; only by symbol.",
    )

    WITHDRAWALS = Endpoint(
        "GET",
        "/v5/asset/withdraw/query-record",
        decode=page_decoder(_WITHDRAWALS),
        rows=(("result", "rows"),),
        parameters=(
            Parameter("withdrawID"),
            Parameter("txID"),
            Parameter("coin"),
            Parameter("withdrawType", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(2)),
            START,
            END,
            limit(50),
            CURSOR,
        ),
        pools=cost("withdrawals"),
        serves=(WithdrawalReader.iter_withdrawals,),
        note="Less than 30 days a request; for keys of the master account only.",
    )

    EXCHANGES = Endpoint(
        "GET",
        "/v5/asset/exchange/order-record",
        decode=wire_page(ExchangeRow, rows="orderBody"),
        rows=(("result", "orderBody"),),
        parameters=(Parameter("fromCoin"), Parameter("toCoin"), limit(50), CURSOR),
        pools=cost("exchange_records"),
        serves=(ConversionReader.iter_conversions,),
        note="Times are in seconds; up to 5 seconds late.",
    )

    CONVERTS = Endpoint(
        "GET",
        "/v5/asset/exchange/query-convert-history",
        decode=wire_page(ConvertRow),
        rows=(("result", "list"),),
        parameters=(Parameter("accountType"), Parameter("index", Kind.INTEGER, minimum=Decimal(1)), limit(100)),
        pools=cost("convert_history"),
        serves=(ConversionReader.iter_conversions,),
        note="Pages by number, newest first.",
    )
