"""What tests of histories ask for, and what they take away before they compare."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import IncomeKind
from venuekit.plugin import from_milliseconds
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side

D = Decimal
DAY = timedelta(days=1)
#: what else moves a wallet: how many days ago, why, by how much
OTHERS = ((60, "rebate", "0.1"), (10, "bonus", "0.2"), (9, "interest", "-0.3"), (8, "other", "-1"))


def moment(milliseconds: int) -> datetime:
    """Return an instant."""
    return from_milliseconds(milliseconds)


def around(milliseconds: int) -> dict[str, Any]:
    """Return a span of a day that holds an instant, and fits in one window."""
    return {"start": moment(milliseconds) - DAY, "end": moment(milliseconds) + DAY}


def plain(value: Any) -> Any:
    """Return a value without what the venue sent."""
    assert value.raw is not None
    return attrs.evolve(value, raw=None)


def sim_now(sim: Simulation) -> datetime:
    """Return the venue's clock."""
    return from_milliseconds(sim.milliseconds())


def a_year(sim: Simulation) -> Decimal:
    """Let a position be traded, pay and receive, and let other things happen to the wallet."""
    ledger = sim.ledger
    ledger.fill("BTCUSD", Side.SELL, D(1_000_000), D(82_000))
    ledger.fill("BTCUSD", Side.SELL, D(20_000_000), D(82_000))
    ledger.fill("BTCUSD", Side.BUY, D(10_000_000), D(81_000))
    for rate in ("0.0001", "-0.0002"):
        ledger.fund("BTCUSD", D(rate))
    ledger.convert("BTC", D(1), "ETH", D(27))
    ledger.withdraw("BTC", D("0.1"), fee=D("0.0005"), chain="BTC", address="bc1q", tx_id="f00d")
    for days, kind, amount in OTHERS:
        ledger.book("BTC", IncomeKind(kind), D(amount), time=sim_now(sim) - days * DAY)
    return ledger.balance("BTC").wallet
