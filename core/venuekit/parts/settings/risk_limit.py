"""Risk limits: the largest position of a symbol, by the number of a tier or as an amount."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import (
    PositionSide,
    RiskLimitBehaviour,
    RiskLimitControl,
    RiskLimitForm,
    RiskLimitSetting,
)
from venuekit.endpoint import Change, Endpoint
from venuekit.parts.checks import is_number


@attrs.frozen
class RiskLimitRoute:
    """
    The endpoint that sets a risk limit, and how it is asked for.

    ``limit`` is the name of the parameter that takes the tier's number or the amount, by ``RiskLimitBehaviour.form``.
    ``answered`` makes the limit that holds of the endpoint's answer; its ``changed`` is not looked at. ``side`` names
    the parameter of the side, and ``sides`` has the venue's word for each, where long and short have a limit each.
    ``fixed`` are parameters that every request has.
    """

    endpoint: Endpoint[Change[Any]]
    limit: str
    answered: Callable[[Any], RiskLimitSetting]
    symbol: str = "symbol"
    side: str | None = None
    sides: Mapping[PositionSide, Any] = attrs.field(factory=dict)
    fixed: Mapping[str, Any] = attrs.field(factory=dict)


class RiskLimitPart(Account, RiskLimitControl):
    """Sets the risk limit of a symbol over :attr:`RISK_LIMIT`; the endpoint's read-back finds out about a lost one."""

    __slots__ = ()

    RISK_LIMIT: ClassVar[RiskLimitRoute]

    async def set_risk_limit(
        self,
        symbol: str,
        *,
        risk_id: int | None = None,
        amount: Decimal | None = None,
        side: PositionSide | None = None,
    ) -> RiskLimitSetting:
        """Set the risk limit by one request; the present one again succeeds."""
        route = self.RISK_LIMIT
        limit = self._check(symbol, risk_id, amount, side)
        parameters: dict[str, Any] = {**route.fixed, route.symbol: symbol}
        if route.side is not None and side is not None:
            parameters[route.side] = route.sides[side]

        def setting(change: Change[Any]) -> RiskLimitSetting:
            asked_for = RiskLimitSetting(symbol, risk_id, amount)
            present = asked_for if change.answer is None else route.answered(change.answer)
            return attrs.evolve(present, side=side, changed=change.changed)

        return await self.call_as(setting, route.endpoint, **parameters, **{route.limit: limit})

    def _check(
        self, symbol: str, risk_id: int | None, amount: Decimal | None, side: PositionSide | None
    ) -> int | Decimal:
        """Return the number or the amount that is sent; raises ``InvalidArgument`` where they do not fit."""
        declared = self.behaviour(RiskLimitBehaviour)
        if declared.sides and side not in {PositionSide.LONG, PositionSide.SHORT}:
            raise self.refuse(f"long and short have a risk limit each here: name a side, not {side!r}", subject=symbol)
        if not declared.sides and side is not None:
            raise self.refuse("a symbol has one risk limit here: name no side", subject=symbol)
        if declared.form is RiskLimitForm.ID:
            if amount is not None or type(risk_id) is not int:
                raise self.refuse("a risk limit is the number of a tier here: give risk_id alone", subject=symbol)
            return risk_id
        if risk_id is not None or not is_number(amount) or amount <= 0:
            raise self.refuse("a risk limit is an amount above 0 here: give amount alone", subject=symbol)
        return Decimal(amount)
