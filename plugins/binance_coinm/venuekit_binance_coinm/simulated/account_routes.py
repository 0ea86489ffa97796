"""What tells about the account: wallets, flags and positions."""

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

__all__ = ["AccountRoutes"]

_SIDES: Mapping[PositionMode, tuple[PositionSide, ...]] = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT),
}


class AccountRoutes:
    """Reads of the account; every symbol has its rows, flat or not, and in hedge mode BOTH stays beside the legs."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        return {
            COINM.BALANCE: self.balance,
            COINM.ACCOUNT: self.account,
            COINM.POSITION_RISK: self.position_risk,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return what the client does not ask for."""
        return ()

    def balance(self, _request: SimRequest, visit: Visit) -> object:
        """One row per coin, also where nothing is held."""
        held = visit.ledger.balances(purse=PURSE)
        return [balance_row(each, withdrawable="withdrawAvailable") for each in held]

    def account(self, _request: SimRequest, visit: Visit) -> object:
        """Assets, positions and flags; no totals."""
        ledger = visit.ledger
        return {
            "assets": [asset_row(held) for held in ledger.balances(purse=PURSE)],
            "positions": [
                _account_position(held, contract) for held, contract in _rows(ledger, self._listing.contracts)
            ],
            "canDeposit": True,
            "canTrade": True,
            "canWithdraw": True,
            "feeTier": 0,
            "updateTime": 0,
        }

    def position_risk(self, request: SimRequest, visit: Visit) -> object:
        """Every symbol of the pair and of the margin asset that are asked for."""
        margin_asset = self._listing.text(request, "marginAsset")
        contracts = of_pair(self._listing, request)
        wanted = [contract for contract in contracts if margin_asset in {None, contract.settle}]
        return [_risk(held, contract) for held, contract in _rows(visit.ledger, wanted)]


def _rows(ledger: Ledger, contracts: Iterable[Contract]) -> Iterable[tuple[PositionFigures, Contract]]:
    for contract in contracts:
        for side in _SIDES[ledger.position_mode]:
            yield ledger.position(contract.symbol, side), contract


def _what_both_tell(held: PositionFigures, contract: Contract) -> dict[str, object]:
    return {
        "symbol": held.symbol,
        "positionAmt": quantity(held.quantity, contract),
        "entryPrice": _price(held.entry_price),
        "breakEvenPrice": _price(held.break_even_price),
        "leverage": plain(held.leverage),
        "maxQty": plain(held.max_position),
        "positionSide": held.side.name,
        "updateTime": milliseconds(held.updated_at),
    }


def _risk(held: PositionFigures, contract: Contract) -> Mapping[str, object]:
    is_isolated = held.margin_type is MarginType.ISOLATED
    return {
        **_what_both_tell(held, contract),
        "markPrice": amount(held.mark_price if held.quantity else Decimal(0)),
        "unRealizedProfit": amount(held.unrealized_pnl),
        "liquidationPrice": amount_or_zero(held.liquidation_price),
        "marginType": "isolated" if is_isolated else "cross",
        "isolatedMargin": amount(held.isolated_margin or Decimal(0)),
        "isAutoAddMargin": "false",
    }


def _account_position(held: PositionFigures, contract: Contract) -> Mapping[str, object]:
    return {
        **_what_both_tell(held, contract),
        "initialMargin": amount_or_zero(held.initial_margin),
        "maintMargin": amount_or_zero(held.maintenance_margin),
        "unrealizedProfit": amount(held.unrealized_pnl),
        "positionInitialMargin": amount_or_zero(held.position_initial_margin),
        "openOrderInitialMargin": amount_or_zero(held.open_order_initial_margin),
        "isolated": held.margin_type is MarginType.ISOLATED,
    }


def _price(value: Decimal | None) -> str:
    """Return a price with eight decimals, ``"0.0"`` for none."""
    return f"{value:.8f}" if value else "0.0"
