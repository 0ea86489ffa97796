"""Routes that read the account: wallets, totals, flags and positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import AssetMode, PositionMode
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, Ledger, PositionFigures, Totals
from venuekit_binance_common.simulated.formatting import (
    amount,
    amount_or_zero,
    asset_row,
    balance_row,
    margin_type,
    milliseconds,
    plain,
    quantity,
)
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.risk_routes import adl_rank
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.simulated.contracts import VENUE_ID

_PURSE = ""


class AccountRoutes:
    """Reads of the account."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            USDM.BALANCE: self.balance,
            USDM.ACCOUNT: self.account,
            USDM.ACCOUNT_CONFIG: self.account_config,
            USDM.SYMBOL_CONFIG: self.symbol_config,
            USDM.POSITION_RISK: self.position_risk,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def balance(self, _request: SimRequest, visit: Visit) -> object:
        """Return one row per margin asset, also for empty wallets."""
        return [
            {**balance_row(balance, withdrawable="maxWithdrawAmount"), "marginAvailable": balance.is_collateral}
            for balance in visit.ledger.balances(purse=_PURSE)
        ]

    def account(self, _request: SimRequest, visit: Visit) -> object:
        """Return totals, assets, and positions without entry price, leverage and margin type."""
        ledger = visit.ledger
        totals = ledger.totals(purse=_PURSE)
        return {
            **(totals_row(totals) if totals is not None else {}),
            "assets": [asset_row(balance) for balance in ledger.balances(purse=_PURSE)],
            "positions": [
                _account_position(figures, contract)
                for figures, contract in _position_rows(ledger, self._listing.contracts)
            ],
        }

    def account_config(self, _request: SimRequest, visit: Visit) -> object:
        """Return flags and modes."""
        return {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": True,
            "dualSidePosition": visit.ledger.position_mode is PositionMode.HEDGE,
            "updateTime": 0,
            "multiAssetsMargin": visit.ledger.asset_mode is AssetMode.MULTI,
            "tradeGroupId": -1,
        }

    def symbol_config(self, request: SimRequest, visit: Visit) -> object:
        """Return one row per symbol, flat or not."""
        ledger = visit.ledger
        return [
            {
                "symbol": contract.symbol,
                "marginType": margin_type(ledger.margin_type(contract.symbol)),
                "isAutoAddMargin": False,
                "leverage": int(ledger.leverage(contract.symbol)),
                "maxNotionalValue": plain(ledger.max_position(contract.symbol)),
            }
            for contract in self._listing.contracts_of(request)
        ]

    def position_risk(self, request: SimRequest, visit: Visit) -> object:
        """Return one row for each leg with a position or an open order."""
        return [
            _position(figures, contract)
            for figures, contract in _position_rows(visit.ledger, self._listing.contracts_of(request))
        ]


def _position_rows(ledger: Ledger, contracts: Iterable[Contract]) -> Iterable[tuple[PositionFigures, Contract]]:
    by_symbol = {contract.symbol: contract for contract in contracts}
    waiting = {(order.symbol, order.position_side) for order in ledger.open_orders()}
    for figures in ledger.positions(include_flat=True, venue=VENUE_ID):
        if figures.symbol in by_symbol and (figures.quantity or (figures.symbol, figures.side) in waiting):
            yield figures, by_symbol[figures.symbol]


def _notional_of(figures: PositionFigures) -> Decimal:
    """Return the notional with the sign of the position, as the venue sends it."""
    return -figures.notional if figures.quantity < 0 else figures.notional


def _position(figures: PositionFigures, contract: Contract) -> Mapping[str, object]:
    return {
        "symbol": figures.symbol,
        "positionSide": figures.side.name,
        "positionAmt": quantity(figures.quantity, contract),
        "entryPrice": plain(figures.entry_price),
        "breakEvenPrice": plain(figures.break_even_price),
        "markPrice": amount(figures.mark_price),
        "unRealizedProfit": amount(figures.unrealized_pnl),
        "liquidationPrice": amount_or_zero(figures.liquidation_price),
        "isolatedMargin": amount_or_zero(figures.isolated_margin),
        "notional": amount_or_zero(_notional_of(figures)),
        "marginAsset": figures.settle,
        "isolatedWallet": amount_or_zero(figures.isolated_wallet),
        "initialMargin": amount_or_zero(figures.initial_margin),
        "maintMargin": amount_or_zero(figures.maintenance_margin),
        "positionInitialMargin": amount_or_zero(figures.position_initial_margin),
        "openOrderInitialMargin": amount_or_zero(figures.open_order_initial_margin),
        "adl": adl_rank(figures),
        "bidNotional": amount_or_zero(figures.bid_value),
        "askNotional": amount_or_zero(figures.ask_value),
        "updateTime": milliseconds(figures.updated_at),
    }


def _account_position(figures: PositionFigures, contract: Contract) -> Mapping[str, object]:
    return {
        "symbol": figures.symbol,
        "positionSide": figures.side.name,
        "positionAmt": quantity(figures.quantity, contract),
        "unrealizedProfit": amount(figures.unrealized_pnl),
        "isolatedMargin": amount(figures.isolated_margin or Decimal(0)),
        "notional": amount_or_zero(_notional_of(figures)),
        "isolatedWallet": amount_or_zero(figures.isolated_wallet),
        "initialMargin": amount_or_zero(figures.initial_margin),
        "maintMargin": amount_or_zero(figures.maintenance_margin),
        "updateTime": milliseconds(figures.updated_at),
    }


def totals_row(totals: Totals) -> Mapping[str, object]:
    """Return the totals of the account read."""
    return {
        "totalInitialMargin": amount(totals.initial_margin),
        "totalMaintMargin": amount(totals.maintenance_margin),
        "totalWalletBalance": amount(totals.wallet),
        "totalUnrealizedProfit": amount(totals.unrealized_pnl),
        "totalMarginBalance": amount(totals.equity),
        "totalPositionInitialMargin": amount(totals.position_initial_margin),
        "totalOpenOrderInitialMargin": amount(totals.open_order_initial_margin),
        "totalCrossWalletBalance": amount(totals.cross_wallet),
        "totalCrossUnPnl": amount(totals.cross_unrealized_pnl),
        "availableBalance": amount(totals.available),
        "maxWithdrawAmount": amount(totals.withdrawable),
    }
