"""What the simulated account holds when it opens."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import MarginType
from venuekit.simulator import Scenario
from venuekit.simulator.ledger import Ledger, Side

__all__ = ["SCENARIOS"]


def _deposit(ledger: Ledger) -> None:
    for asset, amount in (("BTC", 60), ("ETH", 250), ("USDT", 50_000)):
        ledger.deposit(asset, Decimal(amount))


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED)
    ledger.fill("BTCUSD", Side.BUY, Decimal(16_000_000), Decimal(80_000))


SCENARIOS = (
    Scenario(
        name="holding",
        title="isolated margin; long 16,000,000 BTCUSD, beyond the tier that 100x allows; ETHUSD is flat",
        stage=_hold,
        held="BTCUSD",
        flat="ETHUSD",
        target={
            "margin_type": "isolated",
            "symbols": {"BTCUSD": {"leverage": Decimal("12.5")}, "ETHUSD": {"leverage": Decimal(25)}},
        },
    ),
    Scenario(
        name="flat",
        title="cross margin, coins and no position",
        stage=_deposit,
        held=None,
        flat="BTCUSD",
        target={
            "margin_type": "isolated",
            "symbols": {"BTCUSD": {"leverage": Decimal("12.5")}, "ETHUSD": {"leverage": Decimal(25)}},
        },
    ),
)
