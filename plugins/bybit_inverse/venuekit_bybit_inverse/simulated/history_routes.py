"""Routes that read histories of money, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from venuekit.simulator import Denied, SimRequest, Visit
from venuekit.simulator.ledger import LedgerClosedPnl, LedgerConversion, LedgerWithdrawal, Side, TradeKind
from venuekit_bybit_inverse.simulated.formatting import milliseconds, money, number, refusal
from venuekit_bybit_inverse.simulated.log_rows import log_rows
from venuekit_bybit_inverse.simulated.parameters import (
    contract_of,
    invalid,
    inverse_contract,
    only_inverse,
    page,
    require,
    window,
)
from venuekit_bybit_inverse.simulated.refusals import NO_PERMISSION

_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1) // _MILLISECOND
_WEEK, _MONTH, _TWO_YEARS = 7 * _DAY, 30 * _DAY, 730 * _DAY
_KINDS = {TradeKind.TRADE: "Trade", TradeKind.LIQUIDATION: "BustTrade", TradeKind.ADL: "AdlTrade"}


def transaction_log(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/account/transaction-log``: without times the last day; transfers belong to no category."""
    if require(request, visit, "accountType") != "UNIFIED":
        raise invalid("accountType only support UNIFIED.", visit)
    times = window(request, visit, usual=_DAY, most=_WEEK, oldest=_TWO_YEARS)
    filters = {name: request.text(name) for name in ("category", "currency", "type", "transSubType")}
    base = request.text("baseCoin")
    bases = {symbol: contract.base for symbol, contract in visit.ledger.contracts.items()}
    rows = [
        row
        for row in log_rows(visit.ledger)
        if int(row["transactionTime"]) in times
        and all(value in {None, row[name]} for name, value in filters.items())
        and base in {None, bases.get(row["symbol"])}
    ]
    return page(request, visit, rows, usual=20, most=50)


def list_closed_pnl(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/position/closed-pnl``: one row per closing order."""
    only_inverse(request, visit)
    symbol = request.text("symbol")
    if symbol:
        contract_of(symbol, visit)
    times = window(request, visit, usual=_WEEK, most=_WEEK, oldest=_TWO_YEARS)
    closed_pnls = sorted(visit.ledger.closed_pnls(symbol or None), key=lambda closed: int(closed.order_id))
    rows = [_pnl_row(list(fills)) for _, fills in groupby(closed_pnls, lambda closed: closed.order_id)]
    rows.sort(key=lambda row: int(row["createdTime"]))
    shown = [row for row in reversed(rows) if int(row["createdTime"]) in times]
    return {**page(request, visit, shown, usual=50, most=100), "category": "inverse"}


def old_closed_pnl(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/pre-upgrade/position/closed-pnl``: this account was never of another kind."""
    inverse_contract(request, visit)
    window(request, visit, usual=_WEEK, most=_WEEK, oldest=_TWO_YEARS)
    return {**page(request, visit, [], usual=50, most=100), "category": "inverse"}


def withdrawals(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/asset/withdraw/query-record``: less than thirty days at a time, to keys of a master account."""
    if visit.key is not None and visit.key.sub_account:
        raise Denied(refusal(*NO_PERMISSION, visit.milliseconds))
    times = window(request, visit, usual=_MONTH - 1, most=_MONTH - 1)
    names = {"withdrawID": "withdrawId", "txID": "txID", "coin": "coin"}
    filters = {shown: request.text(name) for name, shown in names.items()}
    rows = [_withdrawal_row(withdrawal) for withdrawal in reversed(visit.ledger.withdrawals())]
    rows = [
        row
        for row in rows
        if int(row["createTime"]) in times and all(value in {None, row[name]} for name, value in filters.items())
    ]
    # Every withdrawal here goes to a chain.
    shown = [] if request.text("withdrawType") == "1" else rows
    return page(request, visit, shown, usual=50, most=50, name="rows")


def exchanges(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/asset/exchange/order-record``: times in seconds."""
    filters = {name: request.text(name) for name in ("fromCoin", "toCoin")}
    rows = [
        {
            "fromCoin": conversion.from_asset,
            "fromAmount": number(conversion.from_amount),
            "toCoin": conversion.to_asset,
            "toAmount": number(conversion.to_amount),
            "exchangeRate": number(conversion.rate),
            "createdTime": str(int(milliseconds(conversion.time)) // 1000),
            "exchangeTxId": conversion.id,
        }
        for conversion in reversed(visit.ledger.conversions())
    ]
    rows = [row for row in rows if all(value in {None, row[name]} for name, value in filters.items())]
    return page(request, visit, rows, usual=10, most=50, name="orderBody")


def converts(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/asset/exchange/query-convert-history``: numbered pages."""
    index, limit = request.text("index") or "1", request.text("limit") or "20"
    if not (index.isdecimal() and limit.isdecimal() and int(index) and 1 <= int(limit) <= 100):
        raise invalid("params error: index or limit invalid", visit)
    kinds = (request.text("accountType") or "eb_convert_uta").split(",")
    conversions = visit.ledger.conversions() if "eb_convert_uta" in kinds else ()
    start = (int(index) - 1) * int(limit)
    return {"list": [_convert_row(conversion) for conversion in conversions[::-1][start : start + int(limit)]]}


def _pnl_row(fills: list[LedgerClosedPnl]) -> dict[str, Any]:
    first, last = fills[0], fills[-1]
    size, entry, out = (
        _sum(getattr(fill, name) for fill in fills) for name in ("quantity", "entry_value", "exit_value")
    )
    return {
        "symbol": first.symbol,
        "orderType": "Market" if first.order_type.is_market else "Limit",
        "leverage": number(first.leverage),
        "updatedTime": milliseconds(last.time),
        "side": "Buy" if first.side is Side.BUY else "Sell",
        "orderId": first.order_id,
        "closedPnl": money(_sum(fill.pnl for fill in fills)),
        "openFee": money(-_sum(fill.open_fee for fill in fills)),
        "closeFee": money(-_sum(fill.close_fee for fill in fills)),
        "avgEntryPrice": money(first.entry_price if len(fills) == 1 else size / entry),
        "qty": number(size),
        "cumEntryValue": money(entry),
        "createdTime": milliseconds(first.time),
        "orderPrice": money(last.exit_price),
        "closedSize": number(size),
        "avgExitPrice": money(first.exit_price if len(fills) == 1 else size / out),
        "execType": _KINDS[first.kind],
        "fillCount": str(len(fills)),
        "cumExitValue": money(out),
    }


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _withdrawal_row(withdrawal: LedgerWithdrawal) -> dict[str, Any]:
    moment = milliseconds(withdrawal.time)
    return {
        "coin": withdrawal.asset,
        "chain": withdrawal.chain or "",
        "amount": number(-withdrawal.amount),
        "txID": withdrawal.tx_id or "",
        "status": withdrawal.status,
        "toAddress": withdrawal.address or "",
        "tag": "",
        "withdrawFee": number(-withdrawal.fee),
        "createTime": moment,
        "updateTime": moment,
        "withdrawId": withdrawal.id,
        "withdrawType": 0,
        "fee": "",
        "tax": "",
        "taxRate": "",
        "taxType": "",
    }


def _convert_row(conversion: LedgerConversion) -> dict[str, Any]:
    return {
        "accountType": "eb_convert_uta",
        "exchangeTxId": conversion.id,
        "userId": "1",
        "fromCoin": conversion.from_asset,
        "fromCoinType": "crypto",
        "fromAmount": number(conversion.from_amount),
        "toCoin": conversion.to_asset,
        "toCoinType": "crypto",
        "toAmount": number(conversion.to_amount),
        "exchangeStatus": "success",
        "extInfo": {},
        "convertRate": number(conversion.rate),
        "createdAt": milliseconds(conversion.time),
    }
