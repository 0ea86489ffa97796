"""The declaration: the whole venue, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import venuekit.capabilities as cap
import venuekit.plugin as vk
from venuekit_bitmex import account, histories, markets, orders, positions
from venuekit_bitmex.refusals import FAULTS, read_answer
from venuekit_bitmex.signing import BitmexSigning

if TYPE_CHECKING:
    from venuekit.simulator import SimulatedVenue


def _simulated() -> SimulatedVenue:
    from venuekit_bitmex.simulated import SimulatedBitmex  # the simulator is imported only when it is asked for

    return SimulatedBitmex()


def _environment(name: vk.EnvironmentName, host: str) -> vk.Environment:
    return vk.Environment(name=name, rest=f"https://{host}", hosts=frozenset({host}))


_LEFT, _ACCOUNT = "x-ratelimit-remaining", vk.LimitScope.ACCOUNT
_ONE_WAY = "this plugin knows one-way positions only; switch hedge mode off at the venue"

BITMEX = vk.Venue(
    id="bitmex",
    title="BitMEX",
    account=account.BitmexAccount,
    environments=(
        _environment(vk.EnvironmentName.LIVE, "www.bitmex.com"),
        _environment(vk.EnvironmentName.TESTNET, "testnet.bitmex.com"),
    ),
    limits=(
        vk.Limit("public", amount=30, refill=0.5, remaining_header=_LEFT),
        vk.Limit("minute", amount=120, refill=2, scope=_ACCOUNT, remaining_header=_LEFT),
        vk.Limit("second", amount=10, refill=10, scope=_ACCOUNT, remaining_header=f"{_LEFT}-1s"),
    ),
    signing=BitmexSigning(),
    expiry=vk.RequestExpiry.EXPIRY,
    recv_window_least=2000,  # the expiry is a whole second, so that up to one of them is lost
    answers=read_answer,
    faults=FAULTS,
    server_time=markets.SERVER_TIME,
    endpoints=account.ENDPOINTS,
    behaviours=(
        positions.LEVERAGE,
        cap.MarginTypeBehaviour(cap.MarginTypeScope.SYMBOL),
        cap.PositionBehaviour(frozenset({"symbol"})),
        orders.BEHAVIOUR,
        cap.CountdownBehaviour(cap.CountdownScope.ACCOUNT),
        cap.DeadManBehaviour(
            kind=cap.DeadManKind.COUNTDOWN,
            scope=cap.CountdownScope.ACCOUNT,
            cancels="All open orders of the account.",
            concerns="The timer is the account's: a program that sets it anew takes the place of all others.",
        ),
        cap.HistoryBehaviour(income="everything", income_parts=histories.PARTS),
    ),
    unsupported={cap.PositionModeReader: _ONE_WAY, cap.PositionModeControl: _ONE_WAY},
    simulated=_simulated,
)
