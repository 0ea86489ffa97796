"""Routes that need no account, and those about symbols: instruments, tiers, mark prices, commissions, ADL ranks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, Ledger, PositionFigures, Side
from venuekit_binance_common.market import ADL_TOP
from venuekit_binance_common.simulated.binance_venue import RULES
from venuekit_binance_common.simulated.candle_routes import contract_type
from venuekit_binance_common.simulated.formatting import amount, decimals_of, milliseconds, number, plain
from venuekit_binance_common.simulated.order_forms import PERCENT_BOUNDS
from venuekit_binance_common.simulated.public_routes import PublicRoutes, weigh
from venuekit_binance_common.venue import LIMITS, ORDERS_1M, ORDERS_10S, WEIGHT

#: every type that an order can have, of whichever book
ORDER_TYPES = ("LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
_NEVER_DELIVERED = 4_133_404_800_000
_FUNDING_INTERVAL = timedelta(hours=8)
_MILLISECOND = timedelta(milliseconds=1)
#: the rate of the next funding, while there has been none
_FUNDING_RATE = Decimal("0.0001")
#: the part of a funding rate that is interest
INTEREST_RATE = "0.00010000"
#: the highest rate of a funding; the lowest is its negative
FUNDING_CAP = Decimal("0.025")
_RATE_LIMITS = {
    WEIGHT: ("REQUEST_WEIGHT", "MINUTE", 1),
    ORDERS_1M: ("ORDERS", "MINUTE", 1),
    ORDERS_10S: ("ORDERS", "SECOND", 10),
}


class MarketRoutes(PublicRoutes):
    """Reads of the market and of symbols."""

    #: the names of a tier's cap and floor
    tier_names: ClassVar[tuple[str, str]]

    def more_info(self) -> Mapping[str, object]:
        """Return further fields of the product's list."""
        return {}

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            self.endpoints.SERVER_TIME: self.server_time,
            self.endpoints.EXCHANGE_INFO: self.exchange_info,
            self.endpoints.BRACKETS: self.brackets,
            self.endpoints.MARK_PRICE: self.mark_price,
            self.endpoints.COMMISSION: self.commission,
            self.endpoints.ADL: self.adl,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return the ping, which the client does not use."""
        yield from super().extra_routes()
        yield self.public("ping", _ping, costs=weigh(1))

    def server_time(self, _request: SimRequest, visit: Visit) -> object:
        """Return the time."""
        return {"serverTime": visit.milliseconds}

    def exchange_info(self, _request: SimRequest, visit: Visit) -> object:
        """Return limits and contracts."""
        return {
            "exchangeFilters": [],
            "rateLimits": rate_limit_rows("REQUEST_WEIGHT", "ORDERS"),
            "serverTime": visit.milliseconds,
            **self.more_info(),
            "symbols": [self.symbol(contract) for contract in self.contracts],
            "timezone": "UTC",
        }

    def symbol(self, contract: Contract) -> dict[str, object]:
        """Return a contract in the list; a product adds its own fields."""
        is_perpetual = contract.expires_at is None
        first_tier = contract.brackets[0]
        return {
            "symbol": contract.symbol,
            "pair": contract.pair,
            "contractType": contract_type(contract),
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

    def brackets(self, request: SimRequest, _visit: Visit) -> object:
        """Return the tiers by symbol."""
        rows = [
            {"symbol": contract.symbol, "notionalCoef": 1, "brackets": self.tier_rows(contract)}
            for contract in self.contracts_of(request)
        ]
        return rows[0] if self.unwraps and request.text("symbol") is not None else rows

    def tier_rows(self, contract: Contract) -> list[Mapping[str, object]]:
        """Return the tiers of a contract."""
        cap, floor = self.tier_names
        return [
            {
                "bracket": tier.tier,
                "initialLeverage": int(tier.max_leverage),
                cap: number(tier.cap),
                floor: number(tier.floor),
                "maintMarginRatio": number(tier.maintenance_margin_rate),
                "cum": number(tier.deduction),
            }
            for tier in contract.brackets
        ]

    def mark_price(self, request: SimRequest, visit: Visit) -> object:
        """Return the mark prices of the requested symbols."""
        rows = [self.mark_price_row(contract, visit) for contract in self.contracts_of(request)]
        return rows[0] if self.unwraps and request.text("symbol") is not None else rows

    def mark_price_row(self, contract: Contract, visit: Visit) -> dict[str, object]:
        """Return a row of premiumIndex, with the rate of the last funding; an expiring contract has none."""
        index = amount(self.index_price(contract, visit))
        is_perpetual = contract.expires_at is None
        fundings = visit.ledger.fundings(contract.symbol)
        every = funding_interval(contract) // _MILLISECOND
        return {
            "symbol": contract.symbol,
            "markPrice": amount(visit.ledger.mark(contract.symbol)),
            "indexPrice": index,
            "estimatedSettlePrice": index,
            "lastFundingRate": amount(fundings[-1].rate if fundings else _FUNDING_RATE) if is_perpetual else "",
            "interestRate": INTEREST_RATE if is_perpetual else "",
            "nextFundingTime": (visit.milliseconds // every + 1) * every if is_perpetual else 0,
            "time": visit.milliseconds,
        }

    def commission(self, request: SimRequest, _visit: Visit) -> object:
        """Return the rates of a symbol."""
        return self.commission_row(self.contract(self.require_symbol(request)))

    def commission_row(self, contract: Contract) -> dict[str, object]:
        """Return the rates of a contract."""
        return {
            "symbol": contract.symbol,
            "makerCommissionRate": plain(contract.maker_fee),
            "takerCommissionRate": plain(contract.taker_fee),
        }

    def adl(self, request: SimRequest, visit: Visit) -> object:
        """Return the rank of each leg; cross in hedge mode has the marker HEDGE in place of BOTH."""
        return [
            {"symbol": contract.symbol, "adlQuantile": _ranks(visit.ledger, contract)}
            for contract in self.contracts_of(request)
        ]


def _ping(_request: SimRequest, _visit: Visit) -> object:
    return {}


def rate_limit_rows(*kinds: str) -> list[Mapping[str, object]]:
    """Return the limits of some kinds."""
    return [
        {"interval": interval, "intervalNum": count, "limit": limit.amount, "rateLimitType": kind}
        for limit in LIMITS
        if limit.name in _RATE_LIMITS  # the other API lists its own
        for kind, interval, count in (_RATE_LIMITS[limit.name],)
        if kind in kinds
    ]


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
        {"filterType": "MAX_NUM_ORDERS", "limit": RULES.max_open_orders},
        *more,
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": str(PERCENT_BOUNDS[Side.BUY]),
            "multiplierDown": str(PERCENT_BOUNDS[Side.SELL]),
            "multiplierDecimal": "4",
        },
    ]


def funding_interval(contract: Contract) -> timedelta:
    """Return the time between two fundings of a contract."""
    return contract.funding_interval or _FUNDING_INTERVAL


def adl_rank(figures: PositionFigures) -> int:
    """Return a rank in the queue: 0 when flat, 1 at a loss, otherwise it rises with the profit per margin."""
    if not figures.quantity:
        return 0
    if figures.unrealized_pnl <= 0 or not figures.position_initial_margin:
        return 1
    return min(ADL_TOP, 2 + int(2 * figures.unrealized_pnl / figures.position_initial_margin))


def _ranks(ledger: Ledger, contract: Contract) -> Mapping[str, int]:
    legs = {
        side.name: adl_rank(ledger.position(contract.symbol, side)) for side in (PositionSide.LONG, PositionSide.SHORT)
    }
    is_hedge = ledger.position_mode is PositionMode.HEDGE
    if is_hedge and ledger.margin_type(contract.symbol) is not MarginType.ISOLATED:
        return {**legs, "HEDGE": 0}
    both = ledger.position(contract.symbol)
    rank = adl_rank(both)
    if not is_hedge:  # the rank of a one-way position is also reported for its side
        legs = {"LONG": rank if both.quantity > 0 else 0, "SHORT": rank if both.quantity < 0 else 0}
    return {**legs, "BOTH": rank}
