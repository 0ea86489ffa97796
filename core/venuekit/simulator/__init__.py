"""
The simulator: venues that run on this machine, for tests, demonstrations and strategy authors.

A real HTTP server on loopback checks keys, time windows and signatures and answers in each venue's own shapes. The
plugin's :class:`SimulatedVenue` defines a venue's answers; the :mod:`~venuekit.simulator.ledger` holds the accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from venuekit.clock import Clock
from venuekit.errors import ConfigurationError, PluginError
from venuekit.key_kinds import KeyKind
from venuekit.plugins import HOW_TO_INSTALL, Plugins, make_plugins
from venuekit.simulator.access import Meter, SimKey, Usage, is_hmac_sha256, make_key
from venuekit.simulator.accounts import KeyKinds, Money
from venuekit.simulator.disturbances import (
    ApplyLater,
    CannedAnswer,
    ContentType,
    Cut,
    Delay,
    Disturbance,
    Drip,
    DropAfter,
    DropBefore,
    HalfClose,
    HalfOpen,
    Lag,
    Oversize,
    RandomDisturbances,
    RefuseConnections,
    Reject,
    Rewrite,
    SecondActor,
    StepClock,
    Swap,
    Truncate,
    Twice,
    Unasked,
    UnendedGzip,
)
from venuekit.simulator.fields import FieldError, Number
from venuekit.simulator.key_pairs import is_signed_by
from venuekit.simulator.markets import Market
from venuekit.simulator.message import Arrival, Denied, DocumentedAnswer, Response, SimRequest, json_response
from venuekit.simulator.movements import FundingSchedule, Movement, RandomWalk, RecordedPath
from venuekit.simulator.prices import INDEX_PRICES, count_base, find_price, make_tick
from venuekit.simulator.prices import read_prices as _read_prices
from venuekit.simulator.service import Service, open_ledger
from venuekit.simulator.simulated_venue import UNSERVED, Handler, Route, Scenario, SimulatedVenue, Visit
from venuekit.simulator.simulation import Simulation
from venuekit.simulator.streams import (
    LedgerChange,
    SocketRequest,
    StreamConnection,
    StreamCut,
    StreamDelay,
    StreamDisturbance,
    StreamDuplicate,
    StreamExpiry,
    StreamHalfOpen,
    StreamHub,
    StreamOverflow,
    StreamPeer,
    StreamReorder,
    StreamRestart,
    StreamSilence,
)
from venuekit.simulator.world import World, read_disturbances, read_world
from venuekit.venue import Venue

__all__ = [
    "INDEX_PRICES",
    "UNSERVED",
    "ApplyLater",
    "Arrival",
    "CannedAnswer",
    "ContentType",
    "Cut",
    "Delay",
    "Denied",
    "Disturbance",
    "DocumentedAnswer",
    "Drip",
    "DropAfter",
    "DropBefore",
    "FieldError",
    "FundingSchedule",
    "HalfClose",
    "HalfOpen",
    "Handler",
    "KeyKinds",
    "Lag",
    "LedgerChange",
    "Market",
    "Meter",
    "Money",
    "Movement",
    "Number",
    "Oversize",
    "RandomDisturbances",
    "RandomWalk",
    "RecordedPath",
    "RefuseConnections",
    "Reject",
    "Response",
    "Rewrite",
    "Route",
    "Scenario",
    "SecondActor",
    "Service",
    "SimKey",
    "SimRequest",
    "SimulatedVenue",
    "Simulation",
    "SocketRequest",
    "StepClock",
    "StreamConnection",
    "StreamCut",
    "StreamDelay",
    "StreamDisturbance",
    "StreamDuplicate",
    "StreamExpiry",
    "StreamHalfOpen",
    "StreamHub",
    "StreamOverflow",
    "StreamPeer",
    "StreamReorder",
    "StreamRestart",
    "StreamSilence",
    "Swap",
    "Truncate",
    "Twice",
    "Unasked",
    "UnendedGzip",
    "Usage",
    "Visit",
    "World",
    "count_base",
    "find_price",
    "is_hmac_sha256",
    "is_signed_by",
    "json_response",
    "make_key",
    "make_tick",
    "open_ledger",
    "read_disturbances",
    "read_world",
    "simulate",
]


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
) -> Simulation:
    """Return simulated venues, opened by ``async with``; arguments and errors as of :func:`venuekit.simulate`."""
    plugins = plugins or make_plugins()
    venues = [_requested(plugins, venue_id) for venue_id in venue_ids] or list(_installed(plugins))
    if not venues:
        hint = "" if plugins.venue_ids() else f", as there is none; {HOW_TO_INSTALL}"
        raise ConfigurationError(f"no installed venue brings a simulator{hint}")
    world = world or World()
    simulation = world.locate(
        lambda: Simulation(
            venues,
            scenario=scenario,
            seed=seed,
            clock=clock,
            port=port,
            markets={**world.markets, **_by_venue(markets, venues)},
            accounts={**world.accounts, **accounts},
            prices=_read_prices({**world.prices, **prices}),
            keys=_join_kinds(world.keys, keys),
        )
    )
    world.play_in(simulation)
    return simulation


def _by_venue(
    markets: Sequence[Market] | Mapping[str, Sequence[Market]], venues: Sequence[Venue[Any]]
) -> Mapping[str, Sequence[Market]]:
    """Return markets by the venue that lists them."""
    if isinstance(markets, Mapping):
        return markets
    if markets and len(venues) > 1:
        ids = ", ".join(venue.id for venue in venues)
        raise FieldError(f"expected markets by the id of their venue, since there are several: {ids}", "markets")
    return {venues[0].id: markets} if markets else {}


def _join_kinds(of_world: Mapping[str, KeyKind | str], given: KeyKinds | None) -> KeyKinds:
    """Return the kinds of keys of a world, with those that are given in their place."""
    if given is None or isinstance(given, Mapping):
        return {**of_world, **(given or {})}
    return given


def _installed(plugins: Plugins) -> Iterator[Venue[Any]]:
    """Yield every installed venue that can be simulated; one that cannot is reported, and does not stop the others."""
    for venue_id in plugins.venue_ids():
        venue = None
        try:
            venue = plugins.venue(venue_id)
        except PluginError:
            broken = plugins.find_broken(venue_id)
        else:
            broken = plugins.find_broken_simulated(venue_id, SimulatedVenue)
        if broken is not None:
            plugins.tell(broken)
        elif venue is not None and venue.simulated is not None:
            yield venue


def _requested(plugins: Plugins, venue_id: str) -> Venue[Any]:
    venue = plugins.venue(venue_id)
    broken = plugins.find_broken_simulated(venue_id, SimulatedVenue)
    if broken is not None:
        raise PluginError(str(broken))
    return venue
