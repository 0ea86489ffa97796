"""``full_toy``: one write sets the margin type of a contract, and the leverage of that margin type and of a side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.core.settings.joint_toys import (
    EVERY_SCOPE,
    ScopedAccount,
    ScopedEndpoints,
    ScopedRow,
    SimulatedScoped,
    find_scoped,
    scoped_state,
    toy_venue,
)

from venuekit.capabilities import MarginType
from venuekit.parts.settings import JointLens
from venuekit.plugin import Changing, Echoes, Endpoint, payload_decoder
from venuekit.simulator import Handler, SimRequest, Visit

_LENS = JointLens(
    find_row=find_scoped,
    state=scoped_state,
    symbol="contract",
    margin_type="margin",
    side="side",
    per_margin_type=True,
)


class FullEndpoints(ScopedEndpoints):
    """The endpoints of the toy venue with every leverage, of which one write sets margin type and leverage."""

    SYMBOL_LENS: Any = _LENS
    SET_LEVERAGE: Any = Endpoint(
        "PUT",
        "/v1/terms",
        decode=Changing(payload_decoder(ScopedRow)),
        echoes=Echoes({"contract": "contract", "leverage": "leverage", "margin": "margin", "side": "side"}),
        parameters=ScopedEndpoints.SET_LEVERAGE.parameters,
        pools={"weight": None},
        **_LENS.write,
    )
    SET_MARGIN_TYPE: Any = SET_LEVERAGE


FULL = FullEndpoints()


class FullAccount(ScopedAccount):
    """An account of it."""

    __slots__ = ()

    endpoints = FULL


class SimulatedFull(SimulatedScoped):
    """The toy venue with every leverage, whose one write sets it and the margin type."""

    book = FULL

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {**super().handlers(), FULL.SET_LEVERAGE: self._set_terms}

    def _set_terms(self, request: SimRequest, visit: Visit) -> object:
        symbol, kind = request.text("contract") or "", MarginType(request.text("margin") or "")
        if visit.ledger.margin_type(symbol) is not kind:
            visit.ledger.set_margin_type(kind, symbol)
        return self.set_leverage(request, visit)


FULL_TOY = toy_venue("full_toy", FULL, FullAccount, SimulatedFull, scope=EVERY_SCOPE)
