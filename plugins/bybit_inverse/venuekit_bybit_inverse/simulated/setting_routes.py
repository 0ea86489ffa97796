"""Routes of settings that the client does not use: collateral, protection on disconnection, groups, status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from venuekit.simulator import Denied, Response, Visit, json_response
from venuekit_bybit_inverse.simulated.messages import refusal
from venuekit_bybit_inverse.simulated.parameters import Parameters

_SWITCHES = {"ON": True, "OFF": False}
#: coins that are always collateral
_FIXED = frozenset({"USDT", "USDC"})
_PRODUCTS = ("OPTIONS", "DERIVATIVES", "SPOT")
#: the shortest and the longest time window, in seconds
_WINDOW = (3, 300)


def set_collateral(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/account/set-collateral-switch``."""
    _switch([parameters], visit)
    return {}


def set_collaterals(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/account/set-collateral-switch-batch``: the coins are checked before the first is switched."""
    items = parameters.fields.get("request")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise parameters.invalid("params error: request invalid")
    read = [attrs.evolve(parameters, fields=item) for item in items]
    _switch(read, visit)
    return {"list": [{name: item.require(name) for name in ("coin", "collateralSwitch")} for item in read]}


def confirm_maintenance(parameters: Parameters, visit: Visit) -> object:
    """Answer ``POST /v5/position/confirm-pending-mmr``: no position is restricted to reducing."""
    parameters.inverse_contract()
    words = "You cannot lift Reduce-Only restrictions, as no Reduce-Only restrictions are applied to your position"
    raise Denied(refusal(110082, words, visit.milliseconds))


def smp_group(_parameters: Parameters, _visit: Visit) -> object:
    """Answer ``GET /v5/account/smp-group``: the account is in no group."""
    return {"smpGroup": 0}


def system_status(_parameters: Parameters, _visit: Visit) -> object:
    """Answer ``GET /v5/system/status``: there is no maintenance."""
    return {"list": []}


class DisconnectGuards:
    """
    The time windows after which orders would be cancelled when a private stream breaks off, by account and product.

    There is no stream here, so that none ever does; the windows are kept and told.
    """

    def __init__(self) -> None:
        self._windows: dict[str, dict[str, int]] = {}

    def show(self, _parameters: Parameters, visit: Visit) -> object:
        """Answer ``GET /v5/account/query-dcp-info``: the products that have a window."""
        windows = self._windows.get(_account(visit), {})
        return {
            "dcpInfos": [
                {"product": product, "dcpStatus": "ON", "timeWindow": str(windows[product])}
                for product in _PRODUCTS
                if product in windows
            ]
        }

    def set(self, parameters: Parameters, visit: Visit) -> Response:
        """Answer ``POST /v5/order/disconnected-cancel-all``, whose envelope has neither a result nor a time."""
        product = parameters.text("product") or _PRODUCTS[0]
        seconds = parameters.require("timeWindow")
        if product not in _PRODUCTS:
            raise parameters.invalid("params error: product invalid")
        if not seconds.isdecimal() or not _WINDOW[0] <= int(seconds) <= _WINDOW[1]:
            raise parameters.invalid("params error: timeWindow invalid")
        self._windows.setdefault(_account(visit), {})[product] = int(seconds)
        return json_response({"retCode": 0, "retMsg": "success"})


def _switch(items: Sequence[Parameters], visit: Visit) -> None:
    wanted: dict[str, bool] = {}
    known: set[Any] = {balance.asset for balance in visit.ledger.balances()}
    for item in items:
        coin, word = item.require("coin"), item.require("collateralSwitch")
        if word not in _SWITCHES:
            raise item.invalid("params error: collateralSwitch invalid")
        if coin in _FIXED or coin not in known:
            raise item.invalid(f"params error: coin invalid {coin}")
        wanted[coin] = _SWITCHES[word]
    for coin, on in wanted.items():
        visit.ledger.set_collateral(coin, on)


def _account(visit: Visit) -> str:
    return "" if visit.key is None else visit.key.account
