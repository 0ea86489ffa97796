"""Routes that read the account: wallets, flags and positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, Ledger, PositionFigures
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.simulated.contracts import PURSE, of_pair
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

_SIDES: Mapping[PositionMode, tuple[PositionSide, ...]] = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT),
}


class AccountRoutes:
    """Reads of the account; every symbol has its rows, flat or not, and in hedge mode BOTH stays beside the legs."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            COINM.BALANCE: self.balance,
            COINM.ACCOUNT: self.account,
            COINM.POSITION_RISK: self.position_risk,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def balance(self, _request: SimRequest, visit: Visit) -> object:
        """Return one row per coin, also for empty wallets."""
        balances = visit.ledger.balances(purse=PURSE)
        return [balance_row(balance, withdrawable="withdrawAvailable") for balance in balances]

    def account(self, _request: SimRequest, visit: Visit) -> object:
        """Return assets, positions and flags; without totals."""
        ledger = visit.ledger
        return {
            "assets": [asset_row(balance) for balance in ledger.balances(purse=PURSE)],
            "positions": [
                _account_position(figures, contract) for figures, contract in _rows(ledger, self._listing.contracts)
            ],
            "canDeposit": True,
            "canTrade": True,
            "canWithdraw": True,
            "feeTier": 0,
            "updateTime": 0,
        }

    def position_risk(self, request: SimRequest, visit: Visit) -> object:
        """Return every symbol of the requested pair and margin asset."""
        margin_asset = self._listing.text(request, "marginAsset")
        contracts = of_pair(self._listing, request)
        listed = [contract for contract in contracts if margin_asset in {None, contract.settle}]
        return [_risk(figures, contract) for figures, contract in _rows(visit.ledger, listed)]


def _rows(ledger: Ledger, contracts: Iterable[Contract]) -> Iterable[tuple[PositionFigures, Contract]]:
    for contract in contracts:
        for side in _SIDES[ledger.position_mode]:
            yield ledger.position(contract.symbol, side), contract


def _shared_fields(figures: PositionFigures, contract: Contract) -> dict[str, object]:
    return {
        "symbol": figures.symbol,
        "positionAmt": quantity(figures.quantity, contract),
        "entryPrice": _price(figures.entry_price),
        "breakEvenPrice": _price(figures.break_even_price),
        "leverage": plain(figures.leverage),
        "maxQty": plain(figures.max_position),
        "positionSide": figures.side.name,
        "updateTime": milliseconds(figures.updated_at),
    }


def _risk(figures: PositionFigures, contract: Contract) -> Mapping[str, object]:
    is_isolated = figures.margin_type is MarginType.ISOLATED
    return {
        **_shared_fields(figures, contract),
        "markPrice": amount(figures.mark_price if figures.quantity else Decimal(0)),
        "unRealizedProfit": amount(figures.unrealized_pnl),
        "liquidationPrice": amount_or_zero(figures.liquidation_price),
        "marginType": "isolated" if is_isolated else "cross",
        "isolatedMargin": amount(figures.isolated_margin or Decimal(0)),
        "isAutoAddMargin": "false",
    }


def _account_position(figures: PositionFigures, contract: Contract) -> Mapping[str, object]:
    return {
        **_shared_fields(figures, contract),
        "initialMargin": amount_or_zero(figures.initial_margin),
        "maintMargin": amount_or_zero(figures.maintenance_margin),
        "unrealizedProfit": amount(figures.unrealized_pnl),
        "positionInitialMargin": amount_or_zero(figures.position_initial_margin),
        "openOrderInitialMargin": amount_or_zero(figures.open_order_initial_margin),
        "isolated": figures.margin_type is MarginType.ISOLATED,
    }


def _price(value: Decimal | None) -> str:
    """Return a price with eight decimals, ``"0.0"`` for none."""
    return f"{value:.8f}" if value else "0.0"
