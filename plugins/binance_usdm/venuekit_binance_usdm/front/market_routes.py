"""What is the same for everybody, and the tiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from venuekit.endpoint import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Asset, Contract, Tier
from venuekit_binance_usdm import endpoints
from venuekit_binance_usdm.front.formatting import decimals_of, milliseconds, number, plain
from venuekit_binance_usdm.front.listing import Listing
from venuekit_binance_usdm.limits import LIMITS, ORDERS_1M, ORDERS_10S, WEIGHT

__all__ = ["MarketRoutes"]

_NEVER_DELIVERED = 4_133_404_800_000
_RATE_LIMITS = {
    WEIGHT: ("REQUEST_WEIGHT", "MINUTE", 1),
    ORDERS_1M: ("ORDERS", "MINUTE", 1),
    ORDERS_10S: ("ORDERS", "SECOND", 10),
}
_ORDER_TYPES = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]


class MarketRoutes:
    """Reads that need no account."""

    def __init__(self, listing: Listing, assets: tuple[Asset, ...]) -> None:
        self._listing = listing
        self._assets = assets

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        return {
            endpoints.SERVER_TIME: self.server_time,
            endpoints.EXCHANGE_INFO: self.exchange_info,
            endpoints.BRACKETS: self.brackets,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return what the client does not ask for."""
        return (Route("GET", "/fapi/v1/ping", self.ping, costs=lambda _: {WEIGHT: 1}),)

    def ping(self, _request: SimRequest, _visit: Visit) -> object:
        """Say that somebody is there."""
        return {}

    def server_time(self, _request: SimRequest, visit: Visit) -> object:
        """Tell the time."""
        return {"serverTime": visit.milliseconds}

    def exchange_info(self, _request: SimRequest, visit: Visit) -> object:
        """Tell limits, margin assets and contracts."""
        return {
            "exchangeFilters": [],
            "rateLimits": [
                {"interval": interval, "intervalNum": count, "limit": limit.amount, "rateLimitType": kind}
                for limit in LIMITS
                for kind, interval, count in (_RATE_LIMITS[limit.name],)
            ],
            "serverTime": visit.milliseconds,
            "assets": [
                {
                    "asset": asset.name,
                    "marginAvailable": asset.is_collateral,
                    "autoAssetExchange": plain(-asset.haircut) if asset.is_collateral else None,
                }
                for asset in self._assets
            ],
            "symbols": [_symbol(contract) for contract in self._listing.contracts],
            "timezone": "UTC",
        }

    def brackets(self, request: SimRequest, _visit: Visit) -> object:
        """Tell the tiers: a list of symbols, or one object when a symbol is named."""
        rows = [_brackets(contract) for contract in self._listing.asked(request)]
        return rows if request.text("symbol") is None else rows[0]


def _brackets(contract: Contract) -> Mapping[str, object]:
    return {
        "symbol": contract.symbol,
        "notionalCoef": 1,
        "brackets": [_bracket(tier) for tier in contract.brackets],
    }


def _bracket(tier: Tier) -> Mapping[str, object]:
    return {
        "bracket": tier.tier,
        "initialLeverage": int(tier.max_leverage),
        "notionalCap": number(tier.cap),
        "notionalFloor": number(tier.floor),
        "maintMarginRatio": number(tier.maintenance_margin_rate),
        "cum": number(tier.deduction),
    }


def _symbol(contract: Contract) -> Mapping[str, object]:
    is_perpetual = contract.expires_at is None
    first_tier = contract.brackets[0]
    return {
        "symbol": contract.symbol,
        "pair": contract.pair,
        "contractType": "PERPETUAL" if is_perpetual else "CURRENT_QUARTER",
        "deliveryDate": _NEVER_DELIVERED if is_perpetual else milliseconds(contract.expires_at),
        "onboardDate": milliseconds(contract.listed_at),
        "status": "TRADING",
        "maintMarginPercent": f"{first_tier.maintenance_margin_rate * 100:.4f}",
        "requiredMarginPercent": f"{100 / contract.leverage:.4f}",
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": contract.settle,
        "pricePrecision": decimals_of(contract.price_tick),
        "quantityPrecision": decimals_of(contract.quantity_step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["TOP"],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "filters": _filters(contract),
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "orderTypes": _ORDER_TYPES,
    }


def _filters(contract: Contract) -> list[Mapping[str, object]]:
    lot = {"minQty": plain(contract.min_quantity), "stepSize": plain(contract.quantity_step)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "maxPrice": plain(contract.max_price),
            "minPrice": plain(contract.min_price),
            "tickSize": plain(contract.price_tick),
        },
        {"filterType": "LOT_SIZE", "maxQty": plain(contract.max_quantity), **lot},
        {"filterType": "MARKET_LOT_SIZE", "maxQty": plain(contract.max_market_quantity), **lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": plain(contract.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
    ]
