"""Margin moves of the made-up venue: one that a client sends, and those that the ledger has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from venuekit.simulator import Simulation


async def add_margin(client: Any, amount: str = "5", **options: Any) -> Any:
    """Send a request that adds an amount to a position, and return the client's answer."""
    return await client.send("POST", "/v1/collateral", contract="TOYUSD", amount=amount, **options)


def margin_added(sim: Simulation) -> list[Decimal]:
    """Return the amounts that were added, the oldest first."""
    return [change.amount for change in sim.ledger.margin_changes("TOYUSD")]
