"""simulate() without ``await``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venuekit.clock import Clock
    from venuekit.plugins import Plugins
    from venuekit.simulator import Market, World
    from venuekit.simulator.accounts import KeyKinds, Money
    from venuekit.simulator.background import BackgroundSimulation
    from venuekit.simulator.fields import Number


def simulate(
    *venue_ids: str,
    scenario: str = "holding",
    seed: int = 0,
    clock: Clock | None = None,
    port: int = 0,
    plugins: Plugins | None = None,
    markets: Sequence[Market] | Mapping[str, Sequence[Market]] = (),
    accounts: Mapping[str, Money] = MappingProxyType({}),
    prices: Mapping[str, Number] = MappingProxyType({}),
    keys: KeyKinds | None = None,
    world: World | None = None,
) -> BackgroundSimulation:
    """
    Run venues on this machine, in a thread of their own: ``with sync.simulate("acme_perp") as sim``.

    Arguments and errors are those of :func:`venuekit.simulate`. Changes of the simulation go through ``sim.call``.
    """
    from venuekit.simulator.background import BackgroundSimulation

    return BackgroundSimulation(
        *venue_ids,
        scenario=scenario,
        seed=seed,
        clock=clock,
        port=port,
        plugins=plugins,
        markets=markets,
        accounts=accounts,
        prices=prices,
        keys=keys,
        world=world,
    )
