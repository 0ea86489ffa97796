"""Routes of positions: rows, leverage, position mode."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from venuekit.capabilities import PositionMode
from venuekit.simulator import Visit
from venuekit.simulator.ledger import Ledger, PositionFigures
from venuekit_bybit_inverse.simulated.messages import milliseconds, money, number, price
from venuekit_bybit_inverse.simulated.parameters import Parameters
from venuekit_bybit_inverse.simulated.trading_stop import guards_of, show_guards

_MODES = {"0": PositionMode.ONE_WAY, "3": PositionMode.HEDGE}
#: the auto-deleveraging queue is not modelled: a position has a middle rank, a flat row has none
_RANK = 2
_MARGIN_DECIMALS = 4


def position_list(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/position/list``: with a symbol also a flat position, else open positions."""
    product, symbol, coin = parameters.category(), parameters.symbol(), parameters.text("settleCoin")
    if product == "linear" and not symbol and not coin:
        raise parameters.invalid("Missing some parameters that must be filled in, symbol or settleCoin")
    figures = visit.ledger.positions() if product == "inverse" else ()
    if symbol:
        figures = (visit.ledger.position(symbol),)
    rows = [position_row(row, visit.ledger) for row in figures if symbol or coin in {None, row.settle}]
    return {**parameters.page(rows, usual=20, most=200), "category": product}


def symbol_info(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/position/symbol-info``."""
    product, symbol = parameters.category(), parameters.symbol()
    symbols = [symbol] if symbol else list(visit.ledger.contracts)
    rows = [
        {"symbol": name, "leverage": number(visit.ledger.leverage(name)), "side": "", "positionIdx": 0}
        for name in symbols
        if product == "inverse"
    ]
    return {"category": product, "list": rows}


def set_leverage(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/position/set-leverage``: the leverages of both sides must be equal."""
    contract = parameters.inverse_contract()
    buy, sell = parameters.require_number("buyLeverage"), parameters.require_number("sellLeverage")
    if buy != sell:
        raise parameters.invalid("params error: buyLeverage must equal sellLeverage")
    visit.ledger.set_leverage(contract.symbol, buy)
    return {}


def switch_mode(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/position/switch-mode``: inverse contracts only have one-way mode."""
    parameters.only_inverse()
    if not parameters.symbol() and not parameters.text("coin"):
        raise parameters.invalid("params error: symbol or coin is required")
    mode = _MODES.get(parameters.require("mode"))
    if mode is None:
        raise parameters.invalid("params error: mode invalid")
    visit.ledger.set_position_mode(mode)
    return {}


def add_margin(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/position/add-margin``: a signed amount of at most four decimals."""
    contract = parameters.inverse_contract()
    if (parameters.text("positionIdx") or "0") != "0":
        raise parameters.invalid("position idx not match position mode")
    amount = parameters.require_number("margin")
    if not amount or amount != round(amount, _MARGIN_DECIMALS):
        raise parameters.invalid("params error: margin invalid")
    visit.ledger.adjust_margin(contract.symbol, amount)
    return {"category": "inverse", **_margin_row(visit.ledger.position(contract.symbol), visit.ledger)}


def set_tpsl_mode(parameters: Parameters, _visit: Visit) -> object:
    """Answer ``POST /v5/position/set-tpsl-mode``: a default that no read shows."""
    parameters.inverse_contract()
    mode = parameters.require("tpSlMode")
    if mode not in {"Full", "Partial"}:
        raise parameters.invalid("params error: tpSlMode invalid")
    return {"tpSlMode": mode}


def set_risk_limit(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/position/set-risk-limit``: without effect, the tier is the one of the position."""
    contract = parameters.inverse_contract()
    if not parameters.require("riskId").isdecimal():
        raise parameters.invalid("params error: riskId invalid")
    tier = visit.ledger.position(contract.symbol).tier
    return {"category": "inverse", "riskId": tier.tier, "riskLimitValue": number(tier.cap)}


def position_row(figures: PositionFigures, ledger: Ledger) -> dict[str, Any]:
    """Return the row of a position, open or flat."""
    is_open = bool(figures.quantity)
    since_opened = figures.realized_pnl + figures.commission
    margins = _margin_row(figures, ledger)
    return {
        **margins,
        "side": _side(figures.quantity),
        # Always so on a unified account, in any margin mode.
        "tradeMode": 0,
        "adlRankIndicator": _RANK if is_open else 0,
        "breakEvenPrice": money(figures.break_even_price),
        "positionBalance": "0",
        "positionMMByMp": margins["positionMM"],
        "positionIMByMp": margins["positionIM"],
        "tpslMode": "Full",
        "curRealisedPnl": money(since_opened) if is_open else "0",
        "seq": -1 if figures.sequence is None else figures.sequence,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "sessionAvgPrice": "",
        "openTime": int(milliseconds(figures.opened_at)) if is_open else 0,
    }


def _margin_row(figures: PositionFigures, ledger: Ledger) -> dict[str, Any]:
    """Return the fields of a position that the answer to added margin has too; its side is not among them."""
    contract, is_open = ledger.contracts[figures.symbol], bool(figures.quantity)
    return {
        "positionIdx": 0,
        "riskId": figures.tier.tier,
        "riskLimitValue": number(figures.tier.cap),
        "symbol": figures.symbol,
        "size": number(abs(figures.quantity)),
        "avgPrice": money(figures.entry_price) or "0",
        "positionValue": money(figures.entry_value) if is_open else "",
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "leverage": number(figures.leverage),
        "markPrice": price(figures.mark_price, contract.price_tick),
        "liqPrice": price(figures.liquidation_price, contract.price_tick),
        "bustPrice": "",
        "positionMM": money(figures.maintenance_margin) if is_open else "",
        "positionIM": money(figures.position_initial_margin) if is_open else "",
        **show_guards(guards_of(ledger, figures.symbol)),
        "unrealisedPnl": money(figures.unrealized_pnl) if is_open else "",
        "cumRealisedPnl": money(figures.total_realized_pnl + figures.total_commission),
        "createdTime": milliseconds(figures.opened_at or contract.listed_at),
        "updatedTime": milliseconds(figures.updated_at or contract.listed_at),
    }


def _side(quantity: Decimal) -> str:
    if not quantity:
        return ""
    return "Buy" if quantity > 0 else "Sell"
