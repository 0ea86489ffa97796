"""Public routes: time, instruments, risk limits."""

from __future__ import annotations

from typing import Any

from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_bybit_inverse.simulated.formatting import milliseconds, money, number, price
from venuekit_bybit_inverse.simulated.parameters import category, contract_of, page


def server_time(request: SimRequest, visit: Visit) -> object:  # noqa: ARG001 (asks for nothing)
    """Answer ``GET /v5/market/time``."""
    return {"timeSecond": str(visit.milliseconds // 1000), "timeNano": f"{visit.milliseconds}000000"}


def instruments(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/market/instruments-info``."""
    rows = [_instrument(contract) for contract in _select_contracts(request, visit)]
    base = request.text("baseCoin")
    rows = [row for row in rows if base in {None, row["baseCoin"]}]
    return {"category": category(request, visit), **page(request, visit, rows, usual=500, most=1000)}


def risk_limits(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/market/risk-limit``."""
    rows = [row for contract in _select_contracts(request, visit) for row in _tiers(contract)]
    return {"category": category(request, visit), **page(request, visit, rows, usual=1000, most=1000)}


def _select_contracts(request: SimRequest, visit: Visit) -> list[Contract]:
    """Return the requested contracts; all of them are inverse."""
    product, symbol = category(request, visit), request.text("symbol")
    if symbol:
        return [contract_of(symbol, visit)]
    return list(visit.ledger.contracts.values()) if product == "inverse" else []


def _instrument(contract: Contract) -> dict[str, Any]:
    perpetual = contract.expires_at is None
    rates: dict[str, Any] = {"upperFundingRate": "0.005", "lowerFundingRate": "-0.005"} if perpetual else {}
    minutes = 0 if contract.funding_interval is None else contract.funding_interval.total_seconds() / 60
    return {
        "symbol": contract.symbol,
        "contractType": "InversePerpetual" if perpetual else "InverseFutures",
        "status": "Trading",
        "baseCoin": contract.base,
        "quoteCoin": contract.quote,
        "launchTime": milliseconds(contract.listed_at),
        "deliveryTime": milliseconds(contract.expires_at),
        "deliveryFeeRate": "" if perpetual else "0.0005",
        "priceScale": "2",
        "leverageFilter": {
            "minLeverage": number(contract.min_leverage),
            "maxLeverage": price(contract.max_leverage),
            "leverageStep": number(contract.leverage_step),
        },
        "priceFilter": {
            "minPrice": price(contract.min_price),
            "maxPrice": price(contract.max_price),
            "tickSize": price(contract.price_tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": number(contract.max_quantity),
            "minOrderQty": number(contract.min_quantity),
            "qtyStep": number(contract.quantity_step),
            "postOnlyMaxOrderQty": number(contract.max_quantity),
            "maxMktOrderQty": number(contract.max_market_quantity),
            "minNotionalValue": number(contract.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": int(minutes),
        "settleCoin": contract.settle,
        "copyTrading": "none",
        **rates,
        "displayName": contract.symbol,
    }


def _tiers(contract: Contract) -> list[dict[str, Any]]:
    return [
        {
            "id": tier.tier,
            "symbol": contract.symbol,
            "riskLimitValue": number(tier.cap),
            "maintenanceMargin": number(tier.maintenance_margin_rate),
            "initialMargin": number(tier.initial_margin_rate),
            "isLowestRisk": 1 if tier.floor == 0 else 0,
            "maxLeverage": price(tier.max_leverage),
            "mmDeduction": money(tier.deduction) if tier.floor else "",
        }
        for tier in contract.brackets
    ]
