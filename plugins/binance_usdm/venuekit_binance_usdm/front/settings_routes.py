"""What changes settings, and the two plain reads of the account-wide ones."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.endpoint import Endpoint
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit_binance_usdm import endpoints
from venuekit_binance_usdm.front.formatting import plain
from venuekit_binance_usdm.front.listing import Listing
from venuekit_binance_usdm.front.refusals import missing

__all__ = ["SettingsRoutes"]

_DONE = {"code": 200, "msg": "success"}
_MARGIN_TYPES = {"ISOLATED": MarginType.ISOLATED, "CROSSED": MarginType.CROSS}
_FLAGS = {"true": True, "false": False}


class SettingsRoutes:
    """Parameters first, then what the ledger says."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        return {
            endpoints.SET_LEVERAGE: self.set_leverage,
            endpoints.SET_MARGIN_TYPE: self.set_margin_type,
            endpoints.SET_POSITION_MODE: self.set_position_mode,
            endpoints.SET_ASSET_MODE: self.set_asset_mode,
            endpoints.POSITION_MODE: self.position_mode,
            endpoints.ASSET_MODE: self.asset_mode,
        }

    def set_leverage(self, request: SimRequest, visit: Visit) -> object:
        """Change the leverage of a symbol and tell the largest notional it allows."""
        symbol, text = self._listing.required(request), request.text("leverage") or ""
        if not text.removeprefix("-").isdecimal():
            raise missing("leverage")
        self._listing.contract(symbol)
        visit.ledger.set_leverage(symbol, Decimal(text))
        return {
            "leverage": int(visit.ledger.leverage(symbol)),
            "maxNotionalValue": plain(visit.ledger.max_position(symbol)),
            "symbol": symbol,
        }

    def set_margin_type(self, request: SimRequest, visit: Visit) -> object:
        """Change the margin type of a symbol."""
        symbol, margin_type = self._listing.required(request), _MARGIN_TYPES.get(request.text("marginType") or "")
        if margin_type is None:
            raise missing("marginType")
        self._listing.contract(symbol)
        visit.ledger.set_margin_type(margin_type, symbol)
        return _DONE

    def set_position_mode(self, request: SimRequest, visit: Visit) -> object:
        """Change the position mode of the account."""
        is_dual = _flag(request, "dualSidePosition")
        visit.ledger.set_position_mode(PositionMode.HEDGE if is_dual else PositionMode.ONE_WAY)
        return _DONE

    def set_asset_mode(self, request: SimRequest, visit: Visit) -> object:
        """Change the asset mode of the account."""
        is_multi = _flag(request, "multiAssetsMargin")
        visit.ledger.set_asset_mode(AssetMode.MULTI if is_multi else AssetMode.SINGLE)
        return _DONE

    def position_mode(self, _request: SimRequest, visit: Visit) -> object:
        """Tell the position mode."""
        return {"dualSidePosition": visit.ledger.position_mode is PositionMode.HEDGE}

    def asset_mode(self, _request: SimRequest, visit: Visit) -> object:
        """Tell the asset mode."""
        return {"multiAssetsMargin": visit.ledger.asset_mode is AssetMode.MULTI}


def _flag(request: SimRequest, name: str) -> bool:
    value = _FLAGS.get((request.text(name) or "").lower())
    if value is None:
        raise missing(name)
    return value
