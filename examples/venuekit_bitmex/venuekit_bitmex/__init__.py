"""BitMEX: perpetual and expiring contracts (inverse, linear and quanto), whose wallets count in satoshi."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from venuekit.plugin import Venue, hookimpl
from venuekit_bitmex.venue import BITMEX

__all__ = ["BITMEX", "VENUEKIT_API", "venuekit_register_venues"]

VENUEKIT_API = 1


@hookimpl
def venuekit_register_venues(register: Callable[[Venue[Any]], None]) -> None:
    """Register the only venue."""
    register(BITMEX)
