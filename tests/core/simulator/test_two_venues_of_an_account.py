"""Two venues that show one account, each in its own way."""

from __future__ import annotations

import attrs

from venuekit.simulator import Simulation
from venuekit_toy_perp import TOY_PERP


async def test_they_share_contracts_and_the_beginning() -> None:
    """The same contracts are listed once, and a scenario is staged once."""
    twins = [attrs.evolve(TOY_PERP, id=name, realm="toy") for name in ("toy_perp", "toy_other")]
    async with Simulation(twins[:1]) as alone, Simulation(twins) as both:
        assert both.ledger.contracts == alone.ledger.contracts
        quantities = [[each.quantity for each in sim.ledger.positions()] for sim in (both, alone)]

    assert quantities[0] == quantities[1] != []
