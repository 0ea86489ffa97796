"""The server's side of the venue: the routes of USD-margined products where they are the same, and its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.simulator import Market, Route, SimRequest, Visit
from venuekit.simulator.ledger import (
    BalanceFigures,
    Contract,
    Execution,
    Ledger,
    LedgerOrder,
    PositionFigures,
    Triggered,
)
from venuekit.simulator.quotes import price_at
from venuekit_binance_common.simulated.account_routes import ACCOUNT_FLAGS
from venuekit_binance_common.simulated.binance_venue import RULES, HistoryLimits
from venuekit_binance_common.simulated.documented_answers import COMMON_ANSWERS
from venuekit_binance_common.simulated.formatting import plain, price
from venuekit_binance_common.simulated.market_routes import FUNDING_CAP, INTEREST_RATE, funding_interval
from venuekit_binance_common.simulated.order_rows import trailing_fields
from venuekit_binance_common.simulated.public_routes import weigh
from venuekit_binance_common.simulated.stream_routes import StreamRoutes
from venuekit_binance_common.simulated.stream_terms import StreamTerms
from venuekit_binance_common.simulated.symbols import match_symbol
from venuekit_binance_common.venue import SYMBOL
from venuekit_binance_usdm.aster.endpoints import ASTER_V1
from venuekit_binance_usdm.simulated.contracts import CONTRACTS, make_contract
from venuekit_binance_usdm.simulated.unserved import ASTER_V1_UNSERVED
from venuekit_binance_usdm.simulated.usd_margined import (
    ERRORS,
    UsdMarginedVenue,
    leg_fields_with_settings,
    risk_fields_with_settings,
)

_DAY = timedelta(days=1)
_SYMBOL = re.compile(r"[A-Z0-9]{1,20}USDT")
_LISTED = frozenset({"BTCUSDT", "ETHUSDT", "BNBUSDT"})


class SimulatedAster(UsdMarginedVenue, StreamRoutes):
    """
    Aster futures, of whichever version.

    Acknowledgements report the fills in the quote asset, histories have the fields of queries.
    """

    prolonged_has_key = False
    stream_terms = StreamTerms(
        pings=timedelta(minutes=5), patience=timedelta(minutes=15), has_break_even=False, commission_sign=1
    )

    contracts = tuple(attrs.evolve(each, venue="aster") for each in CONTRACTS if each.symbol in _LISTED)
    errors = attrs.evolve(ERRORS, names={"triggerPrice": "stopPrice"})
    rules = attrs.evolve(
        RULES,
        triggered=Triggered.SAME_ORDER,
        countdown_spares_conditional=False,
        max_conditional_orders=None,
        fee_asset=None,
    )
    documented_answers = COMMON_ANSWERS  # every 503 may have been carried out
    placing_lacks = frozenset({"time"})
    changing_lacks = frozenset({"time", "avgPrice"})
    batch_lacks = frozenset({"closePosition"})
    emptied = "200"
    trades_weight = 1
    old_trades_limits = HistoryLimits(rows=500, most_rows=1000)

    def extra_routes(self) -> Iterable[Route]:
        """Return the routes, which the client does not use."""
        yield from super().extra_routes()
        yield self.public("fundingInfo", self.funding_terms, SYMBOL, costs=weigh(1))

    def day_row(self, contract: Contract, visit: Visit) -> dict[str, object]:
        """Return the figures of a day, and the last price before it."""
        before = price_at(visit.ledger.marks(contract.symbol), visit.now - _DAY)
        return {**super().day_row(contract, visit), "prevClosePrice": price(before, contract)}

    def funding_terms(self, request: SimRequest, visit: Visit) -> object:
        """Return interest, bounds of the rate and interval of the requested contracts."""
        return [
            {
                "symbol": contract.symbol,
                "interestRate": INTEREST_RATE,
                "time": visit.milliseconds,
                "fundingIntervalHours": funding_interval(contract) // timedelta(hours=1),
                "fundingFeeCap": FUNDING_CAP,
                "fundingFeeFloor": -FUNDING_CAP,
            }
            for contract in self.contracts_of(request)
        ]

    def make_contract(self, market: Market, prices: Mapping[str, Decimal]) -> Contract:
        """Return a further contract, for a symbol such as SOLUSDT."""
        match_symbol(market.symbol, _SYMBOL, "SOLUSDT")
        return attrs.evolve(make_contract(market, prices), venue="aster")

    def order_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return an order's worth, and its trailing fields."""
        return {"cumQuote": plain(order.filled_value), **trailing_fields(order)}

    def history_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: histories are like queries."""
        return {}

    def trade_fields(self, fill: Execution, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: a fill is counted in the quote asset alone."""
        return {}

    def exchange_info(self, request: SimRequest, visit: Visit) -> object:
        """Return limits and contracts; orders are counted per minute only."""
        info: dict[str, Any] = dict(super().exchange_info(request, visit))  # type: ignore[call-overload]
        info["rateLimits"] = [limit for limit in info["rateLimits"] if limit["interval"] != "SECOND"]
        return info

    def account_fields(self, ledger: Ledger) -> Mapping[str, object]:
        """Return flags and totals."""
        return {**ACCOUNT_FLAGS, **super().account_fields(ledger)}

    def asset_row(self, balance: BalanceFigures) -> dict[str, object]:
        """Return an asset of the account read."""
        return {**super().asset_row(balance), "marginAvailable": balance.is_collateral}

    def risk_row(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg with its settings."""
        return {**super().risk_row(figures, contract), **risk_fields_with_settings(figures)}

    def account_position(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg with margins, leverage and entry price."""
        return {**super().account_position(figures, contract), **leg_fields_with_settings(figures)}


class SimulatedAsterV1(SimulatedAster):
    """The venue for API keys."""

    endpoints = ASTER_V1
    stream = ASTER_V1.STREAM
    unserved = ASTER_V1_UNSERVED
