"""What a simulated account holds when it opens."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import MarginType
from venuekit.simulator import Scenario
from venuekit.simulator.ledger import Ledger, Side
from venuekit_binance_coinm.simulated.contracts import PURSE

__all__ = ["SCENARIOS"]

_ETH_TARGET = {"margin_type": "isolated", "leverage": Decimal(10)}


def _deposit(ledger: Ledger) -> None:
    ledger.deposit("BTC", Decimal(2), purse=PURSE)
    ledger.deposit("ETH", Decimal(40), purse=PURSE)


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSD_PERP")
    ledger.fill("BTCUSD_PERP", Side.BUY, Decimal(5_000), Decimal(86_500))


SCENARIOS = (
    Scenario(
        name="holding",
        title="one-way; long 5,000 contracts of BTCUSD_PERP, isolated at 20x: too large for 125x",
        stage=_hold,
        held="BTCUSD_PERP",
        flat="ETHUSD_PERP",
        target={
            "position_mode": "one_way",
            "symbols": {"BTCUSD_PERP": {"leverage": Decimal(25)}, "ETHUSD_PERP": _ETH_TARGET},
        },
    ),
    Scenario(
        name="flat",
        title="one-way; some balance, no position anywhere",
        stage=_deposit,
        held=None,
        flat="ETHUSD_PERP",
        target={"position_mode": "hedge", "symbols": {"ETHUSD_PERP": _ETH_TARGET}},
    ),
)
