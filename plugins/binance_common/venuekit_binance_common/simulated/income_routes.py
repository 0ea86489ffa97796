"""Routes that read the income history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from venuekit.capabilities import IncomeKind
from venuekit.plugin import Endpoint, from_milliseconds
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import LedgerIncome
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.simulated.formatting import LATEST, amount, milliseconds
from venuekit_binance_common.simulated.history_questions import HistoryQuestions
from venuekit_binance_common.simulated.listing import Listing

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


class IncomeRoutes(ABC):
    """The income history, from old to new."""

    endpoints: ClassVar[BinanceEndpoints]
    #: the wallets of the history
    PURSE: ClassVar[str]
    #: the range without times, the widest one, and the retention
    USUAL: ClassVar[timedelta]
    WIDEST: ClassVar[timedelta | None] = None
    KEEPS: ClassVar[timedelta | None] = None

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._questions = HistoryQuestions(
            listing=listing, usual=self.USUAL, widest=self.WIDEST, keeps=self.KEEPS, rows=100, most_rows=1000
        )

    @abstractmethod
    def own_fields(self, income: LedgerIncome, income_type: str) -> Mapping[str, object]:
        """Return the fields in this product's own notation: ``info`` and ``tranId``."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {self.endpoints.INCOME: self.income}

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def income(self, request: SimRequest, visit: Visit) -> object:
        """Return a page of the requested rows."""
        symbol = self._listing.text(request, "symbol")
        if symbol is not None:
            self._listing.contract(symbol)
        income_type = self._listing.text(request, "incomeType")
        times = self._questions.stretch(request, visit)
        first, end = (from_milliseconds(min(moment, LATEST)) for moment in (times.start, times.stop))
        rows = [
            row
            for row in visit.ledger.incomes()
            if first <= row.time < end
            and row.purse == self.PURSE
            and symbol in {None, row.symbol}
            and income_type in {None, INCOME_TYPES[row.kind]}
        ]
        rows.sort(key=lambda row: row.time)
        return [self._row(row) for row in self._questions.page(request, rows)]

    def _row(self, income: LedgerIncome) -> Mapping[str, object]:
        income_type = INCOME_TYPES[income.kind]
        return {
            "symbol": income.symbol or "",
            "incomeType": income_type,
            "income": amount(income.amount),
            "asset": income.asset,
            "time": milliseconds(income.time),
            "tradeId": income.trade_id or "",
            **self.own_fields(income, income_type),
        }
