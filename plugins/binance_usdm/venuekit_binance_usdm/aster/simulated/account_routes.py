"""Routes that read the account, in this venue's versions: every symbol has its rows, flat or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, Ledger, PositionFigures
from venuekit_binance_common.simulated.formatting import (
    amount,
    amount_or_zero,
    asset_row,
    balance_row,
    milliseconds,
    plain,
    quantity,
)
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_usdm.aster.endpoints import ASTER
from venuekit_binance_usdm.simulated.account_routes import totals_row

_SIDES: Mapping[PositionMode, tuple[PositionSide, ...]] = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.LONG, PositionSide.SHORT),
}


class AsterAccountRoutes:
    """Reads of the account."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            ASTER.BALANCE: self.balance,
            ASTER.ACCOUNT: self.account,
            ASTER.POSITION_RISK: self.position_risk,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def balance(self, _request: SimRequest, visit: Visit) -> object:
        """Return one row per margin asset, also for empty wallets."""
        return [
            {**balance_row(balance, withdrawable="maxWithdrawAmount"), "marginAvailable": balance.is_collateral}
            for balance in visit.ledger.balances()
        ]

    def account(self, _request: SimRequest, visit: Visit) -> object:
        """Return flags, totals, assets and positions."""
        ledger = visit.ledger
        totals = ledger.totals()
        return {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": True,
            "updateTime": 0,
            **(totals_row(totals) if totals is not None else {}),
            "assets": [
                {**asset_row(balance), "marginAvailable": balance.is_collateral} for balance in ledger.balances()
            ],
            "positions": [
                _account_position(figures, contract) for figures, contract in _rows(ledger, self._listing.contracts)
            ],
        }

    def position_risk(self, request: SimRequest, visit: Visit) -> object:
        """Return every requested symbol."""
        return [
            _risk(figures, contract) for figures, contract in _rows(visit.ledger, self._listing.contracts_of(request))
        ]


def _rows(ledger: Ledger, contracts: Iterable[Contract]) -> Iterable[tuple[PositionFigures, Contract]]:
    for contract in contracts:
        for side in _SIDES[ledger.position_mode]:
            yield ledger.position(contract.symbol, side), contract


def _risk(figures: PositionFigures, contract: Contract) -> Mapping[str, object]:
    is_isolated = figures.margin_type is MarginType.ISOLATED
    notional = -figures.notional if figures.quantity < 0 else figures.notional
    return {
        "symbol": figures.symbol,
        "positionAmt": quantity(figures.quantity, contract),
        "entryPrice": plain(figures.entry_price),
        "breakEvenPrice": plain(figures.break_even_price),
        "markPrice": amount(figures.mark_price),
        "unRealizedProfit": amount(figures.unrealized_pnl),
        "liquidationPrice": amount_or_zero(figures.liquidation_price),
        "leverage": plain(figures.leverage),
        "maxNotionalValue": plain(figures.max_position),
        "marginType": "isolated" if is_isolated else "cross",
        "isolatedMargin": amount(figures.isolated_margin or Decimal(0)),
        "isAutoAddMargin": "false",
        "positionSide": figures.side.name,
        "notional": amount_or_zero(notional),
        "isolatedWallet": amount_or_zero(figures.isolated_wallet),
        "updateTime": milliseconds(figures.updated_at),
    }


def _account_position(figures: PositionFigures, contract: Contract) -> Mapping[str, object]:
    return {
        "symbol": figures.symbol,
        "initialMargin": amount_or_zero(figures.initial_margin),
        "maintMargin": amount_or_zero(figures.maintenance_margin),
        "unrealizedProfit": amount(figures.unrealized_pnl),
        "positionInitialMargin": amount_or_zero(figures.position_initial_margin),
        "openOrderInitialMargin": amount_or_zero(figures.open_order_initial_margin),
        "leverage": plain(figures.leverage),
        "isolated": figures.margin_type is MarginType.ISOLATED,
        "entryPrice": plain(figures.entry_price),
        "maxNotional": plain(figures.max_position),
        "positionSide": figures.side.name,
        "positionAmt": quantity(figures.quantity, contract),
        "updateTime": milliseconds(figures.updated_at),
    }
