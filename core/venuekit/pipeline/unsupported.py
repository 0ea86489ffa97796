"""Endpoints that an environment or an account lacks, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.capabilities import Capability, capability_of
from venuekit.endpoint import Endpoint
from venuekit.venue import Environment, Venue


def reason_not_supported(reasons: Mapping[type[Capability], str], endpoint: Endpoint[Any]) -> str | None:
    """Return why none of an endpoint's capabilities is there, by the reasons of each; None when any of them is."""
    found = [reasons.get(capability_of(method)) for method in endpoint.serves]
    return None if not found or None in found else found[0]


def find_unsupported_endpoints(venue: Venue[Any], environment: Environment) -> dict[Endpoint[Any], str]:
    """Return the endpoints that venue or environment lack, with the reason: own, of all capabilities, or the host's."""
    unsupported: dict[Endpoint[Any], str] = {}
    capabilities: dict[type[Capability], str] = {**venue.unsupported, **environment.unsupported}
    for endpoint in venue.endpoints:
        reason = environment.lacks.get(endpoint)
        if reason is None and capabilities:
            reason = reason_not_supported(capabilities, endpoint)
        if reason is None and endpoint.host is not None and endpoint.host not in environment.further_hosts:
            reason = f"the {environment.name} environment has no {endpoint.host} host, which answers {endpoint}"
        if reason is not None:
            unsupported[endpoint] = reason
    return unsupported
