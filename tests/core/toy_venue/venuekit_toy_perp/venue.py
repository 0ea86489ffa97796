"""The declaration: the whole venue, as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import (
    HistoryBehaviour,
    LeverageBehaviour,
    MarginTypeBehaviour,
    MarginTypeScope,
    PositionBehaviour,
    PositionModeControl,
    PositionModeReader,
    Setting,
)
from venuekit.plugin import BlockedBy, Blocker, BlockerScope, Environment, EnvironmentName, Limit, Venue
from venuekit_toy_perp.account import ToyPerpAccount
from venuekit_toy_perp.codes import FAULTS
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import ToySigning, toy_answers
from venuekit_toy_perp.stream import STREAM

if TYPE_CHECKING:
    from venuekit.simulator import SimulatedVenue


def _simulated() -> SimulatedVenue:
    from venuekit_toy_perp.simulated import SimulatedToy  # the simulator is imported only when it is asked for

    return SimulatedToy()


_ONE_WAY = "positions are one-way on this venue; there is no mode to read or set"

TOY_PERP = Venue(
    id="toy_perp",
    title="Toy Perpetuals",
    account=ToyPerpAccount,
    environments=(
        Environment(
            name=EnvironmentName.LIVE,
            rest="https://api.toy.invalid",
            stream="wss://api.toy.invalid",
            hosts=frozenset({"api.toy.invalid"}),
        ),
    ),
    limits=(Limit("weight", amount=1200, seconds=60, used_header="X-Toy-Used"),),
    signing=ToySigning(),
    answers=toy_answers,
    faults=FAULTS,
    server_time=TOY.SERVER_TIME,
    endpoints=tuple(TOY),
    behaviours=(
        LeverageBehaviour(minimum=Decimal(1), step=Decimal(1)),
        MarginTypeBehaviour(MarginTypeScope.SYMBOL),
        PositionBehaviour(frozenset({"symbol"})),
        HistoryBehaviour(income="90 days"),
    ),
    blockers=(
        Blocker(Setting.MARGIN_TYPE, BlockedBy.ORDERS, BlockerScope.SYMBOL, "2004 there are open orders"),
        Blocker(Setting.MARGIN_TYPE, BlockedBy.POSITION, BlockerScope.SYMBOL, "2005 there is an open position"),
        Blocker(Setting.LEVERAGE, BlockedBy.LOWER_LEVERAGE, BlockerScope.SYMBOL, "2003 an isolated position needs it"),
    ),
    unsupported={PositionModeReader: _ONE_WAY, PositionModeControl: _ONE_WAY},
    stream=STREAM,
    simulated=_simulated,
)
