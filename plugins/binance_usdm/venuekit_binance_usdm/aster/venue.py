"""The venue: everything it is, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit.capabilities import (
    AccountModeReader,
    HistoryBehaviour,
    OrderAmendControl,
    OrderTestControl,
    PositionBehaviour,
)
from venuekit.plugin import Environment, EnvironmentName, Limit, LimitScope, Venue
from venuekit_binance_common.faults import OUTDATED_BY, read_answer
from venuekit_binance_common.settings import setting_behaviours
from venuekit_binance_common.venue import ORDERS_1M, WEIGHT, QuerySigning
from venuekit_binance_usdm.aster.account import AsterV1Account
from venuekit_binance_usdm.aster.endpoints import ASTER_V1
from venuekit_binance_usdm.aster.terms import FAULTS, NO_ACCOUNT_MODE, NO_AMENDMENT, NO_ORDER_TEST, ORDER_BEHAVIOUR
from venuekit_binance_usdm.venue import BLOCKERS, COUPLINGS

if TYPE_CHECKING:
    from venuekit.simulator.simulated_venue import SimulatedVenue

LIMITS = (
    Limit(WEIGHT, amount=2400, seconds=60, used_header="X-MBX-USED-WEIGHT-1M"),
    Limit(ORDERS_1M, amount=1200, seconds=60, scope=LimitScope.ACCOUNT, used_header="X-MBX-ORDER-COUNT-1M"),
)


def _make_simulated_venue() -> SimulatedVenue:
    from venuekit_binance_usdm.aster.simulated import SimulatedAsterV1

    return SimulatedAsterV1()


VENUE = Venue(
    id="aster_usdm_v1",
    title="Aster futures by API keys (V1)",
    account=AsterV1Account,
    environments=(
        Environment(
            name=EnvironmentName.LIVE,
            rest="https://fapi.asterdex.com",
            stream="wss://fstream.asterdex.com",
            hosts=frozenset({"fapi.asterdex.com", "fstream.asterdex.com"}),
        ),
    ),
    limits=LIMITS,
    signing=QuerySigning(),
    answers=read_answer,
    faults=FAULTS,
    outdated_by=OUTDATED_BY,
    server_time=ASTER_V1.SERVER_TIME,
    endpoints=tuple(ASTER_V1),
    behaviours=(
        *setting_behaviours(),
        PositionBehaviour(filters=frozenset({"symbol"})),
        ORDER_BEHAVIOUR,
        HistoryBehaviour(income="the last three months"),
    ),
    couplings=COUPLINGS,
    blockers=BLOCKERS,
    unsupported={
        AccountModeReader: NO_ACCOUNT_MODE,
        OrderAmendControl: NO_AMENDMENT,
        OrderTestControl: NO_ORDER_TEST,
    },
    simulated=_make_simulated_venue,
)
