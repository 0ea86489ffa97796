"""Risk limits: as an amount of a symbol, and as the number of a tier of either side."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import attrs
import pytest

from venuekit.capabilities import (
    PositionSide,
    RiskLimitBehaviour,
    RiskLimitControl,
    RiskLimitForm,
    RiskLimitSetting,
)
from venuekit.errors import InvalidArgument, Outcome, OutcomeUnknown
from venuekit.parts.settings import RiskLimitPart, RiskLimitRoute
from venuekit.plugin import (
    Call,
    Changing,
    Effect,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Reading,
    Role,
    Venue,
    WriteScope,
    payload_decoder,
)
from venuekit.simulator import DropAfter, DropBefore, Handler, SimRequest, Visit
from venuekit.testing import Stage, on_stage
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.account import ToyPerpAccount
from venuekit_toy_perp.simulated import SimulatedToy

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
SYMBOL = "GEMUSD"


@attrs.frozen
class _Row:
    contract: str
    limit: Decimal


_decode = payload_decoder(_Row)
_ANY = (Parameter("contract", required=True, role=Role.SYMBOL), Parameter("side"))
READ: Endpoint[_Row] = Endpoint("GET", "/v1/limit", decode=_decode, parameters=_ANY)


async def _read_back(call: Call, lost: Lost) -> Reading[_Row]:
    row = await call(READ, **{name: lost.parameters[name] for name in ("contract", "side") if name in lost.parameters})
    return Reading(value=row.limit, holds=row.limit == lost.parameters["limit"], answer=row)


SET: Endpoint[Any] = Endpoint(
    "POST",
    "/v1/limit",
    decode=Changing(_decode),
    parameters=(*_ANY, Parameter("limit", Kind.DECIMAL, required=True)),
    effect=Effect.SET,
    write_scope=WriteScope.SYMBOL,
    readback=_read_back,
    serves=(RiskLimitControl.set_risk_limit,),
)


class _Simulated(SimulatedToy):
    """The toy venue with a limit of each symbol and side."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: dict[tuple[str, str], str] = {}

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        return {**super().handlers(), READ: self.read, SET: self.set}

    def read(self, request: SimRequest, _visit: Visit) -> object:
        name = request.text("contract") or "", request.text("side") or ""
        return {"contract": name[0], "limit": self.limits.get(name, "0")}

    def set(self, request: SimRequest, visit: Visit) -> object:
        name = request.text("contract") or "", request.text("side") or ""
        self.limits[name] = request.text("limit") or ""
        return self.read(request, visit)


class _ByAmount(ToyPerpAccount, RiskLimitPart):
    __slots__ = ()

    RISK_LIMIT: ClassVar[RiskLimitRoute] = RiskLimitRoute(
        SET, "limit", lambda row: RiskLimitSetting(row.contract, cap=row.limit), symbol="contract"
    )


class _ByTier(ToyPerpAccount, RiskLimitPart):
    __slots__ = ()

    RISK_LIMIT: ClassVar[RiskLimitRoute] = RiskLimitRoute(
        SET,
        "limit",
        lambda row: RiskLimitSetting(row.contract, risk_id=int(row.limit)),
        symbol="contract",
        side="side",
        sides={LONG: "L", SHORT: "S"},
    )


def _venue(account: type[ToyPerpAccount], behaviour: RiskLimitBehaviour) -> Venue[Any]:
    return attrs.evolve(
        TOY_PERP,
        account=account,
        endpoints=(*TOY_PERP.endpoints, READ, SET),
        behaviours=(*TOY_PERP.behaviours, behaviour),
        simulated=_Simulated,
    )


BY_AMOUNT = _venue(_ByAmount, RiskLimitBehaviour(RiskLimitForm.AMOUNT))
BY_TIER = _venue(_ByTier, RiskLimitBehaviour(RiskLimitForm.ID, sides=True))


def _sent(stage: Stage) -> list[tuple[str | None, str]]:
    return [(one.parameters.get("side"), one.parameters["limit"]) for one in stage.arrivals(SET)]


async def test_a_risk_limit_is_an_amount() -> None:
    """The amount is sent as it is given, and the answer says which limit holds."""
    async with on_stage(BY_AMOUNT) as stage:
        told = await stage.account.set_risk_limit(SYMBOL, amount=D("2500.5"))
        assert told == RiskLimitSetting(SYMBOL, cap=D("2500.5"), changed=True)
        assert _sent(stage) == [(None, "2500.5")]


async def test_a_risk_limit_is_the_number_of_a_tier_of_a_side() -> None:
    """Long and short have one each, by the venue's own words for the sides."""
    async with on_stage(BY_TIER) as stage:
        for side in (LONG, SHORT):
            told = await stage.account.set_risk_limit(SYMBOL, risk_id=3, side=side)
            assert told == RiskLimitSetting(SYMBOL, risk_id=3, side=side, changed=True)
        assert _sent(stage) == [("L", "3"), ("S", "3")]


async def test_a_lost_answer_is_read_back() -> None:
    """A limit whose answer is lost holds, and nobody claims to have changed it; one that stays lost is unknown."""
    async with on_stage(BY_AMOUNT) as stage:
        stage.disturb(SET, DropAfter())
        told = await stage.account.set_risk_limit(SYMBOL, amount=D(100))
        assert (told.cap, told.changed) == (D(100), None)
        stage.disturb(SET, DropBefore(), times=2)
        with pytest.raises(OutcomeUnknown):
            await stage.account.set_risk_limit(SYMBOL, amount=D(200))


@pytest.mark.parametrize(
    ("venue", "arguments", "words"),
    [
        (BY_AMOUNT, {"risk_id": 1}, "an amount above 0 here: give amount alone"),
        (BY_AMOUNT, {}, "an amount above 0 here: give amount alone"),
        (BY_AMOUNT, {"amount": D(0)}, "an amount above 0 here: give amount alone"),
        (BY_AMOUNT, {"amount": 1.5}, "an amount above 0 here: give amount alone"),
        (BY_AMOUNT, {"amount": D(1), "risk_id": 1}, "an amount above 0 here: give amount alone"),
        (BY_AMOUNT, {"amount": D(1), "side": LONG}, "one risk limit here: name no side"),
        (BY_TIER, {"amount": D(1), "side": LONG}, "the number of a tier here: give risk_id alone"),
        (BY_TIER, {"risk_id": True, "side": LONG}, "the number of a tier here: give risk_id alone"),
        (BY_TIER, {"risk_id": 1, "amount": D(1), "side": LONG}, "the number of a tier here: give risk_id alone"),
        (BY_TIER, {"risk_id": 1}, "name a side, not None"),
        (BY_TIER, {"risk_id": 1, "side": PositionSide.BOTH}, "name a side, not <PositionSide.BOTH"),
    ],
)
async def test_arguments_that_do_not_fit_are_refused(venue: Venue[Any], arguments: dict[str, Any], words: str) -> None:
    """One sentence names the mend, and nothing is sent."""
    async with on_stage(venue) as stage:
        with pytest.raises(InvalidArgument, match=words) as caught:
            await stage.account.set_risk_limit(SYMBOL, **arguments)
        assert (caught.value.outcome, caught.value.subject, _sent(stage)) == (Outcome.NOT_SENT, SYMBOL, [])
