"""Routes that change settings and move margin by hand, and the reads of the position mode and of moved margin."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit.simulator.ledger import LedgerMarginChange
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.positions.margin import ADDED, REDUCED
from venuekit_binance_common.simulated.binance_venue import HistoryLimits, SimulatedBinance
from venuekit_binance_common.simulated.formatting import milliseconds, number, plain

DONE = {"code": 200, "msg": "success"}
_MARGIN_TYPES = {"ISOLATED": MarginType.ISOLATED, "CROSSED": MarginType.CROSS}
_FLAGS = {"true": True, "false": False}
_SIGNS = {str(ADDED): 1, str(REDUCED): -1}
_DECIMALS = 8


class SettingsRoutes(SimulatedBinance):
    """Checks the parameters first, then passes the change to the ledger."""

    #: the product's name for the largest position at a leverage
    largest: ClassVar[str]
    margin_limits: ClassVar[HistoryLimits]
    #: the fields of a row of moved margin that only this product has
    margin_row_fields: ClassVar[Mapping[str, object]] = {}

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            self.endpoints.SET_LEVERAGE: self.set_leverage,
            self.endpoints.SET_MARGIN_TYPE: self.set_margin_type,
            self.endpoints.SET_POSITION_MODE: self.set_position_mode,
            self.endpoints.POSITION_MODE: self.position_mode,
            self.endpoints.POSITION_MARGIN: self.position_margin,
            self.endpoints.MARGIN_HISTORY: self.margin_history,
        }

    def set_leverage(self, request: SimRequest, visit: Visit) -> object:
        """Change the leverage of a symbol and return the largest position it allows."""
        symbol, text = self.require_symbol(request), request.text("leverage") or ""
        if not text.removeprefix("-").isdecimal():
            raise self.errors.missing("leverage")
        self.contract(symbol)
        visit.ledger.set_leverage(symbol, Decimal(text))
        return {
            "leverage": int(visit.ledger.leverage(symbol)),
            self.largest: plain(visit.ledger.max_position(symbol)),
            "symbol": symbol,
        }

    def set_margin_type(self, request: SimRequest, visit: Visit) -> object:
        """Change the margin type of a symbol."""
        symbol, margin_type = self.require_symbol(request), self.require_word(request, "marginType", _MARGIN_TYPES)
        self.contract(symbol)
        visit.ledger.set_margin_type(margin_type, symbol)
        return DONE

    def set_position_mode(self, request: SimRequest, visit: Visit) -> object:
        """Change the position mode of the account."""
        is_dual = self.flag(request, "dualSidePosition")
        visit.ledger.set_position_mode(PositionMode.HEDGE if is_dual else PositionMode.ONE_WAY)
        return DONE

    def position_mode(self, _request: SimRequest, visit: Visit) -> object:
        """Return the position mode."""
        return {"dualSidePosition": visit.ledger.position_mode is PositionMode.HEDGE}

    def flag(self, request: SimRequest, name: str) -> bool:
        """Return a required flag, in letters of either case; raises ``Denied``."""
        value = _FLAGS.get((request.text(name) or "").lower())
        if value is None:
            raise self.errors.missing(name)
        return value

    def position_margin(self, request: SimRequest, visit: Visit) -> object:
        """Move margin to a position or away from it."""
        symbol, sign = self.require_symbol(request), self.require_word(request, "type", _SIGNS)
        amount = self._amount(request)
        contract = self.contract(symbol)
        change = visit.ledger.adjust_margin(contract.symbol, sign * amount, self._side(request, visit))
        return {
            "amount": number(abs(change.amount)),
            "code": 200,
            "msg": "Successfully modify position margin.",
            "type": ADDED if sign > 0 else REDUCED,
        }

    def margin_history(self, request: SimRequest, visit: Visit) -> object:
        """Return the margin moved by hand, from old to new."""
        contract = self.contract(self.require_symbol(request))
        direction = self.text(request, "type")
        if direction not in {None, *_SIGNS}:
            raise self.errors.denial(-1130, name="type")
        times = self.stretch(request, visit, self.margin_limits)
        changes = visit.ledger.margin_changes(contract.symbol)
        rows = [self._margin_row(change) for change in changes if milliseconds(change.time) in times]
        return self.page(request, [row for row in rows if direction in {None, str(row["type"])}], self.margin_limits)

    def _margin_row(self, change: LedgerMarginChange) -> dict[str, object]:
        return {
            "symbol": change.symbol,
            "type": ADDED if change.amount > 0 else REDUCED,
            "amount": plain(abs(change.amount)),
            "asset": change.asset,
            "time": milliseconds(change.time),
            "positionSide": change.side.name,
            **self.margin_row_fields,
        }

    def _amount(self, request: SimRequest) -> Decimal:
        """Return the amount; raises ``Denied`` when it is malformed, too precise, or not positive."""
        try:
            amount = Decimal(request.text("amount") or "")
        except InvalidOperation:
            raise self.errors.missing("amount") from None
        if not amount.is_finite():
            raise self.errors.missing("amount")
        if amount <= 0:
            raise self.errors.denial(-4055)
        if -int(amount.as_tuple().exponent) > _DECIMALS:
            raise self.errors.denial(-1111)
        return amount

    def _side(self, request: SimRequest, visit: Visit) -> PositionSide:
        """Return the leg; raises ``Denied`` for a side that does not exist in the present mode."""
        text = self.text(request, "positionSide")
        if text is not None and text not in POSITION_SIDES:
            raise self.errors.missing("positionSide")
        side = POSITION_SIDES[text or "BOTH"]
        is_hedge = visit.ledger.position_mode is PositionMode.HEDGE
        if is_hedge and side is PositionSide.BOTH:
            raise self.errors.denial(-4054)
        if not is_hedge and side is not PositionSide.BOTH:
            raise self.errors.denial(-4061)
        return side
