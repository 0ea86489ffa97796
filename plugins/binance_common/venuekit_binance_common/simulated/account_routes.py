"""Routes that read the account: wallets, positions and income."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.capabilities import IncomeKind, MarginType, PositionMode, PositionSide
from venuekit.plugin import Endpoint, from_milliseconds
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit.simulator.ledger import BalanceFigures, Contract, Ledger, LedgerIncome, PositionFigures
from venuekit_binance_common.simulated.binance_venue import HistoryLimits, SimulatedBinance
from venuekit_binance_common.simulated.formatting import (
    LATEST,
    amount,
    amount_or_zero,
    milliseconds,
    plain,
    quantity,
)

#: the venue's word for each kind of the ledger; of several words, one
INCOME_TYPES: Mapping[IncomeKind, str] = {
    IncomeKind.TRANSFER: "TRANSFER",
    IncomeKind.REALIZED_PNL: "REALIZED_PNL",
    IncomeKind.COMMISSION: "COMMISSION",
    IncomeKind.FUNDING: "FUNDING_FEE",
    IncomeKind.INSURANCE: "INSURANCE_CLEAR",
    IncomeKind.DELIVERY: "DELIVERED_SETTELMENT",
    IncomeKind.CONVERSION: "AUTO_EXCHANGE",
    IncomeKind.REBATE: "COMMISSION_REBATE",
    IncomeKind.BONUS: "WELCOME_BONUS",
    IncomeKind.INTEREST: "INTEREST",
    IncomeKind.OTHER: "POSITION_LIMIT_INCREASE_FEE",
}
ACCOUNT_FLAGS = {"feeTier": 0, "canTrade": True, "canDeposit": True, "canWithdraw": True, "updateTime": 0}


class AccountRoutes(SimulatedBinance):
    """Reads of the account; every symbol has its rows, flat or not, unless the product has fewer."""

    #: the rows of a symbol in hedge mode
    hedge_sides: ClassVar[tuple[PositionSide, ...]] = (PositionSide.LONG, PositionSide.SHORT)
    income_limits: ClassVar[HistoryLimits]

    @abstractmethod
    def account_fields(self, ledger: Ledger) -> Mapping[str, object]:
        """Return the fields of the account read besides assets and positions."""

    @abstractmethod
    def income_fields(self, income: LedgerIncome, income_type: str) -> Mapping[str, object]:
        """Return the fields of an income in this product's own notation: ``info`` and ``tranId``."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint; those of account and position_risk are of the product's own types."""
        return {
            **super().handlers(),
            self.endpoints.BALANCE: self.balance,
            self.endpoints.INCOME: self.income,
        }

    def balance(self, _request: SimRequest, visit: Visit) -> object:
        """Return one row per asset, also for empty wallets."""
        return [self.balance_row(balance) for balance in visit.ledger.balances(purse=self.purse)]

    def balance_row(self, balance: BalanceFigures) -> dict[str, object]:
        """Return a row of the balance read, without the withdrawable amount."""
        return {
            "accountAlias": "SgsR",
            "asset": balance.asset,
            "balance": amount(balance.wallet),
            "crossWalletBalance": amount(balance.cross_wallet),
            "crossUnPnl": amount(balance.cross_unrealized_pnl),
            "availableBalance": amount(balance.available),
            "updateTime": milliseconds(balance.updated_at),
        }

    def account(self, _request: SimRequest, visit: Visit) -> object:
        """Return assets and positions, and the product's own fields."""
        ledger = visit.ledger
        legs = self.legs(ledger, self.contracts)
        return {
            **self.account_fields(ledger),
            "assets": [self.asset_row(balance) for balance in ledger.balances(purse=self.purse)],
            "positions": [self.account_position(figures, contract) for figures, contract in legs],
        }

    def asset_row(self, balance: BalanceFigures) -> dict[str, object]:
        """Return an asset of the account read."""
        return {
            "asset": balance.asset,
            "walletBalance": amount(balance.wallet),
            "unrealizedProfit": amount(balance.unrealized_pnl),
            "marginBalance": amount(balance.equity),
            "maintMargin": amount(balance.maintenance_margin),
            "initialMargin": amount(balance.initial_margin),
            "positionInitialMargin": amount(balance.position_initial_margin),
            "openOrderInitialMargin": amount(balance.open_order_initial_margin),
            "crossWalletBalance": amount(balance.cross_wallet),
            "crossUnPnl": amount(balance.cross_unrealized_pnl),
            "availableBalance": amount(balance.available),
            "maxWithdrawAmount": amount(balance.withdrawable),
            "updateTime": milliseconds(balance.updated_at),
        }

    def position_risk(self, request: SimRequest, visit: Visit) -> object:
        """Return the legs of the requested contracts."""
        legs = self.legs(visit.ledger, self.risk_contracts(request))
        return [self.risk_row(figures, contract) for figures, contract in legs]

    def risk_row(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg as a row of the positions; a product adds its own fields."""
        return {
            **_leg_fields(figures, contract),
            "entryPrice": plain(figures.entry_price),
            "breakEvenPrice": plain(figures.break_even_price),
            "markPrice": amount(figures.mark_price),
            "unRealizedProfit": amount(figures.unrealized_pnl),
            "liquidationPrice": amount_or_zero(figures.liquidation_price),
        }

    def account_position(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg as a row of the account read; a product adds its own fields."""
        return {**_leg_fields(figures, contract), "unrealizedProfit": amount(figures.unrealized_pnl)}

    def risk_contracts(self, request: SimRequest) -> Iterable[Contract]:
        """Return the contracts whose positions are requested."""
        return self.contracts_of(request)

    def legs(self, ledger: Ledger, contracts: Iterable[Contract]) -> list[tuple[PositionFigures, Contract]]:
        """Return the legs that have a row."""
        sides = self.hedge_sides if ledger.position_mode is PositionMode.HEDGE else (PositionSide.BOTH,)
        return [(ledger.position(contract.symbol, side), contract) for contract in contracts for side in sides]

    def income(self, request: SimRequest, visit: Visit) -> object:
        """Return a page of the requested income, from old to new."""
        symbol = self.text(request, "symbol")
        if symbol is not None:
            self.contract(symbol)
        income_type = self.text(request, "incomeType")
        times = self.stretch(request, visit, self.income_limits)
        first, end = (from_milliseconds(min(moment, LATEST)) for moment in (times.start, times.stop))
        rows = [
            row
            for row in visit.ledger.incomes()
            if first <= row.time < end
            and row.purse == self.purse
            and symbol in {None, row.symbol}
            and income_type in {None, INCOME_TYPES[row.kind]}
        ]
        rows.sort(key=lambda row: row.time)
        return [self._income_row(row) for row in self.page(request, rows, self.income_limits)]

    def _income_row(self, income: LedgerIncome) -> Mapping[str, object]:
        income_type = INCOME_TYPES[income.kind]
        return {
            "symbol": income.symbol or "",
            "incomeType": income_type,
            "income": amount(income.amount),
            "asset": income.asset,
            "time": milliseconds(income.time),
            "tradeId": income.trade_id or "",
            **self.income_fields(income, income_type),
        }


def _leg_fields(figures: PositionFigures, contract: Contract) -> dict[str, object]:
    return {
        "symbol": figures.symbol,
        "positionSide": figures.side.name,
        "positionAmt": quantity(figures.quantity, contract),
        "updateTime": milliseconds(figures.updated_at),
    }


def setting_fields(figures: PositionFigures) -> dict[str, object]:
    """Return the settings in a row of the positions, for products without a read of them."""
    return {
        "leverage": plain(figures.leverage),
        "marginType": "isolated" if figures.margin_type is MarginType.ISOLATED else "cross",
        "isolatedMargin": amount(figures.isolated_margin or Decimal(0)),
        "isAutoAddMargin": "false",
    }


def leg_margins(figures: PositionFigures) -> dict[str, object]:
    """Return the margins of a leg."""
    return {
        "initialMargin": amount_or_zero(figures.initial_margin),
        "maintMargin": amount_or_zero(figures.maintenance_margin),
        "positionInitialMargin": amount_or_zero(figures.position_initial_margin),
        "openOrderInitialMargin": amount_or_zero(figures.open_order_initial_margin),
    }


def worth_fields(figures: PositionFigures) -> dict[str, object]:
    """Return the notional with the sign of the position, and the wallet of an isolated one."""
    notional = figures.notional or Decimal(0)
    return {
        "notional": amount_or_zero(-notional if figures.quantity < 0 else notional),
        "isolatedWallet": amount_or_zero(figures.isolated_wallet),
    }
