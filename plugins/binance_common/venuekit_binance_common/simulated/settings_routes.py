"""Routes that change settings, and the read of the position mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.capabilities import MarginType, PositionMode
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.listing import Listing

DONE = {"code": 200, "msg": "success"}
_MARGIN_TYPES = {"ISOLATED": MarginType.ISOLATED, "CROSSED": MarginType.CROSS}
_FLAGS = {"true": True, "false": False}


class SettingsRoutes:
    """Checks the parameters first, then passes the change to the ledger."""

    endpoints: ClassVar[BinanceEndpoints]
    #: the product's name for the largest position at a leverage
    LARGEST: ClassVar[str]

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            self.endpoints.SET_LEVERAGE: self.set_leverage,
            self.endpoints.SET_MARGIN_TYPE: self.set_margin_type,
            self.endpoints.SET_POSITION_MODE: self.set_position_mode,
            self.endpoints.POSITION_MODE: self.position_mode,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def set_leverage(self, request: SimRequest, visit: Visit) -> object:
        """Change the leverage of a symbol and return the largest position it allows."""
        symbol, text = self._listing.require_symbol(request), request.text("leverage") or ""
        if not text.removeprefix("-").isdecimal():
            raise self._listing.errors.missing("leverage")
        self._listing.contract(symbol)
        visit.ledger.set_leverage(symbol, Decimal(text))
        return {
            "leverage": int(visit.ledger.leverage(symbol)),
            self.LARGEST: plain(visit.ledger.max_position(symbol)),
            "symbol": symbol,
        }

    def set_margin_type(self, request: SimRequest, visit: Visit) -> object:
        """Change the margin type of a symbol."""
        symbol, margin_type = self._listing.require_symbol(request), _MARGIN_TYPES.get(request.text("marginType") or "")
        if margin_type is None:
            raise self._listing.errors.missing("marginType")
        self._listing.contract(symbol)
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
        """Return a required flag; raises ``Denied``."""
        value = _FLAGS.get((request.text(name) or "").lower())
        if value is None:
            raise self._listing.errors.missing(name)
        return value
