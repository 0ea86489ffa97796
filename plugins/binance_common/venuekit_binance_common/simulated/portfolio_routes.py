"""Portfolio margin accounts: their settings are refused here, and the portfolio margin API answers them alone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import wraps
from typing import Any, ClassVar

import attrs

from venuekit.capabilities import AccountMode
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Scenario, SimRequest, Visit
from venuekit.simulator.ledger import BalanceFigures, Ledger
from venuekit_binance_common.account_mode import PORTFOLIO_ACCOUNT, UNAUTHORIZED
from venuekit_binance_common.simulated.binance_venue import SimulatedBinance
from venuekit_binance_common.simulated.formatting import amount

#: the ratio of equity to maintenance margin in an account without positions
_LARGEST_RATIO = Decimal("99999.99")


def portfolio_margin(flat: Scenario) -> Scenario:
    """Return the scenario in which the account of another one is a portfolio margin account."""

    def stage(ledger: Ledger) -> None:
        flat.stage(ledger)
        ledger.set_account_mode(AccountMode.PORTFOLIO_MARGIN)

    title = "a portfolio margin account: its settings are refused with -2015, and the portfolio margin API answers"
    return attrs.evolve(flat, name="portfolio_margin", title=title, stage=stage, answers=(PORTFOLIO_ACCOUNT,))


class PortfolioRoutes(SimulatedBinance):
    """Goes before the groups whose handlers read or change settings."""

    #: the endpoints of settings that are refused to portfolio margin accounts
    refused_to_portfolios: ClassVar[tuple[Endpoint[Any], ...]]

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handlers of the other groups, those of settings behind a check of the account mode."""
        handlers = dict(super().handlers())
        for endpoint in self.refused_to_portfolios:
            handlers[endpoint] = self._for_other_accounts(handlers[endpoint])
        return {**handlers, PORTFOLIO_ACCOUNT: self.portfolio_account}

    def portfolio_account(self, _request: SimRequest, visit: Visit) -> object:
        """Return the state of a portfolio margin account; raises ``Denied`` for any other."""
        if visit.ledger.account_mode is not AccountMode.PORTFOLIO_MARGIN:
            raise self.errors.denial(UNAUTHORIZED)
        return {**_portfolio(visit.ledger), "accountStatus": "NORMAL", "updateTime": visit.milliseconds}

    def _for_other_accounts(self, handler: Handler) -> Handler:
        @wraps(handler)
        def check_and_handle(request: SimRequest, visit: Visit) -> object:
            if visit.ledger.account_mode is AccountMode.PORTFOLIO_MARGIN:
                raise self.errors.denial(UNAUTHORIZED)
            return handler(request, visit)

        return check_and_handle


def _portfolio(ledger: Ledger) -> Mapping[str, object]:
    """Return the sums over the wallets of all products, in USD; assets without any price count for nothing."""
    equity = actual = initial = maintenance = Decimal(0)
    balances = ledger.balances()
    for balance in balances:
        price = _price(balance, balances, ledger)
        worth = balance.equity * price
        actual += worth
        equity += worth * (1 - balance.haircut) if worth > 0 else worth
        initial += balance.initial_margin * price
        maintenance += balance.maintenance_margin * price
    free = amount(max(Decimal(0), equity - initial))
    return {
        "uniMMR": amount(min(_LARGEST_RATIO, equity / maintenance) if maintenance else _LARGEST_RATIO),
        "accountEquity": amount(equity),
        "actualEquity": amount(actual),
        "accountInitialMargin": amount(initial),
        "accountMaintMargin": amount(maintenance),
        "virtualMaxWithdrawAmount": free,
        "totalAvailableBalance": free,
        "totalMarginOpenLoss": amount(Decimal(0)),
    }


def _price(balance: BalanceFigures, balances: tuple[BalanceFigures, ...], ledger: Ledger) -> Decimal:
    """Return the index price of an asset: its own, that of the same asset in another wallet, or a contract's mark."""
    prices = (each.index_price for each in (balance, *balances) if each.asset == balance.asset)
    known = next((price for price in prices if price is not None), None)
    marks = (ledger.mark(symbol) for symbol, contract in ledger.contracts.items() if contract.base == balance.asset)
    return next(marks, Decimal(0)) if known is None else known
