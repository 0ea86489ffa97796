"""simulate(): venues on this machine, without loading the simulator before it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venuekit.clock import Clock
    from venuekit.plugins import Plugins
    from venuekit.simulator import Market, Simulation, World
    from venuekit.simulator.accounts import KeyKinds, Money
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
) -> AbstractAsyncContextManager[Simulation]:
    """
    Run venues on this machine: ``async with venuekit.simulate("acme_perp") as sim``.

    Args:
        venue_ids: The venues; none for every installed one that has a simulated venue.
        scenario: The contents of the accounts: ``"holding"`` or ``"flat"``, or another scenario of the venues.
        seed: Keys and everything random follow from it; the same seed and clock give the same bytes.
        clock: The source of time; the system's when None.
        port: The port of 127.0.0.1; 0 takes a free one.
        plugins: The source of venues; everything installed when None.
        markets: Markets of one's own, by the id of their venue; of a single venue, a sequence. A market with a symbol
            that the venue lists changes it, another one is listed besides.
        accounts: Amounts by asset for each named account, which begins with nothing else; of one venue alone where
            they are below its id. The keys of an account are those of ``credentials(venue, account=name)``.
        prices: Index prices in USD, by base asset, in place of the known ones.
        keys: The kind of the keys of every account (``"hmac"``, ``"rsa"``, ``"ed25519"``), or the kinds of accounts by
            name; HMAC otherwise. The secret of a key that is no HMAC key is the private key, in PEM.
        world: All of these and more from a file, as ``venuekit.simulator.read_world`` returns it; where both have a
            price, an account, its kind of keys or the markets of a venue, the argument counts.

    Raises:
        UnknownVenue: a venue is not installed.
        PluginError: a venue that was asked for is broken.
        ConfigurationError: a venue has no simulated venue or no such scenario, or none is installed at all; or a
            market, an account, a price or a kind of keys cannot be used, with its name and the expected value.
    """
    from venuekit import simulator

    return simulator.simulate(
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
