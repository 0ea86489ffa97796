"""Routes that move margin by hand, and read its history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from venuekit.capabilities import PositionMode, PositionSide
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import LedgerMarginChange
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.positions.margin import ADDED, REDUCED
from venuekit_binance_common.simulated.formatting import milliseconds, number, plain
from venuekit_binance_common.simulated.history_questions import HistoryQuestions
from venuekit_binance_common.simulated.listing import Listing

_SIGNS = {str(ADDED): 1, str(REDUCED): -1}
_DECIMALS = 8


class MarginRoutes(ABC):
    """Moves between wallet and isolated position."""

    endpoints: ClassVar[BinanceEndpoints]
    #: the retention, which is also the widest range; None where neither is documented
    KEEPS: ClassVar[timedelta | None] = None
    #: rows of a request without a limit
    ROWS: ClassVar[int]

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._questions = HistoryQuestions(
            listing=listing, usual=self.KEEPS, widest=self.KEEPS, keeps=self.KEEPS, rows=self.ROWS, most_rows=500
        )

    @abstractmethod
    def own_fields(self, change: LedgerMarginChange) -> Mapping[str, object]:
        """Return the fields of a row of the history that only this product has."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            self.endpoints.POSITION_MARGIN: self.position_margin,
            self.endpoints.MARGIN_HISTORY: self.margin_history,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def position_margin(self, request: SimRequest, visit: Visit) -> object:
        """Move margin to a position or away from it."""
        errors = self._listing.errors
        symbol = self._listing.require_symbol(request)
        sign = _SIGNS.get(request.text("type") or "")
        if sign is None:
            raise errors.missing("type")
        amount = self._amount(request)
        contract = self._listing.contract(symbol)
        change = visit.ledger.adjust_margin(contract.symbol, sign * amount, self._side(request, visit))
        return {
            "amount": number(abs(change.amount)),
            "code": 200,
            "msg": "Successfully modify position margin.",
            "type": ADDED if sign > 0 else REDUCED,
        }

    def margin_history(self, request: SimRequest, visit: Visit) -> object:
        """Return the history, from old to new."""
        contract = self._listing.contract(self._listing.require_symbol(request))
        direction = self._listing.text(request, "type")
        if direction not in {None, *_SIGNS}:
            raise self._listing.errors.denial(-1130, name="type")
        times = self._questions.stretch(request, visit)
        rows = [
            self._row(change)
            for change in visit.ledger.margin_changes(contract.symbol)
            if milliseconds(change.time) in times
        ]
        return self._questions.page(request, [row for row in rows if direction in {None, str(row["type"])}])

    def _row(self, change: LedgerMarginChange) -> dict[str, object]:
        return {
            "symbol": change.symbol,
            "type": ADDED if change.amount > 0 else REDUCED,
            "amount": plain(abs(change.amount)),
            "asset": change.asset,
            "time": milliseconds(change.time),
            "positionSide": change.side.name,
            **self.own_fields(change),
        }

    def _amount(self, request: SimRequest) -> Decimal:
        """Return the amount; raises ``Denied`` when it is malformed, too precise, or not positive."""
        errors, text = self._listing.errors, request.text("amount")
        try:
            amount = Decimal(text or "")
        except InvalidOperation:
            raise errors.missing("amount") from None
        if not amount.is_finite():
            raise errors.missing("amount")
        if amount <= 0:
            raise errors.denial(-4055)
        if -int(amount.as_tuple().exponent) > _DECIMALS:
            raise errors.denial(-1111)
        return amount

    def _side(self, request: SimRequest, visit: Visit) -> PositionSide:
        """Return the leg; raises ``Denied`` for a side that does not exist in the present mode."""
        text = self._listing.text(request, "positionSide")
        if text is not None and text not in POSITION_SIDES:
            raise self._listing.errors.missing("positionSide")
        side = POSITION_SIDES[text or "BOTH"]
        is_hedge = visit.ledger.position_mode is PositionMode.HEDGE
        if is_hedge and side is PositionSide.BOTH:
            raise self._listing.errors.denial(-4054)
        if not is_hedge and side is not PositionSide.BOTH:
            raise self._listing.errors.denial(-4061)
        return side
