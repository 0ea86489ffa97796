"""Rows of the transaction log: the effect of one event on one wallet."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from venuekit.capabilities import IncomeKind
from venuekit.simulator.ledger import Execution, Ledger, LedgerIncome, Side, TradeKind
from venuekit_bybit_inverse.simulated.formatting import milliseconds, money, number

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


def log_rows(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the log, newest first: the movements of one trade in one coin are one row."""
    fills = {fill.trade_id: fill for fill in ledger.fills(kinds=frozenset(TradeKind))}
    groups: dict[tuple[str, str], list[LedgerIncome]] = {}
    for income in ledger.incomes():
        groups.setdefault((income.trade_id or f"#{income.id}", income.asset), []).append(income)
    links = {order.id: order.client_id or "" for order in ledger.orders() if order.forced is None}
    sizes = _sizes(fills.values())
    return [_row(rows, fills.get(rows[0].trade_id or ""), links, sizes) for rows in reversed(groups.values())]


def _sizes(fills: Iterable[Execution]) -> dict[str, Decimal]:
    """Return the signed position after each trade; funding does not change it."""
    positions: dict[str, Decimal] = {}
    after_trade: dict[str, Decimal] = {}
    for fill in fills:
        moved = Decimal(0) if fill.kind is TradeKind.FUNDING else fill.quantity * fill.side.sign
        positions[fill.symbol] = after_trade[fill.trade_id] = positions.get(fill.symbol, Decimal(0)) + moved
    return after_trade


def _row(
    incomes: list[LedgerIncome], fill: Execution | None, links: dict[str, str], sizes: dict[str, Decimal]
) -> dict[str, Any]:
    first, last = incomes[0], incomes[-1]
    funding = _sum(incomes, IncomeKind.FUNDING)
    fee = -_sum(incomes, IncomeKind.COMMISSION)
    change = sum((income.amount for income in incomes), Decimal(0))
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


def _sum(incomes: list[LedgerIncome], kind: IncomeKind) -> Decimal:
    return sum((income.amount for income in incomes if income.kind is kind), Decimal(0))
