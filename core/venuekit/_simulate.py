"""simulate(): the embedded exchange simulator, loaded when it is asked for."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venuekit.clock import Clock
    from venuekit.plugins import Plugins
    from venuekit.simulator import Simulation

__all__ = ["simulate"]


def simulate(
    *venue_ids: str,
    scenario: str = "holding",
    seed: int = 0,
    clock: Clock | None = None,
    port: int = 0,
    plugins: Plugins | None = None,
) -> AbstractAsyncContextManager[Simulation]:
    """
    Run venues on this machine: ``async with venuekit.simulate("acme_perp") as sim``.

    Args:
        venue_ids: Which venues; none for every installed one that has a simulated venue.
        scenario: What the accounts hold: ``"holding"`` or ``"flat"``.
        seed: Keys and everything random follow from it.
        clock: Where time comes from.
        port: Where to listen on loopback; 0 for any free port.
        plugins: Where venues come from; by default everything installed.

    Raises:
        UnknownVenue, PluginError, ConfigurationError: it cannot be started.
    """
    from venuekit import simulator

    return simulator.simulate(*venue_ids, scenario=scenario, seed=seed, clock=clock, port=port, plugins=plugins)
