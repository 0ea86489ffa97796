"""Public routes: time, limits and instruments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, LedgerTier, Side
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.simulated.formatting import decimals_of, milliseconds, number, plain
from venuekit_binance_common.simulated.listing import PERCENT_BOUNDS, Listing
from venuekit_binance_common.venue import LIMITS, ORDERS_1M, ORDERS_10S, WEIGHT

_NEVER_DELIVERED = 4_133_404_800_000
_RATE_LIMITS = {
    WEIGHT: ("REQUEST_WEIGHT", "MINUTE", 1),
    ORDERS_1M: ("ORDERS", "MINUTE", 1),
    ORDERS_10S: ("ORDERS", "SECOND", 10),
}


class MarketRoutes(ABC):
    """Reads that need no account."""

    endpoints: ClassVar[BinanceEndpoints]
    PING: ClassVar[str]

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    @abstractmethod
    def symbol(self, contract: Contract) -> Mapping[str, object]:
        """Return a contract in the product's list."""

    def more_info(self) -> Mapping[str, object]:
        """Return further fields of the product's list."""
        return {}

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {self.endpoints.SERVER_TIME: self.server_time, self.endpoints.EXCHANGE_INFO: self.exchange_info}

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return (Route("GET", self.PING, self.ping, costs=lambda _: {WEIGHT: 1}),)

    def ping(self, _request: SimRequest, _visit: Visit) -> object:
        """Return an empty object."""
        return {}

    def server_time(self, _request: SimRequest, visit: Visit) -> object:
        """Return the time."""
        return {"serverTime": visit.milliseconds}

    def exchange_info(self, _request: SimRequest, visit: Visit) -> object:
        """Return limits and contracts."""
        return {
            "exchangeFilters": [],
            "rateLimits": [
                {"interval": interval, "intervalNum": count, "limit": limit.amount, "rateLimitType": kind}
                for limit in LIMITS
                for kind, interval, count in (_RATE_LIMITS[limit.name],)
            ],
            "serverTime": visit.milliseconds,
            **self.more_info(),
            "symbols": [self.symbol(contract) for contract in self._listing.contracts],
            "timezone": "UTC",
        }


def symbol_of(contract: Contract) -> dict[str, object]:
    """Return the fields of a contract that both products have."""
    is_perpetual = contract.expires_at is None
    first_tier = contract.brackets[0]
    return {
        "symbol": contract.symbol,
        "pair": contract.pair,
        "contractType": "PERPETUAL" if is_perpetual else "CURRENT_QUARTER",
        "deliveryDate": _NEVER_DELIVERED if is_perpetual else milliseconds(contract.expires_at),
        "onboardDate": milliseconds(contract.listed_at),
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
        "triggerProtect": "0.0500",
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def filters_of(contract: Contract, *more: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the filters of a contract; ``more`` are inserted before the last one."""
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
        *more,
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": str(PERCENT_BOUNDS[Side.BUY]),
            "multiplierDown": str(PERCENT_BOUNDS[Side.SELL]),
            "multiplierDecimal": "4",
        },
    ]


def tier_rows(tiers: Iterable[LedgerTier], *, cap: str, floor: str) -> list[Mapping[str, object]]:
    """Return tiers with the product's names of their caps and floors."""
    return [
        {
            "bracket": tier.tier,
            "initialLeverage": int(tier.max_leverage),
            cap: number(tier.cap),
            floor: number(tier.floor),
            "maintMarginRatio": number(tier.maintenance_margin_rate),
            "cum": number(tier.deduction),
        }
        for tier in tiers
    ]
