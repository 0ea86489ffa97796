"""Public routes: time, instruments, risk limits."""

from __future__ import annotations

from typing import Any

from venuekit.simulator import Visit
from venuekit.simulator.ledger import Contract
from venuekit_bybit_inverse.simulated.messages import milliseconds, money, number, price, unit_of
from venuekit_bybit_inverse.simulated.parameters import Parameters


def server_time(_parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/time``."""
    return {"timeSecond": str(visit.milliseconds // 1000), "timeNano": f"{visit.milliseconds}000000"}


def instruments(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/instruments-info``."""
    # No contract here is of a symbol type ("innovation" and the like).
    contracts = [] if parameters.text("symbolType") else _select_contracts(parameters, visit)
    rows = parameters.select([_instrument(contract) for contract in contracts], "baseCoin", "status")
    return {"category": parameters.category(), **parameters.page(rows, usual=500, most=1000)}


def risk_limits(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/risk-limit``."""
    rows = [row for contract in _select_contracts(parameters, visit) for row in _tiers(contract)]
    return {"category": parameters.category(), **parameters.page(rows, usual=1000, most=1000)}


def _select_contracts(parameters: Parameters, visit: Visit) -> list[Contract]:
    """Return the requested contracts; all of them are inverse."""
    product, symbol = parameters.category(), parameters.symbol()
    if symbol:
        return [visit.ledger.contracts[symbol]]
    return list(visit.ledger.contracts.values()) if product == "inverse" else []


def _instrument(contract: Contract) -> dict[str, Any]:
    perpetual, tick = contract.expires_at is None, contract.price_tick
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
        "priceScale": str(max(2, -int(unit_of(tick).as_tuple().exponent))),
        "leverageFilter": {
            "minLeverage": number(contract.min_leverage),
            "maxLeverage": price(contract.max_leverage),
            "leverageStep": number(contract.leverage_step),
        },
        "priceFilter": {
            "minPrice": price(contract.min_price, tick),
            "maxPrice": price(contract.max_price, tick),
            "tickSize": price(tick, tick),
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
