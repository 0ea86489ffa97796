"""The simulated venue: its contracts, scenarios and refusals, and its own shapes of the routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from venuekit.capabilities import IncomeKind, MarginType, PositionSide
from venuekit.plugin import Effect, Endpoint, Security
from venuekit.simulator import Handler, Market, Route, Scenario, SimRequest, Visit, find_price
from venuekit.simulator.ledger import (
    BalanceFigures,
    Book,
    Contract,
    Ledger,
    LedgerIncome,
    LedgerOrder,
    PositionFigures,
    Reason,
    Side,
)
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.simulated.contracts import CONTRACTS, PURSE, make_contract
from venuekit_binance_coinm.simulated.quote_routes import CoinmQuoteRoutes
from venuekit_binance_common.simulated.account_routes import (
    ACCOUNT_FLAGS,
    AccountRoutes,
    leg_margins,
    setting_fields,
)
from venuekit_binance_common.simulated.amendment_routes import AmendmentRoutes
from venuekit_binance_common.simulated.binance_venue import HistoryLimits
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.formatting import amount, amount_or_zero, number, plain
from venuekit_binance_common.simulated.market_routes import ORDER_TYPES, MarketRoutes, filters_of
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.order_rows import matching_fields
from venuekit_binance_common.simulated.portfolio_routes import PortfolioRoutes, portfolio_margin
from venuekit_binance_common.simulated.settings_routes import SettingsRoutes
from venuekit_binance_common.simulated.socket_api import methods_of
from venuekit_binance_common.simulated.stream_routes import StreamRoutes
from venuekit_binance_common.simulated.stream_terms import StreamTerms
from venuekit_binance_common.simulated.unserved import STATISTICS, downloads, of_root
from venuekit_binance_common.venue import THE_SYMBOL, WEIGHT

_YEAR = timedelta(days=365)
#: the entry price of the position, as a share of the mark
_ENTRY = Decimal(865) / 880
_ETH_TARGET = {"margin_type": "isolated", "leverage": Decimal(10)}


def _deposit(ledger: Ledger) -> None:
    ledger.deposit("BTC", Decimal(2), purse=PURSE)
    ledger.deposit("ETH", Decimal(40), purse=PURSE)


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSD_PERP")
    ledger.fill("BTCUSD_PERP", Side.BUY, Decimal(5_000), find_price(ledger, "BTCUSD_PERP", _ENTRY))


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="holding",
        title="one-way; long 5,000 contracts of BTCUSD_PERP, isolated at 20x: too large for 125x",
        stage=_hold,
        held="BTCUSD_PERP",
        flat="ETHUSD_PERP",
        target={
            "position_mode": "one_way",
            "symbols": {"BTCUSD_PERP": {"leverage": Decimal(25)}, "ETHUSD_PERP": _ETH_TARGET},
        },
    ),
    Scenario(
        name="flat",
        title="one-way; some balance, no position anywhere",
        stage=_deposit,
        held=None,
        flat="ETHUSD_PERP",
        target={"position_mode": "hedge", "symbols": {"ETHUSD_PERP": _ETH_TARGET}},
    ),
)


class SimulatedCoinm(
    PortfolioRoutes,
    AmendmentRoutes,
    CoinmQuoteRoutes,
    MarketRoutes,
    SettingsRoutes,
    OrderRoutes,
    AccountRoutes,
    StreamRoutes,
):
    """
    COIN-M futures.

    Tiers and the largest position are counted in the base asset. Many reads take a pair. In hedge mode the leg BOTH
    stays beside the others. Moved margin has no time limit, income is read a year at a time.
    """

    endpoints = COINM
    stream = COINM.STREAM
    stream_terms = StreamTerms(has_alias=True, has_strategy_fields=False, has_margin_asset=True)
    websocket_api_path = "/ws-api"
    documented_api_path = "/ws-dapi/v1"
    socket_methods = methods_of(
        "/dapi/v1",
        {
            "account.balance": "/dapi/v1/balance",
            "account.status": "/dapi/v1/account",
            "account.position": "/dapi/v1/positionRisk",
        },
        has_algo=False,
    )
    purse = PURSE
    contracts = CONTRACTS
    scenarios = (*SCENARIOS, portfolio_margin(SCENARIOS[-1]))
    unserved = (
        STATISTICS
        | of_root("GET", "/futures/data", "takerBuySellVol")  # what other traders do, too
        | downloads("/dapi/v1")
    )
    refused_to_portfolios = (
        *(COINM.POSITION_MODE, COINM.SET_POSITION_MODE),
        *(COINM.SET_LEVERAGE, COINM.SET_MARGIN_TYPE, COINM.POSITION_MARGIN),
    )
    errors = Errors(
        too_late=-4188,
        unknown_pair=-4087,
        codes={
            Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED: -4150,
            Reason.ORDER_UNCHANGED: -4197,
            Reason.NOT_AMENDABLE: -4196,
            Reason.NOTIONAL_TOO_SMALL: -4178,
        },
        words={-4088: "Maximum time interval is {days} days."},
    )
    #: the floor is spelt as the documentation spells it
    tier_names = ("qtyCap", "qtylFloor")
    largest = "maxQty"
    hedge_sides = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)
    margin_limits = HistoryLimits(rows=50, most_rows=500)
    income_limits = HistoryLimits(usual=_YEAR, widest=_YEAR, rows=100, most_rows=1000)

    def make_contract(self, market: Market, prices: Mapping[str, Decimal]) -> Contract:
        """Return a further contract, for a symbol such as SOLUSD_PERP or SOLUSD_270326."""
        return make_contract(market, prices)

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            COINM.ACCOUNT: self.account,
            COINM.POSITION_RISK: self.position_risk,
            COINM.PAIR_BRACKETS: self.pair_brackets,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return the routes that the client does not use; all conditional orders are canceled by others alone."""
        yield from super().extra_routes()
        # in no documentation: two clients use it, and one of them reports its weight
        yield Route(
            "DELETE",
            "/dapi/v1/algoOpenOrders",
            self._cancel_all(Book.CONDITIONAL),
            security=Security.SIGNED,
            effect=Effect.SET,
            costs=lambda _: {WEIGHT: 1},
            parameters=(THE_SYMBOL,),
        )

    def of_symbol_and_pair(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts that match both the symbol and the pair of a request; raises ``Denied``."""
        of_pair = self.of_pair(request)
        return tuple(contract for contract in self.contracts_of(request) if contract in of_pair)

    def symbol(self, contract: Contract) -> dict[str, object]:
        """Return a contract as this product lists it."""
        return {
            **super().symbol(contract),
            "contractStatus": "TRADING",
            "contractSize": number(contract.contract_size),
            "underlyingSubType": [],
            "equalQtyPrecision": 4,
            "filters": filters_of(contract),
            "liquidationFee": "0.010000",
            "marketTakeBound": "0.30",
            "orderTypes": ORDER_TYPES,
        }

    def pair_brackets(self, request: SimRequest, _visit: Visit) -> object:
        """Return the tiers by pair: those of an expiring symbol if the pair has one, possibly not of the one meant."""
        contracts = sorted(self.of_pair(request), key=lambda each: each.expires_at is not None)
        listed = {contract.pair: contract for contract in contracts}
        return [{"pair": pair, "brackets": self.tier_rows(contract)} for pair, contract in listed.items()]

    def mark_price(self, request: SimRequest, visit: Visit) -> object:
        """Return the mark prices of the requested symbol and pair."""
        contracts = self.of_symbol_and_pair(request)
        return [{**self.mark_price_row(contract, visit), "pair": contract.pair} for contract in contracts]

    def order_contracts(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose orders are requested; a symbol and a pair must both match."""
        return self.of_symbol_and_pair(request)

    def order_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:
        """Return the pair of an order, and its worth in the base asset."""
        return {**matching_fields(order), "cumBase": plain(order.filled_value), "pair": contract.pair}

    def income_fields(self, income: LedgerIncome, income_type: str) -> Mapping[str, object]:  # noqa: ARG002  (not repeated)
        """Return the transaction id as text, and the direction of a transfer."""
        direction = "DEPOSIT" if income.amount > 0 else "WITHDRAW"
        return {"info": direction if income.kind is IncomeKind.TRANSFER else "", "tranId": income.id}

    def balance_row(self, balance: BalanceFigures) -> dict[str, object]:
        """Return a row of the balance read."""
        return {**super().balance_row(balance), "withdrawAvailable": amount(balance.withdrawable)}

    def account_fields(self, ledger: Ledger) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return flags; there are no totals."""
        return ACCOUNT_FLAGS

    def risk_contracts(self, request: SimRequest) -> Iterable[Contract]:
        """Return the contracts of the requested pair and margin asset."""
        margin_asset = self.text(request, "marginAsset")
        return [contract for contract in self.of_pair(request) if margin_asset in {None, contract.settle}]

    def risk_row(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg with its settings; a flat one has no mark price."""
        return {
            **super().risk_row(figures, contract),
            **setting_fields(figures),
            **_price_fields(figures),
            **_worth_fields(figures),
            "markPrice": amount(figures.mark_price if figures.quantity else Decimal(0)),
        }

    def account_position(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg with prices, margins and leverage."""
        return {
            **super().account_position(figures, contract),
            **leg_margins(figures),
            **_price_fields(figures),
            **_worth_fields(figures),
            "leverage": plain(figures.leverage),
            "isolated": figures.margin_type is MarginType.ISOLATED,
        }


def _price_fields(figures: PositionFigures) -> Mapping[str, object]:
    """Return the prices of a leg with eight decimals, ``"0.0"`` for none, and the largest quantity."""
    prices = {"entryPrice": figures.entry_price, "breakEvenPrice": figures.break_even_price}
    texts = {name: f"{price:.8f}" if price else "0.0" for name, price in prices.items()}
    return {**texts, "maxQty": plain(figures.max_position)}


def _worth_fields(figures: PositionFigures) -> Mapping[str, object]:
    """Return the worth in the coin, with the sign of the position, and the wallet of an isolated one."""
    return {
        "notionalValue": amount_or_zero(figures.value.copy_sign(figures.quantity)),
        "isolatedWallet": amount_or_zero(figures.isolated_wallet),
    }
