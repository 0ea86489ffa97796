"""The declaration: the whole venue, as data."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import (
    CountdownBehaviour,
    CountdownScope,
    DeadManBehaviour,
    DeadManKind,
    HistoryBehaviour,
    LeverageBehaviour,
    LeverageScope,
    MarginTypeBehaviour,
    MarginTypeScope,
    PositionBehaviour,
    PositionModeControl,
    PositionModeReader,
    Setting,
)
from venuekit.plugin import (
    BlockedBy,
    Blocker,
    BlockerScope,
    Environment,
    EnvironmentName,
    Limit,
    LimitScope,
    RequestExpiry,
    SessionToken,
    Venue,
)
from venuekit_toy_swap.account import ToySwapAccount
from venuekit_toy_swap.endpoints import SWAP
from venuekit_toy_swap.orders import BEHAVIOUR
from venuekit_toy_swap.refusals import FAULTS, swap_answers
from venuekit_toy_swap.signing import DEMO_HEADERS, FIELDS, SwapSigning, make_signer

if TYPE_CHECKING:
    from venuekit.simulator import SimulatedVenue


def _simulated() -> SimulatedVenue:
    from venuekit_toy_swap.simulated import SimulatedSwap  # the simulator is imported only when it is asked for

    return SimulatedSwap()


_REST = "https://api.swap.invalid"
_HOSTS = frozenset({"api.swap.invalid"})
_ONE_WAY = "positions are one-way on this venue; there is no mode to read or set"

TOY_SWAP = Venue(
    id="toy_swap",
    title="Toy Swaps",
    account=ToySwapAccount,
    environments=(
        Environment(name=EnvironmentName.LIVE, rest=_REST, hosts=_HOSTS),
        Environment(name=EnvironmentName.DEMO, rest=_REST, hosts=_HOSTS, headers=DEMO_HEADERS),
    ),
    limits=(
        Limit("requests", amount=60, refill=1, scope=LimitScope.ACCOUNT, remaining_header="X-Swap-Remaining"),
        Limit("contract", amount=20, refill=2, scope=LimitScope.SYMBOL),
        Limit("orders", amount=200, seconds=60, scope=LimitScope.UID, used_header="X-Swap-Orders"),
    ),
    signing=SwapSigning(),
    credential_fields=FIELDS,
    make_signer=make_signer,
    session_token=SessionToken(SWAP.SESSION, renew_before=timedelta(minutes=1)),
    expiry=RequestExpiry.EXPIRY,
    answers=swap_answers,
    faults=FAULTS,
    server_time=SWAP.SERVER_TIME,
    endpoints=tuple(SWAP),
    behaviours=(
        LeverageBehaviour(
            scope=frozenset({LeverageScope.SYMBOL, LeverageScope.SIDE, LeverageScope.MARGIN_TYPE}),
            minimum=Decimal(1),
            step=Decimal(1),
        ),
        MarginTypeBehaviour(MarginTypeScope.SYMBOL),
        PositionBehaviour(frozenset({"symbol"})),
        BEHAVIOUR,
        CountdownBehaviour(CountdownScope.ACCOUNT),
        DeadManBehaviour(
            kind=DeadManKind.COUNTDOWN,
            scope=CountdownScope.ACCOUNT,
            cancels="every open order of the account",
            concerns="all programs of the account share one countdown",
            shortest=1,
        ),
        HistoryBehaviour(income="90 days"),
    ),
    blockers=(
        Blocker(Setting.MARGIN_TYPE, BlockedBy.ORDERS, BlockerScope.SYMBOL, "orders are open in the contract"),
        Blocker(Setting.MARGIN_TYPE, BlockedBy.POSITION, BlockerScope.SYMBOL, "a position is open in the contract"),
        Blocker(Setting.LEVERAGE, BlockedBy.LOWER_LEVERAGE, BlockerScope.SYMBOL, "an isolated position needs it"),
    ),
    unsupported={PositionModeReader: _ONE_WAY, PositionModeControl: _ONE_WAY},
    simulated=_simulated,
)
