"""Support: what declarations alone tell about a capability, before any account is opened."""

from __future__ import annotations

from typing import Any

from venuekit import capabilities
from venuekit.capabilities import Capability, Support, SupportState
from venuekit.venue import Environment, Venue

__all__ = ["core_capabilities", "venue_support"]


def core_capabilities() -> tuple[type[Capability], ...]:
    """Return every capability that core knows, in the order of their names."""
    exported = (getattr(capabilities, name) for name in capabilities.__all__)
    return tuple(
        one for one in exported if isinstance(one, type) and issubclass(one, Capability) and one is not Capability
    )


def venue_support(venue: Venue[Any], capability: type[Capability], environment: Environment | None = None) -> Support:
    """
    Return whether accounts of a venue can use a capability, as far as class, venue and environment tell.

    Without an environment only class and venue are asked. What one account may not do is known once it is open.
    """
    if environment is not None and capability in environment.unsupported:
        return Support(SupportState.UNSUPPORTED, environment.unsupported[capability], "environment")
    if capability in venue.unsupported:
        return Support(SupportState.UNSUPPORTED, venue.unsupported[capability], "venue")
    if issubclass(venue.account, capability):
        return Support(SupportState.SUPPORTED)
    return Support(SupportState.NOT_IMPLEMENTED)
