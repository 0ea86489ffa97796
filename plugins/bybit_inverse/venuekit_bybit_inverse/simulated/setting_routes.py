"""Routes of settings that the client does not use: collateral, groups, status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from venuekit.simulator import Denied, Visit
from venuekit_bybit_inverse.simulated.messages import refusal
from venuekit_bybit_inverse.simulated.parameters import Parameters

_SWITCHES = {"ON": True, "OFF": False}
#: coins that are always collateral
_FIXED = frozenset({"USDT", "USDC"})


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
