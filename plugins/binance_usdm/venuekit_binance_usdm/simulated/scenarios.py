"""What a simulated account holds when it opens."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import MarginType
from venuekit.simulator import Scenario
from venuekit.simulator.ledger import Ledger, Side

__all__ = ["SCENARIOS"]

_ETH_TARGET = {"margin_type": "isolated", "leverage": Decimal(10)}


def _deposit(ledger: Ledger) -> None:
    ledger.deposit("USDT", Decimal(25_000))
    ledger.deposit("USDC", Decimal(5_000))


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSDT")
    ledger.fill("BTCUSDT", Side.BUY, Decimal("1.5"), Decimal(86_500))


SCENARIOS = (
    Scenario(
        name="holding",
        title="one-way, single asset; long 1.5 BTCUSDT, isolated at 20x: too large for 125x",
        stage=_hold,
        held="BTCUSDT",
        flat="ETHUSDT",
        target={
            "position_mode": "one_way",
            "asset_mode": "single",
            "symbols": {"BTCUSDT": {"leverage": Decimal(25)}, "ETHUSDT": _ETH_TARGET},
        },
    ),
    Scenario(
        name="flat",
        title="one-way, single asset; some balance, no position anywhere",
        stage=_deposit,
        held=None,
        flat="ETHUSDT",
        target={"position_mode": "hedge", "asset_mode": "single", "symbols": {"ETHUSDT": _ETH_TARGET}},
    ),
)
