"""Endpoints that read the movements of money."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import ClosedPnlReader, ConversionReader, IncomeReader, WithdrawalReader
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import Echoes, Endpoint, Kind, Parameter
from venuekit_bybit_inverse import history_payloads as payloads
from venuekit_bybit_inverse.endpoints.parameters import (
    BASE_COIN,
    CURSOR,
    END,
    INVERSE,
    START,
    SYMBOL,
    THE_SYMBOL,
    limit,
)
from venuekit_bybit_inverse.limits import cost


class HistoryEndpoints(EndpointBook):
    """Reads of histories about money."""

    TRANSACTION_LOG = Endpoint(
        "GET",
        "/v5/account/transaction-log",
        decode=payloads.decode_log,
        rows=(("result", "list"),),
        parameters=(
            Parameter("accountType", required=True, choices=frozenset({"UNIFIED"})),
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
        decode=payloads.decode_closed_pnl,
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
        decode=payloads.decode_closed_pnl,
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
        decode=payloads.decode_withdrawals,
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
        decode=payloads.decode_exchanges,
        rows=(("result", "orderBody"),),
        parameters=(Parameter("fromCoin"), Parameter("toCoin"), limit(50), CURSOR),
        pools=cost("exchange_records"),
        serves=(ConversionReader.iter_conversions,),
        note="Times are in seconds; up to 5 seconds late.",
    )

    CONVERTS = Endpoint(
        "GET",
        "/v5/asset/exchange/query-convert-history",
        decode=payloads.decode_converts,
        rows=(("result", "list"),),
        parameters=(Parameter("accountType"), Parameter("index", Kind.INTEGER, minimum=Decimal(1)), limit(100)),
        pools=cost("convert_history"),
        serves=(ConversionReader.iter_conversions,),
        note="Pages by number, newest first.",
    )
