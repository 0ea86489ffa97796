"""Requests that arrived at simulated venues, by the effect of their endpoints: one venue's reads are another's POST."""

from __future__ import annotations

from venuekit.endpoint import Effect
from venuekit.plugins import Plugins
from venuekit.simulator import Simulation


def writes_of(simulation: Simulation, plugins: Plugins) -> list[str]:
    """Return the names of the endpoints whose requests may have changed something, in the order of their arrival."""
    found = []
    for arrival in simulation.requests:
        endpoint = plugins.venue(arrival.venue).endpoint_at(*arrival.endpoint_name)
        if endpoint is None or endpoint.effect is not Effect.READ:
            found.append(str(arrival.endpoint_name))
    return found
