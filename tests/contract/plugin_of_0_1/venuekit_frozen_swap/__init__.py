"""Frozen Swaps: a made-up venue of form bodies, path parameters, ISO times, minor units and refusals without codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from venuekit.plugin import Venue, hookimpl
from venuekit_frozen_swap.venue import FROZEN_SWAP

__all__ = ["FROZEN_SWAP", "VENUEKIT_API", "venuekit_register_venues"]

VENUEKIT_API = 1


@hookimpl
def venuekit_register_venues(register: Callable[[Venue[Any]], None]) -> None:
    """Register the only venue."""
    register(FROZEN_SWAP)
