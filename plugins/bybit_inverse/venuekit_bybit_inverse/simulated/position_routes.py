"""Routes of positions: rows, leverage, position mode."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from venuekit.capabilities import PositionMode
from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import Contract, PositionFigures
from venuekit_bybit_inverse.simulated.formatting import milliseconds, money, number, price
from venuekit_bybit_inverse.simulated.parameters import (
    category,
    contract_of,
    decimal,
    invalid,
    inverse_contract,
    only_inverse,
    page,
    require,
)

_MODES = {"0": PositionMode.ONE_WAY, "3": PositionMode.HEDGE}
#: the auto-deleveraging queue is not modelled: a position has a middle rank, a flat row has none
_RANK = 2
_MARGIN_DECIMALS = 4
#: the position's fields in the answer to added margin, besides the category; its side is not among them
_MARGIN_FIELDS = (
    "symbol",
    "positionIdx",
    "riskId",
    "riskLimitValue",
    "size",
    "positionValue",
    "avgPrice",
    "liqPrice",
    "bustPrice",
    "markPrice",
    "leverage",
    "autoAddMargin",
    "positionStatus",
    "positionIM",
    "positionMM",
    "unrealisedPnl",
    "cumRealisedPnl",
    "stopLoss",
    "takeProfit",
    "trailingStop",
    "createdTime",
    "updatedTime",
)


def position_list(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/position/list``: with a symbol also a flat position, else open positions."""
    product, symbol, coin = category(request, visit), request.text("symbol"), request.text("settleCoin")
    if product == "linear" and not symbol and not coin:
        raise invalid("Missing some parameters that must be filled in, symbol or settleCoin", visit)
    figures: tuple[PositionFigures, ...]
    if symbol:
        figures = (visit.ledger.position(contract_of(symbol, visit).symbol),)
    else:
        figures = visit.ledger.positions() if product == "inverse" else ()
    rows = [_row(row, visit.ledger.contracts[row.symbol]) for row in figures if symbol or coin in {None, row.settle}]
    return {**page(request, visit, rows, usual=20, most=200), "category": product}


def symbol_info(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/position/symbol-info``."""
    product, symbol = category(request, visit), request.text("symbol")
    symbols = [contract_of(symbol, visit).symbol] if symbol else list(visit.ledger.contracts)
    rows = [
        {"symbol": name, "leverage": number(visit.ledger.leverage(name)), "side": "", "positionIdx": 0}
        for name in symbols
        if product == "inverse"
    ]
    return {"category": product, "list": rows}


def set_leverage(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/position/set-leverage``: the leverages of both sides must be equal."""
    contract = inverse_contract(request, visit)
    names = ("buyLeverage", "sellLeverage")
    buy, sell = (decimal(require(request, visit, name), name, visit) for name in names)
    if buy != sell:
        raise invalid("params error: buyLeverage must equal sellLeverage", visit)
    visit.ledger.set_leverage(contract.symbol, buy)
    return {}


def switch_mode(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/position/switch-mode``: inverse contracts only have one-way mode."""
    only_inverse(request, visit)
    symbol = request.text("symbol")
    if symbol:
        contract_of(symbol, visit)
    elif not request.text("coin"):
        raise invalid("params error: symbol or coin is required", visit)
    mode = _MODES.get(require(request, visit, "mode"))
    if mode is None:
        raise invalid("params error: mode invalid", visit)
    visit.ledger.set_position_mode(mode)
    return {}


def add_margin(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/position/add-margin``: a signed amount of at most four decimals."""
    contract = inverse_contract(request, visit)
    if (request.text("positionIdx") or "0") != "0":
        raise invalid("position idx not match position mode", visit)
    amount = decimal(require(request, visit, "margin"), "margin", visit)
    if not amount or amount != round(amount, _MARGIN_DECIMALS):
        raise invalid("params error: margin invalid", visit)
    visit.ledger.adjust_margin(contract.symbol, amount)
    row = _row(visit.ledger.position(contract.symbol), contract)
    return {"category": "inverse", **{name: row[name] for name in _MARGIN_FIELDS}}


def set_tpsl_mode(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/position/set-tpsl-mode``: a default that no read shows."""
    inverse_contract(request, visit)
    mode = require(request, visit, "tpSlMode")
    if mode not in {"Full", "Partial"}:
        raise invalid("params error: tpSlMode invalid", visit)
    return {"tpSlMode": mode}


def set_risk_limit(request: SimRequest, visit: Visit) -> object:
    """Answer ``POST /v5/position/set-risk-limit``: without effect, the tier is the one of the position."""
    contract = inverse_contract(request, visit)
    if not require(request, visit, "riskId").isdecimal():
        raise invalid("params error: riskId invalid", visit)
    tier = visit.ledger.position(contract.symbol).tier
    return {"category": "inverse", "riskId": tier.tier, "riskLimitValue": number(tier.cap)}


def _row(figures: PositionFigures, contract: Contract) -> dict[str, Any]:
    is_open = bool(figures.quantity)
    initial = money(figures.position_initial_margin) if is_open else ""
    maintenance = money(figures.maintenance_margin) if is_open else ""
    since_opened = figures.realized_pnl + figures.commission
    moved_at = figures.updated_at or contract.listed_at
    return {
        "positionIdx": 0,
        "riskId": figures.tier.tier,
        "riskLimitValue": number(figures.tier.cap),
        "symbol": figures.symbol,
        "side": _side(figures.quantity),
        "size": number(abs(figures.quantity)),
        "avgPrice": money(figures.entry_price) or "0",
        "positionValue": money(figures.entry_value) if is_open else "",
        # Always so on a unified account, in any margin mode.
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": _RANK if is_open else 0,
        "leverage": number(figures.leverage),
        "breakEvenPrice": money(figures.break_even_price),
        "positionBalance": "0",
        "markPrice": price(figures.mark_price),
        "liqPrice": price(figures.liquidation_price),
        "bustPrice": "",
        "positionMM": maintenance,
        "positionMMByMp": maintenance,
        "positionIM": initial,
        "positionIMByMp": initial,
        "tpslMode": "Full",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "unrealisedPnl": money(figures.unrealized_pnl) if is_open else "",
        "curRealisedPnl": money(since_opened) if is_open else "0",
        "cumRealisedPnl": money(figures.total_realized_pnl + figures.total_commission),
        "seq": -1 if figures.sequence is None else figures.sequence,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "sessionAvgPrice": "",
        "createdTime": milliseconds(figures.opened_at or contract.listed_at),
        "updatedTime": milliseconds(moved_at),
        "openTime": int(milliseconds(figures.opened_at)) if is_open else 0,
    }


def _side(quantity: Decimal) -> str:
    if not quantity:
        return ""
    return "Buy" if quantity > 0 else "Sell"
