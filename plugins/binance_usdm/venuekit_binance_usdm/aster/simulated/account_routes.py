"""What tells about the account, in this venue's versions: every symbol has its rows, flat or not."""

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

__all__ = ["AsterAccountRoutes"]

_SIDES: Mapping[PositionMode, tuple[PositionSide, ...]] = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.LONG, PositionSide.SHORT),
}


class AsterAccountRoutes:
    """Reads of the account."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        return {
            ASTER.BALANCE: self.balance,
            ASTER.ACCOUNT: self.account,
            ASTER.POSITION_RISK: self.position_risk,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return what the client does not ask for."""
        return ()

    def balance(self, _request: SimRequest, visit: Visit) -> object:
        """One row per margin asset, also where nothing is held."""
        return [
            {**balance_row(held, withdrawable="maxWithdrawAmount"), "marginAvailable": held.is_collateral}
            for held in visit.ledger.balances()
        ]

    def account(self, _request: SimRequest, visit: Visit) -> object:
        """Flags, totals, assets and positions."""
        ledger = visit.ledger
        totals = ledger.totals()
        return {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": True,
            "updateTime": 0,
            **(totals_row(totals) if totals is not None else {}),
            "assets": [{**asset_row(held), "marginAvailable": held.is_collateral} for held in ledger.balances()],
            "positions": [
                _account_position(held, contract) for held, contract in _rows(ledger, self._listing.contracts)
            ],
        }

    def position_risk(self, request: SimRequest, visit: Visit) -> object:
        """Every symbol that is asked for."""
        return [_risk(held, contract) for held, contract in _rows(visit.ledger, self._listing.contracts_of(request))]


def _rows(ledger: Ledger, contracts: Iterable[Contract]) -> Iterable[tuple[PositionFigures, Contract]]:
    for contract in contracts:
        for side in _SIDES[ledger.position_mode]:
            yield ledger.position(contract.symbol, side), contract


def _risk(held: PositionFigures, contract: Contract) -> Mapping[str, object]:
    is_isolated = held.margin_type is MarginType.ISOLATED
    notional = -held.notional if held.quantity < 0 else held.notional
    return {
        "symbol": held.symbol,
        "positionAmt": quantity(held.quantity, contract),
        "entryPrice": plain(held.entry_price),
        "breakEvenPrice": plain(held.break_even_price),
        "markPrice": amount(held.mark_price),
        "unRealizedProfit": amount(held.unrealized_pnl),
        "liquidationPrice": amount_or_zero(held.liquidation_price),
        "leverage": plain(held.leverage),
        "maxNotionalValue": plain(held.max_position),
        "marginType": "isolated" if is_isolated else "cross",
        "isolatedMargin": amount(held.isolated_margin or Decimal(0)),
        "isAutoAddMargin": "false",
        "positionSide": held.side.name,
        "notional": amount_or_zero(notional),
        "isolatedWallet": amount_or_zero(held.isolated_wallet),
        "updateTime": milliseconds(held.updated_at),
    }


def _account_position(held: PositionFigures, contract: Contract) -> Mapping[str, object]:
    return {
        "symbol": held.symbol,
        "initialMargin": amount_or_zero(held.initial_margin),
        "maintMargin": amount_or_zero(held.maintenance_margin),
        "unrealizedProfit": amount(held.unrealized_pnl),
        "positionInitialMargin": amount_or_zero(held.position_initial_margin),
        "openOrderInitialMargin": amount_or_zero(held.open_order_initial_margin),
        "leverage": plain(held.leverage),
        "isolated": held.margin_type is MarginType.ISOLATED,
        "entryPrice": plain(held.entry_price),
        "maxNotional": plain(held.max_position),
        "positionSide": held.side.name,
        "positionAmt": quantity(held.quantity, contract),
        "updateTime": milliseconds(held.updated_at),
    }
