"""Positions and the margin of them, which is moved by a signed number of satoshi."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import Position, PositionMarginControl, PositionReader
from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Applied,
    Call,
    Echoes,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Resolution,
    Role,
    Unclear,
    WriteScope,
    payload_decoder,
)
from venuekit_frozen_swap.rows import PLACES, POSITIONS
from venuekit_frozen_swap.settings import SYMBOL

LISTED = Endpoint(
    "GET",
    "/v1/positions",
    decode=POSITIONS,
    rows=(("positions",),),
    echoes=Echoes.each({"contract": "contract"}),
    parameters=(Parameter("contract", role=Role.SYMBOL, pattern=SYMBOL), Parameter("flat", Kind.BOOLEAN)),
    weight=2,
    pools={"requests": None},
    serves=(PositionReader.get_positions, PositionReader.get_position),
)


@attrs.frozen
class MovedRow:
    """The answer to a move of margin; ``amount`` is in satoshi, below zero where margin was taken."""

    contract: str
    amount: int
    at: datetime | None = None


async def _read_position(call: Call, parameters: Mapping[str, Any]) -> Position | None:
    rows = await call(LISTED, contract=parameters["contract"], flat=True)
    return next(iter(rows.values()), None)


async def _find_move(call: Call, lost: Lost) -> Resolution[MovedRow]:
    """Compare the margin with that of before the write; it assumes that no other actor moves it meanwhile."""
    if any(one.parameters["contract"] == lost.parameters["contract"] for one in lost.others):
        return Unclear("another move of this margin was lost as well")
    before, now = lost.before, await _read_position(call, lost.parameters)
    if before is None or now is None or before.isolated_wallet is None or now.isolated_wallet is None:
        return Unclear("there is no margin from before to compare with")
    if now.quantity != before.quantity:
        return Unclear("the position itself has changed since")
    amount = int(lost.parameters["amount"])
    moved = now.isolated_wallet - before.isolated_wallet
    if moved == Decimal(amount).scaleb(-PLACES):
        return Applied(MovedRow(lost.parameters["contract"], amount))
    return Absent("the margin is as it was before") if not moved else Unclear(f"the margin moved by {moved}")


MOVE_MARGIN = Endpoint(
    "POST",
    "/v1/contracts/{contract}/collateral",
    decode=payload_decoder(MovedRow),
    encoding=Encoding.FORM,
    echoes=Echoes({"contract": "contract", "amount": "amount"}),
    parameters=(
        Parameter("contract", required=True, role=Role.SYMBOL, pattern=SYMBOL),
        Parameter("amount", Kind.INTEGER, required=True, role=Role.AMOUNT),
    ),
    pools={"requests": None, "contract": None},
    effect=Effect.DELTA,
    write_scope=WriteScope.SYMBOL,
    before=_read_position,
    resolve=_find_move,
    absence_proof=AbsenceProof(after=timedelta(seconds=1)),
    serves=(PositionMarginControl.add_margin, PositionMarginControl.reduce_margin),
)
