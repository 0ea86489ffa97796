"""Routes that read histories of money, newest first; a row of the log is the effect of one event on one wallet."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any

from venuekit.capabilities import IncomeKind
from venuekit.simulator import Denied, Visit
from venuekit.simulator.ledger import (
    Execution,
    Ledger,
    LedgerClosedPnl,
    LedgerConversion,
    LedgerIncome,
    LedgerWithdrawal,
    Side,
    TradeKind,
)
from venuekit_bybit_inverse.simulated.messages import NO_PERMISSION, milliseconds, money, number, refusal
from venuekit_bybit_inverse.simulated.parameters import DAY, Parameters

_MONTH = 30 * DAY
_KINDS = {TradeKind.TRADE: "Trade", TradeKind.LIQUIDATION: "BustTrade", TradeKind.ADL: "AdlTrade"}
_TRADES = {
    TradeKind.TRADE: "TRADE",
    TradeKind.LIQUIDATION: "LIQUIDATION",
    TradeKind.ADL: "ADL",
    TradeKind.FUNDING: "SETTLEMENT",
}
#: movements of a wallet without a trade: received, paid
_OTHERS = {
    IncomeKind.TRANSFER: ("TRANSFER_IN", "TRANSFER_OUT"),
    IncomeKind.CONVERSION: ("CURRENCY_BUY", "CURRENCY_SELL"),
    IncomeKind.REBATE: ("FEE_REFUND", "FEE_REFUND"),
    IncomeKind.BONUS: ("BONUS", "BONUS_RECOLLECT"),
    IncomeKind.DELIVERY: ("DELIVERY", "DELIVERY"),
    IncomeKind.INTEREST: ("INTEREST", "INTEREST"),
    IncomeKind.FUNDING: ("SETTLEMENT", "SETTLEMENT"),
    IncomeKind.COMMISSION: ("TRADE", "TRADE"),
    IncomeKind.REALIZED_PNL: ("TRADE", "TRADE"),
}
_AUTO = ("AIRDROP", "AUTO_DEDUCTION")


def transaction_log(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/account/transaction-log``: without times the last day; transfers belong to no category."""
    if (parameters.text("accountType") or "UNIFIED") != "UNIFIED":
        raise parameters.invalid("accountType only support UNIFIED.")
    times = parameters.window(usual=DAY)
    base = parameters.text("baseCoin")
    bases = {symbol: contract.base for symbol, contract in visit.ledger.contracts.items()}
    rows = [
        row
        for row in parameters.select(_log_rows(visit.ledger), "category", "currency", "type", "transSubType")
        if int(row["transactionTime"]) in times and base in {None, bases.get(row["symbol"])}
    ]
    return parameters.page(rows, usual=20, most=50)


def list_closed_pnl(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/position/closed-pnl``: one row per closing order."""
    product, times = parameters.category(), parameters.window()
    if product != "inverse":
        return parameters.no_rows(product)
    symbol = parameters.symbol()
    closed_pnls = sorted(visit.ledger.closed_pnls(symbol), key=lambda closed: int(closed.order_id))
    rows = [_pnl_row(list(fills)) for _, fills in groupby(closed_pnls, lambda closed: closed.order_id)]
    rows.sort(key=lambda row: int(row["createdTime"]))
    shown = [row for row in reversed(rows) if int(row["createdTime"]) in times]
    return {**parameters.page(shown, usual=50, most=100), "category": "inverse"}


def old_closed_pnl(parameters: Parameters, _visit: Visit) -> object:
    """Answer ``GET /v5/pre-upgrade/position/closed-pnl``: this account was never of another kind."""
    parameters.inverse_contract()
    parameters.window()
    return {**parameters.page([], usual=50, most=100), "category": "inverse"}


def withdrawals(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/asset/withdraw/query-record``: less than thirty days at a time, to keys of a master account."""
    if visit.key is not None and visit.key.sub_account:
        raise Denied(refusal(*NO_PERMISSION, visit.milliseconds))
    times = parameters.window(usual=_MONTH - 1, most=_MONTH - 1, oldest=None)
    withdrawal_id = parameters.text("withdrawID")
    rows = [_withdrawal_row(withdrawal) for withdrawal in reversed(visit.ledger.withdrawals())]
    rows = [
        row
        for row in parameters.select(rows, "txID", "coin")
        if int(row["createTime"]) in times and withdrawal_id in {None, row["withdrawId"]}
    ]
    # Every withdrawal here goes to a chain.
    shown = [] if parameters.text("withdrawType") == "1" else rows
    return parameters.page(shown, usual=50, most=50, name="rows")


def exchanges(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/asset/exchange/order-record``: times in seconds."""
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
    return parameters.page(parameters.select(rows, "fromCoin", "toCoin"), usual=10, most=50, name="orderBody")


def converts(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/asset/exchange/query-convert-history``: numbered pages."""
    index, limit = parameters.text("index") or "1", parameters.text("limit") or "20"
    if not (index.isdecimal() and limit.isdecimal() and int(index) and 1 <= int(limit) <= 100):
        raise parameters.invalid("params error: index or limit invalid")
    kinds = (parameters.text("accountType") or "eb_convert_uta").split(",")
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


def _log_rows(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the log, newest first: the movements of one trade in one coin are one row."""
    fills = {fill.trade_id: fill for fill in ledger.fills(kinds=frozenset(TradeKind))}
    groups: dict[tuple[str, str], list[LedgerIncome]] = {}
    for income in ledger.incomes():
        groups.setdefault((income.trade_id or f"#{income.id}", income.asset), []).append(income)
    links = {order.id: order.client_id or "" for order in ledger.orders() if order.forced is None}
    sizes = _sizes(fills.values())
    return [_log_row(rows, fills.get(rows[0].trade_id or ""), links, sizes) for rows in reversed(groups.values())]


def _sizes(fills: Iterable[Execution]) -> dict[str, Decimal]:
    """Return the signed position after each trade; funding does not change it."""
    positions: dict[str, Decimal] = {}
    after_trade: dict[str, Decimal] = {}
    for fill in fills:
        moved = Decimal(0) if fill.kind is TradeKind.FUNDING else fill.quantity * fill.side.sign
        positions[fill.symbol] = after_trade[fill.trade_id] = positions.get(fill.symbol, Decimal(0)) + moved
    return after_trade


def _log_row(
    incomes: list[LedgerIncome], fill: Execution | None, links: dict[str, str], sizes: dict[str, Decimal]
) -> dict[str, Any]:
    first, last = incomes[0], incomes[-1]
    funding = _sum_of(incomes, IncomeKind.FUNDING)
    fee = -_sum_of(incomes, IncomeKind.COMMISSION)
    change = _sum(income.amount for income in incomes)
    order_id = (fill and fill.order_id) or first.order_id or ""
    return {
        "transSubType": "",
        "id": f"{first.id}_{first.symbol or first.asset}",
        "symbol": first.symbol or "",
        "side": "None" if fill is None else "Buy" if fill.side is Side.BUY else "Sell",
        "funding": money(funding) if funding else "",
        "orderLinkId": links.get(order_id, ""),
        "orderId": order_id,
        "fee": money(fee) if fill is not None or fee else "",
        "change": money(change),
        "cashFlow": money(change - funding + fee),
        "transactionTime": milliseconds(first.time),
        "type": _TRADES[fill.kind] if fill is not None else _OTHERS.get(first.kind, _AUTO)[change < 0],
        "feeRate": "" if fill is None else number(_rate(fill)),
        "bonusChange": "",
        "size": "" if fill is None else number(sizes[fill.trade_id]),
        "qty": "" if fill is None else number(fill.quantity),
        "cashBalance": money(last.balance_after),
        "currency": first.asset,
        "category": "inverse" if first.symbol else "",
        "tradePrice": "" if fill is None else money(fill.price),
        "tradeId": "" if fill is None else fill.trade_id,
        "extraFees": "",
    }


def _rate(fill: Execution) -> Decimal:
    """Return the fee rate; that of funding is the market's for a long position, and its negative for a short one."""
    received = fill.kind is TradeKind.FUNDING and fill.side is Side.SELL
    return -fill.fee_rate if received else fill.fee_rate


def _sum_of(incomes: list[LedgerIncome], kind: IncomeKind) -> Decimal:
    return _sum(income.amount for income in incomes if income.kind is kind)
